"""pyproject.toml, environment.yml and the lock tell one truth."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SEVEN = {"jupyterlab", "ipywidgets", "pandas", "statsmodels", "matplotlib", "papermill", "nbval"}


def split(requirement):
    name, rest = re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?(.*)", requirement).groups()
    return name.lower(), rest.replace(" ", "")


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def conda():
    return yaml.safe_load((ROOT / "environment.yml").read_text())


def test_conda_users_get_the_same_ranges(project, conda):
    ours = dict(map(split, project["dependencies"]))
    theirs = dict(split(entry) for entry in conda["dependencies"] if isinstance(entry, str))
    assert theirs.pop("python") == project["requires-python"]
    assert "pip" in theirs
    theirs.pop("pip")
    assert set(theirs) == SEVEN
    assert theirs == {name: ours[name] for name in SEVEN}


def test_conda_users_install_the_package_itself_by_pip(conda):
    (pip,) = [entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict)]
    assert pip == ["-e ."]


def test_the_lock_holds_every_dependency_within_its_range(project):
    from packaging.requirements import Requirement
    from packaging.version import Version

    text = (ROOT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([a-z0-9_.-]+)==([^ ;\\]+)", text, re.MULTILINE))
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    for entry in map(Requirement, wanted):
        version = Version(locked[entry.name.lower()])
        assert entry.specifier.contains(version), f"{entry} is locked at {version}: lock again"
    assert "rfc3987-syntax" not in locked, "it costs every Jupyter process two seconds"


def test_the_lock_holds_hashes_and_no_addresses():
    text = (ROOT / "requirements.lock").read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_the_engines_are_pinned_where_they_break():
    from packaging.requirements import Requirement

    entries = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ranges = {entry.name: entry.specifier for entry in map(Requirement, entries)}
    assert not ranges["duckdb"].contains("2.0.0")
    assert not ranges["sqlglot"].contains("30.18.0")

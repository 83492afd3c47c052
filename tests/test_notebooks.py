"""The notebooks of the repository: thin, stripped, a question each; and carried by the wheel."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = {
    "01_load_kpis",
    "02_find_trends",
    "03_explain_change",
    "04_find_leads",
    "05_forecast",
    "06_set_targets",
    "07_audit_alignment",
    "08_hold_review",
    "09_what_if",
    "10_look_back",
    "company_review",
    "monthly_report",
    "quarterly_review",
}
FORBIDDEN = ("def ", "class ", "for ", "while ", "%", "!")


def test_the_notebooks_have_their_names():
    assert {path.stem for path in NOTEBOOKS} == NAMES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_a_question_its_parameters_and_thin_cells(path):
    heading, *rest = nbformat.read(path, as_version=4).cells
    code = [cell for cell in rest if cell.cell_type == "code"]
    assert heading.source.startswith("# ")
    assert heading.source.splitlines()[0].endswith("?")
    assert code[0].metadata.get("tags") == ["parameters"]
    assert all(line.count("=") == 1 for line in code[0].source.splitlines())
    assert all("#" in line for line in code[0].source.splitlines()), "say what each is for"
    for cell in code:
        lines = cell.source.splitlines()
        assert cell.outputs == [], "strip outputs: nbstripout notebooks/*.ipynb"
        assert cell.execution_count is None
        assert len(lines) <= 10
        assert not any(line.lstrip().startswith(FORBIDDEN) for line in lines)
        assert str(ROOT) not in cell.source
    assert not [cell for cell in rest if cell.source.startswith("# ")], "one title is enough"


@pytest.mark.slow
def test_the_wheel_reviews_from_another_folder_in_an_empty_environment(tmp_path):
    """Build, install with the locked dependencies, and run; nothing of the repository is used."""
    run = {"check": True, "capture_output": True, "text": True, "cwd": tmp_path}
    uv = ROOT / ".tools/bin/uv" if (ROOT / ".tools/bin/uv").exists() else "uv"
    build = [uv, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*build, "--out-dir", tmp_path / "dist", ROOT], **run)
    (wheel,) = (tmp_path / "dist").glob("kpikit-*.whl")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "env"], **run)
    python = tmp_path / "env/bin/python"
    lock = [uv, "pip", "sync", "--quiet", "--python", python, ROOT / "requirements.lock"]
    subprocess.run(lock, **run)
    install = [uv, "pip", "install", "--quiet", "--no-deps", "--python", python, wheel]
    subprocess.run(install, **run)

    brightdesk = ROOT / "data" / "brightdesk"
    for file in brightdesk.iterdir():
        if file.suffix in (".yaml", ".parquet"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    kpikit = tmp_path / "env/bin/kpikit"
    done = subprocess.run([kpikit, "review", "strategy.yaml", "--department", "support"], **run)
    (page,) = (tmp_path / "reports").glob("brightdesk/*/support.html")
    assert "Customer Support" in page.read_text(encoding="utf-8")
    assert "1 of 1 reports made" in done.stdout

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kpikit.cli import app
from kpikit.strategy import load_strategy


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kpikit(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_an_organisation_is_begun_and_grows_by_a_department_and_its_kpi():
    begun = kpikit("new", "mycompany")
    strategy = str(Path("mycompany", "strategy.yaml"))
    assert (begun.exit_code, begun.stdout) == (0, f"{strategy}\n")
    assert f"Next: kpikit review {strategy}" in begun.stderr
    assert kpikit("check", strategy).exit_code == 0

    added = kpikit("new", "department", "it", "--owner", "ann", "--into", strategy)
    assert added.stdout.startswith(f"{strategy}:")
    assert kpikit("new", "kpi", "uptime", "--department", "it", "--into", strategy).exit_code == 0
    loaded = load_strategy(strategy)
    assert loaded.kpis["uptime"].department == "it"
    assert loaded.kpis["uptime"].owner == "ann"
    assert loaded.lines["kpis.uptime"] > loaded.lines["departments.it"]


def test_a_template_goes_to_standard_output_and_advice_does_not():
    done = kpikit("new", "kpi", "churn_rate", "--department", "sales")
    assert done.exit_code == 0
    assert done.stdout.startswith("  churn_rate:\n")
    assert "department: sales" in done.stdout
    assert done.stderr == "Paste this under `kpis:`, or let --into FILE do it.\n"
    assert kpikit("new", "department", "sales").stdout.startswith("  sales:\n")


def test_a_template_is_fitted_to_a_strategy():
    kpikit("new", "shop")
    done = kpikit("new", "kpi", "waiting", "--strategy", "shop/strategy.yaml")
    assert "source: orders" in done.stdout
    done = kpikit("new", "kpi", "x", "--strategy", "shop/strategy.yaml", "--department", "sale")
    assert (done.exit_code, "Did you mean 'sales'?" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shop", "churn"), "this begins an organisation, and takes nothing further"),
        (("shop", "--owner", "ann"), "takes nothing further"),
        (("kpi",), "the id is missing, such as kpikit new kpi churn_rate"),
        (("department",), "For a folder of this name: ./department."),
        (("kpi", "Churn Rate"), "'Churn Rate' is no id"),
        (("kpi", "a", "--into", "a.yaml", "--strategy", "b.yaml"), "Give one of them"),
        (("kpi", "a", "--into", "none.yaml"), "none.yaml: there is no such file"),
    ],
)
def test_what_cannot_be_begun_is_said_and_nothing_is_written(here, words, said):
    done = kpikit("new", *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert list(here.iterdir()) == []


def test_a_folder_may_be_called_kpi():
    assert kpikit("new", "./kpi").exit_code == 0
    assert load_strategy("kpi/strategy.yaml").organisation.name == "Kpi"


def test_an_example_is_put_where_it_is_asked_for(example_data):
    done = kpikit("example", "hotel", "--from", example_data / "hotel")
    assert (done.exit_code, done.stdout) == (0, "hotel/strategy.yaml\n")
    assert done.stderr.splitlines() == [
        "hotel_bookings.csv.gz: 1,148,244 bytes, with the right checksum.",
        "Next: kpikit review hotel/strategy.yaml",
    ]


def test_an_example_that_cannot_be_had_is_no_success(here):
    done = kpikit("example", "hotel", "--from", "nowhere")
    assert done.exit_code == 2
    assert "nowhere: there is no such file" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(here.iterdir()) == []


def test_beginning_loads_no_table_library():
    code = "from kpikit.cli import main; import sys; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n"

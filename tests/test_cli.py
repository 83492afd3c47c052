import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from typer.testing import CliRunner

from kpikit import __version__
from kpikit.cli import app

DAYS = {"01-01": 1, "02-01": 2, "03-01": 3, "04-01": 4, "05-01": 5, "06-01": 6, "06-30": 7}
FACTS = "day,hours,team\n" + "".join(
    f"2026-{day},{hours},{team}\n" for day, hours in DAYS.items() for team in ("=north", "south")
)
STRATEGY = """\
version: 1
organisation: {name: Brightdesk, currency: EUR}
sources:
  tickets: {path: tickets.csv, time: day,
            columns: {day: date, hours: number, team: text}}
departments:
  support: {title: Support, owner: ann}
kpis:
  reply: {title: Reply time, department: support, owner: ann, source: tickets,
          formula: sum(hours) / count(hours), unit: duration, direction: lower_is_better}
"""
NAMES = ("strategy", "department", "period", "as_of", "bundle")


@pytest.fixture
def strategy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tickets.csv").write_text(FACTS)
    path = tmp_path / "strategy.yaml"
    path.write_text(STRATEGY)
    return path


@pytest.fixture
def review_of(tmp_path):
    def write(*sources):
        declared = "\n".join(f"{name}: str = ''" for name in NAMES)
        cells = [new_code_cell(declared, metadata={"tags": ["parameters"]})]
        cells += [new_code_cell(source) for source in sources]
        (tmp_path / "templates").mkdir(exist_ok=True)
        nbformat.write(new_notebook(cells=cells), tmp_path / "templates" / "quarterly_review.ipynb")
        return "templates"

    return write


def kpikit(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_help_answers_at_once_and_says_what_each_command_does():
    started = time.perf_counter()
    code = "import sys; sys.argv = ['kpikit', '--help']; from kpikit.cli import main; main()"
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], capture_output=True)
    took = time.perf_counter() - started
    assert done.returncode == 0
    for command in (b"new", b"check", b"schema", b"observe", b"review", b"run", b"example"):
        assert command in done.stdout
    for heavy in (b" pandas\n", b" nbformat\n", b" papermill\n", b" matplotlib\n", b" ibis\n"):
        assert heavy not in done.stderr
    assert took < 3  # on a busy machine; 0.4 on a quiet one


@pytest.mark.parametrize(
    "command", ["new", "check", "schema", "observe", "review", "run", "example"]
)
def test_every_command_has_a_help_of_one_sentence(command):
    done = kpikit(command, "--help")
    assert done.exit_code == 0
    assert "Usage" in done.stdout


def test_the_version_is_the_package_s():
    assert kpikit("--version").stdout == f"kpikit {__version__}\n"
    module = subprocess.run([sys.executable, "-m", "kpikit", "--version"], capture_output=True)
    assert module.stdout.decode() == f"kpikit {__version__}\n"


def test_check_lists_every_fault_with_file_and_line(strategy):
    assert kpikit("check", strategy).exit_code == 0
    strategy.write_text(
        STRATEGY.replace("unit: duration", "unit: hours").replace("owner: ann}", "ownr: ann}")
    )
    done = kpikit("check", strategy)
    assert done.exit_code == 1
    assert f"{strategy}:7: departments.support.ownr" in done.stdout
    assert f"{strategy}:10: kpis.reply.unit" in done.stdout
    as_json = json.loads(kpikit("check", strategy, "--json").stdout)
    assert {7, 10} <= {fault["line"] for fault in as_json["faults"]}


def test_a_missing_file_could_not_be_checked(tmp_path):
    done = kpikit("check", tmp_path / "none.yaml")
    assert done.exit_code == 2
    assert done.stderr == f"{tmp_path / 'none.yaml'}: there is no such file. Check the path.\n"


def test_schema_is_json_on_the_screen_or_in_a_file(tmp_path):
    done = kpikit("schema")
    assert "kpis" in json.loads(done.stdout)["properties"]
    assert kpikit("schema", "-o", tmp_path / "s.json").exit_code == 0
    assert json.loads((tmp_path / "s.json").read_text()) == json.loads(done.stdout)


def test_observe_shows_a_table_or_writes_a_file(strategy, tmp_path):
    shown = kpikit("observe", strategy, "--grain", "quarter")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[0].split() == [
        "kpi",
        "segment",
        "period_start",
        "value",
        "rows",
        "complete",
    ]
    assert "2026-04-01    5.5" in shown.stdout  # (4 + 5 + 6 + 7) / 4

    assert kpikit("observe", strategy, "--by", "team", "-o", tmp_path / "o.parquet").exit_code == 0
    assert set(pd.read_parquet(tmp_path / "o.parquet")["segment"]) == {"", "=north", "south"}
    assert kpikit("observe", strategy, "--by", "team", "-o", tmp_path / "o.csv").exit_code == 0
    # a spreadsheet would run "=north"
    assert set(pd.read_csv(tmp_path / "o.csv")["segment"].dropna()) == {"'=north", "south"}
    rows = json.loads(kpikit("observe", strategy, "--since", "2026-06-01", "--json").stdout)
    assert [(row["kpi"], row["value"]) for row in rows] == [("reply", 6.5)]


def test_what_cannot_be_observed_is_said_without_a_traceback(strategy):
    for words, message in (
        (("--kpi", "repli"), "Did you mean 'reply'?"),
        (("--grain", "decade"), "grain 'decade' is not one of"),
        (("-o", "o.xlsx"), "o.xlsx: the ending is '.xlsx'. Use .parquet or .csv."),
        (("-o", "tickets.csv/o.csv"), "cannot be written"),
    ):
        done = kpikit("observe", strategy, *words)
        assert (done.exit_code, message in done.stderr) == (2, True)
        assert "Traceback" not in done.stderr


def test_observe_compares_with_the_last_load_and_leaves_a_record(strategy):
    assert kpikit("observe", strategy, "--no-record").exit_code == 0
    assert not (strategy.parent / "vintages").exists()
    first = kpikit("observe", strategy, "--grain", "quarter", "--compare")
    assert first.exit_code == 0
    assert "No earlier load" in first.stdout
    (strategy.parent / "tickets.csv").write_text(FACTS.replace("02-01,2", "02-01,20"))
    done = kpikit("observe", strategy, "--grain", "quarter", "--compare")
    assert done.exit_code == 1
    # the mean of 1, 2 and 3, then of 1, 20 and 3
    assert "(Reply time, 2026Q1: from 2.00 to 8.00, by data)" in done.stdout
    assert kpikit("observe", strategy, "--grain", "quarter", "--compare").exit_code == 0
    (strategy.parent / "tickets.csv").write_text(FACTS)
    words = ("observe", strategy, "--grain", "quarter", "--compare", "--json", "--no-record")
    for _ in range(2):  # the record of neither moves the other
        done = kpikit(*words)
        told = json.loads(done.stdout)
        assert (done.exit_code, told["restated"]) == (1, 1)
        assert told["changes"][0]["after"] == 2.0
        assert told["changes"][0]["period_start"] == "2026-01-01"
        assert told["sources"][0]["rows_added"] == 0


def test_review_leaves_a_record_unless_told_not_to(strategy, review_of):
    words = ("review", strategy, "--notebooks", review_of("print(period)"))
    assert kpikit(*words, "--no-record").exit_code == 0
    assert not (strategy.parent / "vintages").exists()
    assert kpikit(*words).exit_code == 0
    assert len(list((strategy.parent / "vintages").glob("*.json"))) == 1
    broken = next((strategy.parent / "vintages").glob("*.json"))
    broken.write_text("")
    done = kpikit(*words)
    assert done.exit_code == 0
    assert f"vintages/{broken.name} cannot be read" in done.stderr


def test_review_takes_the_latest_complete_quarter_and_shows_how_it_went(strategy, review_of):
    notebooks = review_of("print(department, period)")
    done = kpikit("review", strategy, "--notebooks", notebooks)
    assert done.exit_code == 0
    assert done.stderr.splitlines() == ["support: running", "support: ok"]
    assert "Review of 2026Q2: 1 of 1 reports made." in done.stdout
    page = strategy.parent / "reports" / "brightdesk" / "2026Q2" / "support.html"
    assert "support 2026Q2" in page.read_text()


def test_review_says_which_department_failed_and_why(strategy, review_of):
    notebooks = review_of("raise ValueError('no [bold]rate')")
    done = kpikit("review", strategy, "--period", "2026Q1", "--notebooks", notebooks, "--json")
    assert done.exit_code == 1
    record = json.loads(done.stdout)
    assert record["exit_code"] == 1
    assert record["reports"][0]["state"] == "failed"
    assert "ValueError: no [bold]rate" in record["reports"][0]["message"]


def test_a_review_that_cannot_begin_is_told_apart_from_one_that_failed(strategy):
    done = kpikit("review", strategy, "--period", "2026Q9")
    assert done.exit_code == 2
    assert "period '2026Q9' cannot be read" in done.stderr
    strategy.write_text(STRATEGY.replace("unit: duration", "unit: hours"))
    done = kpikit("review", strategy)
    assert done.exit_code == 2
    assert "line 10: kpis.reply.unit" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_a_review_that_is_broken_off_ends_tidily(strategy, review_of):
    notebooks = review_of("import time; time.sleep(60)")
    words = [sys.executable, "-m", "kpikit", "review", str(strategy), "--notebooks", notebooks]
    with subprocess.Popen(
        words,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # where tests run in the background, what they start would not hear of Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr.readline() == b"support: running\n"
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=50)  # before the notebook ends by itself
    assert process.returncode == 130
    assert b"support (not_run)" in stdout
    assert b"Traceback" not in stderr


def test_run_takes_pairs_as_typed_and_refuses_unknown_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = [
        new_code_cell("a = 0\nb = 0\nc = 0\nd = 0", metadata={"tags": ["parameters"]}),
        new_code_cell("print([a, b, c, d])"),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "n.ipynb")
    pairs = ["-p", "a", "-3", "-p", "b", "true", "-p", "c", "1.5", "-p", "d", "007"]
    done = kpikit("run", "n.ipynb", *pairs)
    assert (done.exit_code, done.stdout) == (0, "n.run.ipynb\n")
    assert "[-3, True, 1.5, '007']" in (tmp_path / "n.run.ipynb").read_text()

    done = kpikit("run", "n.ipynb", "-p", "aa", "1")
    assert done.exit_code == 2
    assert done.stderr == "n.ipynb: there is no parameter 'aa'. Did you mean 'a'?\n"
    done = kpikit("run", "n.ipynb", "-p", "a")
    assert done.exit_code == 2
    assert "-p NAME VALUE" in done.stderr

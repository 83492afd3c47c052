"""`kpikit ledger` and `kpikit cycle`: what they print, where, and their exit codes."""

import json
import sqlite3
from contextlib import closing

import pandas as pd
import pytest
from typer.testing import CliRunner

from kpikit.cli import app
from kpikit.ledger import Comment, Target, open_ledger
from kpikit.ledger.tables import TABLE


@pytest.fixture
def strategy(company):
    days = pd.date_range("2026-01-01", "2026-09-30")
    facts = pd.DataFrame({"day": days, "amount": 1.0})
    return company(facts, kpis={"orders": "count(*)"}, columns={"day": "date", "amount": "number"})


@pytest.fixture
def run(strategy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def command(*words):
        return CliRunner().invoke(app, [words[0], str(strategy.path), *words[1:]])

    return command


def record(folder, *texts):
    with open_ledger(folder / "ledger.sqlite") as ledger:
        for text in texts:
            comment = Comment(period="2026Q3", text=text)
            ledger.append(comment, who="coo", why="x", event=text)


def test_a_ledger_that_is_not_there_is_told_and_not_made(run, tmp_path):
    for words in (("ledger", "verify"), ("ledger", "export")):
        done = run(*words)
        assert done.exit_code == 2
        assert "there is no ledger yet" in done.stderr
    assert run("cycle", "--period", "2026Q3").stdout == (
        "Review of 2026Q3: not begun; there is no ledger yet.\n"
    )
    assert not (tmp_path / "ledger.sqlite").exists()


def test_verify_says_whether_the_ledger_is_whole(run, tmp_path):
    record(tmp_path, "a", "b", "c")
    done = run("ledger", "verify")
    assert done.exit_code == 0
    assert done.stdout == "Ledger of 3 records: nothing was changed, taken out or moved.\n"
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as connection:
        connection.execute(f"DROP TRIGGER {TABLE}_no_delete")
        connection.execute(f"DELETE FROM {TABLE} WHERE seq = 3")
        connection.commit()
    done = run("ledger", "verify", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert not found["whole"]
    assert found["faults"][0]["message"].startswith("Record 3 is cut off")


def test_verify_holds_the_ledger_against_the_heads_in_reports(run, tmp_path):
    record(tmp_path, "a")
    folder = tmp_path / "reports" / "the-company" / "2026Q3"
    folder.mkdir(parents=True)
    noted = {"ledger": {"seq": 2, "hash": "a" * 64}}
    (folder / "run.json").write_text(json.dumps(noted))
    done = run("ledger", "verify")
    assert done.exit_code == 1
    assert "Record 2 is cut off: the last was noted elsewhere." in done.stderr


@pytest.mark.parametrize("name", ["kept.json", "kept.csv"])
def test_what_is_exported_is_imported_once(run, tmp_path, name):
    record(tmp_path, "=1+1", "b")
    assert run("ledger", "export", "-o", name).exit_code == 0
    (tmp_path / "ledger.sqlite").rename(tmp_path / "away.db")
    (tmp_path / "ledger.sqlite.heads").unlink()
    for added in (2, 0):
        done = run("ledger", "import", name, "--who", "coo")
        assert done.exit_code == 0, done.stderr
        assert done.stdout == f"{name}: records added: {added}.\n"
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        assert list(ledger.read(Comment).to_frame()["text"]) == ["=1+1", "b"]


def test_an_export_goes_to_the_screen_as_json(run, tmp_path):
    record(tmp_path, "a")
    shown = json.loads(run("ledger", "export").stdout)
    assert shown["head"]["seq"] == 1
    done = run("ledger", "export", "-o", "kept.xlsx")
    assert (done.exit_code, "Use .json or .csv" in done.stderr) == (2, True)


def test_a_survey_is_imported_as_counts(run, tmp_path):
    lines = "".join(f"{team},{score}\n" for team in "ab" for score in (5, 4, 4, 3, 2))
    (tmp_path / "answers.csv").write_text(f"team,I know our goals\n{lines}")
    done = run("ledger", "import", "answers.csv", "--survey", "Autumn", "--who", "hr")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Autumn: alignment index 60% (31% to 83%, 10 people), least in a with 60%.",
        "answers.csv: records added: 6.",
    ]


def test_what_cannot_be_done_is_told(run, tmp_path):
    done = run("ledger", "verfy")
    assert "Did you mean 'verify'?" in done.stderr
    assert run("ledger", "import").exit_code == 2
    (tmp_path / "minutes.csv").write_text("kind,period,text,why\ncomment,2026Q3,a,x\n")
    done = run("ledger", "import", "minutes.csv")
    assert (done.exit_code, "who is empty" in done.stderr) == (2, True)


def test_a_review_is_moved_on_from_the_command_line(run, tmp_path):
    done = run("cycle", "draft", "--period", "2026Q3")
    assert done.exit_code == 2
    assert "Say --who takes it, and --why" in done.stderr
    said = ("--who", "coo", "--why", "It begins", "--period", "2026Q3")
    assert run("cycle", "draft", *said).exit_code == 0
    done = run("cycle", "open", *said)
    assert "Review of 2026Q3 begins with: KPIs 1, open actions 0, open concerns 0." in done.stdout
    assert "kpikit cycle STRATEGY freeze --period 2026Q3" in done.stderr
    done = run("cycle", "freeze", *said)
    assert (done.exit_code, "holds no review to freeze" in done.stderr) == (2, True)
    folder = tmp_path / "reports" / "the-company" / "2026Q3"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    for step in ("freeze", "hold", "close"):
        assert run("cycle", step, *said).exit_code == 0
    found = json.loads(run("cycle", "--period", "2026Q3", "--json").stdout)
    assert (found["state"], found["next"]) == ("closed", None)
    assert run("cycle", "halt", *said).exit_code == 2


def test_a_ledger_named_by_a_variable_is_used(company, tmp_path, monkeypatch):
    facts = pd.DataFrame({"day": pd.date_range("2026-01-01", "2026-03-31")})
    named = company(
        facts, kpis={"orders": "count(*)"}, columns={"day": "date"}, ledger="${COMPANY_LEDGER}"
    )
    done = CliRunner().invoke(app, ["ledger", str(named.path), "verify"])
    assert done.exit_code == 2
    assert "the environment variable COMPANY_LEDGER is not set" in done.stderr
    elsewhere = tmp_path / "elsewhere.sqlite"
    monkeypatch.setenv("COMPANY_LEDGER", str(elsewhere))
    with open_ledger(elsewhere) as ledger:
        ledger.append(Target(kpi="orders", period="2026Q4", value=1), who="coo", why="x")
    done = CliRunner().invoke(app, ["ledger", str(named.path), "verify"])
    assert done.stdout.startswith("Ledger of 1 record:")

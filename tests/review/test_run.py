import json
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from kpikit.errors import DataError, KpikitError, PeriodError, StrategyError, UnknownNameError
from kpikit.review.record import slug
from kpikit.review.run import run_review
from kpikit.strategy import load_strategy


def test_every_department_with_kpis_gets_its_report_and_the_run_its_record(
    strategy, templates, tmp_path
):
    folders = [tmp_path / "two", tmp_path / "one"]
    notebooks = templates()
    for folder, workers in zip(folders, (2, 1), strict=True):
        run = run_review(
            load_strategy(strategy),
            period="2026Q2",
            as_of="2026-06-30",
            out=folder,
            workers=workers,
            notebooks=notebooks,
        )
    assert run.exit_code == 0
    assert run.summary() == "Review of 2026Q2: 2 of 2 reports made."
    place = tmp_path / "one" / "cafe-b-co" / "2026Q2"
    frame = run.to_frame()
    assert list(frame.columns) == ["department", "state", "seconds", "html", "pdf", "message"]
    assert list(frame["html"]) == [str(place / "support.html"), str(place / "sales.html")]

    page = Path(frame["html"][0]).read_text()
    assert "<pre>support 2026Q2 2026-06-30 True</pre>" in page
    assert "<title>Customer &lt;i&gt;Support&lt;/i&gt;, 2026Q2</title>" in page
    index = (place / "index.html").read_text()
    assert '<a href="support.html">Customer &lt;i&gt;Support&lt;/i&gt;</a>' in index
    assert "<b>" not in index

    record = json.loads((place / "run.json").read_text())
    assert (record["period"], record["as_of"]) == ("2026Q2", "2026-06-30")
    assert [report["state"] for report in record["reports"]] == ["ok", "ok"]
    facts = sha256((strategy.parent / "tickets.csv").read_bytes()).hexdigest()
    assert record["sha256"]["sources"] == {"tickets": {"path": "tickets.csv", "sha256": facts}}
    assert {"python", "kpikit", "pandas", "statsmodels"} <= set(record["versions"])
    assert str(tmp_path) not in (place / "run.json").read_text()
    assert str(strategy) in (place / "run.log").read_text()

    for name in ("support.html", "sales.html", "index.html", "run.json"):
        two, one = ((folder / "cafe-b-co" / "2026Q2" / name).read_bytes() for folder in folders)
        assert two == one


def test_a_failing_department_is_named_everywhere_and_does_not_stop_the_other(
    strategy, templates, tmp_path
):
    run = run_review(
        strategy, period="2026Q2", out=tmp_path / "out", notebooks=templates(broken="support")
    )
    assert run.exit_code == 1
    assert run.summary() == "Review of 2026Q2: 1 of 2 reports made. Not made: support (failed)."
    assert list(run.to_frame()["state"]) == ["failed", "ok"]
    index = (run.folder / "index.html").read_text()
    assert "rate is &lt;b&gt;gone&lt;/b&gt;" in index
    assert "notebooks/support.failed.ipynb" in index
    assert "could not be made" in (run.folder / "support.failed.html").read_text()

    later = run_review(
        strategy,
        period="2026Q2",
        departments=["support"],
        out=tmp_path / "out",
        notebooks=templates(),
    )
    assert later.exit_code == 0
    assert not (run.folder / "notebooks" / "support.failed.ipynb").exists()
    index = (run.folder / "index.html").read_text()
    assert "Reports of earlier runs" in index
    assert '<a href="sales.html">Sales</a>, as of 2026-06-28' in index
    assert not (run.folder / "support.failed.html").exists()


def test_what_was_made_from_an_earlier_page_goes_with_it(strategy, templates, tmp_path):
    given = {"period": "2026Q2", "out": tmp_path / "out", "notebooks": templates()}
    folder = run_review(strategy, **given).folder
    made = [folder / name for name in ("support.pdf", "sales.pdf")]
    for path in made:
        path.write_text("as the page")
    run_review(strategy, **given)
    assert all(path.exists() for path in made)  # the same pages, the same prints

    (folder / "support.html").write_text("another page")
    run_review(strategy, **given, departments=["support"])
    assert not (folder / "support.pdf").exists()
    assert (folder / "sales.pdf").exists()


def test_a_failed_department_keeps_the_report_of_an_earlier_run(strategy, templates, tmp_path):
    given = {"period": "2026Q2", "out": tmp_path / "out"}
    good = run_review(strategy, **given, notebooks=templates())
    kept = {
        path: path.read_bytes()
        for path in (good.folder / "support.html", good.folder / "notebooks" / "support.ipynb")
    }
    run = run_review(strategy, **given, notebooks=templates(broken="support"))
    assert run.exit_code == 1
    assert {path: path.read_bytes() for path in kept} == kept
    index = (run.folder / "index.html").read_text()
    assert '<a href="support.failed.html">' in index
    assert '<a href="support.html">' in index.partition("Reports of earlier runs")[2]
    assert "support" not in json.loads((run.folder / "review.json").read_text())["departments"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"period": "soon"}, PeriodError, "period 'soon' cannot be read"),
        (
            {"period": "2026"},
            PeriodError,
            "is a year, and a review is of a quarter or a month. Write it as 2026Q4",
        ),
        ({"departments": ["suport"]}, UnknownNameError, "Did you mean 'support'?"),
        ({"departments": ["idle"]}, UnknownNameError, "no department with KPIs 'idle'"),
        ({"formats": ["docx"]}, KpikitError, "format 'docx' is not available. Use html, pdf or"),
        ({"workers": 0}, KpikitError, "workers is 0. Use 1 or more"),
        ({"as_of": "30.6.2026"}, PeriodError, "date '30.6.2026' cannot be read"),
        ({"notebooks": "nowhere"}, DataError, "there is no such notebook"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_run(
    strategy, templates, tmp_path, options, error, message
):
    given = {"period": "2026Q2", "out": tmp_path / "out", "notebooks": templates()} | options
    with pytest.raises(error, match=message.replace("?", r"\?")):
        run_review(strategy, **given)
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_said_before_anything_is_run(
    strategy, templates, tmp_path
):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(KpikitError, match="reports cannot be written there"):
        run_review(strategy, period="2026Q2", out=tmp_path / "file", notebooks=templates())
    assert (tmp_path / "file").read_text() == "mine"


def test_a_notebook_without_the_parameters_of_a_review_is_refused(strategy, notebook, tmp_path):
    folder = notebook("1", parameters="strategy = ''", name="t/quarterly_review.ipynb").parent
    with pytest.raises(UnknownNameError, match="no parameter 'department'"):
        run_review(strategy, period="2026Q2", out=tmp_path / "out", notebooks=folder)


def test_a_strategy_without_kpis_has_nothing_to_review(strategy, templates, tmp_path):
    strategy.write_text(strategy.read_text().split("kpis:")[0])
    with pytest.raises((DataError, StrategyError)):
        run_review(strategy, period="2026Q2", out=tmp_path / "out", notebooks=templates())


def test_an_organisation_gives_its_folder_a_plain_name():
    assert slug("../../etc/passwd") == "etc-passwd"
    assert slug("{x} Brightdesk, Inc.") == "x-brightdesk-inc"
    assert slug("東京") != slug("大阪")
    assert len(slug("x" * 300)) == 60


def test_a_run_goes_on_where_another_was_broken_off(strategy, templates, tmp_path):
    def run(out, notebooks, **options):
        return run_review(
            strategy, period="2026Q2", out=tmp_path / out, notebooks=notebooks, **options
        )

    def pages(found):
        names = ("support.html", "sales.html", "index.html", "run.json")
        return [(found.folder / name).read_bytes() for name in names]

    def break_off(name, state):
        if (name, state) == ("support", "ok"):
            raise KeyboardInterrupt

    notebooks = templates()
    unbroken = run("whole", notebooks)
    broken = run("broken", notebooks, progress=break_off, workers=1)
    assert broken.exit_code == 130
    assert list(broken.to_frame()["state"]) == ["ok", "not_run"]

    told = []
    resumed = run("broken", notebooks, resume=True, progress=lambda *event: told.append(event))
    assert {name for name, _ in told} == {"sales"}
    assert resumed.exit_code == 0
    assert pages(resumed) == pages(unbroken)

    facts = strategy.parent / "tickets.csv"
    facts.write_text(facts.read_text() + "2026-06-29,1\n")
    told.clear()
    assert run("broken", notebooks, resume=True, progress=lambda *event: told.append(event))
    assert {name for name, _ in told} == {"support", "sales"}  # other facts, other reports

    (resumed.folder / "sales.html").write_text("somebody else's")
    told.clear()
    run("broken", notebooks, resume=True, progress=lambda *event: told.append(event))
    assert {name for name, _ in told} == {"sales"}


def test_two_runs_do_not_write_to_one_folder(strategy, templates, tmp_path):
    def another(name, state):
        with pytest.raises(KpikitError, match=r"another run is writing its reports there\. Wait"):
            run_review(strategy, period="2026Q2", out=tmp_path, notebooks=notebooks)

    notebooks = templates()
    run = run_review(strategy, period="2026Q2", out=tmp_path, notebooks=notebooks, progress=another)
    assert run.exit_code == 0


def test_a_cluster_makes_the_same_reports(strategy, templates, tmp_path):
    from distributed import LocalCluster

    options = {"period": "2026Q2", "notebooks": templates(broken="sales")}
    here = run_review(strategy, out=tmp_path / "here", **options)
    with LocalCluster(
        n_workers=1, threads_per_worker=2, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        there = run_review(
            strategy, out=tmp_path / "there", scheduler=cluster.scheduler_address, **options
        )
    assert list(there.to_frame()["state"]) == list(here.to_frame()["state"]) == ["ok", "failed"]
    for name in ("support.html", "sales.failed.html", "run.json", "review.json"):
        assert (there.folder / name).read_bytes() == (here.folder / name).read_bytes()


def test_a_scheduler_that_is_not_there_is_said(strategy, templates, tmp_path):
    with pytest.raises(KpikitError, match=r"nobody answers there\. Check the address"):
        run_review(
            strategy,
            period="2026Q2",
            out=tmp_path,
            notebooks=templates(),
            scheduler="tcp://127.0.0.1:1",
        )


def test_a_ledger_is_read_noted_and_written_to_only_when_asked(strategy, templates, tmp_path):
    from kpikit.ledger import Decision, Target, Verdict, open_ledger

    place = strategy.parent / "ledger.sqlite"
    decision = Decision(period="2026Q2", text="Hire <b>two</b>", kpis=("reply",))
    aim = Target(kpi="reply", period="2026Q2", value=3.0)
    then = datetime(2026, 6, 1, tzinfo=UTC)
    with open_ledger(place, clock=lambda: then) as ledger:
        ledger.append_many([decision, aim], who="ann", why="Slow")
        head = ledger.head()

    def run(**options):
        return run_review(strategy, period="2026Q2", out=tmp_path / "out", **options)

    def seq():
        with open_ledger(place) as ledger:
            return ledger.head().seq

    done = run(departments=["support"])
    noted = json.loads((done.folder / "run.json").read_text())
    assert noted["ledger"] == {"seq": head.seq, "hash": head.hash}
    page = (done.folder / "support.html").read_text()
    assert "Hire &lt;b&gt;two&lt;/b&gt;" in page
    board = json.loads((done.folder / "review.json").read_text())["departments"]["support"]
    assert board["kpis"]["reply"]["board"]["status"] != "no_target"  # the accepted one
    assert seq() == head.seq

    run(departments=["support"], record=True)
    with open_ledger(place) as ledger:
        assert set(ledger.read(Verdict).to_frame()["kpi"]) == {"reply"}
    written = seq()
    run(departments=["support"], record=True)
    assert seq() == written  # the same is not said twice

    other = run(notebooks=templates(), ledger=str(tmp_path / "other.sqlite"))
    assert json.loads((other.folder / "run.json").read_text())["ledger"]["seq"] == 0


def test_a_review_without_a_ledger_loads_no_database():
    parts = "kpikit.review.conduct, kpikit.review.findings, kpikit.review.sections"
    code = f"import sys, {parts}; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

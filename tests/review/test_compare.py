import json

import pytest

from kpikit.errors import DataError
from kpikit.review.compare import compare_reviews
from kpikit.review.run import run_review
from kpikit.review.verify import verify_review

COLUMNS = ["department", "kpi", "number", "before", "after", "why"]
NUMBERS = """\
from kpikit.review import sections
from kpikit.review.findings import build_review
review = build_review(strategy, department=department, period=period, as_of=as_of, bundle=bundle)
sections.numbers(review)"""
DECLARED = "\n".join(
    f'{name}: str = ""' for name in ("strategy", "department", "period", "as_of", "bundle")
)


@pytest.fixture
def review(strategy, notebook, tmp_path):
    folder = notebook(NUMBERS, parameters=DECLARED, name="templates/quarterly_review.ipynb").parent

    def make(name, period="2026Q2", **options):
        run = run_review(strategy, period=period, out=tmp_path / name, notebooks=folder, **options)
        assert run.exit_code == 0, run.to_frame()["message"].tolist()
        return run.folder

    return make


def why(found):
    frame = found.to_frame()
    return dict(zip(zip(frame["kpi"], frame["number"], strict=True), frame["why"], strict=True))


def test_every_change_is_put_down_to_what_made_it(review, strategy):
    first = review("first")
    assert review("again") != first
    same = compare_reviews(first, first)
    assert same.summary() == "2026Q2 against 2026Q2: 20 numbers compared, none differs."
    assert list(same.to_frame().columns) == COLUMNS

    text = strategy.read_text()
    strategy.write_text(text.replace("formula: count(hours)", "formula: 2 * count(hours)"))
    defined = compare_reviews(first, review("defined"))
    assert why(defined) == {
        ("volume", "value"): "definition",
        ("volume", "previous"): "definition",
    }
    row = defined.to_frame().iloc[0]
    assert (row["department"], row["before"], row["after"]) == ("sales", 9, 18)

    strategy.write_text(text)
    facts = strategy.parent / "tickets.csv"
    facts.write_text(facts.read_text() + "2026-06-29,30\n")
    restated = why(compare_reviews(first, review("restated")))
    assert restated[("reply", "value")] == restated[("volume", "value")] == "data"
    assert ("reply", "previous") not in restated

    earlier = compare_reviews(review("q1", period="2026Q1"), first)
    assert set(earlier.to_frame()["why"]) == {"period"}

    run = json.loads((first / "run.json").read_text())
    (first / "run.json").write_text(json.dumps(run | {"code": "other"}))
    numbers = (first / "review.json").read_text()
    (first / "review.json").write_text(numbers.replace('"value": 9', '"value": 8'))
    restored = facts.read_text().rpartition("2026-06-29")[0]
    facts.write_text(restored)
    assert set(why(compare_reviews(first, review("code"))).values()) == {"code"}


def test_a_folder_without_a_review_is_named(tmp_path):
    with pytest.raises(DataError, match=r"run.json: there is no finished review\. Name a folder"):
        compare_reviews(tmp_path, tmp_path)
    with pytest.raises(DataError, match="there is no finished review"):
        verify_review(tmp_path)


def test_a_review_is_made_again_and_what_was_touched_is_told(tmp_path, strategy):
    run = run_review(strategy, period="2026Q2", out=tmp_path / "out")
    assert run.exit_code == 0, run.to_frame()["message"].tolist()
    assert verify_review(run.folder).summary() == (
        "Review of 2026Q2: all 6 files come out the same."
    )
    (run.folder / "idle.html").write_text("the report of an earlier run")
    (run.folder / "numbers.xlsx").write_text("as review.json")
    later = run_review(strategy, period="2026Q2", departments=["sales"], out=tmp_path / "out")
    index = (later.folder / "index.html").read_text()
    assert "Reports of earlier runs" in index
    assert "&lt;/i&gt;</a>, as of 2026-06-28</li>" in index
    assert "all departments</a>, as of 2026-06-28</li>" in index
    assert '<a href="idle.html">No KPI of its own</a></li>' in index  # nobody knows of when it is
    assert not (later.folder / "numbers.xlsx").exists()  # it told of all departments
    assert verify_review(run.folder).summary() == (
        "Review of 2026Q2: all 4 files come out the same."
    )
    run = run_review(strategy, period="2026Q2", out=tmp_path / "out")
    page = run.folder / "support.html"
    page.write_text(page.read_text().replace("2026Q2", "2026Q3"))
    (run.folder / "sales.html").unlink()
    (run.folder / "run.log").unlink()
    with pytest.raises(DataError, match="cannot be found. Name it with --strategy"):
        verify_review(run.folder)
    found = verify_review(run.folder / "support.html", strategy=strategy)
    assert found.summary() == (
        "Review of 2026Q2: not the same: support.html (differs), sales.html (missing)."
    )

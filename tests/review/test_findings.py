"""What a review finds, against numbers made for it."""

import pandas as pd
import pytest

from kpikit.errors import DataError, PeriodError, UnknownNameError
from kpikit.review import sections
from kpikit.review.bundle import read_bundle, write_bundle
from kpikit.review.findings import build_review, latest_period

KPIS = {
    "income": {
        "title": "Income <b>& more</b>",
        "formula": "sum(price)",
        "unit": "money",
        "department": "sales",
        "targets": [{"period": "2026Q1", "committed": 300}, {"period": "2026Q2", "committed": 1}],
    },
    "price": {
        "title": "Price",
        "formula": "avg(price)",
        "department": "sales",
        "direction": "lower_is_better",
        "targets": [{"period": "2026Q1", "committed": 9}],
    },
    "kinds": {"title": "Kinds", "formula": "count(distinct kind)", "department": "sales"},
    "other": {"title": "Elsewhere", "formula": "count(*)", "department": "idle"},
}
DEPARTMENTS = {
    "sales": {"title": "Sales", "owner": "the_owner", "parent": "company"},
    "idle": {"title": "Idle", "owner": "the_owner", "parent": "company"},
}


@pytest.fixture
def strategy(company):
    # ten a row, ten rows a month from January 2024 to March 2026, then half of April
    days = pd.date_range("2024-01-01", "2026-03-31", freq="D")
    days = days[(days.day <= 9) | days.is_month_end]
    april = pd.date_range("2026-04-01", "2026-04-15", freq="D")
    frame = pd.DataFrame({"day": days.append(april)})
    frame = frame.assign(price=10.0, kind=frame.index % 3)
    return company(frame, kpis=KPIS, departments=DEPARTMENTS)


@pytest.fixture
def review(strategy):
    return build_review(strategy, department="sales", period="2026Q1")


def test_values_are_those_of_the_quarter_and_of_the_year_before(review):
    board = review.to_frame().set_index("kpi")
    assert board.loc["income", ["value", "previous", "year_ago"]].tolist() == [300.0] * 3
    assert board.loc["price", "value"] == 10.0


def test_a_complete_quarter_is_reached_or_missed(review):
    board = review.to_frame().set_index("kpi")
    assert review.complete
    assert board["status"].to_dict() == {
        "income": "on_target",  # 300 of 300
        "price": "off_target",  # 10, and 9 at most
        "kinds": "no_target",
    }
    assert review.summary() == (
        "Sales · 2026Q1: KPIs 1 on target, 1 off target, 1 without a verdict, as of 2026-03-31."
    )


def test_nothing_after_the_quarter_is_seen_unless_a_later_day_is_asked_for(strategy, review):
    assert str(review.as_of) == "2026-03-31"
    assert review.kpis[0].history["period_start"].max() == pd.Timestamp("2026-03-01")
    later = build_review(strategy, department="sales", period="2026Q1", as_of="2026-04-10")
    assert str(later.as_of) == "2026-04-10"


def test_a_running_quarter_is_partial_and_not_compared(strategy):
    review = build_review(strategy, department="sales", period="2026Q2")
    assert not review.complete
    assert str(review.as_of) == "2026-04-15"
    assert "partial" in review.summary()
    html = sections.header(review).html + sections.board(review).html
    assert "2026Q2 is partial: it runs to 2026-06-30" in html
    assert "so far" in html
    assert "better" not in html.replace("Better and worse", "")
    assert "worse" not in html.replace("Better and worse", "")


def test_targets_are_proposed_for_the_quarter_that_follows(review):
    html = sections.targets(review).html
    assert "Targets for 2026Q2" in html
    assert "Kinds: over_periods is not declared, so no target can be proposed." in html
    (income, price, kinds) = review.kpis
    assert income.aggregate == "sum"
    assert income.proposals.to_frame()["committed"].iloc[0] == pytest.approx(300)
    assert price.aggregate == "ratio"
    assert kinds.proposals is None


def test_every_text_is_escaped_and_every_picture_described(review):
    html = "".join(
        part(review).html
        for part in (
            sections.header,
            sections.board,
            sections.targets,
            sections.kpi_pages,
            sections.data_quality,
            sections.methods,
        )
    )
    assert "<b>& more" not in html
    assert "Income &lt;b&gt;&amp; more&lt;/b&gt;" in html
    judged = [one for one in review.kpis if not one.signals.series["too_short"].all()]
    assert len(judged) > 0
    assert html.count("<img") == html.count('<img alt="') == len(review.kpis) + len(judged)


def test_the_same_facts_carried_by_a_bundle_say_the_same(strategy, review, tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    day = write_bundle(strategy, period="2026Q1", as_of=None, folder=folder).as_of
    assert day == review.as_of
    again = build_review(strategy, department="sales", period="2026Q1", bundle=folder)
    pd.testing.assert_frame_equal(again.to_frame(), review.to_frame())
    assert sections.kpi_pages(again).html == sections.kpi_pages(review).html


def test_a_folder_without_a_bundle_is_told(tmp_path):
    with pytest.raises(DataError, match="holds no bundle"):
        read_bundle(tmp_path)


def test_unknown_departments_and_periods_to_come_are_told(strategy):
    with pytest.raises(UnknownNameError, match="Did you mean 'sales'"):
        build_review(strategy, department="sale", period="2026Q1")
    with pytest.raises(PeriodError, match="2026Q3 begins on 2026-07-01, after the as-of date"):
        build_review(strategy, department="sales", period="2026Q3")


def test_the_latest_complete_quarter_is_found(strategy):
    assert latest_period(strategy) == "2026Q1"
    assert latest_period(strategy, as_of="2026-03-30") == "2025Q4"
    with pytest.raises(DataError, match="no quarter is complete"):
        latest_period(strategy, as_of="2024-03-30")


def test_the_board_is_drawn(review):
    assert review.plot().get_title(loc="left") == "Distance from the target, in % of the target"


def test_identities_are_checked_at_each_run(company):
    days = pd.date_range("2025-01-01", "2026-03-31", freq="D")
    frame = pd.DataFrame({"day": days, "price": 10.0, "pieces": 2})
    kpis = {
        "income": {"formula": "sum(price * pieces)", "identity": "{pieces} * {rate}"},
        "rate": {"formula": "sum(price * pieces) / sum(pieces)", "department": "idle"},
        "pieces": {"formula": "sum(pieces)", "identity": "{rate} * 3"},
    }
    kpis = {name: {"department": "sales"} | fields for name, fields in kpis.items()}
    strategy = company(frame, kpis=kpis, departments=DEPARTMENTS)
    review = build_review(strategy, department="sales", period="2026Q1")
    html = sections.data_quality(review).html
    assert "Identities of income, pieces: 5 of 10 values differ from what their parts make" in html


def test_a_quarter_to_come_is_refused_before_any_notebook_runs(strategy, tmp_path):
    with pytest.raises(PeriodError, match="2026Q3 begins on 2026-07-01"):
        write_bundle(strategy, period="2026Q3", as_of=None, folder=tmp_path)
    assert not (tmp_path / "bundle.json").exists()


def test_a_month_shows_every_kpi_at_a_glance_and_says_it_for_the_blind(strategy):
    review = build_review(strategy, department="sales", period="2026-03")
    html = sections.glance(review).html
    assert html.count("<img ") == 3
    assert 'alt="Price, 2026-03: 10.0; trend: no clear trend."' in html
    assert "Income &lt;b&gt;&amp; more&lt;/b&gt;, 2026-03: EUR 100;" in html

"""The review cycle: one step after the other, the pre-read frozen, the closed period locked."""

import json

import pandas as pd
import pytest

from kpikit.errors import KpikitError, UnknownNameError
from kpikit.ledger import (
    Action,
    BaselineReset,
    Comment,
    Concern,
    Decision,
    Head,
    KpiSetReview,
    Review,
    Seen,
    Target,
    open_ledger,
)
from kpikit.review.cycle import move_cycle, noted_heads, read_cycle, seen_now
from kpikit.review.handover import due_reviews, hand_over

WHO = {"who": "coo", "why": "It is time"}


@pytest.fixture
def strategy(company):
    days = pd.date_range("2026-01-01", "2026-09-30")
    facts = pd.DataFrame({"day": days, "amount": 1.0})
    return company(
        facts,
        kpis={
            "revenue": {
                "formula": "sum(amount)",
                "targets": [{"period": "2026Q4", "committed": 90}],
            },
            "orders": "count(*)",
        },
        columns={"day": "date", "amount": "number"},
        waivers=[
            {"code": "OWN01", "subject": "kpis.orders", "reason": "New", "until": "2026-12-31"}
        ],
    )


@pytest.fixture
def ledger(path):
    with open_ledger(path) as opened:
        yield opened


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def reports(tmp_path):
    folder = tmp_path / "reports" / "the-company" / "2026Q3"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    (folder / "company.html").write_text("<p>The report</p>")
    return tmp_path / "reports"


def period(strategy, name="2026Q3"):
    return strategy.calendar.parse(name)


def bring(strategy, ledger, reports, *states, name="2026Q3"):
    for state in states:
        moved = move_cycle(
            strategy, ledger, period=period(strategy, name), to=state, reports=reports, **WHO
        )
    return moved


def test_a_review_goes_through_its_states_in_their_order(strategy, ledger, reports):
    assert read_cycle(ledger, period=period(strategy)).summary() == "Review of 2026Q3: not begun."
    moved = bring(strategy, ledger, reports, "draft", "open", "frozen", "held", "closed")
    assert moved.state == "closed"
    assert moved.next is None
    assert list(moved.to_frame()["state"]) == ["draft", "open", "frozen", "held", "closed"]
    assert moved.summary().startswith("Review of 2026Q3: closed, and locked, since 20")
    assert ledger.verify().is_whole
    labels = [text.get_text() for text in moved.plot().texts]
    assert labels[0] == "draft"


def test_a_state_out_of_turn_is_refused(strategy, ledger, reports):
    with pytest.raises(KpikitError, match=r"It cannot become held now\. Its next state is draft"):
        bring(strategy, ledger, reports, "held")
    with pytest.raises(UnknownNameError, match="there is no state of a review 'froze'"):
        bring(strategy, ledger, reports, "froze")
    bring(strategy, ledger, reports, "draft", "open", "frozen", "held", "closed")
    with pytest.raises(KpikitError, match="It has no state left"):
        bring(strategy, ledger, reports, "open")


def test_the_review_before_is_closed_first(strategy, ledger, reports):
    bring(strategy, ledger, reports, "draft")
    with pytest.raises(KpikitError, match="Close it before 2026Q4 goes on"):
        bring(strategy, ledger, reports, "draft", name="2026Q4")
    bring(strategy, ledger, reports, "draft", name="2026-09")  # a month is another rhythm


def test_freezing_takes_what_was_sent_and_the_definitions(strategy, ledger, reports, tmp_path):
    with pytest.raises(KpikitError, match=r"holds no review to freeze\. Make it with"):
        bring(strategy, ledger, tmp_path / "nowhere", "draft", "open", "frozen")
    frozen = bring(strategy, ledger, reports, "frozen")
    assert len(frozen.report_sha256) == 64
    seen = ledger.latest(Seen).to_frame()
    assert list(seen["subject"]) == ["kpis.revenue", "kpis.orders", "OWN01 kpis.orders"]
    assert list(seen["sha256"]) == [one.sha256 for one in seen_now(strategy)]


def test_a_review_is_held_on_the_reports_that_were_frozen(strategy, ledger, reports):
    bring(strategy, ledger, reports, "draft", "open", "frozen")
    page = reports / "the-company" / "2026Q3" / "company.html"
    page.write_text("<p>A nicer report</p>")
    with pytest.raises(KpikitError, match="the reports are not those that were frozen"):
        bring(strategy, ledger, reports, "held")
    page.write_text("<p>The report</p>")
    assert bring(strategy, ledger, reports, "held").state == "held"


def test_a_closed_period_takes_no_more(strategy, ledger, reports):
    bring(strategy, ledger, reports, "draft", "open", "frozen", "held", "closed")
    with pytest.raises(KpikitError, match="2026Q3 was closed by record"):
        ledger.append(Comment(period="2026Q3", text="Wait"), **WHO)


def test_what_is_open_is_handed_on(strategy, ledger, reports):
    hire = Action(period="2026Q3", text="Hire", owner="kim", due="2026-11-01", kpis=("orders",))
    ledger.append(hire, **WHO)
    done = Action(period="2026Q3", text="Call", owner="kim", due="2026-10-01", kpis=("orders",))
    ledger.append(done.model_copy(update={"state": "done"}), **WHO)
    ledger.append(Decision(period="2026Q3", text="Raise", kpis=("revenue", "orders")), **WHO)
    ledger.append(Comment(period="2026Q3", text="first", kpi="orders"), **WHO)
    ledger.append(Comment(period="2026Q3", text="last", kpi="orders"), **WHO)
    ledger.append(Concern(period="2026Q3", text="Staff"), **WHO)
    bring(strategy, ledger, reports, "draft", "open", "frozen", "held", "closed")
    handed = hand_over(strategy, ledger, period=period(strategy, "2026Q4"))
    assert handed.summary() == (
        "Review of 2026Q4 begins with: KPIs 2, open actions 1, open concerns 1."
    )
    table = handed.to_frame().set_index("kpi")
    assert table.loc["orders", ["decisions", "actions", "open_actions"]].tolist() == [1, 2, 1]
    assert table["comment"].tolist() == ["", "last"]
    assert table.loc["revenue", "target"] == 90
    assert len(handed.evidence) == 64
    ledger.append(Target(kpi="revenue", period="2026Q4", value=95), **WHO)
    again = hand_over(strategy, ledger, period=period(strategy, "2026Q4"))
    assert again.to_frame()["target"].iloc[0] == 95
    assert handed.plot().get_title(loc="left") == "What KPIs of 2026Q4 were cited for"


def test_reviews_fall_due_by_month_quarter_and_half_a_year(strategy, ledger):
    def due(day):
        table = due_reviews(strategy, ledger, as_of=day)
        return [(row["period"], f"{row['due']:%Y-%m-%d}", row["state"]) for row in table.to_dict(
            orient="records")]  # fmt: skip

    assert due("2026-10-15") == [
        ("2026-09", "2026-10-31", "due"),
        ("2026Q3", "2026-12-31", "due"),
        ("", "2026-10-15", "due"),
    ]
    for name in ("2026-09", "2026Q3"):
        ledger.append(Review(period=name, state="held"), **WHO)
    ledger.append(KpiSetReview(on="2026-10-01", outcome="Kept"), **WHO)
    assert [state for *_, state in due("2026-10-15")] == ["done", "done", "done"]
    # 183 days later it is still in time, on the next day no more
    assert due("2027-04-02")[2] == ("", "2027-04-02", "done")
    assert due("2027-04-03")[2] == ("", "2027-04-02", "overdue")


def test_a_confirmed_change_makes_the_kpi_set_due(strategy, ledger):
    ledger.append(KpiSetReview(on="2026-10-01", outcome="Kept"), **WHO)
    reset = ledger.append(BaselineReset(kpi="orders", since="2026-10-10"), **WHO)
    row = due_reviews(strategy, ledger, as_of="2026-10-15").iloc[-1]
    assert (f"{row['due']:%Y-%m-%d}", row["state"]) == ("2026-10-10", "overdue")
    ledger.undo(reset.event, **WHO)
    assert due_reviews(strategy, ledger, as_of="2026-10-15").iloc[-1]["state"] == "done"


def test_heads_noted_in_reviews_are_read(strategy, reports):
    folder = reports / "the-company"
    (folder / "2026Q2").mkdir()
    noted = {"ledger": {"seq": 7, "hash": "a" * 64}}
    (folder / "2026Q2" / "run.json").write_text(json.dumps(noted))
    assert noted_heads(reports, strategy) == [Head(7, "a" * 64)]

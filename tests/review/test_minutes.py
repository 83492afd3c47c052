"""What a meeting says is checked, recorded and listed; the agenda follows from the record."""

from pathlib import Path

import pytest

from kpikit.errors import DataError
from kpikit.ledger import (
    Action,
    Comment,
    Concern,
    Decision,
    ForecastMade,
    Milestone,
    Target,
    Verdict,
    open_ledger,
)
from kpikit.review.agenda import one_pager, set_agenda
from kpikit.review.findings import build_review
from kpikit.review.look_back import look_back
from kpikit.review.made import record_made
from kpikit.review.minutes import minute_of, minutes_of
from kpikit.strategy import load_strategy

BRIGHTDESK = Path(__file__).parents[2] / "data" / "brightdesk" / "strategy.yaml"
WHO = {"who": "coo", "why": "The meeting"}


@pytest.fixture(scope="module")
def review():
    return build_review(BRIGHTDESK, department="support", period="2026Q3", as_of="2026-10-15")


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


def test_every_fault_of_a_minute_is_told_at_once():
    with pytest.raises(DataError) as caught:
        minute_of("action", {"period": "2026Q3", "text": " ", "kpis": ["cast"]}, kpis=["csat"])
    assert str(caught.value).splitlines() == [
        "action: 4 faults.",
        "  kpis names 'cast', which there is not. Did you mean 'csat'?",
        "  text is empty. Write it in words.",
        "  owner is missing. Give it.",
        "  due is missing. Give it.",
    ]
    with pytest.raises(DataError, match="there is no kind 'remark' of minute"):
        minute_of("remark", {}, kpis=[])


def test_minutes_stand_in_the_order_in_which_they_were_said(ledger):
    fields = {"period": "2026Q3", "department": "support", "kpis": ["csat"], "text": "Say"}
    act = fields | {"owner": "kim", "due": "2026-11-30"}
    for kind in ("decision", "comment", "action", "concern"):
        ledger.append(minute_of(kind, act, kpis=["csat"]), **WHO)
    ledger.append(Decision(period="2026Q3", text="x", department="sales"), **WHO)
    found = minutes_of(ledger, period="2026Q3", department="support")
    assert list(found["kind"]) == ["decision", "comment", "action", "concern"]
    assert list(found["kpis"]) == [("csat",)] * 4
    assert list(found["owner"]) == ["", "", "kim", ""]
    assert len(minutes_of(ledger, period="2026Q3")) == 5
    assert minutes_of(ledger, period="2026Q4").empty


def test_the_agenda_follows_from_numbers_and_record(review, ledger):
    before = set_agenda(review, ledger)
    assert before.summary() == (
        "Agenda of Customer Support · 2026Q3: items 10 (off target 3, next targets 7)."
    )
    late = Action(period="2026Q2", text="Hire", owner="kim", due="2026-10-01", department="support")
    reached = Milestone(
        objective="keep_customers", by="2026-12-31", criteria="3 months", reached_on="2026-09-30"
    )
    for record in (
        late,
        Concern(period="2026Q3", text="Nights", kpis=("csat",)),
        Concern(period="2026Q3", text="Not ours", kpis=("visits",)),
        Target(kpi="csat", period="2026Q4", value=4.3),
        reached,
    ):
        ledger.append(record, **WHO)
    found = set_agenda(review, ledger).to_frame()
    assert list(found["topic"].unique()) == [
        "celebrate", "promised", "off target", "concern", "next targets",
    ]  # fmt: skip
    assert list(found.loc[found["topic"] == "promised", "reason"]) == ["due on 2026-10-01"]
    assert list(found.loc[found["topic"] == "concern", "subject"]) == ["Nights"]
    assert "Satisfaction, 1 to 5" not in set(found.loc[found["topic"] == "next targets", "subject"])
    assert "Hire" in one_pager(review, ledger).html


def test_hostile_text_is_shown_and_not_run(review, ledger):
    bad = "<script>alert(1)</script>"
    action = Action(
        period="2026Q3", text=bad, owner=bad, due="2026-11-30", department="support", kpis=("csat",)
    )
    ledger.append(action, **WHO)
    shown = one_pager(review, ledger).html + set_agenda(review, ledger)._repr_html_()
    assert bad not in shown


def test_what_a_review_says_is_put_on_record_once(review, ledger):
    made = record_made(review, ledger, who="kpikit")
    assert {type(entry.record) for entry in made} == {Verdict, ForecastMade, Target}
    assert record_made(review, ledger, who="kpikit") == ()
    forecasts = ledger.latest(ForecastMade).to_frame()
    assert set(forecasts["period"]) == {"2026Q4"}
    assert ledger.accepted_targets().empty, "a proposal is not accepted"
    proposed = ledger.latest(Target).to_frame().set_index(["kpi", "level"])
    assert proposed.loc[("csat", "committed"), "attainment"] == 0.8
    assert len(proposed.loc[("csat", "committed"), "basis_sha256"]) == 64
    verdicts = ledger.latest(Verdict).to_frame().set_index(["kpi", "about"])
    assert verdicts.loc[("csat", "target"), "verdict"] == "on_target"


def test_looking_back_joins_forecast_target_and_value(ledger):
    strategy = load_strategy(BRIGHTDESK)
    made = ForecastMade(
        kpi="csat", period="2026Q3", as_of="2026-06-30", median=4.3, method="path",
        quantiles={"0.1": 4.2, "0.5": 4.3, "0.9": 4.4},
    )  # fmt: skip
    ledger.append(made, **WHO)
    ledger.append(Target(kpi="csat", period="2026Q2", value=4.9), **WHO)
    back = look_back(
        strategy, ledger, periods=["2026Q2", "2026Q3", "2026Q4"], kpis=["csat"], as_of="2026-10-15"
    )
    rows = back.to_frame().set_index("period")
    # the facts: 4.234 and 4.224; 4.9 was accepted for the second quarter, 4.2 declared
    assert rows["target"].tolist()[:2] == [4.9, 4.2]
    assert rows["basis"].tolist()[:2] == ["accepted", "declared"]
    assert rows["reached"].tolist()[:2] == [False, True]
    assert rows.loc["2026Q3", "forecast"] == 4.3
    assert bool(rows.loc["2026Q3", "inside"])
    assert back.summary() == (
        "Targets reached: 1 of 2; values inside the middle 80 % of their forecast: 1 of 1."
    )
    (score,) = back.scores().to_dict(orient="records")
    assert (score["method"], score["forecasts"], score["inside"]) == ("path", 1, 1.0)
    assert back.by("owner")["share"].tolist() == [0.5]
    assert len(back.plot().get_yticklabels()) == 2


def test_looking_back_on_nothing(ledger):
    strategy = load_strategy(BRIGHTDESK)
    back = look_back(strategy, ledger, periods=[])
    assert back.to_frame().empty
    assert back.summary() == (
        "Targets reached: 0 of 0; no forecast on record has come to its period yet."
    )
    back.plot()


def test_a_comment_names_one_kpi():
    record = minute_of(
        "comment", {"period": "2026Q3", "text": "a", "kpis": ["csat"]}, kpis=["csat"]
    )
    assert record == Comment(period="2026Q3", text="a", kpi="csat")

"""What became of decisions: hand-computed on small ledgers."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from kpikit.ledger import Action, Decision, ForecastMade, Milestone, open_ledger
from kpikit.ledger.follow_through import (
    decisions_per_kpi,
    kept_promises,
    milestones_reached,
    open_actions,
    overdue_actions,
    reaction_days,
)
from kpikit.ledger.scores import match_outcomes, score_forecasts


@pytest.fixture
def kept(path):
    """Return frames of a ledger: four actions, two decisions, milestones."""
    day = datetime(2026, 10, 1, 9, tzinfo=UTC)
    with open_ledger(path, clock=lambda: day) as ledger:
        common = {"period": "2026Q3", "owner": "kim"}
        late = Action(text="a", due="2026-10-10", action="a", kpis=("csat",), **common)
        soon = Action(text="b", due="2026-10-20", action="b", **common, signal_on="2026-09-20")
        done = Action(text="c", due="2026-10-15", action="c", kpis=("csat", "nps"), **common)
        slow = Action(text="d", due="2026-10-02", action="d", **common | {"owner": "lee"})
        actions = [late, soon, done, slow, late.model_copy(update={"action": "e"})]
        ledger.append_many(actions, who="coo", why="meeting")
        ledger.append(Decision(period="2026Q3", text="x", kpis=("csat",)), who="coo", why="y")
        ledger.append(Decision(period="2026Q3", text="z"), who="coo", why="y")
        reached = Milestone(objective="keep", by="2026-09-30", criteria="m", value=0.03)
        ledger.append(reached, who="coo", why="plan")
        ledger.append(
            reached.model_copy(update={"reached_on": pd.Timestamp("2026-09-25").date()}),
            who="coo",
            why="It was below for three months",
        )
        day = datetime(2026, 10, 15, 22, tzinfo=UTC)
        for action, state in ((done, "done"), (slow, "done"), (actions[-1], "dropped")):
            ledger.append(action.model_copy(update={"state": state}), who="kim", why="done")
        yield {
            "actions": ledger.latest(Action).to_frame(),
            "every": ledger.read(Action).to_frame(),
            "decisions": ledger.read(Decision).to_frame(),
            "milestones": ledger.latest(Milestone).to_frame(),
        }


def test_an_action_is_overdue_from_the_day_after_it_was_due(kept):
    assert overdue_actions(kept["actions"], as_of="2026-10-10").empty
    late = overdue_actions(kept["actions"], as_of="2026-10-25")
    assert late[["action", "days_overdue"]].to_numpy().tolist() == [["a", 15], ["b", 5]]
    assert list(open_actions(kept["actions"])["action"]) == ["a", "b"]


def test_promises_kept_are_counted_by_owner(kept):
    table = kept_promises(kept["actions"], as_of="2026-10-18").set_index("owner")
    # kim: a is overdue, c was done on its day; b is not due yet, e was dropped
    assert table.loc["kim"].tolist() == [2, 1, 0, 1, 0.5]
    assert table.loc["lee"].tolist() == [1, 0, 1, 0, 0.0]


def test_days_from_a_signal_to_the_action_that_answers_it(kept):
    (row,) = reaction_days(kept["every"]).to_dict(orient="records")
    assert (row["action"], row["days"]) == ("b", 11)


def test_decisions_are_counted_for_each_kpi_also_where_there_is_none(kept):
    table = decisions_per_kpi(kept["decisions"], kept["actions"], kpis=["nps", "csat", "churn"])
    assert table[["kpi", "decisions", "actions"]].to_numpy().tolist() == [
        ["nps", 0, 1], ["csat", 1, 3], ["churn", 0, 0],
    ]  # fmt: skip
    assert table["last_cited"].isna().tolist() == [False, False, True]


def test_milestones_reached_in_a_period_are_found(kept):
    (row,) = milestones_reached(kept["milestones"], since="2026-07-01", until="2026-09-30").to_dict(
        orient="records"
    )
    assert (row["objective"], row["days_early"]) == ("keep", 5)
    assert milestones_reached(kept["milestones"], since="2026-10-01", until="2026-12-31").empty


def test_nothing_on_record_gives_empty_tables(path):
    with open_ledger(path) as ledger:
        actions = ledger.latest(Action).to_frame()
        decisions = ledger.read(Decision).to_frame()
        milestones = ledger.latest(Milestone).to_frame()
        forecasts = ledger.latest(ForecastMade).to_frame()
    actuals = pd.DataFrame({"kpi": ["a"], "segment": [""], "period": ["2026Q3"], "value": [1.0]})
    assert overdue_actions(actions, as_of="2026-10-10").empty
    assert kept_promises(actions, as_of="2026-10-10").empty
    assert reaction_days(actions).empty
    assert milestones_reached(milestones, since="2026-01-01", until="2026-12-31").empty
    assert decisions_per_kpi(decisions, actions, kpis=["a"])["decisions"].tolist() == [0]
    assert score_forecasts(match_outcomes(forecasts, actuals)).empty


def test_forecasts_are_scored_against_what_came(path):
    with open_ledger(path) as ledger:
        for period, median in (("2026Q1", 8.0), ("2026Q2", 12.0), ("2026Q3", 10.0)):
            made = ForecastMade(
                kpi="a",
                period=period,
                as_of="2025-12-31",
                median=median,
                method="trend",
                quantiles={"0.1": median - 1, "0.9": median + 1},
            )
            ledger.append(made, who="kpikit", why="review")
        forecasts = ledger.latest(ForecastMade).to_frame()
    actuals = pd.DataFrame(
        {"kpi": "a", "segment": "", "period": ["2026Q1", "2026Q2"], "value": [10.0, 11.5]}
    )
    matched = match_outcomes(forecasts, actuals)
    assert matched["error"].tolist()[:2] == [2.0, -0.5]
    assert matched["inside"].tolist()[:2] == [False, True]
    assert matched["inside"].isna().tolist() == [False, False, True]
    (row,) = score_forecasts(matched).to_dict(orient="records")
    assert row["forecasts"] == 2
    assert row["bias"] == pytest.approx((2 - 0.5) / 2 / 10.75 * 100)
    assert row["error"] == pytest.approx((2 + 0.5) / 2 / 10.75 * 100)
    assert (row["inside"], row["with_interval"]) == (0.5, 2)

"""A strategy's own words decide what of its KPIs is a signal."""

import numpy as np
import pandas as pd
import pytest

from kpikit.analysis.panel import read_panel
from kpikit.analysis.watched import judge_kpis
from kpikit.strategy.model import Strategy

MONTHS = pd.date_range("2021-01-01", periods=48, freq="MS")
SPIKE = 20


def strategy(*, events=(), **kpi):
    given = {"title": "Bill", "department": "all", "unit": "count", "formula": "sum(x)"} | kpi
    return Strategy.model_validate(
        {
            "version": 1,
            "organisation": {"name": "Acme"},
            "sources": {"facts": {"path": "facts.csv", "time": "day", "columns": {"x": "number"}}},
            "departments": {"all": {"title": "All", "owner": "ann"}},
            "kpis": {"bill": {"source": "facts", "owner": "ann", **given}},
            "events": list(events),
        }
    )


@pytest.fixture
def panel():
    values = 100 + np.random.default_rng(4).normal(size=len(MONTHS))
    values[SPIKE] += 12
    return pd.DataFrame({"kpi": "bill", "segment": "", "period_start": MONTHS, "value": values})


def word(found, place=SPIKE):
    return found.to_frame()["signal"].iloc[place]


@pytest.mark.parametrize(
    ("direction", "signal"),
    [("higher_is_better", "none"), ("lower_is_better", "exceptional")],
)
def test_only_the_worse_side_of_a_kpi_is_a_signal(panel, direction, signal):
    assert word(judge_kpis(strategy(direction=direction), panel)) == signal


@pytest.mark.parametrize(("smallest", "signal"), [(5, "exceptional"), (50, "none")])
def test_what_does_not_matter_is_no_signal(panel, smallest, signal):
    owned = strategy(direction="lower_is_better", smallest=smallest)
    assert word(judge_kpis(owned, panel)) == signal


def test_a_known_event_of_the_strategy_explains_its_month(panel):
    day = f"{MONTHS[SPIKE]:%Y-%m-%d}"
    event = {"name": "Two bills in one month", "date": day, "kind": "outage", "kpis": ["bill"]}
    found = judge_kpis(strategy(direction="lower_is_better", events=[event]), panel)
    assert word(found) == "none"
    assert found.marks["text"].tolist() == ["Two bills in one month"]


def test_a_confirmed_step_is_a_new_level_and_no_row_of_signals(panel):
    panel["value"] += np.where(np.arange(len(panel)) >= 30, 15.0, 0.0)
    owned = strategy(direction="lower_is_better")
    found = judge_kpis(owned, panel).to_frame()
    assert found["signal"].iloc[31:].eq("none").all()
    assert found["expected"].iloc[31:].min() > 110
    held = judge_kpis(
        owned, panel, baselines=pd.DataFrame(columns=["kpi", "period_start", "reason"])
    )
    assert held.marks.empty


def test_partial_periods_are_told_once_and_series_read_before_are_judged_alike(panel):
    partial = panel.assign(complete=[*[True] * (len(panel) - 1), False])
    found = judge_kpis(strategy(direction="lower_is_better"), partial)
    assert found.notes == ("Partial periods are left out: 1 rows in all.",)
    series, _ = read_panel(panel.iloc[:-1])
    pd.testing.assert_frame_equal(
        judge_kpis(strategy(direction="lower_is_better"), series).frame, found.frame
    )

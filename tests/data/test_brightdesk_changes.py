"""What is planted in the demonstration company is found, and nothing in what is constant."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from kpikit import build_observations, find_changes, find_season, fit_trend, load_strategy

HOME = Path(__file__).parents[2] / "data" / "brightdesk"
TRUTH = yaml.safe_load((HOME / "truth.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def panel():
    strategy = load_strategy(HOME / "strategy.yaml")
    return build_observations(strategy, grain="month", as_of=TRUTH["last_day"]).panel()


@pytest.fixture(scope="module")
def changes(panel):
    return find_changes(panel).to_frame()


def of(changes, kpi, kind):
    rows = changes[(changes["kpi"] == kpi) & (changes["kind"] == kind)]
    return rows.set_index("period_start")["size"]


def test_stories_bend_where_they_begin_and_end(changes):
    for kpi, begins, ends in (
        ("mql_to_sql", "2023-02", "2023-10"),
        ("signup_abandonment", "2024-08", "2024-11"),
    ):
        bends = of(changes, kpi, "slope")
        assert [f"{start:%Y-%m}" for start in bends.index] == [begins, ends]
        assert bends.iloc[0] == pytest.approx(-bends.iloc[1], rel=0.05)


def test_steps_have_their_month(changes):
    for kpi, since in (
        ("average_bill", TRUTH["price_change"]["since"]),
        ("cost_per_trial", TRUTH["level_shifts"][0]["since"]),
        ("fault_share", TRUTH["taxonomy_change"]["since"]),
    ):
        steps = of(changes, kpi, "step")
        assert pd.Timestamp(since) in steps.index
        assert steps.loc[pd.Timestamp(since)] > 0


def test_what_is_constant_has_no_change_no_trend_and_no_season(panel, changes):
    constant = panel[panel["kpi"].isin(TRUTH["nothing"])]
    assert not set(changes["kpi"]) & set(TRUTH["nothing"])
    assert fit_trend(constant).to_frame()["verdict"].eq("no clear trend").all()
    assert find_season(constant).to_frame()["verdict"].eq("no clear season").all()


def test_planted_seasons_are_seen(panel):
    planted = ["visits", "active_share", "absence_rate", "training_hours", "releases"]
    found = find_season(panel[panel["kpi"].isin(planted)]).to_frame()
    assert found["verdict"].eq("seasonal").all()

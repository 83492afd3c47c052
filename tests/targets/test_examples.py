"""Targets on the examples: what is planted is found, what was promised is held to facts."""

from pathlib import Path

import pytest
import yaml

from kpikit import (
    build_observations,
    cascade_targets,
    find_sandbagging,
    load_strategy,
    plan_target,
    propose_targets,
    recall_targets,
)

DATA = Path(__file__).parents[2] / "data"


def test_the_sandbagged_target_is_named_and_no_other():
    strategy = load_strategy(DATA / "brightdesk" / "strategy.yaml")
    planted = yaml.safe_load((DATA / "brightdesk" / "truth.yaml").read_text())["sandbagged"]["kpi"]
    kpis = [planted, "churn_rate", "csat", "visits", "win_rate"]
    observed = build_observations(strategy, as_of="2026-10-15", kpis=kpis)
    cycles = recall_targets(strategy, observed, as_of="2026-10-15", kpis=kpis).to_frame()
    found = find_sandbagging(cycles).to_frame().set_index("kpi")["verdict"]
    assert found.pop(planted) == "low"
    assert set(found) <= {"none", "too few cycles"}


def test_the_economys_past_promises_are_held_against_what_came():
    strategy = load_strategy(DATA / "economy" / "strategy.yaml")
    kpis = ["real_gdp", "unemployment", "inflation"]
    observed = build_observations(strategy, kpis=kpis)
    years = [f"{year}Q{quarter}" for year in (2003, 2004, 2005) for quarter in (1, 2, 3, 4)]
    found = recall_targets(strategy, observed, as_of="2009-09-30", periods=years, kpis=kpis)
    rows = found.to_frame()
    assert len(rows) == 36
    # calm years: of 36 at 80 %, 29 are expected, give or take 2.4
    assert 22 <= rows["kept"].sum() <= 36


@pytest.fixture(scope="module")
def bookings(hotel):
    strategy = load_strategy(hotel)
    kpis = ["room_revenue", "adr", "room_nights"]
    return strategy, build_observations(strategy, by="hotel", kpis=kpis, as_of="2017-04-30")


def test_a_quarters_rate_weighs_with_the_nights(bookings):
    strategy, observed = bookings
    found = plan_target(strategy, observed, kpi="adr", period="2017Q2", target=98.0)
    panel = observed.panel().query("kpi == 'adr' and segment == ''")
    april = panel.iloc[-1]
    assert found.actual == pytest.approx(april["numerator"] / april["denominator"])
    path = found.to_frame()
    assert path["together"].iloc[-1] == pytest.approx(98.0, abs=1e-9)
    # the pace is what May and June need, and lies on the other side of the target from April
    assert found.needed_pace < 98 < found.actual
    proposed = propose_targets(
        panel.iloc[:-1], horizon=2, skip=1, aggregate="ratio", grain="month"
    ).to_frame()
    assert 50 < proposed["floor"].item() < proposed["stretch"].item() < 200


def test_the_hotels_make_the_whole_by_their_nights(bookings):
    strategy, observed = bookings
    revenue = cascade_targets(
        strategy, observed, kpi="room_revenue", period="2017Q2", target=3_600_000.0
    )
    assert abs(revenue.to_frame()["target"].sum() - 3_600_000.0) <= 1e-9
    rate = cascade_targets(strategy, observed, kpi="adr", period="2017Q2", target=100.0)
    made = (rate.to_frame()["target"] * rate.weights).sum()
    assert abs(made - 100.0) <= 1e-9
    assert rate.joint_attainment <= rate.to_frame()["attainment"].min()

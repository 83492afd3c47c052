"""What if: identities exactly, supported leads at their lag with their size, nothing else."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from plans import EFFECT

from kpikit.errors import DataError, UnknownNameError
from kpikit.targets.prospect import prepare_what_if
from kpikit.targets.whatif import scenario_of, what_if

mpl.use("Agg")


@pytest.fixture(scope="module")
def sales(world):
    return prepare_what_if(*world, kpi="sales", period="2027Q1")


def test_without_changes_it_is_the_kpis_own_forecast(sales):
    found = scenario_of(sales, {})
    row = found.to_frame().iloc[0]
    columns = ["kpi", "period_start", "mean", "q0.025", "q0.1", "q0.25", "q0.5"]
    assert list(found.to_frame().columns)[:7] == columns
    assert (row["kpi"], row["basis"]) == ("sales", "its own forecast")
    assert row["q0.5"] == pytest.approx(np.quantile(sales.outcome.draws, 0.5), rel=1e-3)


def test_a_supported_lead_moves_its_kpi_from_its_lag_on_by_its_size(sales):
    base = float(sales.levers.set_index("lever").loc["calls", "expected"])
    found = scenario_of(sales, {"calls": base + 3})
    moved = found.to_frame()["mean"].item() - scenario_of(sales, {}).to_frame()["mean"].item()
    # two of three months lie a month after a change; 6 for each
    assert moved == pytest.approx(EFFECT * 3 * 2 / 3, abs=1.0)
    assert "calls leads sales by 1" in found.to_frame()["basis"].item()


def test_a_lead_later_than_the_period_moves_nothing(world):
    found = what_if(*world, kpi="sales", period="2027-01", changes={"calls": 90})
    assert found.ignored.keys() == {"calls"}
    assert "nothing of this moves it" in found.summary()


def test_nothing_goes_through_a_link_that_is_not_supported(sales):
    found = scenario_of(sales, {"gossip": 30.0})
    assert found.ignored["gossip"].startswith("the link is ")
    assert found.to_frame()["mean"].item() == scenario_of(sales, {}).to_frame()["mean"].item()


def test_an_identity_is_exact(world):
    found = what_if(*world, kpi="income", period="2027Q1", changes={"sales": 80.0, "price": 12.0})
    row = found.to_frame().iloc[0]
    assert row["q0.025"] == row["q0.975"] == pytest.approx(960.0)
    half = what_if(*world, kpi="income", period="2027Q1", changes={"price": 0.0})
    assert half.to_frame()["mean"].item() == 0.0


def test_a_change_goes_through_a_lead_and_then_an_identity(world):
    near = what_if(*world, kpi="income", period="2027Q1", changes={"calls": 50.0})
    far = what_if(*world, kpi="income", period="2027Q1", changes={"calls": 55.0})
    moved = far.to_frame()["mean"].item() - near.to_frame()["mean"].item()
    # as it is measured, or more: calls may be told with an error
    assert 0.85 <= moved / (EFFECT * 5 * 2 / 3 * 10) <= 1.5


def test_every_fault_of_the_changes_is_said(world, sales):
    with pytest.raises(DataError) as fault:
        scenario_of(sales, {"calls": float("nan"), "price": "ten"})
    assert "calls is nan" in str(fault.value)
    assert "price is 'ten'; it is a number" in str(fault.value)
    with pytest.raises(UnknownNameError, match="call"):
        scenario_of(sales, {"call": 1.0})
    with pytest.raises(DataError, match="is over; nothing can be changed in it"):
        what_if(*world, kpi="sales", period="2026Q4", changes={})


def test_inputs_stay_and_the_same_seed_gives_the_same(world):
    before = world[1].to_frame()
    asked = {"kpi": "income", "period": "2027Q1", "changes": {"calls": 52.0}}
    first, second = (what_if(*world, **asked).to_frame() for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(before, world[1].to_frame())

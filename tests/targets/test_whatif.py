"""What if: identities exactly, supported leads at their lag with their size, nothing else."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from plans import kpi, rows, strategy

from kpikit.errors import DataError, UnknownNameError
from kpikit.observations.table import Observations
from kpikit.targets.prospect import prepare_what_if
from kpikit.targets.scenarios import compare_scenarios, read_scenario, save_scenario
from kpikit.targets.whatif import INFEASIBLE, NOT_NEEDED, needed_for, scenario_of, what_if

mpl.use("Agg")
MONTHS = 48
EFFECT = 2.0


def observed(**values):
    frame = pd.concat([rows(one, kpi=name) for name, one in values.items()], ignore_index=True)
    return Observations(frame=frame, missing=pd.DataFrame())


def mean(**fields):
    return kpi("avg(amount)", over_periods="mean", bounds=(None, None), **fields)


@pytest.fixture(scope="module")
def world():
    """Sales follow calls by 1 month, twice as much; gossip claims to lead, and does not."""
    chance = np.random.default_rng(4)
    calls = 50 + chance.normal(0, 3, MONTHS)
    noise = chance.normal(0, 2, MONTHS)
    sales = 100 + noise + EFFECT * (np.concatenate([[50.0], calls[:-1]]) - 50)
    price = 10 + chance.normal(0, 0.2, MONTHS)
    named = strategy(
        sales=mean(title="Sales"),
        calls=mean(leads=[{"kpi": "sales", "lag": 1, "sign": "positive"}], unit="number"),
        gossip=mean(leads=[{"kpi": "sales", "lag": 1, "sign": "positive"}]),
        price=mean(),
        income=mean(title="Income", identity="{sales} * {price}"),
    )
    gossip = chance.normal(20, 1, MONTHS)
    facts = observed(sales=sales, calls=calls, gossip=gossip, price=price, income=sales * price)
    return named, facts


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
    assert moved == pytest.approx(EFFECT * 5 * 2 / 3 * 10, rel=0.25)


def test_what_is_needed_gives_the_chance_when_put_back_with_another_seed(world, sales):
    target = float(np.quantile(sales.draws({}), 0.5)) + 2
    found = needed_for(*world, kpi="sales", period="2027Q1", target=target)
    assert found.attainment(target) == pytest.approx(0.8, abs=0.002)
    again = what_if(*world, kpi="sales", period="2027Q1", changes=found.changes, seed=11)
    error = np.sqrt(0.8 * 0.2 / 2000)
    assert again.attainment(target) == pytest.approx(0.8, abs=3 * error)
    assert "needs one of: calls at " in found.summary()


def test_what_no_level_ever_gave_is_infeasible_and_said_so(world):
    found = needed_for(*world, kpi="sales", period="2027Q1", target=500.0)
    assert found.levers["verdict"].tolist() == [INFEASIBLE]
    assert "is infeasible by one lever alone: the best, calls, gives" in found.summary()
    assert found.changes == {}
    easy = needed_for(*world, kpi="sales", period="2027Q1", target=10.0)
    assert easy.levers["verdict"].tolist() == [NOT_NEEDED]
    idle = needed_for(*world, kpi="sales", period="2027Q1", target=10.0, levers=["gossip"])
    assert "gossip" in idle.ignored
    assert "nothing known moves this KPI" in idle.summary()


def test_every_fault_of_the_changes_is_said(world, sales):
    with pytest.raises(DataError) as fault:
        scenario_of(sales, {"calls": float("nan"), "price": "ten"})
    assert "calls is nan" in str(fault.value)
    assert "price is 'ten'; it is a number" in str(fault.value)
    with pytest.raises(UnknownNameError, match="call"):
        scenario_of(sales, {"call": 1.0})
    with pytest.raises(DataError, match=r"attainment is 2; it lies between 0 and 1"):
        needed_for(*world, kpi="sales", period="2027Q1", target=1.0, attainment=2)
    with pytest.raises(DataError, match="is over; nothing can be changed in it"):
        what_if(*world, kpi="sales", period="2026Q4", changes={})


def test_inputs_stay_and_the_same_seed_gives_the_same(world):
    before = world[1].to_frame()
    asked = {"kpi": "income", "period": "2027Q1", "changes": {"calls": 52.0}}
    first, second = (what_if(*world, **asked).to_frame() for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(before, world[1].to_frame())


def test_scenarios_are_kept_read_and_compared(sales, tmp_path):
    bold = scenario_of(sales, {"calls": 55.0})
    path = save_scenario(bold, tmp_path / "bold.yaml")
    assert read_scenario(path) == {"kpi": "sales", "period": "2027Q1", "changes": {"calls": 55.0}}
    side = compare_scenarios({"plain": scenario_of(sales, {}), "bold": bold}, target=105.0)
    assert side.to_frame().index.tolist() == ["plain", "bold"]
    assert "is most likely with bold" in side.summary()
    assert len(side.plot().get_yticks()) == 2
    path.write_text("kpi: sales\n", encoding="utf-8")
    with pytest.raises(DataError, match="holds no scenario"):
        read_scenario(path)
    with pytest.raises(DataError, match="there is no such file"):
        read_scenario(tmp_path / "none.yaml")

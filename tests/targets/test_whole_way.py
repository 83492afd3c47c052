"""From a strategy file and raw facts to targets, with nothing stood in for."""

import numpy as np
import pandas as pd

from kpikit.analysis.trend import fit_trend
from kpikit.observations.build import build_observations
from kpikit.strategy.read import load_strategy
from kpikit.targets.assess import assess_targets
from kpikit.targets.propose import propose_targets

STRATEGY = """
version: 1
organisation: {name: Test, currency: EUR}
sources:
  sales: {path: sales.csv, time: day, columns: {day: date, amount: number}}
people: {coo: {name: Operations}}
kpis:
  revenue:
    title: Revenue
    department: company
    owner: coo
    source: sales
    formula: sum(amount)
    unit: money
    direction: higher_is_better
    targets: [{period: 2025Q2, committed: 900}, {period: 2025Q1, committed: 900}]
  price:
    title: Mean price
    department: company
    owner: coo
    source: sales
    formula: sum(amount) / count(*)
    unit: money
    direction: higher_is_better
    targets: [{period: 2025Q2, committed: 10}]
"""


def test_facts_become_trends_targets_and_statuses(tmp_path):
    # every day sells for 10, until the 20th of May 2025
    days = pd.date_range("2022-01-01", "2025-05-20")
    sales = pd.DataFrame({"day": days.strftime("%Y-%m-%d"), "amount": 10})
    sales.to_csv(tmp_path / "sales.csv", index=False)
    (tmp_path / "strategy.yaml").write_text(STRATEGY)
    strategy = load_strategy(tmp_path / "strategy.yaml")
    observations = build_observations(strategy)

    trend = fit_trend(observations.panel()).to_frame().set_index("kpi")
    assert trend.loc["price", ["slope", "verdict"]].tolist() == [0.0, "no clear trend"]

    prices = observations.panel().query("kpi == 'price'")
    proposed = propose_targets(prices, horizon=2, aggregate="ratio").to_frame()
    assert np.isclose(proposed["committed"].item(), 10)

    found = assess_targets(strategy, observations, as_of="2025-05-20").to_frame()
    rows = found.set_index(["kpi", "period"])
    # April is whole and holds 300; May is partial and is forecast, not read
    assert rows.loc[("revenue", "2025Q2"), "actual_to_date"] == 300
    assert rows.loc[("revenue", "2025Q2"), "needed_pace"] == 300
    assert rows.loc[("revenue", "2025Q1"), ["actual_to_date", "status"]].tolist() == [
        900,
        "on_target",
    ]
    assert rows.loc[("price", "2025Q2"), ["actual_to_date", "attainment"]].tolist() == [10, 1]

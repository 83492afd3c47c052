"""What reports draw on of links: whole for claims, and of all pairs what shows something."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from kpikit.analysis.leads import find_leads
from kpikit.observations.build import build_observations
from kpikit.review.evidence import find_evidence, read_evidence, write_evidence
from kpikit.strategy import load_strategy

STRATEGY = """\
version: 1
organisation: {name: Acme}
sources:
  facts: {path: facts.csv, time: day, columns: {day: date, a: number, b: number, c: number},
          complete_through: 2026-01-31}
departments: {sales: {title: Sales, owner: ann}}
kpis:
"""
KPI = (
    "  {0}: {{title: {0}, department: sales, owner: ann, source: facts, formula: sum({0}), "
    "unit: number, grain: month, direction: higher_is_better}}\n"
)


@pytest.fixture
def strategy(tmp_path):
    rng = np.random.default_rng(5)
    first, other, noise = rng.normal(size=(3, 73))
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2020-02-01", periods=72, freq="MS"),
            "a": 50 + first[1:],
            "b": 50 + first[:-1] + 0.3 * noise[1:],  # a month after a
            "c": 50 + other[1:],
        }
    )
    frame.to_csv(tmp_path / "facts.csv", index=False)
    text = STRATEGY + "".join(KPI.format(name) for name in "abc")
    (tmp_path / "strategy.yaml").write_text(text)
    return load_strategy(tmp_path / "strategy.yaml")


def test_of_all_pairs_those_are_kept_that_show_something(strategy, tmp_path):
    observations = build_observations(strategy, as_of="2026-01-31")
    every = find_leads(observations.panel()).to_frame()
    assert len(every) == 6
    found = find_evidence(strategy, observations)
    kept = found.leads.to_frame()
    assert kept[["candidate", "target", "verdict"]].to_numpy().tolist() == [["a", "b", "leads"]]
    assert_frame_equal(kept, every[every["verdict"] == "leads"])

    write_evidence(found, tmp_path)
    again = read_evidence(tmp_path)
    assert_frame_equal(again.leads.to_frame(), kept, check_dtype=False)
    assert (again.leads.fdr, again.leads.max_lag) == (found.leads.fdr, found.leads.max_lag)
    assert_frame_equal(again.links.unclaimed, found.links.unclaimed, check_dtype=False)

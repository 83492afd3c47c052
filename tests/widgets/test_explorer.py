"""The explorer over facts: each choice computes what it says, and what cannot be is said."""

import numpy as np
import pandas as pd
import pytest

from kpikit import build_observations, load_strategy
from kpikit.widgets.explorer import explore_kpis

STRATEGY = """
version: 1
organisation: {name: Shop}
sources:
  facts: {path: facts.csv, time: day, columns: {day: date, place: text, amount: number}}
kpis:
  sales:
    {title: Sales, department: company, owner: coo, source: facts, formula: sum(amount),
     unit: number, direction: higher_is_better}
"""


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    days = pd.date_range("2023-01-01", "2026-06-30")
    amounts = np.random.default_rng(2).normal(10, 1, (len(days), 2)) + [0, 5]
    facts = pd.DataFrame(amounts, index=days, columns=["north", "south"])
    facts = (
        facts.rename_axis("day").reset_index().melt("day", var_name="place", value_name="amount")
    )
    facts.to_csv(folder / "facts.csv", index=False)
    (folder / "strategy.yaml").write_text(STRATEGY, encoding="utf-8")
    strategy = load_strategy(folder / "strategy.yaml")
    observations = build_observations(strategy, by="place", as_of="2026-05-31")
    return explore_kpis(strategy, observations, by="place")


def test_at_another_grain_values_come_from_the_facts_as_they_were_seen(looked):
    looked.grain.value = "week"
    looked.settle()
    assert looked.message.value == ""
    shown = looked._observations("week", "trend").to_frame()
    whole = shown[(shown["segment"] == "") & shown["complete"]]
    assert whole["value"].mean() == pytest.approx(7 * 25, rel=0.02)
    assert whole["period_start"].max() < pd.Timestamp("2026-05-31")
    looked.segment.value = "south"
    looked.settle()
    assert "south" in looked.answer.said.value
    looked.grain.value = "year"
    looked.settle()
    assert "too short" in looked.answer.said.value
    assert looked.segment.options == (("the whole", ""), ("north", "north"), ("south", "south"))


def test_what_cannot_be_asked_is_said_and_later_choices_work(looked):
    looked.question.value, looked.segment.value = "leads", ""
    looked.grain.value = "quarter"
    looked.settle()
    assert "needs two KPIs" in looked.message.value
    looked.question.value = "trend"
    looked.settle()
    assert looked.message.value == ""

"""Strategies and observations made for a test: the KPI `sales`, and what makes or moves it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kpikit.observations.table import Observations
from kpikit.strategy.model import Strategy

EFFECT = 2.0  # of a call on the sales of the month after
MONTHS = 48


@dataclass
class Facts:
    frame: pd.DataFrame

    def to_frame(self):
        return self.frame.copy()


def rows(values, *, kpi="sales", segment="", above=None, below=None):
    days = pd.date_range("2023-01-01", periods=len(values), freq="MS")
    return pd.DataFrame(
        {
            "kpi": kpi,
            "segment": segment,
            "period_start": days,
            "value": np.asarray(values, dtype=float),
            "numerator": np.nan if above is None else above,
            "denominator": np.nan if below is None else below,
            "rows": 1,
            "complete": True,
            "known_at": pd.NaT,
        }
    )


def kpi(formula="sum(amount)", **fields):
    common = {
        "title": "T",
        "department": "company",
        "owner": "coo",
        "source": "facts",
        "formula": formula,
        "unit": "number",
        "direction": "higher_is_better",
    }
    return common | fields


def strategy(**kpis):
    source = {"path": "facts.csv", "time": "day", "columns": {"day": "date", "amount": "number"}}
    return Strategy.model_validate(
        {
            "version": 1,
            "organisation": {"name": "Test", "currency": "EUR"},
            "sources": {"facts": source},
            "kpis": kpis or {"sales": kpi(title="Sales")},
        }
    )


def mean(**fields):
    return kpi("avg(amount)", over_periods="mean", bounds=(None, None), **fields)


def moved_world():
    """Sales follow calls by 1 month, twice as much; gossip claims to lead, and does not."""
    chance = np.random.default_rng(4)
    calls = 50 + chance.normal(0, 3, MONTHS)
    noise = chance.normal(0, 2, MONTHS)
    sales = 100 + noise + EFFECT * (np.concatenate([[50.0], calls[:-1]]) - 50)
    price = 10 + chance.normal(0, 0.2, MONTHS)
    lead = {"leads": [{"kpi": "sales", "lag": 1, "sign": "positive"}]}
    named = strategy(
        sales=mean(title="Sales"),
        calls=mean(unit="number", **lead),
        gossip=mean(**lead),
        price=mean(),
        income=mean(title="Income", identity="{sales} * {price}"),
        load=mean(title="Load", identity="{sales} * {price}", direction="on_target"),
    )
    gossip = chance.normal(20, 1, MONTHS)
    values = {"sales": sales, "calls": calls, "gossip": gossip, "price": price}
    values |= {"income": sales * price, "load": sales * price}
    frame = pd.concat([rows(one, kpi=name) for name, one in values.items()], ignore_index=True)
    return named, Observations(frame=frame, missing=pd.DataFrame())

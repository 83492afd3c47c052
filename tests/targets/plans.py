"""Strategies and observations made for a test: the KPI `sales`, and what makes it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kpikit.strategy.model import Strategy


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

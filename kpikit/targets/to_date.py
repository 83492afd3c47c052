"""What a running period already holds, in whatever form it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kpikit.errors import DataError
from kpikit.forecasting.outcomes import Aggregate, Held, Key


def sum_to_date(
    to_date: Mapping[object, object] | pd.DataFrame | None, aggregate: Aggregate
) -> dict[Key, Held]:
    """Return what the running period already holds, per series.

    Parameters
    ----------
    to_date
        A frame with a row per period gone by (`kpi, segment, value`, for a ratio
        `numerator, denominator`); or a mapping from a KPI, or a pair of KPI and segment,
        to a number (sum), to a sum and its number of periods (mean), or to a numerator and
        a denominator (ratio).
    """
    if to_date is None or aggregate == "last":
        return {}
    if isinstance(to_date, pd.DataFrame):
        return _sum_rows(to_date, aggregate)
    held = {}
    for key, value in to_date.items():
        pair = key if isinstance(key, tuple) else (key, "")
        held[pair[0], pair[1]] = _held(pair[0], value, aggregate)
    return held


def periods_gone(to_date: Mapping[object, object] | pd.DataFrame | None) -> dict[Key, int] | None:
    """Return how many periods have gone by, per series; `None` where it is not told."""
    if to_date is None:
        return {}
    if not isinstance(to_date, pd.DataFrame):
        return None
    keys = zip(
        to_date["kpi"] if "kpi" in to_date else [""] * len(to_date),
        to_date["segment"] if "segment" in to_date else [""] * len(to_date),
        strict=True,
    )
    return dict(Counter(keys))


def combine(held: Held, aggregate: Aggregate) -> float:
    """Return what a period holds so far: the value that its parts add up to."""
    first, second = held
    if aggregate in ("mean", "ratio"):
        return first / second if second else float("nan")
    return first


def _sum_rows(rows: pd.DataFrame, aggregate: Aggregate) -> dict[Key, Held]:
    parts = ["numerator", "denominator"] if aggregate == "ratio" else ["value"]
    lacking = [name for name in parts if name not in rows.columns]
    if lacking:
        raise DataError(
            f"to_date: there is no column {' and no column '.join(map(repr, lacking))}."
        )
    keyed = pd.DataFrame(
        {
            "kpi": rows.get("kpi", ""),
            "segment": rows.get("segment", ""),
            "first": rows[parts[0]].astype(float),
            "second": rows[parts[-1]].astype(float) if len(parts) > 1 else 1.0,
        },
        index=rows.index,
    )
    sums = keyed.groupby(["kpi", "segment"], sort=False, observed=True)[["first", "second"]].sum()
    return {
        (kpi, segment): (float(first), float(second))
        for (kpi, segment), first, second in zip(
            sums.index, sums["first"], sums["second"], strict=True
        )
    }


def _held(kpi: str, value: object, aggregate: Aggregate) -> Held:
    if aggregate == "sum" and isinstance(value, int | float | np.number):
        return (float(value), 0.0)
    if aggregate != "sum" and isinstance(value, Sequence) and len(value) == 2:
        return (float(value[0]), float(value[1]))
    need = {
        "sum": "a number",
        "mean": "a pair: the sum so far and its number of periods",
        "ratio": "a pair: the numerator and the denominator so far",
    }[aggregate]
    raise DataError(f"to_date: {kpi!r} has {value!r}; aggregate {aggregate!r} needs {need}.")

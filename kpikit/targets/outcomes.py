"""Add simulated paths up to what a whole period will hold, path by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats, Series, read_panel
from kpikit.errors import DataError, UnknownNameError, suggest
from kpikit.forecasting.ladder import Simulated
from kpikit.forecasting.scales import Bounds
from kpikit.forecasting.simulation import collect_notes, simulate
from kpikit.periods import Grain
from kpikit.targets.aggregate import AGGREGATES, Aggregate

Key = tuple[str, str]
Held = tuple[float, float]  # value and number of periods; or numerator and denominator
NOTHING: Held = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a whole period may hold for one KPI: one value per simulated path.

    Attributes
    ----------
    to_come
        For a ratio, the denominator still to come; one value per path.
    """

    kpi: str
    segment: str
    totals: Floats
    to_come: Floats | None = None


@dataclass(frozen=True, kw_only=True)
class Window:
    """The periods ahead that count: `horizon` of them, after `skip` that do not."""

    horizon: int
    skip: int = 0

    @property
    def reach(self) -> int:
        """Return how many periods must be simulated."""
        return self.skip + self.horizon


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """How paths are simulated."""

    bounds: Bounds | Mapping[str, Bounds] | None = None
    grain: Grain | None = None
    workers: int = 1
    seed: int = 0


def simulate_outcomes(
    panel: pd.DataFrame,
    *,
    window: Window,
    aggregate: Aggregate,
    held: Mapping[Key, Held],
    how: Simulation,
) -> tuple[list[Outcome], tuple[str, ...]]:
    """Return the outcomes of every series of a panel, and notes.

    Notes
    -----
    A ratio is a quotient of sums: each path of the quotient, period by period, weighs
    with its denominator's path, so that a numerator never parts from its denominator
    and the quotient stays in its bounds.
    """
    if aggregate not in AGGREGATES:
        raise DataError(
            f"aggregate is {aggregate!r}, not one of {', '.join(AGGREGATES)}. "
            f"{suggest(aggregate, AGGREGATES)}"
        )
    table = _with_quotient(panel) if aggregate == "ratio" else panel
    series, notes = read_panel(table, grain=how.grain)
    found = _paths(series, window, how)
    notes += collect_notes(series, found)
    known = {(one.kpi, one.segment) for one in series}
    for kpi, segment in held:
        if (kpi, segment) not in known:
            raise UnknownNameError(
                "series", f"{kpi} {segment}".strip(), _names(known), where="to_date"
            )
    weights: list[Floats | None] = [None] * len(series)
    if aggregate == "ratio":
        below, _ = read_panel(table, grain=how.grain, column="denominator")
        # numbers of their own: a denominator must not draw what its quotient drew
        own = Simulation(bounds=(0.0, None), workers=how.workers, seed=how.seed + 1)
        weights = [s.paths[:, window.skip :] for s in _paths(below, window, own)]
    outcomes = [
        _outcome(one, s.paths[:, window.skip :], weight, aggregate, held)
        for one, s, weight in zip(series, found, weights, strict=True)
    ]
    return outcomes, notes


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


def combine(held: Held, aggregate: Aggregate) -> float:
    """Return what a period holds so far: the value that its parts add up to."""
    first, second = held
    if aggregate in ("mean", "ratio"):
        return first / second if second else float("nan")
    return first


def _paths(series: Sequence[Series], window: Window, how: Simulation) -> list[Simulated]:
    for one in series:
        one.future(1)  # refuses where the grain cannot be told
    return simulate(
        series, horizon=window.reach, bounds=how.bounds, workers=how.workers, seed=how.seed
    )


def _outcome(
    one: Series,
    paths: Floats,
    weights: Floats | None,
    aggregate: Aggregate,
    held: Mapping[Key, Held],
) -> Outcome:
    first, second = held.get((one.kpi, one.segment), NOTHING)
    if weights is not None:
        below = second + weights.sum(axis=1)
        above = first + (paths * weights).sum(axis=1)
        values = np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
        return Outcome(kpi=one.kpi, segment=one.segment, totals=values, to_come=weights.sum(axis=1))
    if aggregate == "last":
        values = paths[:, -1].copy()
    else:
        values = first + paths.sum(axis=1)
        if aggregate == "mean":
            values = values / (second + paths.shape[1])
    return Outcome(kpi=one.kpi, segment=one.segment, totals=values)


def _with_quotient(panel: pd.DataFrame) -> pd.DataFrame:
    lacking = [name for name in ("numerator", "denominator") if name not in panel.columns]
    if lacking:
        raise DataError(
            f"panel: aggregate 'ratio' needs a column {' and a column '.join(map(repr, lacking))}. "
            "Pass the observations with both, or another aggregate."
        )
    above, below = panel["numerator"].astype(float), panel["denominator"].astype(float)
    return panel.assign(value=(above / below.where(below != 0)))


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


def _names(keys: set[Key]) -> list[str]:
    return [f"{kpi} {segment}".strip() for kpi, segment in keys]

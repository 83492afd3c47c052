"""The path to a target, period by period, that keeps the season and ends on it exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.forecasting.forecast import forecast
from kpikit.targets.allocate import InfeasibleError, Parts, allocate
from kpikit.targets.standing import Stand, bounds_of

LEVELS = (0.1, 0.5, 0.9)
COLUMNS = ["period_start", "actual", "expected", "q0.1", "q0.5", "q0.9", "plan", "together"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ahead:
    """What is expected of the periods still open: their table, and their denominators."""

    table: pd.DataFrame
    weights: Floats


def look_ahead(stand: Stand) -> Ahead:
    """Forecast the open periods one by one."""
    panel = stand.rows.assign(kpi=stand.kpi.id, segment=stand.segment)
    steps = stand.skip + stand.open_periods
    own = forecast(
        panel, horizon=steps, grain=stand.kpi.grain, quantiles=LEVELS, bounds=bounds_of(stand.kpi)
    )
    table = own.to_frame().iloc[stand.skip :].reset_index(drop=True)
    if stand.aggregate != "ratio":
        return Ahead(table=table, weights=np.ones(len(table)))
    below = forecast(
        panel.assign(value=panel["denominator"]),
        horizon=steps,
        grain=stand.kpi.grain,
        bounds=(0.0, None),
    )
    return Ahead(table=table, weights=below.to_frame()["mean"].to_numpy()[stand.skip :])


def glide_path(stand: Stand, ahead: Ahead, target: float) -> pd.DataFrame:
    """Return the path from what is there to the target, one row per period inside.

    Returns
    -------
    pandas.DataFrame
        `period_start, actual, expected, q0.1, q0.5, q0.9, plan, together`. `actual` and
        `plan` are the same where a period is complete; `together` is what the plan makes
        up to there, in the last row the target.

    Notes
    -----
    Each open period changes in proportion to what is expected of it, so that the season's
    shape is kept; by as much everywhere where something expected is not above 0. A KPI
    that is that of its last period glides there: each period takes an equal share of the
    way. Within bounds; where they leave no path, `plan` is missing.
    """
    gone = stand.rows[stand.rows["period_start"].isin(pd.to_datetime(list(stand.starts)))]
    actual = gone["value"].to_numpy(dtype=float)
    expected = ahead.table["mean"].to_numpy(dtype=float)
    weights = _weights(stand, gone, ahead)
    plan = np.concatenate([actual, _open_plan(stand, actual, expected, weights, target)])
    blank = np.full(len(actual), np.nan)
    made = {name: np.concatenate([blank, ahead.table[name]]) for name in ("q0.1", "q0.5", "q0.9")}
    return pd.DataFrame(
        {
            "period_start": pd.to_datetime(list(stand.starts)),
            "actual": np.concatenate([actual, np.full(len(expected), np.nan)]),
            "expected": np.concatenate([blank, expected]),
            **made,
            "plan": plan,
            "together": _together(stand, plan, weights),
        }
    )[COLUMNS]


def _weights(stand: Stand, gone: pd.DataFrame, ahead: Ahead) -> Floats:
    """Return what a unit of each period adds to the whole."""
    if stand.aggregate == "ratio":
        weights = np.concatenate([gone["denominator"].to_numpy(dtype=float), ahead.weights])
        return np.asarray(weights / weights.sum())
    whole = len(stand.starts) if stand.aggregate == "mean" else 1
    return np.full(len(stand.starts), 1.0 / whole)


def _open_plan(
    stand: Stand, actual: Floats, expected: Floats, weights: Floats, target: float
) -> Floats:
    bounds = bounds_of(stand.kpi) or (None, None)
    lower = -np.inf if bounds[0] is None else bounds[0]
    upper = np.inf if bounds[1] is None else bounds[1]
    if stand.aggregate == "last":
        way = np.arange(1, len(expected) + 1) / len(expected)
        return np.asarray(np.clip(expected + way * (target - expected[-1]), lower, upper))
    still = weights[len(actual) :]
    give = expected / still if expected.min() > 0 else np.ones(len(expected)) / still
    parts = Parts(
        start=expected,
        weight=still,
        give=give,
        lower=np.full(len(expected), lower),
        upper=np.full(len(expected), upper),
    )
    try:
        return allocate(parts, target - float(weights[: len(actual)] @ actual))
    except InfeasibleError:
        return np.full(len(expected), np.nan)


def _together(stand: Stand, plan: Floats, weights: Floats) -> Floats:
    """Return what the plan makes up to each period."""
    if stand.aggregate == "last":
        return plan
    made = np.cumsum(weights * plan)
    return made if stand.aggregate == "sum" else np.asarray(made / np.cumsum(weights))

"""Bring ready-made values to a coarser grain, as their source says they may be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.errors import DataError
from kpikit.periods import GRAINS, Grain

if TYPE_CHECKING:
    from kpikit.observations.assembly import Columns
    from kpikit.observations.query import Window
    from kpikit.strategy.model import Kpi, Strategy
    from kpikit.strategy.source import Rollup

PART_MISSING = "a value of the period is missing"
NO_ROLLUP = "its source says that its values cannot be made coarser"


def ready_made(kpi: Kpi, strategy: Strategy, grain: Grain) -> tuple[Grain, Rollup] | None:
    """Return the grain of a KPI's ready-made values and their rollup, where `grain` is coarser.

    Raises
    ------
    DataError
        When values are wanted at a finer grain than their source holds.
    """
    source = strategy.sources.get(kpi.source or "")
    if source is None or source.rollup is None or source.grain is None or source.grain == grain:
        return None
    if GRAINS.index(grain) < GRAINS.index(source.grain):
        raise DataError(
            f"kpis.{kpi.id}: its source {kpi.source!r} holds one value a {source.grain}, and "
            f"{grain} is finer. Ask for {source.grain} or coarser."
        )
    return source.grain, source.rollup


def finer(window: Window, grain: Grain) -> Window:
    """Return a window over the same whole periods at a finer grain."""
    calendar = window.calendar
    since = calendar.start(window.since, window.grain) if window.since else None
    until = calendar.period(window.until, window.grain).end if window.until else None
    return replace(window, grain=grain, since=since, until=until)


def coarsen(found: Columns, rollup: Rollup, base: Grain, window: Window) -> Columns:
    """Return a KPI's columns at the window's grain, from those at the grain of its source.

    A coarser period with a missing value inside is missing; one that has only begun
    is partial, with what it holds so far.
    """
    frame = pd.DataFrame(found)
    days = frame["period_start"].dt.date
    starts = [window.calendar.start(day, window.grain) for day in days]
    frame["period_start"] = pd.to_datetime(starts)
    rows = [
        _coarse(group, rollup, base, window)
        for _, group in frame.groupby(["segment", "period_start"], sort=True)
    ]
    columns = list(found)
    made = pd.DataFrame(rows, columns=columns)
    kinds = {name: values.dtype for name, values in found.items()}
    return {name: made[name].astype(kinds[name]).to_numpy() for name in columns}


def _coarse(group: pd.DataFrame, rollup: Rollup, base: Grain, window: Window) -> dict[str, object]:
    """Return one row from the rows of a coarser period."""
    calendar = window.calendar
    period = calendar.period(group["period_start"].iloc[0].date(), window.grain)
    parts = len(calendar.starts(period.start, period.end, base))
    values = group["value"].to_numpy(dtype=np.float64)
    reason = ""
    if rollup == "none":
        reason = NO_ROLLUP
    elif np.isnan(values).any():
        reason = PART_MISSING
    value = {"sum": values.sum(), "last": values[-1]}.get(rollup, values.mean())
    return {
        "kpi": group["kpi"].iloc[0],
        "segment": group["segment"].iloc[0],
        "period_start": group["period_start"].iloc[0],
        "value": np.nan if reason else value,
        "numerator": np.nan,
        "denominator": np.nan,
        "rows": int(group["rows"].sum()),
        "complete": bool(len(group) == parts and group["complete"].all()),
        "known_at": group["known_at"].max(),
        "reason": reason,
    }

"""Where a KPI's level began anew: at changes that are confirmed, and where people say so."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from kpikit.analysis.changes import Changes, find_changes
from kpikit.analysis.known import RESETS, read_resets, taken_back
from kpikit.analysis.panel import Panel
from kpikit.units import format_change

NEAR = 2  # periods: a person's date and a date found, so near each other, are of one change


def find_baselines(
    panel: Panel,
    *,
    changes: Changes | None = None,
    resets: pd.DataFrame | None = None,
    period: int | None = None,
    workers: int = 1,
) -> pd.DataFrame:
    """Return where levels begin anew, as `find_signals` takes it: changes and resets together.

    Parameters
    ----------
    panel
        A history (`period_start, value`) or a panel (also `kpi, segment`). Never modified.
    changes
        What `find_changes` found in it, where that is known already.
    resets
        What people decided: `kpi, period_start, reason`, and perhaps `segment` and `undone`;
        `Ledger.baseline_resets` returns them.
    period
        Periods in a season; told from the dates unless given.
    workers
        Local processes; the numbers are the same for any number of them.

    Returns
    -------
    pandas.DataFrame
        `kpi, segment, period_start, reason`, in the order of time within a series.

    Raises
    ------
    DataError
        A column is missing, a value is no number, or a reset has no reason.

    Notes
    -----
    A run of values on one side never moves a baseline by itself: only a step that
    `find_changes` confirms does. A bend of the slope does not, for no level begins there.
    What people say counts more: a step within two periods of a reset is the same change and
    gives way to it, and a reset that was undone holds back the step there as well.

    Examples
    --------
    >>> months = pd.date_range("2023-01-01", periods=36, freq="MS")
    >>> values = [5, 7, 6, 6, 7, 5, 6, 5, 7] * 2 + [25, 27, 26, 26, 27, 25, 26, 25, 27] * 2
    >>> found = find_baselines(pd.DataFrame({"period_start": months, "value": values}))
    >>> found["reason"].tolist()
    ['level changed by +20.0']
    """
    if changes is None:
        changes = find_changes(panel, period=period, workers=workers)
    said = known = read_resets(resets)
    if resets is not None:
        known = pd.concat([said, taken_back(resets)], ignore_index=True)
    steps = pd.DataFrame(_steps(changes, known), columns=RESETS)
    tables = [table for table in (said, steps) if len(table)]
    if not tables:
        return steps
    found = pd.concat(tables, ignore_index=True)
    return found.sort_values(["kpi", "segment", "period_start"], ignore_index=True)


def _steps(changes: Changes, known: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Yield the steps about which nobody has decided."""
    frame, line = changes.frame, changes.line()
    steps = frame[frame["kind"] == "step"]
    for step in steps.to_dict("records") if len(steps) else ():
        own = (line["kpi"] == step["kpi"]) & (line["segment"] == step["segment"])
        starts = pd.DatetimeIndex(line.loc[own, "period_start"])
        mine = (known["kpi"] == step["kpi"]) & (known["segment"] == step["segment"])
        days = pd.DatetimeIndex(known.loc[mine, "period_start"])
        places = starts.searchsorted(days)
        place = starts.searchsorted(step["period_start"])
        if not (abs(places - place) <= NEAR).any():
            why = f"level changed by {format_change(float(step['size']))}"
            yield step["kpi"], step["segment"], step["period_start"], why

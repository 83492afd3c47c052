"""Find when a KPI changed its level or its slope, and by how much."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.autoregression import EXACT, Line, fit_line
from kpikit.analysis.breaks import CERTAIN
from kpikit.analysis.course import Break
from kpikit.analysis.panel import Floats, Panel, Series, read_panel, season_length, series_title
from kpikit.analysis.regimes import MIN_PERIODS, Regimes, find_regimes
from kpikit.analysis.season import season_columns
from kpikit.analysis.workers import map_series
from kpikit.charts.changes import change_board, change_chart
from kpikit.periods import Calendar, Grain
from kpikit.results import Result
from kpikit.units import format_change, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVEL = 0.95  # of the intervals
SIZES = ["size", "size_lower", "size_upper"]
COLUMNS = ["kpi", "segment", "period_start", "kind", *SIZES, "before", "after"]
NOTHING = pd.DataFrame(
    columns=COLUMNS
).astype(  # dates are dates also where there is no row
    {"period_start": "datetime64[us]", **dict.fromkeys(COLUMNS[4:], float)}
)
SAID = 3  # changes told in a sentence; the table has them all


@dataclass(frozen=True, kw_only=True, eq=False)
class Changes(Result):
    """The changes of every KPI: when, of what kind, and by how much.

    Attributes
    ----------
    searched
        One row per series: `kpi, segment, grain, periods` (with a value), `changes`;
        `changes` is missing where the series is too short to tell.
    """

    searched: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    _lines: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)

    def summary(self) -> str:
        """Say the changes of one KPI with their dates and sizes, or count those of many."""
        if len(self.searched) == 1:
            return _sentence(self.searched.iloc[0], self.frame)
        changed = int((self.searched["changes"] > 0).sum()) if len(self.searched) else 0
        short = int(self.searched["changes"].isna().sum()) if len(self.searched) else 0
        tail = f"; {short} too short to tell" if short else ""
        return (
            f"Changes in {changed} of {len(self.searched)} series, {len(self.frame)} in all{tail}."
        )

    def line(self) -> pd.DataFrame:
        """Return values and the course fitted: `kpi, segment, period_start, value, expected`."""
        return self._lines.copy()

    def _draw(self, ax: Axes) -> None:
        if len(self.searched) != 1:
            change_board(self.frame, ax=ax)
            return
        row = self.searched.iloc[0]
        labels = [_date(start, row["grain"]) for start in self.frame["period_start"]]
        title = series_title(row["kpi"], row["segment"])
        change_chart(self._lines, self.frame.assign(label=labels), ax=ax, title=title)


def find_changes(panel: Panel, *, period: int | None = None, workers: int = 1) -> Changes:
    """Find the periods from which on a KPI was at another level, or on another slope.

    Parameters
    ----------
    panel
        A history (`period_start, value`) or a panel (also `kpi, segment`). Never modified.
    period
        Periods in a season; told from the dates unless given. 1 means no season.
    workers
        Local processes; the numbers are the same for any number of them.

    Returns
    -------
    Changes
        One row per change: `kpi, segment, period_start, kind, size, size_lower,
        size_upper, before, after`. A `step` begins in the first period of its new level; its
        size is the difference of the levels, of which there was the one `before` and is the
        other `after`. A `slope` bends there; its size is the difference of the slopes per
        period, `before` and `after`. Sizes are in the KPI's unit, with 95 % intervals that
        take the date as known. A series without a change has no row; it is counted in the
        summary, and so is one below 12 periods with a value, too short to tell.

    Raises
    ------
    DataError
        A column is missing, a value is no number, or a period stands twice.
    PeriodError
        The dates fit no grain.

    Notes
    -----
    Steps and bends are columns of a regression with a season where there is one, a trend
    where it pays, and AR(1) errors. All pairs of dates are compared at once by their
    evidence, averaged over the memory of the errors and over dates; further changes are
    added one at a time. Single values far from their neighbours are cut down before: they
    are not changes. Missing values stay out and time runs on across them. A change lasts
    for three periods at least, or a twentieth of the series.

    Examples
    --------
    >>> months = pd.date_range("2023-01-01", periods=30, freq="MS")
    >>> values = [5, 7, 6, 6, 5] * 3 + [15, 17, 16, 16, 15] * 3
    >>> find_changes(pd.DataFrame({"period_start": months, "value": values})).summary()
    'The KPI: a step in 2024-04 of +10.0 (95 % interval +9.42 to +10.6), from 5.80 to 15.8.'
    """
    series, notes = read_panel(panel)
    found = map_series(partial(_find, period=period), series, workers=workers)
    rows = [row for changes, _, _ in found for row in changes]
    searched = pd.DataFrame(
        [row for _, row, _ in found], columns=["kpi", "segment", "grain", "periods", "changes"]
    )
    lines = [line for _, _, line in found]
    return Changes(
        frame=pd.DataFrame(rows, columns=COLUMNS) if rows else NOTHING,
        notes=(*notes, *_notes(searched)),
        searched=searched,
        _lines=pd.concat(lines, ignore_index=True) if lines else pd.DataFrame(),
    )


def last_change(values: Floats, times: NDArray[np.int64], period: int) -> int | None:
    """Return the place of the last certain change among `values` at whole `times`, if any.

    For those who would set aside all that was before it; `find_changes` also tells changes
    that are only likely.
    """
    if len(values) < MIN_PERIODS:
        return None
    breaks = find_regimes(values, times, period, log_odds=CERTAIN).breaks
    return breaks[-1].place if breaks else None


def _find(
    series: Series, *, period: int | None
) -> tuple[list[tuple[object, ...]], tuple[object, ...], pd.DataFrame]:
    """Return the changes of one series, its row among those searched, and its course."""
    times = np.flatnonzero(np.isfinite(series.observed))
    values = series.observed[times]
    rows: list[tuple[object, ...]] = []
    expected = np.full(len(series.observed), np.nan)
    if len(values) >= MIN_PERIODS:
        regimes = find_regimes(values, times, season_length(period, series.grain))
        line, course = _measure(regimes, times)
        expected[times] = course
        for place, one in enumerate(regimes.breaks):
            when = series.starts[times[one.place]]
            size = _size(line, 1 + regimes.course.has_trend + place)
            ends = _ends(course, times, one, size[0])
            rows.append((series.kpi, series.segment, when, one.kind, *size, *ends))
    count = len(rows) if len(values) >= MIN_PERIODS else None
    searched = (series.kpi, series.segment, series.grain, len(values), count)
    columns = {"period_start": series.starts, "value": series.observed, "expected": expected}
    frame = pd.DataFrame({"kpi": series.kpi, "segment": series.segment} | columns)
    return rows, searched, frame


def _measure(regimes: Regimes, times: NDArray[np.int64]) -> tuple[Line, Floats]:
    """Return the regression of a series with its changes, and its course without a season."""
    course = regimes.course.columns(times)
    columns = np.hstack([course, season_columns(times, regimes.period)])
    line = fit_line(regimes.values, times, columns)
    return line, course @ line.coefficients[: course.shape[1]]


def _size(line: Line, column: int) -> tuple[float, float, float]:
    from scipy import stats

    size, error = line.coefficients[column], np.sqrt(line.covariance[column, column])
    reach = float(stats.t.ppf((1 + LEVEL) / 2, line.freedom)) * error
    return float(size), float(size - reach), float(size + reach)


def _ends(course: Floats, times: NDArray[np.int64], one: Break, size: float) -> tuple[float, float]:
    """Return the levels on both sides of a step, or the slopes on both sides of a bend."""
    if one.kind == "step":
        return float(course[one.place]) - size, float(course[one.place])
    around = slice(one.place - 1, one.place + 2)
    slopes = np.diff(course[around]) / np.diff(times[around])
    slopes[np.abs(slopes) <= EXACT * np.abs(course).max()] = 0.0  # that is rounding
    return float(slopes[0]), float(slopes[1])


def _notes(searched: pd.DataFrame) -> list[str]:
    notes = []
    if short := int(searched["changes"].isna().sum()):
        notes.append(f"Too short to tell, below {MIN_PERIODS} periods with a value: {short}.")
    if none := int((searched["changes"] == 0).sum()):
        notes.append(f"Series without a change: {none}.")
    return notes


def _sentence(searched: pd.Series, changes: pd.DataFrame) -> str:
    name = series_title(searched["kpi"], searched["segment"])
    if pd.isna(searched["changes"]):
        return f"{name}: too short to tell a change; it takes {MIN_PERIODS} periods with a value."
    if changes.empty:
        return f"{name}: no change in {searched['periods']} periods."
    said = [_said(row, searched["grain"]) for _, row in changes.tail(SAID).iterrows()]
    before = f"{len(changes)} changes, the last of them " if len(changes) > SAID else ""
    return f"{name}: {before}{'; '.join(said)}."


def _said(row: pd.Series, grain: Grain | None) -> str:
    when = _date(row["period_start"], grain)
    size, lower, upper = (format_change(float(row[column])) for column in SIZES)
    held = f"95 % interval {lower} to {upper}"
    if row["kind"] == "step":
        before, after = format_value(float(row["before"])), format_value(float(row["after"]))
        return f"a step in {when} of {size} ({held}), from {before} to {after}"
    before, after = format_change(float(row["before"])), format_change(float(row["after"]))
    each = f"a {grain or 'period'}"
    return f"a bend in {when}, from {before} to {after} {each}, by {size} ({held})"


def _date(start: pd.Timestamp, grain: Grain | None) -> str:
    return Calendar().label(start.date(), grain or "day")

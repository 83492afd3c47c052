"""Tell whether a KPI rises or falls since its last change, when its errors remember."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.autoregression import EXACT, Line, fit_line
from kpikit.analysis.breaks import CERTAIN
from kpikit.analysis.course import Course
from kpikit.analysis.panel import Floats, Panel, Series, read_panel, season_length, series_title
from kpikit.analysis.regimes import MIN_PERIODS, Regimes, find_regimes
from kpikit.analysis.season import season_columns
from kpikit.analysis.workers import map_series
from kpikit.charts.slopes import slope_chart
from kpikit.charts.trend import trend_chart
from kpikit.periods import Calendar, Grain
from kpikit.results import Result
from kpikit.units import format_change

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALPHA = 0.05
YEARLY: dict[Grain | None, float] = {
    "day": 365.25,
    "week": 365.25 / 7,
    "month": 12,
    "quarter": 4,
    "year": 1,
}
SLOPES = ["slope", "slope_lower", "slope_upper"]
COLUMNS = ["kpi", "segment", *SLOPES, "p_value", "verdict", "since", "periods", "of_level"]
COURSE = ["expected", "lower", "upper"]
WORDS = {"drifting": "drifting, which cannot be told from a random walk"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Trend(Result):
    """The slope of every KPI since its last change, with its interval and a verdict.

    Attributes
    ----------
    per_year
        How many periods a year has, for one KPI; 1 where the grain cannot be told.
    """

    per_year: float = 1.0
    grain: Grain | None = None
    _lines: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)

    def summary(self) -> str:
        """Say the verdict of one KPI with its slope a year, or count the verdicts of many."""
        if len(self.frame) != 1:
            counts = self.frame["verdict"].value_counts()
            said = ", ".join(f"{verdict} {count}" for verdict, count in counts.items())
            return f"Trends of {len(self.frame)} series: {said or 'none'}."
        row = self.frame.iloc[0]
        name, since = series_title(row["kpi"], row["segment"]), self._since(row)
        if row["verdict"] == "too short":
            needed = f"it takes {MIN_PERIODS} periods with a value"
            return f"{name}: too short to tell a trend{since}; {needed}."
        slope, lower, upper = (
            format_change(float(row[column]) * self.per_year) for column in SLOPES
        )
        words = WORDS.get(row["verdict"], row["verdict"])
        unit = "a year" if self.grain else "a period"
        held = f"95 % interval {lower} to {upper}"
        share = format_change(float(row["of_level"]) * self.per_year, relative=True)
        of_level = f", {share} of its level" if np.isfinite(row["of_level"]) else ""
        return f"{name}: {words}{since}; {slope} {unit} ({held}){of_level}."

    def line(self) -> pd.DataFrame:
        """Return values and the line fitted to them since the last change.

        Columns: `kpi, segment, period_start, value, expected, lower, upper`, where the last
        three are missing before the change.
        """
        return self._lines.copy()

    def _since(self, row: pd.Series) -> str:
        if pd.isna(row["since"]) or row["since"] == self._lines["period_start"].iloc[0]:
            return ""
        return f" since the change in {Calendar().label(row['since'].date(), self.grain or 'day')}"

    def _draw(self, ax: Axes) -> None:
        if len(self.frame) > 1:
            slope_chart(self.frame, ax=ax)
            return
        title = series_title(*self.frame.iloc[0][["kpi", "segment"]]) if len(self.frame) else ""
        trend_chart(self._lines, ax=ax, title=title)


def fit_trend(panel: Panel, *, period: int | None = None, workers: int = 1) -> Trend:
    """Tell whether each KPI rises, falls, or shows no clear trend, since its last change.

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
    Trend
        One row per series: `kpi, segment, slope, slope_lower, slope_upper, p_value,
        verdict, since, periods, of_level`. The slope is per period, in the KPI's unit, with
        its 95 % interval; `of_level` is the same as a share of the mean value, where all
        values have one sign. It speaks of the `periods` from `since` on: from the last change
        that `find_changes` sees, or from the first period. Verdicts: `rising`, `falling`,
        `no clear trend`; `drifting` where the errors cannot be told from a random walk;
        `too short` below 12 periods with a value.

    Raises
    ------
    DataError
        A column is missing, a value is no number, or a period stands twice.
    PeriodError
        The dates fit no grain.

    Notes
    -----
    A line since the last change, beside what was before it, with a season where there is one
    and AR(1) errors. Their memory is estimated by restricted likelihood from all values; the
    t reference has degrees of freedom that shrink with it. Missing values stay out and time
    runs on across them. Measured error rates and power: `docs/methods/trend.md`.

    Examples
    --------
    >>> months = pd.date_range("2023-01-01", periods=24, freq="MS")
    >>> found = fit_trend(pd.DataFrame({"period_start": months, "value": range(100, 124)}))
    >>> found.summary()
    'The KPI: rising; +12.0 a year (95 % interval +12.0 to +12.0), +10.8 % of its level.'
    """
    series, notes = read_panel(panel)
    fitted = map_series(partial(_fit, period=period), series, workers=workers)
    lines = [line for _, line, _ in fitted]
    grain = series[0].grain if len(series) == 1 else None
    return Trend(
        frame=pd.DataFrame([row for row, _, _ in fitted], columns=COLUMNS),
        notes=(*notes, *(note for _, _, said in fitted for note in said)),
        per_year=YEARLY.get(grain, 1.0),
        grain=grain,
        _lines=pd.concat(lines, ignore_index=True) if lines else pd.DataFrame(),
    )


def _fit(
    series: Series, *, period: int | None
) -> tuple[tuple[object, ...], pd.DataFrame, tuple[str, ...]]:
    times = np.flatnonzero(np.isfinite(series.observed))
    values = series.observed[times]
    row: tuple[object, ...] = (*[float("nan")] * 4, "too short")
    course = np.full((len(series.observed), len(COURSE)), np.nan)
    since: pd.Timestamp | None = series.starts[0] if len(values) else None
    count, level, notes = len(values), float("nan"), []
    if missing := len(series.observed) - len(values):
        notes.append(f"{series.name}: periods without a value, left out: {missing}.")
    if count >= MIN_PERIODS:
        length = season_length(period, series.grain)
        regimes = find_regimes(values, times, length, log_odds=CERTAIN)
        first = regimes.breaks[-1].place if regimes.breaks else 0
        if regimes.breaks:
            since = series.starts[times[first]]
            notes.append(f"{series.name}: changed in the period of {since:%Y-%m-%d}; judged since.")
        count = len(values) - first
        if count >= MIN_PERIODS:
            shown = np.arange(times[first], len(course))
            row, course[shown] = _judge(values, times, regimes, shown)
            level = _share(float(str(row[0])), values[first:])
    columns = {"period_start": series.starts, "value": series.observed}
    columns |= {"kpi": series.kpi, "segment": series.segment}
    frame = pd.DataFrame(columns | dict(zip(COURSE, course.T, strict=True)))
    return (series.kpi, series.segment, *row, since, count, level), frame, tuple(notes)


def _judge(
    values: Floats, times: NDArray[np.int64], regimes: Regimes, shown: NDArray[np.int64]
) -> tuple[tuple[float, float, float, float, str], Floats]:
    """Return slope, interval, p-value and verdict, and the line with its interval at `shown`."""
    from scipy import stats

    columns, middle = _columns(times, regimes)
    line = fit_line(values, times, columns)
    slope, error = float(line.coefficients[1]), float(np.sqrt(line.covariance[1, 1]))
    if abs(slope) * len(shown) <= EXACT * float(np.abs(values).max()):
        slope = 0.0  # what is left of a constant is rounding
    critical = float(stats.t.ppf(1 - ALPHA / 2, line.freedom))
    p_value = 1.0 if slope == 0.0 else 0.0
    if error > 0:
        p_value = float(2 * stats.t.sf(abs(slope) / error, line.freedom))
    points = np.column_stack([np.ones(len(shown)), shown - middle])
    expected = points @ np.array([line.coefficients[0], slope])
    spread = np.sqrt(np.einsum("ij,jk,ik->i", points, line.covariance[:2, :2], points))
    course = np.column_stack([expected, expected - critical * spread, expected + critical * spread])
    reach = critical * error
    verdict = _verdict(slope, p_value, line, len(values))
    return (slope, slope - reach, slope + reach, p_value, verdict), course


def _columns(times: NDArray[np.int64], regimes: Regimes) -> tuple[Floats, float]:
    """Return level and slope since the last change first, then all the rest; and their middle.

    After a step, level and slope are new; after a bend, the line goes on from where it was.
    """
    season = season_columns(times, regimes.period)
    if not regimes.breaks:
        middle = float(times.mean())
        return np.column_stack([np.ones(len(times)), times - middle, season]), middle
    *earlier, last = regimes.breaks
    before = Course(breaks=tuple(earlier), has_trend=regimes.course.has_trend)
    since = times >= times[last.place]
    if last.kind == "step":
        middle = float(times[since].mean())
        now = np.column_stack([since, (times - middle) * since])
        return np.column_stack([now, before.columns(times) * ~since[:, None], season]), middle
    middle = float(times[last.place])
    now = np.column_stack([np.ones(len(times)), np.maximum(times - middle, 0)])
    until = before.columns(times)[np.minimum(np.arange(len(times)), last.place), 1:]
    return np.column_stack([now, until - until[last.place], season]), middle


def _verdict(slope: float, p_value: float, line: Line, n: int) -> str:
    if line.phi > 1 - n**-0.5:
        return "drifting"
    if p_value >= ALPHA:
        return "no clear trend"
    return "rising" if slope > 0 else "falling"


def _share(slope: float, values: Floats) -> float:
    """Return a slope as a share of the level, where all values have one sign."""
    one_sign = bool((values > 0).all() or (values < 0).all())
    return slope / abs(float(values.mean())) if one_sign else float("nan")

"""Find whether a KPI has a season, and what its profile is."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.autoregression import fit_line
from kpikit.analysis.panel import Floats, Panel, Series, read_panel, season_length, series_title
from kpikit.analysis.regimes import MIN_PERIODS, find_regimes
from kpikit.analysis.season import ALPHA, season_columns, season_p_value
from kpikit.analysis.workers import map_series
from kpikit.charts.season import season_board, season_chart
from kpikit.periods import Grain
from kpikit.results import Result
from kpikit.units import Unit, format_change, format_p

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVEL = 0.95  # of the intervals
COLUMNS = ["kpi", "segment", "period", "verdict", "p_value"]
PROFILE = ["kpi", "segment", "place", "label", "effect", "lower", "upper"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Season(Result):
    """Whether every KPI has a season, and the profile of those that have.

    Attributes
    ----------
    profile
        One row for each place in the season of a seasonal series: `kpi, segment, place,
        label, effect, lower, upper`. The effect is how far the place lies from the mean of a
        season, in the KPI's unit, with its 95 % interval.
    """

    profile: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        """Keep copies, so that the caller's tables and the result's are two."""
        super().__post_init__()
        object.__setattr__(self, "profile", self.profile.copy())

    def summary(self) -> str:
        """Say whether one KPI has a season and where it peaks, or count the verdicts of many."""
        return self.told()

    def told(self, unit: Unit = "number", *, currency: str = "") -> str:
        """Say the summary with the unit of the KPI."""
        if len(self.frame) != 1:
            counts = self.frame["verdict"].value_counts()
            said = ", ".join(f"{verdict} {count}" for verdict, count in counts.items())
            return f"Seasons of {len(self.frame)} series: {said or 'none'}."
        row = self.frame.iloc[0]
        name = series_title(row["kpi"], row["segment"])
        if row["verdict"] == "too short":
            return f"{name}: too short to tell a season; it takes more than two whole ones."
        if row["verdict"] == "no clear season":
            return f"{name}: no clear season."
        ranked = self.profile.sort_values("effect")
        high, low = (
            f"{one['label']} ({format_change(float(one['effect']), unit, currency=currency)})"
            for one in (ranked.iloc[-1], ranked.iloc[0])
        )
        p_value = format_p(float(row["p_value"]))
        return f"{name}: seasonal, highest in {high} and lowest in {low}; p {p_value}."

    def _draw(self, ax: Axes) -> None:
        if len(self.frame) == 1:
            row = self.frame.iloc[0]
            season_chart(self.profile, ax=ax, title=series_title(row["kpi"], row["segment"]))
        else:
            season_board(self.profile, ax=ax)


def find_season(panel: Panel, *, period: int | None = None, workers: int = 1) -> Season:
    """Tell whether each KPI repeats itself from season to season, and with what profile.

    Parameters
    ----------
    panel
        A history (`period_start, value`) or a panel (also `kpi, segment`). Never modified.
    period
        Periods in a season; told from the dates unless given: 7 days, 52 weeks, 12 months,
        4 quarters.
    workers
        Local processes; the numbers are the same for any number of them.

    Returns
    -------
    Season
        One row per series: `kpi, segment, period, verdict, p_value`. Verdicts: `seasonal`,
        `no clear season`, `too short` (below two seasons or 12 periods with a value, or a
        grain without a season). `.profile` has the effect of each place in the season.

    Raises
    ------
    DataError
        A column is missing, a value is no number, or a period stands twice.
    PeriodError
        The dates fit no grain.

    Notes
    -----
    An F-test of one effect for each place in the season, beside a line and the changes that
    `find_changes` sees, with AR(1) errors; the p-value is averaged over their memory, which
    is not known, each as likely as the values make it. Missing values stay out.

    Examples
    --------
    >>> months = pd.date_range("2022-01-01", periods=48, freq="MS")
    >>> values = [18, 21, 23, 22, 24, 26, 33, 35, 25, 23, 22, 20] * 4
    >>> find_season(pd.DataFrame({"period_start": months, "value": values})).summary()
    'The KPI: seasonal, highest in Aug (+10.7) and lowest in Jan (−6.33); p < 0.001.'
    """
    series, notes = read_panel(panel)
    found = map_series(partial(_find, period=period), series, workers=workers)
    profiles = [profile for _, profile in found if len(profile)]
    return Season(
        frame=pd.DataFrame([row for row, _ in found], columns=COLUMNS),
        notes=notes,
        profile=pd.concat(profiles, ignore_index=True) if profiles else _empty(),
    )


def _find(series: Series, *, period: int | None) -> tuple[tuple[object, ...], pd.DataFrame]:
    times = np.flatnonzero(np.isfinite(series.observed))
    values = series.observed[times]
    length = season_length(period, series.grain)
    p_value, beside = float("nan"), np.ones((len(times), 1))
    if len(values) >= MIN_PERIODS:
        regimes = find_regimes(values, times, length)
        line = np.column_stack([np.ones(len(times)), times - times.mean()])
        beside = regimes.course.columns(times) if regimes.breaks else line
        p_value = season_p_value(values, times, length, beside)
    verdict = "too short"
    if np.isfinite(p_value):
        verdict = "seasonal" if p_value < ALPHA else "no clear season"
    row = (series.kpi, series.segment, length, verdict, p_value)
    if verdict != "seasonal":
        return row, _empty()
    effects = _effects(values, times, beside, length)
    profile = pd.DataFrame(effects, columns=["effect", "lower", "upper"])
    profile = profile.assign(
        kpi=series.kpi,
        segment=series.segment,
        place=np.arange(length),
        label=[_label(series, place, length) for place in range(length)],
    )
    order = np.argsort([_turn(series, place, length) for place in range(length)], kind="stable")
    return row, profile.iloc[order][PROFILE]


def _effects(values: Floats, times: NDArray[np.int64], beside: Floats, length: int) -> Floats:
    """Return the effect of every place in the season, with its interval."""
    from scipy import stats

    columns = season_columns(times, length)
    line = fit_line(values, times, np.hstack([beside, columns]))
    first = beside.shape[1]
    spread = np.vstack([np.eye(length - 1), -np.ones(length - 1)])  # they add up to zero
    effect = spread @ line.coefficients[first:]
    variance = np.einsum("ij,jk,ik->i", spread, line.covariance[first:, first:], spread)
    reach = stats.t.ppf((1 + LEVEL) / 2, len(values) - line.rank) * np.sqrt(variance)
    return np.column_stack([effect, effect - reach, effect + reach])


def _label(series: Series, place: int, length: int) -> str:
    """Return what people call a place in the season."""
    start, grain = series.starts[place], series.grain
    forms: dict[tuple[Grain | None, int], str] = {
        ("month", 12): "%b",
        ("day", 7): "%a",
        ("quarter", 4): "the quarter from %b",
        ("week", 52): "the week about %d %b",
    }
    return start.strftime(forms.get((grain, length), f"place {place + 1}"))


def _turn(series: Series, place: int, length: int) -> int:
    """Return where a place stands in the calendar, so that profiles begin in January."""
    start = series.starts[place]
    if (series.grain, length) == ("day", 7):
        return int(start.weekday())
    on_calendar = series.grain in ("week", "month", "quarter") and length > 1
    return int(start.day_of_year) if on_calendar else place


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=PROFILE)

"""Estimate what a KPI did after a change, against what it would have done without it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.counterfactual import Case, Scale, expected_values, fit_change
from kpikit.analysis.effect_case import is_enough, read_case
from kpikit.analysis.panel import Floats
from kpikit.charts.effect import effect_chart
from kpikit.results import Result
from kpikit.units import Unit, format_change, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALPHA = 0.05
POWER = 0.8
TOO_MUCH = 3.0  # an effect this many standard deviations large must be seen, or nothing is told
FARTHEST = 20.0  # in logarithms: a factor beyond every history
COLUMNS = ["effect", "lower", "upper", "p_value", "verdict"]
OBSERVATIONAL = (
    "Observational: whatever else changed at that time is part of the estimate, and nothing "
    "here says why the KPI moved."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Effect(Result):
    """A KPI before and after a change, against what was expected without it.

    Attributes
    ----------
    title
        The KPI's name.
    since
        First day of the first period after the change.
    relative
        The effect as a share of what was expected.
    detectable
        The smallest effect, in the KPI's unit, found in 8 of 10 such histories.
    unit
        What the KPI is measured in.
    """

    title: str
    since: pd.Timestamp
    relative: float
    detectable: float
    unit: Unit = "number"
    _lines: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)

    def counterfactual(self) -> pd.DataFrame:
        """Return what was and what was expected without the change, period by period.

        The columns are `period_start, value, counts, judged, expected, lower, upper`; `counts`
        is false where a period is left out of the comparison, `judged` is true where the
        effect is taken.
        """
        return self._lines.copy()

    def summary(self) -> str:
        """Say the effect with its interval, or what could have been seen."""
        row = self.frame.iloc[0]
        start = f"{self.title} since {self.since:%Y-%m-%d} (observational)"
        seen = format_value(self.detectable, self.unit)
        if self.unit == "share":
            seen = self._say(self.detectable).lstrip("+")
        if row["verdict"] == "too short to tell":
            hope = np.isfinite(self.detectable)
            why = f"only an effect of {seen} or more would be found in 8 of 10 cases"
            return f"{start}: too short to tell{f'; {why}' if hope else ''}."
        effect, lower, upper = (self._say(float(row[name])) for name in COLUMNS[:3])
        interval = f"95 % interval {lower} to {upper}"
        if row["verdict"] == "no clear effect":
            return (
                f"{start}: no clear effect, {effect} ({interval}); one of {seen} or more would "
                "be found in 8 of 10 cases."
            )
        share = f", {format_change(self.relative, relative=True)}"
        return (
            f"{start}: {row['verdict']} than expected by {effect}"
            f"{share if np.isfinite(self.relative) else ''} ({interval})."
        )

    def _say(self, size: float) -> str:
        return format_change(size, self.unit)

    def _verdict(self) -> str:
        row = self.frame.iloc[0]
        if row["verdict"] not in ("higher", "lower"):
            return str(row["verdict"])
        return f"{row['verdict']} than expected, {self._say(float(row['effect']))}"

    def _draw(self, ax: Axes) -> None:
        effect_chart(
            self._lines,
            since=self.since,
            ax=ax,
            title=f"{self.title}: {self._verdict()}",
            unit=self.unit,
        )


def estimate_effect(
    history: pd.DataFrame,
    *,
    since: date | str,
    controls: pd.DataFrame | None = None,
    period: int | None = None,
    unit: Unit = "number",
) -> Effect:
    """Estimate how far a KPI moved after a change, against what was expected without it.

    Parameters
    ----------
    history
        One KPI: `period_start, value`, and `kpi, segment` where they are to be named.
        Missing values stay out, and so do periods that are not `complete`. Never modified.
    since
        The day of the change. A period that it falls into the middle of does not count.
    controls
        KPIs or segments which the change cannot have touched, as a history or a panel:
        what they share takes its part of the KPI's movements away.
    period
        Periods in a season; told from the dates unless given. 1 means no season.
    unit
        What the KPI is measured in, for sentence and picture.

    Returns
    -------
    Effect
        One row: `effect, lower, upper, p_value, verdict`. The effect is the mean distance,
        in the KPI's unit, of the first season since the change (12 periods of a KPI without
        one, or what there is) from what was expected, with its 95 % interval. Verdicts:
        `higher`, `lower`, `no clear effect`, and `too short to tell` below 8 periods before
        and 3 after, below two seasons, or where even an effect of three standard deviations
        would be missed too often.

    Raises
    ------
    DataError
        A column is missing, a value is no number, a period stands twice, or the history
        holds several KPIs.
    PeriodError
        The dates fit no grain, or the change lies outside the history.

    Notes
    -----
    Regression on a line, a season, the controls and the change, which may come at once, bit
    by bit, or grow, with errors that remember the period before. Nobody knows how long, or
    how strong the season is: it is averaged over all of that, by how likely it makes the
    history, on the logarithmic scale where that is likelier. The counterfactual is
    statsmodels' least squares under the likeliest. Controls enter as their principal
    components, one for each dozen periods before the change.

    Dates are picked after bad months, and after a bad month a KPI returns to what is usual
    by itself (Galton 1886). Periods among the last three before the change that lie more
    than one standard deviation from the usual therefore do not count; the notes name them.

    Examples
    --------
    >>> months = pd.date_range("2022-01-01", periods=36, freq="MS")
    >>> value = [100 + month % 3 + 9 * (month >= 24) for month in range(36)]
    >>> found = estimate_effect(
    ...     pd.DataFrame({"period_start": months, "value": value}), since="2024-01-01"
    ... )
    >>> found.to_frame()["verdict"].item()
    'higher'
    """
    series, case, notes = read_case(
        history, since=since, controls=controls, period=period, unit=unit
    )
    row, lines, extent = _estimate(case)
    return Effect(
        frame=pd.DataFrame([row], columns=COLUMNS),
        notes=(OBSERVATIONAL, *notes),
        title=series.name[:1].upper() + series.name[1:],
        since=series.starts[case.since],
        relative=extent[0],
        detectable=extent[1],
        unit=unit,
        _lines=pd.DataFrame({"period_start": series.starts, "value": series.observed}).assign(
            counts=np.isfinite(case.observed),
            judged=np.isin(np.arange(len(case.observed)), case.judged),
            **lines,
        ),
    )


def _estimate(
    case: Case,
) -> tuple[tuple[float, float, float, float, str], pd.DataFrame, tuple[float, float]]:
    """Return the row, the lines, and the relative and the detectable effect."""
    missing = float("nan")
    if not is_enough(case):
        row = (missing, missing, missing, missing, "too short to tell")
        return row, pd.DataFrame(), (missing, missing)
    fit, scale = fit_change(case)
    after = case.observed[case.judged]
    levels = (fit.estimate, fit.quantile(ALPHA / 2), fit.quantile(1 - ALPHA / 2))
    effect, lower, upper = (_in_units(level, scale, after) for level in levels)
    p_value = fit.p_value()
    reach = _detectable(*levels[1:], fit.freedom)
    lines = expected_values(case, fit, scale, alpha=ALPHA)
    without = float(after.mean()) - effect
    if p_value < ALPHA:
        verdict = "higher" if effect > 0 else "lower"
    else:
        verdict = "too short to tell" if reach > TOO_MUCH * fit.noise else "no clear effect"
    relative = effect / abs(without) if without else missing
    detectable = reach * scale.spread
    if scale.logarithmic:
        detectable = float(np.expm1(min(detectable, FARTHEST))) * abs(without)
    return (effect, lower, upper, p_value, verdict), lines, (relative, detectable)


def _in_units(level: float, scale: Scale, after: Floats) -> float:
    """Return the change in the KPI's unit; a factor is one on what would have been."""
    size = max(level * scale.spread, -FARTHEST) if scale.logarithmic else level * scale.spread
    return float(-np.expm1(-size) * after.mean()) if scale.logarithmic else size


def _detectable(lower: float, upper: float, freedom: int) -> float:
    """Return the smallest change, on the scale of the fit, that is found with the power asked."""
    from scipy import stats

    half = (upper - lower) / 2
    usual = stats.t.ppf(1 - ALPHA / 2, freedom)
    return float(half * (1 + stats.t.ppf(POWER, freedom) / usual))

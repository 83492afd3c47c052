"""What a history would have been without a change: its own line, season, memory and controls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.autoregression import whiten
from kpikit.analysis.averaging import Averaged, Design, average_fits, tie_rows
from kpikit.analysis.panel import Floats
from kpikit.analysis.season import season_columns

NO_SEASON = 12  # periods that are judged where there is no season
SOON = 3.0  # periods in which what comes bit by bit has mostly come
LOOK_BACK = 3  # periods before the change in which what led to it may lie
UNUSUAL = 1.0  # standard deviations from the usual level, from which a period does not count
PER_CONTROL = 12  # periods before the change that each control's weight takes
RIDGE = 0.3  # holds the season's places together in the first look at what is usual
EXACT = 1e-9  # of values of spread 1: as little as this is rounding


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One history with a change in it, ready to be fitted.

    Attributes
    ----------
    observed
        All periods; NaN where there is none, or where a period does not count.
    since
        Place of the first period after the change.
    period
        Periods in a season.
    controls
        A column each, standardised; without columns where there is none.
    """

    observed: Floats
    since: int
    period: int
    controls: Floats

    @property
    def times(self) -> NDArray[np.int64]:
        """Places of the periods that count."""
        return np.flatnonzero(np.isfinite(self.observed))

    @property
    def judged(self) -> NDArray[np.int64]:
        """Places of the first season since the change that count; of the first year without one."""
        length = self.period if self.period > 1 else NO_SEASON
        times = self.times
        return times[(times >= self.since) & (times < self.since + length)]

    def design(self) -> Design:
        """Return level, slope, controls and the change, its bends, and the season.

        Bends let the change come bit by bit, or grow: they have mean 0 over the periods that
        are judged, so that the change is the mean over these in any case.
        """
        times = np.arange(len(self.observed), dtype=float)
        slope = (times - times.mean()) / len(times)
        step = (times >= self.since).astype(float)
        reach = max((len(times) - self.since) / 2, 1.0)
        bends = np.column_stack([(times - self.since) / reach, np.exp((self.since - times) / SOON)])
        bends = step[:, None] * (bends - bends[self.judged].mean(axis=0))
        places = times[:, None] % self.period == np.arange(self.period if self.period > 1 else 0)
        return Design(
            fixed=np.column_stack([np.ones(len(times)), slope, self.controls, step]),
            bends=bends,
            places=places.astype(float),
        )


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How values are brought to spread 1, on their own or on the logarithmic scale."""

    logarithmic: bool
    centre: float
    spread: float

    def forward(self, values: Floats) -> Floats:
        """Bring values to this scale."""
        return ((np.log(values) if self.logarithmic else values) - self.centre) / self.spread

    def back(self, scaled: Floats) -> Floats:
        """Bring values back."""
        plain = self.centre + self.spread * scaled
        return np.exp(plain) if self.logarithmic else plain


def fit_change(case: Case) -> tuple[Averaged, Scale]:
    """Fit the change on the scale that makes the history likelier.

    Notes
    -----
    On the logarithmic scale line, season and change are factors. The two scales are
    compared as Box and Cox (1964) do, by the logarithms times the geometric mean.
    """
    times = case.times
    seen = case.observed[times]
    scales = [_scale(seen, logarithmic=False)]
    if (seen > 0).all() and np.ptp(seen) > 0:
        scales.append(_scale(seen, logarithmic=True))
    fits = [average_fits(scale.forward(seen), times, case.design().at(times)) for scale in scales]
    free = fits[0].freedom
    likely = [
        fit.evidence - free * np.log(_in_units(scale, seen))
        for fit, scale in zip(fits, scales, strict=True)
    ]
    best = int(np.argmax(likely))
    return fits[best], scales[best]


def expected_values(case: Case, fit: Averaged, scale: Scale, *, alpha: float) -> pd.DataFrame:
    """Return what every period was expected to be without the change: `expected, lower, upper`.

    Notes
    -----
    Least squares of statsmodels under the likeliest memory and season; the band holds a
    single period's value with probability 1 - alpha.
    """
    from scipy import stats

    design, found = case.design(), _least_squares(case, fit, scale)
    fixed = design.fixed.shape[1]
    without = design.rows()
    without[:, fixed - 1 : fixed + design.bends.shape[1]] = 0.0  # neither change nor bends
    middle = without @ found.params
    error = np.sqrt(np.einsum("ij,jk,ik->i", without, found.cov_params(), without))
    reach = stats.t.ppf(1 - alpha / 2, fit.freedom) * np.hypot(error, fit.noise)
    band = {"expected": middle, "lower": middle - reach, "upper": middle + reach}
    return pd.DataFrame({name: scale.back(part) for name, part in band.items()})


def drop_what_led_to_it(case: Case) -> tuple[Case, dict[int, float]]:
    """Leave out unusual periods just before the change; return how far off each was.

    Dates are picked after a bad month, and after a bad month the KPI returns to what is
    usual by itself. So what may have led to the date is no part of the comparison.
    """
    scale, times = fit_change(case)[1], case.times
    design, seen = case.design().at(times), scale.forward(case.observed[times])
    rows = np.column_stack([design.fixed, design.places])
    loose = np.arange(rows.shape[1]) >= design.fixed.shape[1]
    shape = rows @ np.linalg.pinv(rows.T @ rows + np.diag(loose * RIDGE))
    own = np.maximum(1 - np.einsum("ij,ij->i", shape, rows), EXACT)
    apart = (seen - shape @ (rows.T @ seen)) / own  # from what the others let expect
    spread = float(np.sqrt(np.mean(apart**2)))
    near = (times >= case.since - LOOK_BACK) & (times < case.since)
    off = near & (np.abs(apart) > UNUSUAL * spread)
    if spread <= EXACT:
        return case, {}
    usual = scale.back(seen[off] - apart[off])
    observed, places = case.observed.copy(), times[off]
    sizes = observed[places] - usual
    observed[places] = np.nan
    return replace(case, observed=observed), dict(zip(places.tolist(), sizes.tolist(), strict=True))


def _least_squares(case: Case, fit: Averaged, scale: Scale) -> Any:  # noqa: ANN401 - untyped
    """Return statsmodels' fit under the likeliest memory, season and bend."""
    from statsmodels.regression.linear_model import OLS

    times, design = case.times, case.design()
    white, rows = whiten(
        scale.forward(case.observed[times]), times, design.at(times).rows(), phi=fit.memory
    )
    ties = tie_rows(fit, design.fixed.shape[1])
    return OLS(np.concatenate([white, np.zeros(len(ties))]), np.vstack([rows, ties])).fit()


def control_columns(table: Floats, *, since: int, period: int) -> Floats:
    """Return what controls share beyond line and season, in as many columns as can be weighed.

    Principal components, the largest first, one for each dozen periods before the change.
    """
    whole = np.isfinite(table).all(axis=1)
    times = np.flatnonzero(whole)
    line = np.column_stack([np.ones(len(times)), times])
    base = np.hstack([line, season_columns(times, period)])
    left = table[whole] - base @ np.linalg.lstsq(base, table[whole], rcond=None)[0]
    spread = left.std(axis=0)
    moving = spread > 1e-9 * np.maximum(np.abs(table[whole]).max(axis=0), 1e-300)
    most = min(int(moving.sum()), max(1, since // PER_CONTROL))
    found = np.full((len(table), most), np.nan)
    if most:
        left = left[:, moving] / spread[moving]
        components = np.linalg.svd(left, full_matrices=False)[0][:, :most]
        found[whole] = components / components.std(axis=0)
    return found


def _scale(seen: Floats, *, logarithmic: bool) -> Scale:
    values = np.log(seen) if logarithmic else seen
    spread = float(values.std())
    exact = spread <= 1e-12 * max(float(np.abs(values).max()), 1e-300)
    return Scale(
        logarithmic=logarithmic, centre=float(values.mean()), spread=1.0 if exact else spread
    )


def _in_units(scale: Scale, seen: Floats) -> float:
    """Return the spread in the KPI's unit, so that squares on both scales can be compared."""
    return scale.spread * (float(np.exp(np.log(seen).mean())) if scale.logarithmic else 1.0)

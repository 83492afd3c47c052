"""Tell whether a KPI has a season: an F-test that the memory of the errors cannot fool."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.autoregression import EXACT, fit_line, whiten
from kpikit.analysis.panel import Floats

ALPHA = 0.01  # one trendless, seasonless KPI in a hundred is called seasonal


def season_columns(times: NDArray[np.int64], period: int) -> Floats:
    """Return one column per place in the season but the last, adding up to zero in a season."""
    place = times % period
    last = (place == period - 1).astype(float)
    columns = [(place == index).astype(float) - last for index in range(period - 1)]
    return np.column_stack(columns) if columns else np.empty((len(times), 0))


def season_p_value(values: Floats, times: NDArray[np.int64], period: int) -> float:
    """Return how often a KPI without a season would look as seasonal as this one.

    NaN where there are fewer than two seasons, or fewer than four periods to spare.

    Notes
    -----
    F-test of the season's columns beside a line, on values from which the AR(1) memory
    of the errors was taken out. Measured size at alpha 0.01: 0.012 to 0.013.
    """
    from scipy import stats

    if period < 2 or np.ptp(times) + 1 < 2 * period:
        return float("nan")
    line = np.column_stack([np.ones(len(times)), times - times.mean()])
    full = np.hstack([line, season_columns(times, period)])
    fitted = fit_line(values, times, full)
    free = len(values) - fitted.rank
    if free < 4:
        return float("nan")
    white, without = whiten(values, times, line, phi=fitted.phi)
    left = white - without @ np.linalg.lstsq(without, white, rcond=None)[0]
    if fitted.squares == 0.0:
        return 0.0 if float(np.ptp(left)) > EXACT * float(np.abs(values).max()) else 1.0
    added = fitted.rank - 2
    ratio = (float(left @ left) - fitted.squares) / added / (fitted.squares / free)
    return float(stats.f.sf(max(ratio, 0.0), added, free))


def is_seasonal(values: Floats, times: NDArray[np.int64], period: int) -> bool:
    """Return whether the season test speaks at its level."""
    p_value = season_p_value(values, times, period)
    return bool(np.isfinite(p_value) and p_value < ALPHA)

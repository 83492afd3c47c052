"""Tell whether a KPI has a season: an F-test that the memory of the errors cannot fool."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.autoregression import is_exact, weigh_memories
from kpikit.analysis.panel import Floats

# the p-value, averaged over memories, is a little small: at this level two in a hundred KPIs
# without a season are called seasonal
ALPHA = 0.018
LEAST_FREEDOM = 4  # periods to spare beside the season's columns


def season_columns(times: NDArray[np.int64], period: int) -> Floats:
    """Return one column per place in the season but the last, adding up to zero in a season."""
    place = times % period
    last = (place == period - 1).astype(float)
    columns = [(place == index).astype(float) - last for index in range(period - 1)]
    return np.column_stack(columns) if columns else np.empty((len(times), 0))


def season_p_value(
    values: Floats, times: NDArray[np.int64], period: int, beside: Floats | None = None
) -> float:
    """Return how often a KPI without a season would look as seasonal as this one.

    NaN where there are fewer than two seasons, or fewer than four periods to spare.

    Parameters
    ----------
    beside
        Columns that the values follow apart from a season; a line unless given.

    Notes
    -----
    F-test of the season's columns, on values from which the AR(1) memory of the errors
    was taken out; since the memory is not known, the p-value is averaged over all of them,
    each as likely as the values make it.
    """
    from scipy import stats

    if period < 2 or np.ptp(times) + 1 < 2 * period:
        return float("nan")
    line = np.column_stack([np.ones(len(times)), times - times.mean()])
    beside = line if beside is None else beside
    both = np.hstack([beside, season_columns(times, period)])
    if (free := len(values) - int(np.linalg.matrix_rank(both))) < LEAST_FREEDOM:
        return float("nan")
    if is_exact(values, _left(values, both)):
        return 1.0 if is_exact(values, _left(values, beside)) else 0.0
    full, without = (weigh_memories(values, times, columns) for columns in (both, beside))
    added = full.rank - without.rank
    ratio = (without.squares - full.squares) / added / (full.squares / free)
    return float(full.weights @ stats.f.sf(np.maximum(ratio, 0.0), added, free))


def is_seasonal(
    values: Floats, times: NDArray[np.int64], period: int, beside: Floats | None = None
) -> bool:
    """Return whether the season test speaks at its level."""
    p_value = season_p_value(values, times, period, beside)
    return bool(np.isfinite(p_value) and p_value < ALPHA)


def _left(values: Floats, columns: Floats) -> Floats:
    return np.asarray(values - columns @ np.linalg.lstsq(columns, values, rcond=None)[0])

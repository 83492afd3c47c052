"""Bridge gaps and set slips aside, so that models see an unbroken history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats

FAR = 10.0  # robust standard deviations beyond which a value is a slip; heavy tails stay below
MAD = 1.4826  # median absolute deviation to standard deviation, for a normal law
FLAT = 0.05  # of the median size: the deviation of a history whose neighbours mostly agree
HALF = 2  # neighbours on each side
FEWEST = 8  # values from which a deviation is usual


def bridge(values: Floats, period: int) -> Floats:
    """Return the values with gaps filled along straight lines between seasons' figures."""
    there = np.flatnonzero(np.isfinite(values))
    if len(there) == len(values):
        return values
    figure = _figure(values, period)
    line = np.interp(np.arange(len(values)), there, (values - figure)[there])
    return np.asarray(np.where(np.isfinite(values), values, line + figure))


def find_slips(values: Floats, period: int) -> NDArray[np.bool_]:
    """Return which values lie far from what their neighbours and their season let expect.

    Notes
    -----
    A value's distance from the running median of five, less what is usual for its place in
    the season, beyond ten robust standard deviations of all. The running median follows a
    level that has moved, from its second period on; the last value alone is judged by
    those before it.
    """
    there = np.isfinite(values)
    if there.sum() < FEWEST:
        return np.zeros(len(values), dtype=bool)
    off = values - _running_median(values) - _figure(values, period)
    spread = MAD * float(np.nanmedian(np.abs(off)))
    if spread <= 1e-9 * float(np.nanmedian(np.abs(values))):
        spread = FLAT * float(np.nanmedian(np.abs(values)))
    if spread == 0.0:
        return np.zeros(len(values), dtype=bool)
    return np.asarray(there & (np.abs(np.nan_to_num(off)) > FAR * spread))


def _figure(values: Floats, period: int) -> Floats:
    """Return the usual distance from the running median, by place in the season."""
    if period < 2 or len(values) < 3 * period:
        return np.zeros(len(values))
    off = values - _running_median(values)
    figure = np.array([_median(off[place::period]) for place in range(period)])
    return np.asarray(figure[np.arange(len(values)) % period])


def _running_median(values: Floats) -> Floats:
    """Return the median of the values around each time; at the ends, of the last five."""
    width = 2 * HALF + 1
    if len(values) < width:
        return np.full(len(values), _median(values))
    windows = np.lib.stride_tricks.sliding_window_view(values, width)
    middle = np.array([_median(window) for window in windows])
    return np.concatenate([np.full(HALF, middle[0]), middle, np.full(HALF, middle[-1])])


def _median(values: Floats) -> float:
    seen = values[np.isfinite(values)]
    return float(np.median(seen)) if len(seen) else 0.0

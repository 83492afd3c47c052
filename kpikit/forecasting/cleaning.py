"""Bridge gaps, set slips aside and undo a step, so that models see an unbroken history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats
from kpikit.forecasting.figures import SEASONS_TO_TEST, figure_of, medians, slots

FAR = 20.0  # robust standard deviations beyond which a value is a slip: nearer ones tell something
MAD = 1.4826  # median absolute deviation to standard deviation, for a normal law
FLAT = 0.05  # of the median size: the deviation of a history whose neighbours mostly agree
HALF = 2  # neighbours on each side
FEWEST = 8  # values from which a deviation is usual
STEEP = 5.0  # robust standard deviations of a change from one period to the next
ALONE = 2.0  # times the next largest change: one step only, where others are not as large
STAYS = 0.35  # of the change, by which the levels before and after may differ from it
FEWEST_TO_STEP, NEAR_END, SIDE = 12, 3, 6


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
    A value's distance from the running median of five, beside its season, beyond twenty robust
    standard deviations. The running median follows a
    level that has moved, from its second period on; the last value alone is judged by
    those before it.
    """
    there = np.isfinite(values)
    if there.sum() < FEWEST:
        return np.zeros(len(values), dtype=bool)
    beside = values - _figure(values, period)
    off = beside - _running_median(beside)
    change = np.abs(np.diff(beside))
    # many values are the median of their neighbours: changes tell the spread better
    spread = MAD * max(float(np.nanmedian(np.abs(off))), _median(change) / np.sqrt(2))
    if spread <= 1e-9 * float(np.nanmedian(np.abs(values))):
        spread = FLAT * float(np.nanmedian(np.abs(values)))
    if spread == 0.0:
        return np.zeros(len(values), dtype=bool)
    return np.asarray(there & (np.abs(np.nan_to_num(off)) > FAR * spread))


def find_step(values: Floats, period: int) -> tuple[int, float]:
    """Return where a level moved at once, once and for good, and by how much; 0 if it did not.

    Parameters
    ----------
    values
        Without gaps, on the scale on which models run.

    Notes
    -----
    The largest change between two neighbours, beside the season, must be beyond five robust
    standard deviations of all such changes, twice as large as any other, and still there in
    the median of the year after. What was before it then counts from the new level; forecasts
    of the series of the development collections that have such a step gain 8 %.
    """
    beside = values - _figure(values, period)
    change = np.diff(beside)
    if len(values) < FEWEST_TO_STEP:
        return 0, 0.0
    order = np.argsort(-np.abs(change))
    at, size = int(order[0]) + 1, float(change[order[0]])
    usual = MAD * float(np.median(np.abs(change)))
    steep = usual > 0 and abs(size) > STEEP * usual
    alone = abs(size) > ALONE * abs(float(change[order[1]]))
    side = max(SIDE, period)
    if not (steep and alone) or min(at, len(values) - at) < NEAR_END:
        return 0, 0.0
    moved = float(np.median(beside[at : at + side]) - np.median(beside[max(0, at - side) : at]))
    return (at, moved) if abs(moved - size) <= STAYS * abs(size) else (0, 0.0)


def _figure(values: Floats, period: int) -> Floats:
    """Return every value's place in the season, by medians, so that a slip does not move it."""
    if period < 2 or len(values) < SEASONS_TO_TEST * period:
        return np.zeros(len(values))
    figure = figure_of(values, period, medians)
    return np.asarray(figure[slots(len(values), period)])


def _running_median(values: Floats) -> Floats:
    """Return the median of the values around each time; at the ends, of the last five."""
    width = 2 * HALF + 1
    if len(values) < width:
        return np.full(len(values), _median(values))
    windows = np.lib.stride_tricks.sliding_window_view(values, width)
    there = np.isfinite(windows).any(axis=1)
    middle = np.where(there, medians(windows.T), _median(values))
    return np.concatenate([np.full(HALF, middle[0]), middle, np.full(HALF, middle[-1])])


def _median(values: Floats) -> float:
    seen = values[np.isfinite(values)]
    return float(np.median(seen)) if len(seen) else 0.0

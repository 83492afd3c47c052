"""Tell a month that stands out, and a level that shifts, from ordinary ups and downs.

Values are compared with the median of the months before and of those after, and with
the spread that the series itself shows; what happens at the same time of another year
is season, and no finding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

WINDOW = 5  # months on either side: their median stands although two of them are wrong
FEWEST = 6  # months with a value, below which nothing is said
LASTING = 3  # months that a new level must hold
UNUSUAL = 4.0  # robust standard deviations: ordinary months hardly ever are that far out
ONE_SIDED = 1.5  # the newest months have no neighbours after them, and a trend looks odd there

Floats = npt.NDArray[np.float64]


class Breaks(NamedTuple):
    """Months that stand out, and first months of new levels, each with its size."""

    odd: pd.Series[float]
    shifts: pd.Series[float]


def find_breaks(
    values: pd.Series[float], *, smallest: float, noise: pd.Series[float] | float = 0.0
) -> Breaks:
    """Find single months that stand out, and shifts of level that stay.

    Parameters
    ----------
    values
        One value per month, in order, no month left out; missing values are NaN.
    smallest
        Deviations below it do not matter, however rare they are.
    noise
        Standard error of each value, where it is known.

    Returns
    -------
    Breaks
        Deviations from the months around, and sizes of shifts. Of a shift, the month
        named is the first of the new level.

    Notes
    -----
    A month stands out when it lies on the same side of the median of up to five months
    before and of up to five after, and the smaller distance is at least `smallest` and
    at least four robust standard deviations (1.4826 MAD of the distances from all ten,
    less what other years have in the same months).
    A level shifts when the medians of the months before and after differ that much, at
    least 60 % of it in one step, and the months on both sides stay on theirs for three
    months or longer. Neither counts where another year has at least half of it in the
    same month.
    """
    known = values.astype(float)
    if known.notna().sum() < FEWEST or known.max() - known.min() < smallest:
        none = pd.Series(dtype=float)
        return Breaks(none, none)
    level: Floats = np.asarray(known, dtype=np.float64)
    error = np.broadcast_to(np.asarray(noise, dtype=float), level.shape)
    shifts = _shifts(level, smallest, error)
    lifted: Floats = np.cumsum(shifts, dtype=np.float64)
    odd = _odd(level - lifted, smallest, error)
    return Breaks(
        pd.Series(odd, index=values.index)[odd != 0],
        pd.Series(shifts, index=values.index)[shifts != 0],
    )


def robust_spread(values: Floats) -> float:
    """Return the standard deviation that the median distance from the median stands for."""
    known = values[np.isfinite(values)]
    return float(1.4826 * np.median(np.abs(known - np.median(known)))) if known.size else 0.0


def recurs(sizes: Floats, place: int) -> bool:
    """Say whether another year has at least half of it, in the same direction and month."""
    same = np.arange(place % 12, sizes.size, 12)
    others = sizes[same[same != place]] * np.sign(sizes[place])
    return bool((others >= abs(sizes[place]) / 2).any())


def _shifts(level: Floats, smallest: float, error: Floats) -> Floats:
    raw = np.array([_shift(level, place) for place in range(level.size)])
    steps = np.diff(level[np.isfinite(level)])
    limit = np.maximum(smallest, UNUSUAL * np.hypot(robust_spread(steps), error))
    return np.array(
        [
            size if abs(size) >= limit[place] and not recurs(raw, place) else 0.0
            for place, size in enumerate(raw)
        ]
    )


def _shift(level: Floats, place: int) -> float:
    """Return how much the level shifts with this month; 0 where it is no lasting step."""
    before, after = _known(level[max(0, place - WINDOW) : place]), level[place : place + WINDOW]
    after = _known(after)
    if min(before.size, after.size) < LASTING or not np.isfinite(level[place]):
        return 0.0
    size = float(np.median(after) - np.median(before))
    step = float(level[place] - before[-1]) * np.sign(size)
    lasts = _holds(before, abs(size) / 2) and _holds(after, abs(size) / 2)
    return size if lasts and step >= 0.6 * abs(size) else 0.0


def _holds(values: Floats, width: float) -> bool:
    strays = (np.abs(values - np.median(values)) >= width).sum()
    return bool(strays <= (1 if values.size == WINDOW else 0))


def _odd(level: Floats, smallest: float, error: Floats) -> Floats:
    away, around, sides = (np.zeros(level.size) for _ in range(3))
    for place, value in enumerate(level):
        before = _known(level[:place])[-WINDOW:]
        after = _known(level[place + 1 :])[:WINDOW]
        distances = [value - np.median(side) for side in (before, after) if side.size > 1]
        sides[place] = len(distances)
        around[place] = value - np.median(np.concatenate([before, after]))
        agree = all(np.sign(one) == np.sign(distances[0]) for one in distances)
        away[place] = min(distances, key=abs) if agree and np.isfinite(value) else 0.0
    limit = np.maximum(smallest, UNUSUAL * np.hypot(robust_spread(_unseasonal(around)), error))
    limit = np.where(sides < 2, limit * ONE_SIDED, limit)
    odd = (np.abs(_unseasonal(away)) >= limit) & [not recurs(away, n) for n in range(away.size)]
    return np.where(odd, away, 0.0)


def _unseasonal(sizes: Floats) -> Floats:
    """Return deviations less what every other year has of them in the same month.

    The least of the other years is taken off, and never more than there is, so that
    one year's fault does not make another year look odd.
    """
    rest = sizes.copy()
    for place, size in enumerate(sizes):
        same = np.arange(place % 12, sizes.size, 12)
        others = sizes[same[same != place]] * np.sign(size)
        usual = max(float(np.min(others)), 0.0) if others.size else 0.0
        rest[place] = np.sign(size) * max(abs(size) - usual, 0.0)
    return rest


def _known(values: Floats) -> Floats:
    return values[np.isfinite(values)]

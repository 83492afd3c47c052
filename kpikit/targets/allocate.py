"""Move parts as little as possible so that together they make a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kpikit.analysis.panel import Floats

ROUNDS = 3  # of shifting what rounding left over; the first one leaves 1e-16 of the whole


class InfeasibleError(Exception):
    """The whole cannot be made: `least` and `most` are what the limits allow."""

    def __init__(self, least: float, most: float) -> None:
        self.least, self.most = least, most
        super().__init__(f"between {least} and {most}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """What is to be moved: one place per part.

    Attributes
    ----------
    start
        Where each part stands.
    weight
        What one unit of a part adds to the whole; may be negative, not 0.
    give
        How easily a part moves: its variance. A change costs its square over this.
    lower, upper
        Limits of each part; a locked part has the same value as both.
    """

    start: Floats
    weight: Floats
    give: Floats
    lower: Floats
    upper: Floats


def allocate(parts: Parts, whole: float) -> Floats:
    """Return the parts that make the whole at the least cost, within their limits.

    Raises
    ------
    InfeasibleError
        When the limits leave no such parts.

    Notes
    -----
    Minimises the sum of squared changes, each divided by how easily its part moves, under
    one linear equation and limits: a continuous quadratic knapsack, whose optimum is
    `clip(start + t * give * weight, lower, upper)` for one number t (Brucker 1984). The
    whole rises with t in straight pieces between the points at which a part meets a
    limit, so t is found exactly by sorting these, without an iterative solver.
    """
    ends = parts.weight * parts.lower, parts.weight * parts.upper
    least, most = float(np.minimum(*ends).sum()), float(np.maximum(*ends).sum())
    slack = 1e-12 * max(1.0, abs(whole), float(np.abs(parts.weight * parts.start).sum()))
    if not least - slack <= whole <= most + slack:
        raise InfeasibleError(least, most)
    slope = parts.give * parts.weight
    moves = slope != 0
    with np.errstate(divide="ignore", invalid="ignore"):
        points = np.concatenate(
            [(limit - parts.start)[moves] / slope[moves] for limit in (parts.lower, parts.upper)]
        )
    points = np.unique(points[np.isfinite(points)])
    found = _between(parts, slope, points, whole)
    for _ in range(ROUNDS):
        found = _without_rest(parts, found, whole)
    return found


def _between(parts: Parts, slope: Floats, points: Floats, whole: float) -> Floats:
    """Return the parts at the number t that makes the whole."""
    at_points = np.array([_made(parts, _at(parts, slope, t)) for t in points])
    after = int(np.searchsorted(at_points, whole, side="left"))
    low = points[after - 1] if after > 0 else None
    high = points[after] if after < len(points) else None
    inside = _inside(low, high)
    free = (_at(parts, slope, inside) > parts.lower) & (_at(parts, slope, inside) < parts.upper)
    rise = float((parts.weight * slope)[free].sum())
    base = next((float(point) for point in (low, high) if point is not None), inside)
    left = whole - _made(parts, _at(parts, slope, base))
    return _at(parts, slope, base + left / rise if rise > 0 else base)


def _inside(low: float | None, high: float | None) -> float:
    """Return a number between two points, or beyond the one that is there."""
    if low is not None and high is not None:
        return (low + high) / 2
    if low is not None:
        return low + max(1.0, abs(low))
    return 0.0 if high is None else high - max(1.0, abs(high))


def _without_rest(parts: Parts, found: Floats, whole: float) -> Floats:
    """Give what rounding left over to the freest part."""
    rest = whole - _made(parts, found)
    room = np.minimum(found - parts.lower, parts.upper - found)
    room = np.where(parts.give > 0, room, 0.0)
    place = int(np.argmax(np.abs(parts.weight) * np.where(np.isfinite(room), room, 1e300)))
    moved = found.copy()
    moved[place] += rest / parts.weight[place]
    return np.clip(moved, parts.lower, parts.upper)


def _at(parts: Parts, slope: Floats, t: float) -> Floats:
    return np.clip(parts.start + t * slope, parts.lower, parts.upper)


def _made(parts: Parts, values: Floats) -> float:
    return float((parts.weight * values).sum())

"""The course of a series between its breaks: steps to another level, and bends of the slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats

Places = NDArray[np.int64]

SHORTEST, SHARE, LONGEST = 3, 20, 8  # a level lasts a 20th of the series, within 3 and 8 values


@dataclass(frozen=True, kw_only=True)
class Break:
    """One break: its place among the values searched, and `step` or `slope`."""

    place: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class Course:
    """The course of a series: its breaks in their order, and whether a trend runs through it."""

    breaks: tuple[Break, ...] = ()
    has_trend: bool = False

    def columns(self, times: Places) -> Floats:
        """Return level, trend where there is one, and breaks, as columns of a regression."""
        line = [np.ones(len(times)), times - times.mean()][: 1 + self.has_trend]
        return np.column_stack([*line, *(column_of(times, one) for one in self.breaks)])


def shortest_level(count: int) -> int:
    """Return how many values a level has at least, of `count` in all."""
    return max(SHORTEST, min(count // SHARE, LONGEST))


def column_of(times: Places, one: Break) -> Floats:
    """Return a break as a column: 0 before it; then 1, or the time since."""
    since = (times - times[one.place]).astype(float)
    return np.asarray(since >= 0, dtype=float) if one.kind == "step" else np.maximum(since, 0.0)


def both_kinds(places: Places) -> list[Break]:
    """Return a step and a bend at every place."""
    return [Break(place=int(place), kind=kind) for kind in ("step", "slope") for place in places]


def free_places(places: Places, others: list[Break], count: int) -> Places:
    """Return the places that leave every level its shortest length."""
    least = shortest_level(count)
    free = (places >= least) & (places <= count - least)
    for one in others:
        free &= np.abs(places - one.place) >= least
    return places[free]

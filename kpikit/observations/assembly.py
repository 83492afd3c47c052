"""Put a KPI's values together from what its sources answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpikit.observations.answers import Answer
from kpikit.observations.arithmetic import evaluate
from kpikit.observations.formula import Compiled, Definition
from kpikit.observations.query import Window
from kpikit.observations.spans import NO_ROWS, Array, Flags, Reasons, needs_past
from kpikit.strategy.nodes import Aggregate, Span

Stamps = npt.NDArray[np.datetime64]
Scalar = TypeVar("Scalar", bound=np.generic)

# a source, the column that dates its rows, and whether the rows before the window were read
Place = tuple[str, str, bool]
# what decides over which periods there are values, and when they are final
Shape = tuple[frozenset[tuple[Place, Span | None, int]], int | None]


def place_of(part: Aggregate, window: Window) -> Place:
    """Return where an aggregate is answered."""
    assert part.home is not None
    return (*part.home, needs_past(part.span) and window.since is not None)


Columns = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Grid:
    """The segments and periods of KPIs that are alike in sources and spans."""

    segments: Sequence[str]
    starts: Stamps

    def spread(self, values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """Repeat what holds of each period for every segment."""
        return np.tile(values, len(self.segments))


@dataclass(frozen=True)
class State:
    """What is known of the periods of a grid, by one definition, segment by segment."""

    complete: Flags
    known_at: Stamps
    reason: Reasons


@dataclass(frozen=True)
class Assembly:
    """What sources answered in one window, and what was found out about it on the way."""

    answers: Mapping[Place, Answer]
    window: Window
    grids: dict[Shape, Grid] = field(default_factory=dict)
    states: dict[tuple[Shape, Shape], State] = field(default_factory=dict)

    def values(self, made: Compiled) -> Columns:
        """Return one KPI's columns; each period by the definition in force on its first day."""
        shape = _shape(made.aggregates, made, self.window)
        if shape not in self.grids:
            self.grids[shape] = _grid(shape, self.answers, self.window)
        grid = self.grids[shape]
        columns = {
            part: _column(part, grid, self.answers[place_of(part, self.window)])
            for part in made.aggregates
        }
        found: Columns = {}
        for definition in made.definitions:
            state = self._state(shape, _shape(definition.aggregates, made, self.window))
            anew = _computed(definition, columns, state)
            if not found or definition.since is None:
                found = anew
                continue
            holds = grid.spread(grid.starts >= np.datetime64(definition.since))
            found = {name: np.where(holds, anew[name], before) for name, before in found.items()}
        return {
            "kpi": np.full(len(found["value"]), made.kpi.id, dtype=object),
            "segment": np.repeat(np.array(grid.segments, dtype=object), len(grid.starts)),
            "period_start": grid.spread(grid.starts),
        } | found

    def _state(self, shape: Shape, own: Shape) -> State:
        if (shape, own) not in self.states:
            self.states[shape, own] = _state(own, self.grids[shape], self.answers, self.window)
        return self.states[shape, own]


def _shape(parts: Iterable[Aggregate], made: Compiled, window: Window) -> Shape:
    places = frozenset((place_of(part, window), part.span, part.days) for part in parts)
    return places, made.kpi.known_days_before


def _grid(shape: Shape, answers: Mapping[Place, Answer], window: Window) -> Grid:
    names = {name for place, *_ in shape[0] for name in answers[place].segments}
    return Grid(sorted(names), _starts(shape, answers, window))


def _state(shape: Shape, grid: Grid, answers: Mapping[Place, Answer], window: Window) -> State:
    """Return what the sources that a definition needs know of each period."""
    parts, ahead = shape
    reason = np.full(len(grid.starts), "", dtype=object)
    complete = np.ones(len(grid.starts), dtype=bool)
    for place, span, days in sorted(parts, key=str):
        timeline = answers[place].timeline
        last = [end + timedelta(days=days) for end in timeline.ends]
        if ahead is not None and timeline.facts.source.recorded is not None:
            last = [start - timedelta(days=ahead) for start in timeline.starts]
        known = _stamps(timeline.starts)
        here = np.isin(grid.starts, known)
        at = np.searchsorted(known, grid.starts[here])
        why = np.full(len(grid.starts), NO_ROWS, dtype=object)
        final = np.zeros(len(grid.starts), dtype=bool)
        why[here], final[here] = timeline.reasons(span)[at], timeline.complete(span, last=last)[at]
        reason, complete = np.where(reason == "", why, reason), complete & final
    known_at = _known(grid.starts, shape, window)
    return State(grid.spread(complete), grid.spread(known_at), grid.spread(reason))


def _starts(shape: Shape, answers: Mapping[Place, Answer], window: Window) -> Stamps:
    """Return the periods that any of the sources has, within what is wanted."""
    found: set[date] = set()
    for place, span, _ in shape[0]:
        timeline = answers[place].timeline
        goes_on = span is not None and span.kind == "cumulative"
        found.update(timeline.starts[: None if goes_on else timeline.seen])
    if window.since is not None:
        first = window.calendar.start(window.since, window.grain)
        found = {start for start in found if start >= first}
    return _stamps(sorted(found))


def _known(starts: Stamps, shape: Shape, window: Window) -> Stamps:
    """Return the days on which values could be known: none is later than the as-of date."""
    parts, ahead = shape
    days = max(days for *_, days in parts)
    found = []
    for start in starts.astype("datetime64[D]").tolist():
        known = window.end(start) + timedelta(days=days)
        if ahead is not None:
            known = start - timedelta(days=ahead)
        found.append(min(known, window.as_of))
    return _stamps(found)


def _stamps(days: Sequence[date]) -> Stamps:
    return np.array(days, dtype="datetime64[us]")


def _computed(made: Definition, columns: Mapping[Aggregate, Array], state: State) -> Columns:
    missing = state.reason != ""
    whole = evaluate(made.tree, columns)
    found: Columns = {"value": np.where(missing, np.nan, whole.value)}
    for name, node in zip(("numerator", "denominator"), made.quotient or (None, None), strict=True):
        part = evaluate(node, columns).value if node is not None else np.nan
        found[name] = np.where(missing, np.nan, part)
    return found | {
        "rows": columns[made.rows].astype("int64"),
        "complete": state.complete,
        "known_at": state.known_at,
        "reason": np.where(missing, state.reason, whole.reason),
    }


def _column(part: Aggregate, grid: Grid, answer: Answer) -> Array:
    """Return an aggregate in every segment and period of the grid; counts of nothing are 0."""
    known = _stamps(answer.timeline.starts)
    if list(answer.segments) == list(grid.segments) and np.array_equal(known, grid.starts):
        found = answer.matrices[part]
    else:
        found = np.full((len(grid.segments), len(grid.starts)), np.nan)
        rows = pd.Index(answer.segments).get_indexer(pd.Index(grid.segments))
        names = np.flatnonzero(rows >= 0)
        here = np.flatnonzero(np.isin(grid.starts, known))
        columns = np.searchsorted(known, grid.starts[here])
        found[np.ix_(names, here)] = answer.matrices[part][np.ix_(rows[names], columns)]
    counts = part.function in ("count", "converted")
    return np.ravel(np.nan_to_num(found, nan=0.0) if counts else found)

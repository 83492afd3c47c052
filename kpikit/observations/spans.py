"""Windows of periods: which periods a windowed value is made of, and whether all are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from kpikit.observations.query import Window
from kpikit.sources import Facts
from kpikit.strategy.nodes import PERIOD_NAMES, Aggregate, Column, Span, walk

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Reasons = npt.NDArray[np.object_]

NO_ROWS = "the source has no rows in this period"
TOO_EARLY = "the window reaches before the source's first day"
GAP = "a period inside the window has no rows"

ADDITIVE = ("sum", "count", "min", "max")


def needs_past(span: Span | None) -> bool:
    """Whether a span takes rows from before its own period."""
    return span is not None and span.kind != "at_end"


def is_combined(part: Aggregate) -> bool:
    """Whether windows follow from the values of their periods, without the rows."""
    named = {node.name for node in walk(part) if isinstance(node, Column)}
    return part.function in ADDITIVE and not part.distinct and not named & PERIOD_NAMES


@dataclass(frozen=True)
class Timeline:
    """The periods of one source, and what is known of each.

    Attributes
    ----------
    starts
        First days of the periods, without a gap: from the source's first day to the
        newest, or to the day up to which it is complete.
    present
        Whether the source has a row in the period.
    """

    facts: Facts
    window: Window
    starts: Sequence[date]
    present: Flags

    @cached_property
    def ends(self) -> Sequence[date]:
        """Last days of the periods."""
        return [self.window.end(start) for start in self.starts]

    @cached_property
    def seen(self) -> int:
        """How many of the periods begin by the source's newest day."""
        return len(self.window.starts(self.facts))

    def begins(self, span: Span) -> Places:
        """Return the place of the period with which each window begins; -1 before the first."""
        places = np.arange(len(self.starts))
        if span.kind == "cumulative":
            return np.zeros_like(places)
        if span.kind == "rolling":
            return np.maximum(places - span.periods + 1, -1)
        if span.kind == "at_end":
            return places
        known = {start: place for place, start in enumerate(self.starts)}
        return np.array([known.get(self._longer(day, span), -1) for day in self.starts], dtype=int)

    def _longer(self, start: date, span: Span) -> date:
        """Return the first period that begins in the same longer period as this one."""
        calendar, grain = self.window.calendar, self.window.grain
        longer = calendar.start(start, span.grain)  # type: ignore[arg-type] # forms.LONGER
        first = calendar.start(longer, grain)
        return min(start, first if first >= longer else calendar.shift(first, grain, 1))

    def reasons(self, span: Span | None) -> Reasons:
        """Return why the values of periods are missing, whatever the aggregate."""
        found = np.full(len(self.starts), "", dtype=object)
        if span is not None and span.kind == "cumulative":
            return found
        if needs_past(span) and span is not None:
            silent = np.concatenate([[0], np.cumsum(~self.present)])
            begins = self.begins(span)
            found[silent[1:] - silent[begins] > 0] = GAP
            found[begins < 0] = TOO_EARLY
        found[~self.present] = NO_ROWS
        return found

    def complete(self, span: Span | None, *, last: Sequence[date]) -> Flags:
        """Whether values are final: window and `last` day inside what the source holds."""
        first, reach = self.facts.first, self.facts.complete_through
        if first is None or reach is None:
            return np.zeros(len(self.starts), dtype=bool)
        reach = min(reach, self.window.as_of)
        ended = np.array([day <= reach for day in last], dtype=bool)
        if span is not None and span.kind == "cumulative":
            return ended  # it begins with the source's first row, whenever that was
        begins = np.arange(len(self.starts)) if span is None else self.begins(span)
        begun = np.array([start >= first for start in self.starts], dtype=bool)
        found: Flags = ended & begun[begins] & (begins >= 0)
        return found

    def last_days(self, part: Aggregate) -> list[date]:
        """Return the days on which an aggregate's values are final."""
        return [end + timedelta(days=part.days) for end in self.ends]


def combine(values: Array, function: str, begins: Places) -> Array:
    """Return windowed values from those of the periods; the second axis is time."""
    found = np.full_like(values, np.nan)
    for place, begin in enumerate(begins):
        if begin < 0:
            continue
        inside = values[:, begin : place + 1]
        if function in ("min", "max"):
            fold = np.fmin if function == "min" else np.fmax
            found[:, place] = fold.reduce(inside, axis=1)
        else:
            empty = np.isnan(inside)
            total = np.where(empty, 0.0, inside).sum(axis=1)
            found[:, place] = np.where(empty.all(axis=1), np.nan, total)
    return found

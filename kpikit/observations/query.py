"""The rows of a source, each with its segment and its period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kpikit.errors import DataError
from kpikit.observations.buckets import cut, with_periods
from kpikit.periods import Calendar, Grain
from kpikit.sources import Facts
from kpikit.sources.connect import engine_errors

if TYPE_CHECKING:
    import pandas as pd
    from ibis.expr.types import DateValue, Table

WHOLE = ""  # the segment that is all of them
UNNAMED = "(missing)"  # the segment of rows that name none
EMPTY = "(empty)"  # the segment of rows whose name is an empty text
LAST_DAY = "kpikit_is_last"  # column: whether a row is of the last day with rows in its period


@dataclass(frozen=True)
class Window:
    """Which periods are wanted, on whose calendar, seen from which day."""

    calendar: Calendar
    grain: Grain
    since: date | None
    until: date | None
    as_of: date
    first_days: int | None = None  # of every period, where not all of it is wanted

    def starts(self, facts: Facts) -> list[date]:
        """Return the first days of the source's periods that lie in the window."""
        if facts.first is None or facts.last is None:
            return []
        first = max(facts.first, self.since or facts.first)
        last = min(facts.last, self.until or facts.last)
        return self.calendar.starts(first, last, self.grain)

    def end(self, start: date) -> date:
        """Return the last day of the period that begins on `start`."""
        end = self.calendar.period(start, self.grain).end
        if self.first_days is None:
            return end
        return min(end, start + timedelta(days=self.first_days - 1))


def rows_by_period(facts: Facts, time: str, window: Window, by: str | None = None) -> Table:
    """Return a source's rows in the window, each with its segment, day and period.

    The columns added are `period_start`, `period_end`, `kpikit_segment`, `kpikit_day`
    and `kpikit_moment`, which keeps the time of day.
    """
    import ibis

    table = facts.table
    day = table[time].cast("date")
    keys = {
        "kpikit_moment": table[time],
        "kpikit_day": day,
        "kpikit_segment": ibis.literal(WHOLE),
    }
    if by is not None:  # `named` tells what has no name, once there are groups and not rows
        keys["kpikit_segment"] = table[by].cast("string")
    own = time == facts.source.time  # what is known of it spares a test of every row
    if not own or facts.undated:
        table = table.filter(~day.isnull())
    table = _within(table, day, window)
    seen = own and facts.last is not None and facts.last <= window.as_of
    if facts.source.recorded is None and not seen:  # nothing later, by any column
        table = table.filter(day <= window.as_of)
    days = _days(facts, time, day) if window.calendar.weeks else None
    table = with_periods(
        table.mutate(**keys), "kpikit_day", window.calendar, window.grain, days=days
    )
    return table if window.first_days is None else cut(table, "kpikit_day", window.first_days)


def with_last_day(rows: Table) -> Table:
    """Mark the rows of the last day with rows in their period."""
    last = rows.group_by("period_start").aggregate(kpikit_last=rows.kpikit_day.max())
    joined = rows.join(last, "period_start")
    return joined.mutate(**{LAST_DAY: joined.kpikit_day == joined.kpikit_last})


def named(segments: pd.Series[str]) -> pd.Series[str]:
    """Return the names of segments; what has none, or an empty one, is a segment of its own."""
    taken = set(segments)  # a name that facts use themselves stays theirs
    unnamed, empty = (name + "*" * (name in taken) for name in (UNNAMED, EMPTY))
    return segments.fillna(unnamed).replace("", empty)


def _within(table: Table, day: DateValue, window: Window) -> Table:
    """Leave out whole periods outside the window."""
    if window.since is not None:
        table = table.filter(day >= window.calendar.start(window.since, window.grain))
    if window.until is not None:
        last = window.calendar.period(window.until, window.grain).end
        table = table.filter(day <= last)
    return table


def _days(facts: Facts, time: str, day: DateValue) -> tuple[date, date] | None:
    """Return days between which all rows lie; a KPI may date them by a column of its own."""
    if time == facts.source.time and facts.first is not None and facts.last is not None:
        return facts.first, facts.last
    reach = facts.table.aggregate(first=day.min(), last=day.max())
    try:
        found = reach.to_pyarrow().to_pylist()[0]
    except engine_errors() as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"source {facts.source.id}: {reason}. Correct the facts.") from None
    return None if found["first"] is None else (found["first"], found["last"])

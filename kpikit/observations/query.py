"""Ask a source for its aggregates by period and segment, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.errors import DataError
from kpikit.observations.formula import engine_value
from kpikit.periods import Calendar, Grain
from kpikit.sources import Facts
from kpikit.strategy.nodes import Aggregate

if TYPE_CHECKING:
    from ibis.expr.types import DateValue, Table

WHOLE = ""  # the segment that is all of them
UNNAMED = "(missing)"  # the segment of rows that name none
EMPTY = "(empty)"  # the segment of rows whose name is an empty text


@dataclass(frozen=True)
class Window:
    """Which periods are wanted, on whose calendar, seen from which day."""

    calendar: Calendar
    grain: Grain
    since: date | None
    until: date | None
    as_of: date

    def starts(self, facts: Facts) -> list[date]:
        """Return the first days of the source's periods that lie in the window."""
        if facts.first is None or facts.last is None:
            return []
        first = max(facts.first, self.since or facts.first)
        last = min(facts.last, self.until or facts.last)
        return self.calendar.starts(first, last, self.grain)

    def end(self, start: date) -> date:
        """Return the last day of the period that begins on `start`."""
        return self.calendar.period(start, self.grain).end

    def complete(self, start: date, facts: Facts) -> bool:
        """Whether a period lies inside what the source holds and what is seen."""
        if facts.first is None or facts.complete_through is None:
            return False
        return facts.first <= start and self.end(start) <= min(facts.complete_through, self.as_of)


def query(
    facts: Facts,
    time: str,
    parts: Sequence[Aggregate],
    window: Window,
    by: str | None = None,
) -> pd.DataFrame:
    """Return one row per segment and period, a column for each aggregate."""
    import duckdb
    import ibis

    table = facts.table
    day = table[time].cast("date")
    keys = {"period_start": _period_start(day, window)}
    if by is not None:
        name = table[by].cast("string").fill_null(UNNAMED)
        keys["segment"] = ibis.ifelse(name == "", EMPTY, name)
    table = _within(table, day, window).mutate(**keys)
    columns = {
        f"a{place}": engine_value(part, table, where=f"sources.{part.home[0] if part.home else ''}")
        for place, part in enumerate(parts)
    }
    try:
        grouped = table.group_by(list(keys)).aggregate(total=table.count(), **columns)
        frame = grouped.to_pyarrow().to_pandas()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"source {facts.source.id}: {reason}. Correct the facts.") from None
    frame = frame.rename(columns={f"a{place}": part for place, part in enumerate(parts)})
    frame["period_start"] = frame["period_start"].astype("datetime64[us]")
    if by is None:
        frame["segment"] = WHOLE
    indexed: pd.DataFrame = frame.set_index(["segment", "period_start"])
    return indexed


def _within(table: Table, day: DateValue, window: Window) -> Table:
    """Leave out undated rows, and whole periods outside the window."""
    table = table.filter(~day.isnull())
    if window.since is not None:
        table = table.filter(day >= window.calendar.start(window.since, window.grain))
    if window.until is not None:
        last = window.calendar.period(window.until, window.grain).end
        table = table.filter(day <= last)
    return table


def _period_start(day: DateValue, window: Window) -> DateValue:
    """Return the first day of each row's period, on the organisation's calendar."""
    import ibis

    calendar = window.calendar
    if window.grain == "day":
        return day
    if window.grain == "week":
        shift = (calendar.start(date(2024, 1, 1), "week") - date(2024, 1, 1)).days % 7
        return (day - ibis.interval(days=shift)).truncate("W") + ibis.interval(days=shift)
    if window.grain == "month":
        return day.truncate("M")
    unit, length = ("Q", 3) if window.grain == "quarter" else ("Y", 12)
    months = (calendar.fiscal_year_start - 1) % length
    if months == 0:
        return day.truncate(unit)
    moved = day.truncate("M") - ibis.interval(months=months)
    return moved.truncate(unit) + ibis.interval(months=months)

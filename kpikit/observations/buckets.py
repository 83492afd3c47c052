"""Give every row the first and the last day of its period.

Calendar months are the engine's own truncation of dates. Periods of whole weeks are
looked up by the week that a day lies in: the weeks travel as text inside the query, so
that nothing is written to the engine, and any engine can do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from kpikit.calendars import WEEK
from kpikit.periods import SEASONS, Calendar, Grain

if TYPE_CHECKING:
    from ibis.expr.types import DateValue, Table

MONDAY = date(2024, 1, 1)
LONGER: tuple[Grain, ...] = ("month", "quarter", "year")


def with_periods(
    rows: Table, day: str, calendar: Calendar, grain: Grain, *, days: tuple[date, date] | None
) -> Table:
    """Add `period_start` and `period_end`, both dates; columns of these names give way.

    Parameters
    ----------
    rows
        The facts, every one with a day.
    day
        The column that holds a row's day, as a date.
    days
        No row lies before the first or after the second of them; None where there is no
        row. Only periods of whole weeks need it.
    """
    if calendar.weeks and grain in LONGER:
        return _looked_up(rows, day, calendar, grain, days)
    start = _start(rows[day], calendar, grain)
    return rows.mutate(period_start=start, period_end=_end(start, grain))


def cut(rows: Table, day: str, first_days: int) -> Table:
    """Keep the first days of every period, which then ends with the last of them."""
    import ibis

    last = _date(rows.period_start + ibis.interval(days=first_days - 1))
    rows = rows.mutate(period_end=ibis.least(rows.period_end, last))
    return rows.filter(rows[day] <= rows.period_end)


def unnested(texts: Sequence[str]) -> Table:
    """Return a table with one column, `text`, that any engine reads from the query itself."""
    import ibis

    return ibis.literal(list(texts), type="array<string>").unnest().name("text").as_table()


def _looked_up(
    rows: Table, day: str, calendar: Calendar, grain: Grain, days: tuple[date, date] | None
) -> Table:
    texts = []
    for week in calendar.starts(*days, "week") if days else ():
        period = calendar.period(week, grain)
        texts.append(f"{week}|{period.start}|{period.end}")
    weeks = unnested(texts)
    weeks = weeks.select(
        kpikit_week=weeks.text.substr(0, 10).cast("date"),
        period_start=weeks.text.substr(11, 10).cast("date"),
        period_end=weeks.text.substr(22, 10).cast("date"),
    )
    kept = [name for name in rows.columns if name not in ("period_start", "period_end")]
    rows = rows.select(*kept, kpikit_week=_start(rows[day], calendar, "week"))
    return rows.join(weeks, "kpikit_week").drop("kpikit_week")


def _start(day: DateValue, calendar: Calendar, grain: Grain) -> DateValue:
    """Return the first day of a day's period, by the engine's truncation."""
    import ibis

    if grain == "day":
        return day
    if grain == "week":
        shift = (calendar.start(MONDAY, "week") - MONDAY).days % WEEK
        if shift == 0:
            return _date(day.truncate("W"))
        return _date((day - ibis.interval(days=shift)).truncate("W") + ibis.interval(days=shift))
    if grain == "month":
        return _date(day.truncate("M"))
    unit, length = ("Q", 3) if grain == "quarter" else ("Y", 12)
    months = (calendar.fiscal_year_start - 1) % length
    if months == 0:
        return _date(day.truncate(unit))
    index = day.year() * 12 + day.month() - 1  # faster than intervals of months
    first = index - (index - months) % length
    return ibis.date(first // 12, first % 12 + 1, 1)


def _end(start: DateValue, grain: Grain) -> DateValue:
    """Return the last day of the period that begins on a day."""
    import ibis

    if grain == "day":
        return start
    if grain == "week":
        return _date(start + ibis.interval(days=WEEK - 1))
    months = ibis.interval(months=12 // SEASONS[grain])
    return _date(start + months - ibis.interval(days=1))


def _date(day: DateValue) -> DateValue:
    """Return a date where an engine makes a timestamp of date arithmetic."""
    return day.cast("timestamp").cast("date")

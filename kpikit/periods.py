"""Grains and the organisation's calendar: periods named by their first day.

A fiscal year is named by the calendar year in which it ends, so that with a
fiscal year starting in April, 2026Q4 is January to March 2026.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, cast, get_args

import pandas as pd

from kpikit.errors import PeriodError, suggest

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = get_args(Grain)  # finest first
SEASONS: dict[Grain, int] = {"day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MONTHS: dict[Grain, int] = {"month": 1, "quarter": 3, "year": 12}
_FORMS = (
    (re.compile(r"(?P<year>\d{4})[-\s]?Q(?P<number>[1-4])", re.IGNORECASE), "quarter"),
    (re.compile(r"(?P<year>\d{4})-?M?(?P<number>0[1-9]|1[0-2])", re.IGNORECASE), "month"),
    (re.compile(r"(?P<year>\d{4})"), "year"),
)


@dataclass(frozen=True, order=True)
class Period:
    """One period of a calendar: its first day, its last day, and its name."""

    start: date
    end: date
    grain: Grain
    label: str

    def __str__(self) -> str:
        """Return the name people use."""
        return self.label


@dataclass(frozen=True)
class Calendar:
    """The organisation's calendar.

    Examples
    --------
    >>> calendar = Calendar(fiscal_year_start=4)
    >>> calendar.parse("2026Q4").start
    datetime.date(2026, 1, 1)
    >>> calendar.period(date(2026, 5, 17), "quarter").label
    '2027Q1'
    """

    fiscal_year_start: int = 1
    week_start: str = "monday"

    def start(self, day: date, grain: Grain) -> date:
        """Return the first day of the period that holds `day`."""
        if grain == "day":
            return day
        if grain == "week":
            return day - timedelta(days=(day.weekday() - WEEKDAYS.index(self.week_start)) % 7)
        length = _MONTHS[grain]
        back = (day.month - self.fiscal_year_start) % length
        return _shift_months(day.replace(day=1), -back)

    def shift(self, start: date, grain: Grain, count: int) -> date:
        """Return the first day of the period `count` periods after the one given."""
        if grain in _MONTHS:
            return _shift_months(start, count * _MONTHS[grain])
        return start + timedelta(days=count * (7 if grain == "week" else 1))

    def period(self, day: date, grain: Grain) -> Period:
        """Return the period that holds `day`."""
        start = self.start(day, grain)
        end = self.shift(start, grain, 1) - timedelta(days=1)
        return Period(start, end, grain, self.label(start, grain))

    def parse(self, text: str) -> Period:
        """Return the period that a text such as `2026Q3`, `2026-07` or `2026` names.

        Raises
        ------
        PeriodError
            When the text names no quarter, month or year.
        """
        for form, grain in _FORMS:
            if match := form.fullmatch(str(text).strip()):
                number = int(match["number"]) if "number" in match.groupdict() else 1
                with suppress(ValueError):  # the calendar ends where Python's does
                    start = self._named(int(match["year"]), cast("Grain", grain), number)
                    return self.period(start, cast("Grain", grain))
        raise PeriodError(
            f"period {str(text)!r} cannot be read. Write a quarter as 2026Q3, a month as 2026-07, "
            "or a year as 2026."
        )

    def label(self, start: date, grain: Grain) -> str:
        """Return the name of the period that starts on `start`."""
        if grain == "month":
            return f"{start:%Y-%m}"
        if grain == "quarter":
            months = (start.month - self.fiscal_year_start) % 12
            return f"{self._fiscal_year(start)}Q{months // 3 + 1}"
        return str(self._fiscal_year(start)) if grain == "year" else start.isoformat()

    def starts(self, first: date, last: date, grain: Grain) -> list[date]:
        """Return the first day of every period from the one holding `first` to that of `last`."""
        start, found = self.start(first, grain), []
        while start <= last:
            found.append(start)
            start = self.shift(start, grain, 1)
        return found

    def _fiscal_year(self, start: date) -> int:
        return start.year + (self.fiscal_year_start > 1 and start.month >= self.fiscal_year_start)

    def _named(self, year: int, grain: Grain, number: int) -> date:
        if grain == "month":
            return date(year, number, 1)
        first = date(year - (self.fiscal_year_start > 1), self.fiscal_year_start, 1)
        return _shift_months(first, 3 * (number - 1))


def parse_grain(text: str) -> Grain:
    """Return the grain a text names.

    Raises
    ------
    PeriodError
        When it names none.
    """
    if text in GRAINS:
        return text
    raise PeriodError(f"grain {text!r} is not one of {', '.join(GRAINS)}. {suggest(text, GRAINS)}")


def parse_date(value: date | str) -> date:
    """Return a date from a date or from ISO text such as `2026-09-30`.

    Raises
    ------
    PeriodError
        When the text is not an ISO date of the calendar.
    """
    if isinstance(value, date):
        return pd.Timestamp(value).date()
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise PeriodError(
            f"date {value!r} cannot be read. Write it as year-month-day, such as 2026-09-30."
        ) from None


def infer_grain(starts: pd.Series[pd.Timestamp]) -> Grain:
    """Return the grain of a history from the distances of its period starts.

    The commonest distance decides, so that gaps do no harm.

    Raises
    ------
    PeriodError
        When there are fewer than two periods, or their distance fits no grain.
    """
    gaps = pd.Series(starts.drop_duplicates().sort_values()).diff().dropna().dt.days
    if gaps.empty:
        raise PeriodError("the grain cannot be told from fewer than two periods. Pass grain=.")
    step = float(gaps.mode().iloc[0])
    widths: tuple[tuple[Grain, float, float], ...] = (
        ("day", 1, 1),
        ("week", 7, 7),
        ("month", 28, 35),
        ("quarter", 89, 98),
        ("year", 364, 371),
    )
    for grain, least, most in widths:
        if least <= step <= most:
            return grain
    raise PeriodError(f"periods {step:.0f} days apart fit no grain. Pass grain=.")


def _shift_months(start: date, months: int) -> date:
    index = start.year * 12 + start.month - 1 + months
    return date(index // 12, index % 12 + 1, start.day)

"""Grains and the organisation's calendar: periods named by their first day.

A fiscal year is named by the calendar year in which it ends, so that with a
fiscal year starting in April, 2026Q4 is January to March 2026.

Weeks have numbers. On a standard calendar a week belongs to the calendar year that
holds four or more of its days, and week 1 is the first such week: for weeks that
start on Monday that is ISO 8601, for Sunday the weeks of epidemiologists (MMWR). On a
calendar of whole weeks they count from the start of the fiscal year.
"""

from __future__ import annotations

import re
from calendar import monthrange
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.calendars import WEEK, Pattern, WeekYears, YearEnd
from kpikit.errors import PeriodError, suggest

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = get_args(Grain)  # finest first
SEASONS: dict[Grain, int] = {"day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_PARTS: dict[Grain, int] = {"month": 12, "quarter": 4, "year": 1}  # of a year
_MIDDLE = timedelta(days=3)  # from a week's start to the day that decides its year
_FORMS: tuple[tuple[Grain, re.Pattern[str]], ...] = (
    ("quarter", re.compile(r"(?P<year>\d{4})[-\s]?Q(?P<number>[1-4])", re.IGNORECASE)),
    ("week", re.compile(r"(?P<year>\d{4})-?W(?P<number>\d{2})", re.IGNORECASE)),
    ("year", re.compile(r"(?P<year>\d{4})(?P<number>)")),
)
_MONTH = re.compile(r"(?P<year>\d{4})-?M?(?P<number>0[1-9]|1[0-2])", re.IGNORECASE)
_FISCAL_MONTH = re.compile(r"(?P<year>\d{4})-?P(?P<number>0[1-9]|1[0-2])", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


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

    Attributes
    ----------
    fiscal_year_start
        The month in which the fiscal year starts.
    week_start
        The day on which a week starts.
    pattern
        `standard` for calendar months; `4-4-5`, `4-5-4` or `5-4-4` for months of that
        many whole weeks, in years of 52 or 53 weeks (see `kpikit.calendars`).
    year_end
        Where a year of whole weeks ends: on the `last` day of a week before
        `fiscal_year_start`, or on the one `nearest` to that month's end.

    Examples
    --------
    >>> calendar = Calendar(fiscal_year_start=4)
    >>> calendar.parse("2026Q4").start
    datetime.date(2026, 1, 1)
    >>> calendar.period(date(2026, 5, 17), "quarter").label
    '2027Q1'
    >>> retail = Calendar(2, "sunday", "4-5-4", "nearest")
    >>> retail.period(date(2026, 11, 24), "month").label
    '2027-P10'
    """

    fiscal_year_start: int = 1
    week_start: str = "monday"
    pattern: Pattern = "standard"
    year_end: YearEnd = "last"

    @cached_property
    def weeks(self) -> WeekYears | None:
        """The years of whole weeks, where the calendar is made of them."""
        if self.pattern == "standard":
            return None
        first = WEEKDAYS.index(self.week_start)
        return WeekYears(self.fiscal_year_start, first, self.pattern, self.year_end)

    def start(self, day: date, grain: Grain) -> date:
        """Return the first day of the period that holds `day`."""
        if grain == "day":
            return day
        if grain == "week":
            return day - timedelta(days=(day.weekday() - WEEKDAYS.index(self.week_start)) % WEEK)
        parts = _PARTS[grain]
        if self.weeks:
            return self.weeks.start(*self.weeks.number(day, parts), parts)
        back = (day.month - self.fiscal_year_start) % (12 // parts)
        return _shift_months(day.replace(day=1), -back)

    def shift(self, start: date, grain: Grain, count: int) -> date:
        """Return the first day of the period `count` periods after the one given."""
        if grain not in _PARTS:
            return start + timedelta(days=count * (WEEK if grain == "week" else 1))
        parts = _PARTS[grain]
        if self.weeks:
            year, number = self.weeks.number(start, parts)
            return self.weeks.start(year, number + count, parts)
        return _shift_months(start, count * (12 // parts))

    def year_ago(self, start: date, grain: Grain) -> date:
        """Return the first day of the same period a year before, by the calendar.

        Months, quarters and years go back to the one of the same number; so do weeks,
        and week 53 goes back to week 52 where the year before has no other. A day goes
        back to the same date, 29 February to 28 February; where years are made of whole
        weeks, to the same weekday of the same week.

        Examples
        --------
        >>> Calendar().year_ago(date(2026, 12, 28), "week")  # week 53 of 2026
        datetime.date(2025, 12, 22)
        """
        if grain in _PARTS:
            return self.shift(self.start(start, grain), grain, -_PARTS[grain])
        if grain == "day" and not self.weeks:
            return _shift_months(start, -12)
        first = self.start(start, "week")
        year, number = self._week(first)
        return self._week_start(year - 1, min(number, self._weeks_in(year - 1))) + (start - first)

    def period(self, day: date, grain: Grain) -> Period:
        """Return the period that holds `day`."""
        start = self.start(day, grain)
        end = self.shift(start, grain, 1) - timedelta(days=1)
        return Period(start, end, grain, self.label(start, grain))

    def parse(self, text: str) -> Period:
        """Return the period that a text names, such as `2026Q3`, `2026-07` or `2026`.

        A week is `2026-W07`, a day `2026-07-15`. Where months are made of whole weeks,
        the seventh of the fiscal year is `2026-P07`, and calendar months have no name.

        Raises
        ------
        PeriodError
            When the text names no period of this calendar.
        """
        return self._parsed(str(text))

    @lru_cache(maxsize=1024)  # noqa: B019 - a value; and a strategy names the same few periods
    def _parsed(self, text: str) -> Period:
        written = text.strip()
        month = _FISCAL_MONTH if self.weeks else _MONTH
        with suppress(ValueError, OverflowError):  # the calendar ends where Python's does
            if _DAY.fullmatch(written):
                return self.period(date.fromisoformat(written), "day")
            for grain, form in (*_FORMS, ("month", month)):
                if match := form.fullmatch(written):
                    start = self._named(int(match["year"]), grain, int(match["number"] or 1))
                    return self.period(start, grain)
        raise PeriodError(
            f"period {text!r} cannot be read. Write a quarter as 2026Q3, a month as "
            f"{'2026-P07' if self.weeks else '2026-07'}, a year as 2026, a week as 2026-W07, "
            "or a day as 2026-07-15."
        )

    def label(self, start: date, grain: Grain) -> str:
        """Return the name of the period that starts on `start`."""
        if grain == "day":
            return start.isoformat()
        if grain == "week":
            year, number = self._week(start)
            return f"{year}-W{number:02d}"
        if grain == "month" and not self.weeks:
            return f"{start:%Y-%m}"
        year, number = self._number(start, grain)
        return f"{year}" + {"month": f"-P{number:02d}", "quarter": f"Q{number}"}.get(grain, "")

    def starts(self, first: date, last: date, grain: Grain) -> list[date]:
        """Return the first day of every period from the one holding `first` to that of `last`."""
        start, found = self.start(first, grain), []
        while start <= last:
            found.append(start)
            start = self.shift(start, grain, 1)
        return found

    def _number(self, start: date, grain: Grain) -> tuple[int, int]:
        """Return the fiscal year of a period, and its number in it, counted from 1."""
        parts = _PARTS[grain]
        if self.weeks:
            year, number = self.weeks.number(start, parts)
            return year, number + 1
        months = (start.month - self.fiscal_year_start) % 12
        year = start.year + (self.fiscal_year_start > 1 and start.month >= self.fiscal_year_start)
        return year, months * parts // 12 + 1

    def _named(self, year: int, grain: Grain, number: int) -> date:
        """Return the first day of the period of that number, counted from 1."""
        if grain == "week":
            if not 1 <= number <= self._weeks_in(year):
                raise ValueError
            return self._week_start(year, number)
        if self.weeks:
            return self.weeks.start(year, number - 1, _PARTS[grain])
        if grain == "month":
            return date(year, number, 1)
        first = date(year - (self.fiscal_year_start > 1), self.fiscal_year_start, 1)
        return _shift_months(first, 12 // _PARTS[grain] * (number - 1))

    def _week(self, start: date) -> tuple[int, int]:
        """Return the year that a week belongs to, and its number in it, counted from 1."""
        if self.weeks:
            year, week = self.weeks.locate(start)
            return year, week + 1
        middle = start + _MIDDLE
        return middle.year, (middle.timetuple().tm_yday - 1) // WEEK + 1

    def _week_start(self, year: int, number: int) -> date:
        if self.weeks:
            return self.weeks.first(year, number - 1)
        first = self.start(date(year, 1, 1) + _MIDDLE, "week")  # the week that holds 4 January
        return first + timedelta(days=WEEK * (number - 1))

    def _weeks_in(self, year: int) -> int:
        if self.weeks:
            return self.weeks.weeks(year)
        return self._week(self.start(date(year, 12, 31) - _MIDDLE, "week"))[1]


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


def infer_grain(starts: pd.Series[pd.Timestamp] | NDArray[np.datetime64]) -> Grain:
    """Return the grain of a history from the distances of its period starts.

    The commonest distance decides, so that gaps do no harm.

    Raises
    ------
    PeriodError
        When there are fewer than two periods, or their distance fits no grain.
    """
    days = np.unique(np.asarray(starts).astype("datetime64[D]"))
    gaps, counts = np.unique(np.diff(days).astype(int), return_counts=True)
    if not len(gaps):
        raise PeriodError("the grain cannot be told from fewer than two periods. Pass grain=.")
    step = int(gaps[counts.argmax()])
    widths: tuple[tuple[Grain, float, float], ...] = (
        ("day", 1, 1),
        ("week", 7, 7),
        ("month", 28, 42),  # months of whole weeks have four to six
        ("quarter", 89, 98),
        ("year", 364, 371),
    )
    for grain, least, most in widths:
        if least <= step <= most:
            return grain
    raise PeriodError(f"periods {step} days apart fit no grain. Pass grain=.")


def _shift_months(start: date, months: int) -> date:
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))

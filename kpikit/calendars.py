"""Years of 52 or 53 whole weeks, whose months have four or five of them.

Such a year ends on one weekday: on the last one before a month ends, or on the one
nearest to that month's end (which may lie up to three days after it). Every quarter
has 13 weeks; a 53rd week belongs to the last month of the year. A year is named by
the calendar year in which the month it is to end with lies.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate
from typing import Literal, get_args

Pattern = Literal["standard", "4-4-5", "4-5-4", "5-4-4"]
YearEnd = Literal["last", "nearest"]
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)
YEAR_ENDS: tuple[YearEnd, ...] = get_args(YearEnd)

WEEK = 7
NEAREST = 3  # days after the month's end on which the nearest weekday may lie


@dataclass(frozen=True)
class WeekYears:
    """Years of whole weeks; a year has 12 months, 4 quarters, or is one part itself.

    Weeks are numbered from the one that starts on the first such weekday of the year 1.

    Attributes
    ----------
    first_month
        The month near whose first day a year starts.
    first_weekday
        The day on which weeks start, 0 for Monday.

    Examples
    --------
    >>> retail = WeekYears(first_month=2, first_weekday=6, pattern="4-5-4", year_end="nearest")
    >>> retail.first(2024), retail.weeks(2024)
    (datetime.date(2023, 1, 29), 53)
    """

    first_month: int
    first_weekday: int
    pattern: Pattern
    year_end: YearEnd

    @property
    def slack(self) -> int:
        """Days after its month's end on which a year may still end."""
        return NEAREST if self.year_end == "nearest" else 0

    @cached_property
    def months(self) -> tuple[int, ...]:
        """The week of the year in which each month starts, counted from 0."""
        lengths = [int(weeks) for weeks in self.pattern.split("-")] * 4
        return (0, *accumulate(lengths[:-1]))

    def parts(self, count: int) -> tuple[int, ...]:
        """Return the week in which each of 12, 4 or 1 parts of a year starts, counted from 0."""
        return self.months[:: 12 // count]

    def first(self, year: int, week: int = 0) -> date:
        """Return the first day of a year, or of a week of it."""
        return date.fromordinal(WEEK * (self._first_week(year) + week) + 1 + self.first_weekday)

    def weeks(self, year: int) -> int:
        """Return the number of weeks in a year, 52 or 53."""
        return self._first_week(year + 1) - self._first_week(year)

    def locate(self, day: date) -> tuple[int, int]:
        """Return the year of a day, and its week in the year, counted from 0."""
        index = (day.toordinal() - 1 - self.first_weekday) // WEEK
        year = day.year + 1
        while (first := self._first_week(year)) > index:
            year -= 1
        return year, index - first

    def number(self, day: date, count: int) -> tuple[int, int]:
        """Return the year of a day, and in which of its parts it lies, counted from 0."""
        year, week = self.locate(day)
        return year, bisect_right(self.parts(count), week) - 1

    def start(self, year: int, number: int, count: int) -> date:
        """Return the first day of a part, counted on into other years where it must."""
        years, place = divmod(number, count)
        return self.first(year + years, self.parts(count)[place])

    def _first_week(self, year: int) -> int:
        month_start = date(year - (self.first_month > 1), self.first_month, 1).toordinal()
        return (month_start - 1 - self.first_weekday + self.slack) // WEEK

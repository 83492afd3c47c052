"""Years of whole weeks and fiscal years from 2016 to 2032, counted day by day."""

from datetime import date, timedelta

import pytest

from kpikit.calendars import PATTERNS, WeekYears
from kpikit.errors import PeriodError
from kpikit.periods import Calendar

DAY = timedelta(days=1)
YEARS = range(2016, 2033)
RETAIL = Calendar(2, "sunday", "4-5-4", "nearest")
SEPTEMBER = Calendar(10, "sunday", "4-4-5", "last")
APRIL = Calendar(4)

# National Retail Federation, 4-5-4 calendar: the Sunday on which each of its years starts.
# It names a year by the January it leaves, we by the January it ends in: its 2017 is our 2018.
RETAIL_STARTS = {
    2016: date(2015, 2, 1),
    2017: date(2016, 1, 31),
    2018: date(2017, 1, 29),
    2019: date(2018, 2, 4),
    2020: date(2019, 2, 3),
    2021: date(2020, 2, 2),
    2022: date(2021, 1, 31),
    2023: date(2022, 1, 30),
    2024: date(2023, 1, 29),
    2025: date(2024, 2, 4),
    2026: date(2025, 2, 2),
    2027: date(2026, 2, 1),
    2028: date(2027, 1, 31),
    2029: date(2028, 1, 30),
    2030: date(2029, 2, 4),
    2031: date(2030, 2, 3),
    2032: date(2031, 2, 2),
}
RETAIL_53 = {2018, 2024, 2029}  # its 2017, 2023 and 2028

# A well-known maker of telephones reports years that end on the last Saturday of September.
SEPTEMBER_ENDS = {
    2016: date(2016, 9, 24),
    2017: date(2017, 9, 30),
    2018: date(2018, 9, 29),
    2019: date(2019, 9, 28),
    2020: date(2020, 9, 26),
    2021: date(2021, 9, 25),
    2022: date(2022, 9, 24),
    2023: date(2023, 9, 30),
    2024: date(2024, 9, 28),
    2025: date(2025, 9, 27),
}
SEPTEMBER_53 = {2017, 2023, 2028}


def year_end(year, month, weekday, rule):
    """Look at every day around a month's end for the weekday wanted."""
    following = date(year + month // 12, month % 12 + 1, 1)
    ends = [following - DAY + DAY * n for n in range(-6, 7)]
    near = [day for day in ends if day.weekday() == weekday]
    if rule == "last":
        return max(day for day in near if day < following)
    return min(near, key=lambda day: abs((day - (following - DAY)).days))


def test_the_retail_calendar_is_the_published_one():
    years = [RETAIL.parse(str(year)) for year in YEARS]
    assert {int(year.label): year.start for year in years} == RETAIL_STARTS
    assert {int(year.label) for year in years if (year.end - year.start).days == 370} == RETAIL_53


def test_a_year_that_ends_on_the_last_saturday_of_september_is_the_reported_one():
    years = {year: SEPTEMBER.parse(str(year)) for year in YEARS}
    assert {year: years[year].end for year in SEPTEMBER_ENDS} == SEPTEMBER_ENDS
    long = {year for year, found in years.items() if (found.end - found.start).days == 370}
    assert long == SEPTEMBER_53


def test_a_fiscal_year_from_april_starts_and_ends_with_its_months():
    for year in YEARS:
        found = APRIL.parse(str(year))
        assert (found.start, found.end) == (date(year - 1, 4, 1), date(year, 3, 31))
        quarters = [APRIL.parse(f"{year}Q{n}").start for n in (1, 2, 3, 4)]
        assert quarters == [
            date(year - 1, 4, 1),
            date(year - 1, 7, 1),
            date(year - 1, 10, 1),
            date(year, 1, 1),
        ]


@pytest.mark.parametrize("rule", ["last", "nearest"])
@pytest.mark.parametrize("week_start", ["sunday", "monday", "thursday"])
@pytest.mark.parametrize("month", [1, 2, 7, 10, 12])
def test_years_are_those_found_by_looking_at_every_day(month, week_start, rule):
    calendar = Calendar(month, week_start, "4-4-5", rule)
    weekday = {"sunday": 5, "monday": 6, "thursday": 2}[week_start]  # on which a week ends
    last_month = (month - 2) % 12 + 1
    for year in YEARS:
        found = calendar.parse(str(year))
        assert found.end == year_end(year, last_month, weekday, rule)
        assert found.start == year_end(year - 1, last_month, weekday, rule) + DAY


@pytest.mark.parametrize("pattern", ["4-4-5", "4-5-4", "5-4-4"])
def test_months_are_those_counted_week_by_week(pattern):
    calendar = Calendar(2, "sunday", pattern, "nearest")
    lengths = [int(weeks) for weeks in pattern.split("-")] * 4
    for year, start in RETAIL_STARTS.items():
        day = start
        for number, weeks in enumerate(lengths, 1):
            weeks += number == 12 and year in RETAIL_53
            month = calendar.parse(f"{year}-P{number:02d}")
            assert (month.start, month.end) == (day, day + weeks * 7 * DAY - DAY)
            assert calendar.parse(f"{year}Q{(number + 2) // 3}").start <= day
            day = month.end + DAY
        assert day == calendar.shift(start, "year", 1)


def test_the_53rd_week_belongs_to_the_last_month():
    extra = date(2024, 1, 28)  # the Sunday after 52 weeks from 2023-01-29
    assert RETAIL.period(extra, "week").label == "2024-W53"
    assert RETAIL.period(extra, "month").label == "2024-P12"
    assert RETAIL.period(extra, "month").start == date(2023, 12, 31)
    assert RETAIL.period(extra, "quarter").label == "2024Q4"
    assert RETAIL.period(extra, "year").end == date(2024, 2, 3)


def test_months_of_whole_weeks_have_no_calendar_name_and_the_others_no_number():
    with pytest.raises(PeriodError, match="a month as 2026-P07"):
        RETAIL.parse("2026-07")
    with pytest.raises(PeriodError, match="a month as 2026-07"):
        APRIL.parse("2026-P07")


def test_iso_weeks_have_53_in_2020_and_2026_and_belong_to_the_year_of_their_thursday():
    assert [y for y in YEARS if has_week_53(Calendar(), y)] == [2020, 2026, 2032]
    for day in (date(2016, 1, 1) + DAY * n for n in range(17 * 366)):
        year, week, _ = day.isocalendar()
        assert Calendar().period(day, "week").label == f"{year}-W{week:02d}"
    assert Calendar().period(date(2023, 1, 1), "week").label == "2022-W52"


def test_weeks_from_sunday_are_those_of_epidemiologists():
    # CDC, MMWR weeks: 2020 had 53, and its first started on 29 December 2019
    weeks = Calendar(week_start="sunday")
    assert weeks.parse("2020-W01").start == date(2019, 12, 29)
    assert weeks.parse("2021-W01").start == date(2021, 1, 3)
    assert [y for y in YEARS if has_week_53(weeks, y)] == [2020, 2025, 2031]


def test_a_week_that_a_year_does_not_have_is_refused():
    for text in ("2025-W53", "2026-W00", "2026-W54", "2026-W7"):
        with pytest.raises(PeriodError, match="a week as 2026-W07"):
            Calendar().parse(text)


def has_week_53(calendar, year):
    try:
        return bool(calendar.parse(f"{year}-W53"))
    except PeriodError:
        return False


@pytest.mark.parametrize(
    ("calendar", "grain", "start", "before"),
    [
        (APRIL, "month", date(2024, 2, 1), date(2023, 2, 1)),
        (APRIL, "quarter", date(2026, 1, 1), date(2025, 1, 1)),
        (APRIL, "year", date(2025, 4, 1), date(2024, 4, 1)),
        (APRIL, "day", date(2026, 7, 15), date(2025, 7, 15)),
        (APRIL, "day", date(2024, 2, 29), date(2023, 2, 28)),
        (APRIL, "week", date(2021, 1, 4), date(2019, 12, 30)),  # week 1, 53 weeks before
        (APRIL, "week", date(2020, 12, 28), date(2019, 12, 23)),  # week 53 to week 52
        (APRIL, "week", date(2027, 1, 4), date(2025, 12, 29)),
        (RETAIL, "month", date(2024, 2, 4), date(2023, 1, 29)),  # the first of the year
        (RETAIL, "quarter", date(2024, 2, 4), date(2023, 1, 29)),
        (RETAIL, "year", date(2024, 2, 4), date(2023, 1, 29)),
        (RETAIL, "week", date(2024, 2, 4), date(2023, 1, 29)),
        (RETAIL, "week", date(2024, 1, 28), date(2023, 1, 22)),  # week 53 to week 52
        (RETAIL, "day", date(2024, 2, 6), date(2023, 1, 31)),  # a Tuesday to a Tuesday
    ],
)
def test_a_year_before_is_the_period_of_the_same_number(calendar, grain, start, before):
    assert calendar.year_ago(start, grain) == before


def test_long_ways_take_no_longer():
    assert SEPTEMBER.shift(date(2016, 9, 25), "month", 12 * 400).year == 2416
    assert len(SEPTEMBER.starts(date(1900, 1, 1), date(2100, 1, 1), "month")) == 2401


def test_every_pattern_makes_52_weeks():
    for pattern in PATTERNS[1:]:
        years = WeekYears(first_month=1, first_weekday=0, pattern=pattern, year_end="last")
        assert len(years.months) == 12
        assert years.parts(4) == (0, 13, 26, 39)
        assert years.parts(1) == (0,)

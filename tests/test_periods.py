"""Periods by the calendar, against dates counted by hand."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.calendars import PATTERNS, YEAR_ENDS
from kpikit.errors import PeriodError
from kpikit.periods import GRAINS, Calendar, infer_grain, parse_date, parse_grain

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 12, 31))
CALENDARS = st.builds(
    Calendar,
    fiscal_year_start=st.integers(1, 12),
    week_start=st.sampled_from(["monday", "sunday", "saturday"]),
    pattern=st.sampled_from(PATTERNS),
    year_end=st.sampled_from(YEAR_ENDS),
)


@pytest.mark.parametrize(
    ("text", "start", "end", "label"),
    [
        ("2026Q3", date(2026, 7, 1), date(2026, 9, 30), "2026Q3"),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30), "2026Q3"),
        ("2026q1", date(2026, 1, 1), date(2026, 3, 31), "2026Q1"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024-02"),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2026"),
        ("2026-W07", date(2026, 2, 9), date(2026, 2, 15), "2026-W07"),
        ("2026-07-15", date(2026, 7, 15), date(2026, 7, 15), "2026-07-15"),
    ],
)
def test_a_period_is_named_as_people_name_it(text, start, end, label):
    period = Calendar().parse(text)
    assert (period.start, period.end, str(period)) == (start, end, label)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026Q1", date(2025, 4, 1), date(2025, 6, 30)),
        ("2026Q4", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026", date(2025, 4, 1), date(2026, 3, 31)),
        ("2026-05", date(2026, 5, 1), date(2026, 5, 31)),
    ],
)
def test_a_fiscal_year_is_named_by_the_year_it_ends_in(text, start, end):
    period = Calendar(fiscal_year_start=4).parse(text)
    assert (period.start, period.end) == (start, end)


@pytest.mark.parametrize(
    "text",
    ["2026Q5", "2026-13", "Q3", "26Q3", "2026-W1", "2026-02-30", "0000", "9999", "", "quarter"],
)
def test_what_names_no_period_is_refused_with_the_ways_to_write_one(text):
    with pytest.raises(PeriodError, match="Write a quarter as 2026Q3, a month as 2026-07"):
        Calendar().parse(text)


@settings(deadline=None, derandomize=True)
@given(DAYS, CALENDARS, st.sampled_from(GRAINS))
def test_every_day_lies_in_its_period_and_periods_follow_each_other(day, calendar, grain):
    period = calendar.period(day, grain)
    assert period.start <= day <= period.end
    following = calendar.shift(period.start, grain, 1)
    assert (following - period.end).days == 1
    assert calendar.start(period.end, grain) == period.start
    assert calendar.shift(following, grain, -1) == period.start


@settings(deadline=None, derandomize=True)
@given(DAYS, CALENDARS, st.sampled_from(GRAINS))
def test_a_label_names_the_period_it_was_made_from(day, calendar, grain):
    period = calendar.period(day, grain)
    assert calendar.parse(period.label) == period


def test_weeks_start_where_the_organisation_says():
    day = date(2026, 11, 24)  # a Tuesday
    assert Calendar().start(day, "week") == date(2026, 11, 23)
    assert Calendar(week_start="sunday").start(day, "week") == date(2026, 11, 22)


def test_starts_cover_both_ends():
    starts = Calendar().starts(date(2026, 1, 15), date(2026, 3, 1), "month")
    assert starts == [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]


@pytest.mark.parametrize(
    ("frequency", "grain"),
    [("D", "day"), ("W-MON", "week"), ("MS", "month"), ("QS", "quarter"), ("YS", "year")],
)
def test_the_grain_is_told_from_the_dates_gaps_or_not(frequency, grain):
    starts = pd.Series(pd.date_range("2020-01-01", periods=12, freq=frequency))
    assert infer_grain(starts) == grain
    assert infer_grain(starts.drop([3, 4])) == grain


@pytest.mark.parametrize("pattern", PATTERNS[1:])
@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
def test_the_grain_of_whole_weeks_is_told_from_few_periods_too(pattern, grain):
    calendar = Calendar(2, "sunday", pattern, "nearest")
    for first in pd.date_range("2021-02-01", "2024-12-01", freq="MS"):
        starts = calendar.starts(first.date(), (first + pd.DateOffset(years=3)).date(), grain)
        for count in (2, 3, len(starts)):
            assert infer_grain(pd.Series(pd.to_datetime(starts[:count]))) == grain


def test_one_period_has_no_grain():
    with pytest.raises(PeriodError, match="fewer than two periods. Pass grain="):
        infer_grain(pd.Series(pd.to_datetime(["2026-01-01"])))


def test_odd_distances_have_no_grain():
    with pytest.raises(PeriodError, match="15 days apart fit no grain"):
        infer_grain(pd.Series(pd.date_range("2026-01-01", periods=5, freq="15D")))


def test_words_and_dates_are_read_or_refused():
    assert parse_grain("month") == "month"
    with pytest.raises(PeriodError, match="'mnth' is not one of .* Did you mean 'month'"):
        parse_grain("mnth")
    assert parse_date("2026-09-30") == parse_date(pd.Timestamp("2026-09-30 12:00"))
    with pytest.raises(
        PeriodError, match="'30.09.2026' cannot be read. Write it as year-month-day"
    ):
        parse_date("30.09.2026")

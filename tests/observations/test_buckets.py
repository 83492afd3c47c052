"""The engine's periods are the calendar's, day by day over sixteen years."""

from datetime import date, timedelta

import ibis
import pyarrow as pa
import pytest

from kpikit.observations.buckets import cut, with_periods
from kpikit.periods import GRAINS, Calendar

FIRST, LAST = date(2015, 12, 25), date(2032, 1, 8)


@pytest.fixture(scope="module")
def rows():
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    facts = pa.table({"day": days, "period_start": ["a column"] * len(days)})
    return ibis.duckdb.connect().create_table("facts", facts)


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize(
    "calendar",
    [
        Calendar(),
        Calendar(4, "sunday"),
        Calendar(12, "thursday"),
        Calendar(2, "sunday", "4-5-4", "nearest"),
        Calendar(10, "sunday", "4-4-5", "last"),
        Calendar(1, "monday", "5-4-4", "nearest"),
    ],
    ids=lambda calendar: f"{calendar.pattern}-{calendar.fiscal_year_start}",
)
def test_every_day_gets_the_first_and_last_day_of_its_period(rows, calendar, grain):
    found = with_periods(rows, "day", calendar, grain, days=(FIRST, LAST))
    table = found.select("day", "period_start", "period_end").to_pyarrow()
    assert {str(field.type) for field in table.schema} == {"date32[day]"}
    told = {row["day"]: (row["period_start"], row["period_end"]) for row in table.to_pylist()}
    assert len(told) == (LAST - FIRST).days + 1
    for day, span in told.items():
        period = calendar.period(day, grain)
        assert span == (period.start, period.end)


def test_dates_stay_dates_for_arithmetic_on_the_engine(rows):
    found = with_periods(rows, "day", Calendar(4), "year", days=(FIRST, LAST))
    length = found.period_end.delta(found.period_start, unit="day")
    assert set(found.select(length=length).to_pyarrow()["length"].to_pylist()) == {364, 365}


def test_the_first_days_of_a_period_end_with_the_last_of_them(rows):
    found = cut(with_periods(rows, "day", Calendar(), "month", days=(FIRST, LAST)), "day", 30)
    table = found.select("day", "period_start", "period_end").to_pyarrow().to_pylist()
    february = [row for row in table if row["period_start"] == date(2023, 2, 1)]
    assert {row["period_end"] for row in february} == {date(2023, 2, 28)}
    march = [row for row in table if row["period_start"] == date(2023, 3, 1)]
    assert {row["period_end"] for row in march} == {date(2023, 3, 30)}
    assert len(march) == 30


@pytest.mark.parametrize("dialect", ["postgres", "pyspark"])
@pytest.mark.parametrize("calendar", [Calendar(4, "sunday"), Calendar(2, "sunday", "4-5-4")])
def test_other_engines_are_asked_in_their_own_words(rows, calendar, dialect):
    days = (date(2024, 1, 1), date(2024, 3, 1))
    found = with_periods(rows, "day", calendar, "quarter", days=days)
    assert "period_end" in ibis.to_sql(found, dialect=dialect)

"""Values on calendars of whole weeks, from the facts to the table."""

import pandas as pd
import pytest

from kpikit.observations import build_observations

RETAIL = {
    "name": "The shop",
    "fiscal_year_start": 2,
    "week_start": "sunday",
    "calendar": "4-5-4",
    "year_end": "nearest",
}


@pytest.fixture
def days():
    """One row a day over the 53 weeks that end on 3 February 2024, and a week on both sides."""
    return pd.DataFrame({"day": pd.date_range("2023-01-22", "2024-02-10"), "price": 1.0})


def values(company, facts, *, formula="count(*)", grain="month", **rest):
    strategy = company(facts, kpis={"n": formula}, organisation=RETAIL, **rest)
    frame = build_observations(strategy, grain=grain).history("n")
    frame = frame[frame["complete"]]
    return dict(zip(frame["period_start"].dt.strftime("%Y-%m-%d"), frame["value"], strict=True))


def test_months_have_four_or_five_weeks_and_the_last_one_the_53rd(company, days):
    weeks = [value / 7 for value in values(company, days).values()]
    assert weeks == [4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 5]


def test_quarters_and_years_are_made_of_the_same_weeks(company, days):
    assert values(company, days, grain="quarter") == {
        "2023-01-29": 91.0,
        "2023-04-30": 91.0,
        "2023-07-30": 91.0,
        "2023-10-29": 98.0,
    }
    assert values(company, days, grain="year") == {"2023-01-29": 371.0}


def test_formulas_know_where_such_a_period_starts_and_ends(company, days):
    formula = "max(days_between(period_start, period_end)) + 1"
    told = values(company, days, formula=formula, grain="quarter")
    assert list(told.values()) == [91.0, 91.0, 91.0, 98.0]


def test_a_column_that_is_called_period_start_may_date_the_rows(company, days):
    named = days.rename(columns={"day": "period_start"})
    source = {"source": {"time": "period_start"}}
    assert values(company, named, grain="year", **source) == {"2023-01-29": 371.0}


def test_a_kpi_dates_its_rows_by_a_column_of_its_own(company, days):
    later = days.assign(paid=days["day"] + pd.Timedelta(days=7))
    formula = {"formula": "count(*)", "time": "paid"}
    told = values(company, later, formula=formula, grain="quarter")
    assert told["2023-10-29"] == 98.0

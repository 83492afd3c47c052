"""Rows by month, units, missing and impossible values: 60 rows in each of 36 months."""

import numpy as np
import pandas as pd
import pytest

from kpikit.sources import check_sources

DAYS = pd.date_range("2023-01-01", "2025-12-31")


@pytest.fixture
def checks(company):
    def check(facts):
        strategy = company(facts, kpis={"n": "count(*)"})
        return check_sources(strategy).to_frame().set_index("check")

    return check


@pytest.fixture
def facts():
    days = DAYS.repeat(2)
    return pd.DataFrame(
        {"day": days, "n": range(len(days)), "amount": np.resize([3.0, 5.0, 8.0], len(days))}
    )


def month(facts, text):
    return facts["day"].dt.strftime("%Y-%m") == text


def test_steady_facts_raise_nothing(checks, facts):
    found = checks(facts)
    assert found.index.tolist() == ["rows"]
    assert found["grade"].tolist() == ["A"]


def test_a_month_that_lost_two_thirds_of_its_rows_is_named(checks, facts):
    lost = month(facts, "2024-05") & (facts["n"] % 3 > 0)
    found = checks(facts[~lost]).loc["volume"]
    assert (found["severity"], found["rows"]) == ("warning", 21)
    assert found["example"] == "rows against the months around: 2024-05 (34%)"


def test_a_month_loaded_three_times_is_named(checks, facts):
    again = facts[month(facts, "2024-05")]
    found = checks(pd.concat([facts, again, again])).loc["volume"]
    assert "2024-05 (3.0 times as many)" in found["example"]


def test_a_busy_month_of_every_year_is_a_season(checks, facts):
    busy = facts[facts["day"].dt.month == 12]
    assert "volume" not in checks(pd.concat([facts, busy, busy])).index


def test_rows_that_double_for_good_are_a_shift_of_level(checks, facts):
    more = facts[facts["day"] >= "2024-07-01"]
    found = checks(pd.concat([facts, more, more])).loc["level shift"]
    assert found["example"] == "rows from 2024-07 on (3.1 times as many)"
    assert "volume" not in checks(pd.concat([facts, more, more])).index


def test_the_newest_complete_month_counts_and_the_running_one_does_not(checks, facts):
    found = checks(facts[facts["day"] <= "2025-12-03"])
    assert "volume" not in found.index
    lost = month(facts, "2025-12") & (facts["n"] % 10 > 0) & (facts["day"] < "2025-12-31")
    assert "2025-12" in checks(facts[~lost]).loc["volume", "example"]


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (100, "amount: from 2024-07 on 100 times as large, as if by 100"),
        (1 / 60, "amount: from 2024-07 on 60 times as small, as if by 60"),
        (30, "amount: from 2024-07 on 30 times as large"),
    ],
)
def test_a_change_of_unit_is_named_with_its_factor(checks, facts, factor, said):
    facts.loc[facts["day"] >= "2024-07-01", "amount"] *= factor
    found = checks(facts).loc["unit jump"]
    assert (found["severity"], found["example"]) == ("warning", said)


def test_a_unit_that_changes_for_a_month_and_back_is_named(checks, facts):
    facts.loc[month(facts, "2024-07"), "amount"] *= 1000
    assert checks(facts).loc["unit jump", "example"] == (
        "amount: in 2024-07 1e+03 times as large, as if by 1,000"
    )


def test_numbers_that_grow_change_no_unit(checks, facts):
    facts["amount"] *= np.exp(np.arange(len(facts)) / 300)  # a thousandfold in three years
    assert "unit jump" not in checks(facts).index


def test_values_that_begin_to_be_missing_are_told(checks, facts):
    facts.loc[(facts["day"] >= "2024-07-01") & (facts["n"] % 2 == 0), "amount"] = None
    found = checks(facts).loc["missing values"]
    assert found["example"] == "amount is missing from 2024-07 on in 50% of rows"
    assert found["severity"] == "warning"


def test_values_missing_in_the_newest_month_may_still_come(checks, facts):
    facts.loc[month(facts, "2025-12") & (facts["n"] % 2 == 0), "amount"] = None
    found = checks(facts).loc["missing values"]
    assert found["severity"] == "note"
    assert found["example"] == "amount is missing in 2025-12 in 50% of rows, and may still come"


def test_values_that_were_always_missing_now_and_then_are_not(checks, facts):
    facts.loc[facts["n"] % 3 == 0, "amount"] = None
    assert "missing values" not in checks(facts).index


def test_a_value_beyond_any_scale_is_shown(checks, facts):
    facts.loc[700, "amount"] = 1e9
    found = checks(facts).loc["extreme values"]
    assert (found["severity"], found["rows"]) == ("note", 1)
    assert found["example"] == "amount: 1e+09, while 99 of 100 are within 8"


def test_columns_of_zeros_and_of_nothing_are_no_trouble(checks, facts):
    found = checks(facts.assign(zero=0.0, nothing=np.nan))
    assert found.index.tolist() == ["rows"]


def test_sources_without_rows_or_days_are_told_and_not_judged(checks, facts):
    found = checks(facts.iloc[:0])
    assert found.loc["rows", ["severity", "rows", "grade"]].tolist() == ["error", 0, "C"]
    undated = checks(facts.iloc[:5].assign(day=pd.Series([pd.NaT] * 5, dtype="datetime64[us]")))
    assert undated.index.tolist() == ["rows", "no time"]

import numpy as np
import pandas as pd
import pytest

from kpikit.analysis.panel import read_panel, season_length
from kpikit.errors import DataError, PeriodError


def history(days, values):
    return pd.DataFrame({"period_start": pd.to_datetime(days), "value": values})


def test_a_history_is_a_panel_of_one_series_without_name():
    (one,), notes = read_panel(history(["2024-01-01", "2024-02-01"], [1, 2]))
    assert (one.kpi, one.segment, one.grain, notes) == ("", "", "month", ())
    assert one.observed.tolist() == [1.0, 2.0]


def test_a_month_without_a_row_keeps_its_place():
    days = ["2024-01-01", "2024-02-01", "2024-05-01", "2024-06-01"]
    (one,), _ = read_panel(history(days, [1, 2, 5, 6]))
    np.testing.assert_array_equal(one.observed, [1, 2, np.nan, np.nan, 5, 6])
    assert one.starts[2] == pd.Timestamp("2024-03-01")


def test_leap_years_move_no_quarter_and_no_year():
    quarters = pd.date_range("2019-01-01", periods=12, freq="QS")
    (one,), _ = read_panel(history(quarters, range(12)))
    assert one.grain == "quarter"
    assert one.observed.tolist() == list(range(12))
    assert one.future(2) == [pd.Timestamp("2022-01-01"), pd.Timestamp("2022-04-01")]


def test_months_of_four_four_and_five_weeks_lie_next_to_each_other():
    weeks = np.cumsum([0] + [4, 4, 5] * 8)[:-1]
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(weeks * 7, unit="D")
    (one,), _ = read_panel(history(days, range(24)))
    assert one.grain == "month"
    assert one.observed.tolist() == list(range(24))


def test_partial_periods_stay_out_and_are_counted():
    table = history(["2024-01-01", "2024-02-01", "2024-03-01"], [10, 12, 3])
    (one,), notes = read_panel(table.assign(complete=[True, True, False]))
    assert one.observed.tolist() == [10, 12]
    assert notes == ("Partial periods are left out: 1 rows in all.",)


def test_an_infinite_value_counts_as_missing():
    (one,), notes = read_panel(history(["2024-01-01", "2024-02-01"], [1, np.inf]))
    assert np.isnan(one.observed[1])
    assert notes == ("Infinite values count as missing: 1 in all.",)


def test_a_period_twice_is_refused_with_the_first_named():
    table = history(["2024-01-01", "2024-01-01"], [1, 2]).assign(kpi="churn", segment="EU")
    with pytest.raises(DataError, match=r"1 of 2 rows repeat .*first: churn EU 2024-01-01"):
        read_panel(table)


def test_missing_columns_are_all_named():
    with pytest.raises(DataError, match="no column 'period_start' and no column 'value'"):
        read_panel(pd.DataFrame({"date": []}))


def test_text_that_is_no_number_is_refused():
    with pytest.raises(DataError, match="value holds what is no number"):
        read_panel(history(["2024-01-01"], ["many"]))


def test_one_period_takes_its_grain_from_the_others_in_the_panel():
    long = history(["2024-01-01", "2024-02-01"], [1, 2]).assign(kpi="a")
    short = history(["2024-01-01"], [1]).assign(kpi="b")
    series, _ = read_panel(pd.concat([short, long]))
    assert [(one.kpi, one.grain) for one in series] == [("a", "month"), ("b", "month")]


def test_without_a_grain_there_is_no_future():
    (one,), _ = read_panel(history(["2024-01-01"], [1]))
    with pytest.raises(PeriodError, match="Pass grain="):
        one.future(1)


def test_a_season_is_as_long_as_given_else_the_grains():
    assert (season_length(None, "month"), season_length(4, "month")) == (12, 4)
    with pytest.raises(DataError, match="period is 0"):
        season_length(0, "month")

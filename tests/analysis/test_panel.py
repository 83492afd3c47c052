import numpy as np
import pandas as pd
import pytest

from kpikit import find_changes, find_season, find_signals, fit_trend
from kpikit.analysis.panel import read_panel, rows_of_series, season_length
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


def test_series_come_by_kpi_and_segment_whatever_the_order_of_rows_and_of_time():
    months = pd.date_range("2024-01-01", periods=4, freq="MS")
    table = pd.concat(
        history(months, [first + step for step in range(4)]).assign(kpi=kpi, segment=segment)
        for first, kpi, segment in [(10, "b", "EU"), (20, "a", "US"), (30, "b", ""), (40, "a", "")]
    )
    for rows in (table, table.iloc[::-1], table.sample(frac=1, random_state=1)):
        series, _ = read_panel(rows.astype({"kpi": "category"}))
        assert [(one.kpi, one.segment, *one.observed) for one in series] == [
            ("a", "", 40, 41, 42, 43),
            ("a", "US", 20, 21, 22, 23),
            ("b", "", 30, 31, 32, 33),
            ("b", "EU", 10, 11, 12, 13),
        ]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_a_missing_segment_is_the_whole(missing):
    months = pd.date_range("2024-01-01", periods=2, freq="MS")
    table = pd.concat(
        [
            history(months, [1, 2]).assign(kpi="a", segment=missing),
            history(months, [3, 4]).assign(kpi="a", segment="EU"),
        ]
    )
    series, _ = read_panel(table)
    assert [(one.segment, *one.observed) for one in series] == [("", 1, 2), ("EU", 3, 4)]


def test_missing_and_empty_segments_are_one_series():
    table = history(["2024-01-01", "2024-02-01"], [1, 2]).assign(kpi="a", segment=[None, ""])
    (one,), _ = read_panel(table)
    assert (one.kpi, one.segment, *one.observed) == ("a", "", 1, 2)


def test_hours_and_zones_are_left_out_of_dates():
    days = pd.to_datetime(["2024-01-01 06:30", "2024-02-01 23:59"]).tz_localize("America/Toronto")
    (one,), _ = read_panel(pd.DataFrame({"period_start": days, "value": [1.0, 2.0]}))
    assert list(one.starts) == [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")]


def test_a_repeat_is_found_in_rows_of_any_order_and_named_in_theirs():
    days = ["2024-03-01", "2024-01-01", "2024-02-01", "2024-03-01", "2024-01-01"]
    with pytest.raises(DataError, match=r"2 of 5 rows .*first: 2024-03-01; 2024-01-01\)"):
        read_panel(history(days, range(5)))


def test_nothing_is_no_series():
    assert read_panel(history([], [])) == ([], ())


def test_what_was_read_before_is_taken_as_it_is():
    table = history(pd.date_range("2024-01-01", periods=30, freq="MS"), np.arange(30.0) % 7)
    series, _ = read_panel(table.assign(kpi="a"))
    again, notes = read_panel(series)
    assert [one is other for one, other in zip(series, again, strict=True)] == [True]
    assert notes == ()
    for analyse in (fit_trend, find_changes, find_season, find_signals):
        ours, theirs = analyse(series), analyse(table.assign(kpi="a"))
        pd.testing.assert_frame_equal(ours.frame, theirs.frame)
        assert ours.summary() == theirs.summary()


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_a_period_ends_where_the_next_begins_and_the_last_by_its_grain(unit):
    days = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-04-01"]).as_unit(unit)
    (one,), _ = read_panel(history(days, [1, 2, 4]), grain="month")
    assert [str(day)[:10] for day in one.following] == [
        "2024-02-01",
        "2024-03-01",
        "2024-04-01",
        "2024-05-01",
    ]
    (single,), _ = read_panel(history(["2024-01-01"], [1]))
    assert not len(single.following)


def test_rows_of_series_are_told_apart_in_the_order_in_which_they_appear():
    table = pd.DataFrame({"kpi": ["b", "a", "b", "b"], "segment": ["", "", "x", ""]})
    found = [(kpi, segment, *rows) for kpi, segment, rows in rows_of_series(table)]
    assert found == [("b", "", 0, 3), ("a", "", 1), ("b", "x", 2)]
    assert list(rows_of_series(table.iloc[:0])) == []

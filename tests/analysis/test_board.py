import numpy as np
import pandas as pd
import pytest

from kpikit import DataError
from kpikit.analysis.board import read_boards


def rows(kpi, starts, values, **columns):
    frame = pd.DataFrame({"kpi": kpi, "segment": "", "period_start": starts, "value": values})
    return frame.assign(**columns)


def months(first, count):
    return pd.date_range(first, periods=count, freq="MS")


def test_kpis_lie_side_by_side_where_they_began():
    panel = pd.concat(
        [
            rows("orders", months("2024-01-01", 6), range(6)),
            rows("visits", months("2024-03-01", 6), range(6)),
        ]
    )
    (board,), notes = read_boards(panel)
    assert board.names == ("orders", "visits")
    assert [f"{day:%Y-%m}" for day in board.starts][::7] == ["2024-01", "2024-08"]
    assert board.observed[:, 1].tolist()[2:] == [0, 1, 2, 3, 4, 5]
    assert np.isnan(board.observed[:2, 1]).all()
    assert np.isnan(board.observed[6:, 0]).all()
    assert notes == ()


def test_each_segment_has_a_board():
    one = rows("orders", months("2024-01-01", 6), range(6))
    boards, _ = read_boards(pd.concat([one, one.assign(segment="north")]))
    assert [board.segment for board in boards] == ["", "north"]


def test_weeks_become_months_that_hold_whole_weeks():
    weeks = pd.date_range("2024-01-01", periods=20, freq="W-MON")
    panel = pd.concat(
        [
            rows("orders", months("2024-01-01", 6), range(6)),
            rows("calls", weeks, np.arange(20.0)),
        ]
    )
    boards, _ = read_boards(panel)
    month = next(board for board in boards if board.grain == "month")
    assert month.native.tolist() == [False, True]
    # weeks by their fourth day: 4 in January, 4 in February, 4 in March, 5 in April... of
    # May only the first weeks are there, and a part is no month
    calls = month.observed[:, 0]
    by_hand = pd.Series(np.arange(20.0)).groupby((weeks + pd.Timedelta(days=3)).month).mean()
    assert calls[:4].tolist() == by_hand.loc[[1, 2, 3, 4]].tolist()
    assert np.isnan(calls[4:]).all()


def test_a_quotient_is_one_of_sums_also_by_quarter():
    part = rows("rate", months("2024-01-01", 6), [0.5, 0.5, 0.1, 0.2, 0.2, 0.2])
    part = part.assign(numerator=[1, 1, 10, 2, 2, 2], denominator=[2, 2, 100, 10, 10, 10])
    whole = rows("cost", pd.to_datetime(["2024-01-01", "2024-04-01", "2024-07-01"]), [1.0, 2, 3])
    boards, _ = read_boards(pd.concat([part, whole]))
    quarter = next(board for board in boards if board.grain == "quarter")
    rate = quarter.observed[:, quarter.names.index("rate")]
    assert rate[:2].tolist() == pytest.approx([12 / 104, 6 / 30])


def test_a_month_with_a_missing_day_has_no_value():
    days = pd.date_range("2024-01-01", periods=91, freq="D")
    values = np.ones(91)
    values[40] = np.nan
    panel = pd.concat(
        [rows("visits", days, values), rows("orders", months("2024-01-01", 4), range(4))]
    )
    boards, _ = read_boards(panel)
    month = next(board for board in boards if board.grain == "month")
    assert np.isnan(month.observed[:, 1]).tolist() == [False, True, False, True]


@pytest.mark.parametrize(("days", "ahead"), [(30, 1), (0, 0), (1, 1), (40, 2), (-20, 0), (-45, -1)])
def test_values_stand_where_they_were_known(days, ahead):
    starts = months("2024-01-01", 14)
    panel = pd.concat(
        [
            rows("booked", starts, range(14), known_at=starts - pd.Timedelta(days=days)),
            rows("revenue", starts, range(14), known_at=starts + pd.offsets.MonthEnd(0)),
        ]
    )
    (board,), _ = read_boards(panel)
    assert board.ahead.tolist() == [ahead, 0]


def test_weeks_on_other_days_are_refused():
    panel = pd.concat(
        [
            rows("visits", pd.date_range("2024-01-01", periods=9, freq="W-MON"), range(9)),
            rows("calls", pd.date_range("2024-02-11", periods=3, freq="W-SUN"), range(3)),
        ]
    )
    with pytest.raises(DataError, match=r"its weeks begin on other days than those of .*calendar"):
        read_boards(panel)

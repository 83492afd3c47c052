"""First days against first days, with the arithmetic visible."""

from datetime import date

import pandas as pd
import pytest

from kpikit import compare_same_point
from kpikit.errors import DataError, UnknownNameError


def facts(*rows):
    frame = pd.DataFrame(rows, columns=["day", "plan", "price", "pieces"])
    return frame.assign(day=pd.to_datetime(frame["day"]))


@pytest.fixture
def sales():
    return facts(
        ("2025-08-01", "team", 8.0, 1),
        ("2025-09-01", "basic", 5.0, 1),
        ("2025-09-03", "basic", 7.0, 2),
        ("2025-09-04", "team", 100.0, 9),  # the fourth day: not at the same point
        ("2026-07-31", "team", 100.0, 9),
        ("2026-08-02", "basic", 6.0, 2),
        ("2026-08-31", "basic", 100.0, 9),
        ("2026-09-01", "basic", 10.0, 1),
        ("2026-09-03", "team", 20.0, 4),
        ("2026-09-04", "team", 50.0, 1),  # after the as-of date
    )


def values(found, kpi="income", segment=""):
    frame = found.to_frame()
    frame = frame[(frame["kpi"] == kpi) & (frame["segment"] == segment)]
    return dict(zip(frame["period_start"].dt.strftime("%Y-%m"), frame["value"], strict=True))


def test_the_first_days_of_this_month_stand_against_the_first_days_of_others(company, sales):
    strategy = company(sales, kpis={"income": "sum(price)"})
    found = compare_same_point(strategy, as_of="2026-09-03")
    assert list(found.to_frame().columns) == ["kpi", "segment", "period_start", "value", "days"]
    assert set(found.to_frame()["days"]) == {3}
    told = values(found)
    assert told["2025-09"] == 12.0  # 5 + 7
    assert told["2026-08"] == 6.0
    assert told["2026-09"] == 30.0  # 10 + 20
    running = found.running().iloc[0]
    assert (running["value"], running["previous"], running["year_ago"]) == (30.0, 6.0, 12.0)
    assert found.summary() == (
        "The KPI: 30.0 in the first 3 days of 2026-09; "
        "+24.0 against 2026-08; +18.0 against 2025-09."
    )


def test_a_ratio_is_a_ratio_of_sums_over_the_first_days(company, sales):
    strategy = company(sales, kpis={"income": "sum(price) / sum(pieces)"})
    told = values(compare_same_point(strategy, as_of="2026-09-03"))
    assert (told["2025-09"], told["2026-08"], told["2026-09"]) == (4.0, 3.0, 6.0)  # 12/3, 6/2, 30/5


def test_segments_stand_beside_the_whole(company, sales):
    strategy = company(sales, kpis={"income": "sum(price)"})
    found = compare_same_point(strategy, as_of="2026-09-03", by="plan")
    assert values(found, segment="team")["2026-09"] == 20.0
    assert values(found, segment="team")["2025-09"] == 0.0
    with pytest.raises(UnknownNameError, match="no column 'plam'|'plam'"):
        compare_same_point(strategy, by="plam")


def test_the_grain_asked_for_decides_the_point(company, sales):
    strategy = company(sales, kpis={"income": "sum(price)"})
    found = compare_same_point(strategy, as_of="2026-09-03", grain="quarter")
    assert set(found.to_frame()["days"]) == {65}  # 31 of July, 31 of August, 3 of September
    assert values(found)["2026-07"] == 236.0  # 100 + 6 + 100 + 10 + 20


def test_a_month_shorter_than_the_running_one_is_old_is_taken_whole(company):
    days = pd.date_range("2026-01-01", "2026-03-30")
    daily = facts(*((day, "basic", 1.0, 1) for day in days))
    found = compare_same_point(company(daily, kpis={"income": "sum(price)"}))
    assert found.to_frame()["days"].tolist() == [30, 28, 30]
    assert found.to_frame()["value"].tolist() == [30.0, 28.0, 30.0]


def test_the_comparison_reaches_to_the_day_to_which_facts_are_complete(company, sales):
    strategy = company(sales, kpis={"income": "sum(price)"}, source={"complete_through": "2 days"})
    found = compare_same_point(strategy, as_of="2026-09-03")
    assert set(found.to_frame()["days"]) == {1}
    assert values(found)["2026-09"] == 10.0
    assert found.notes == ("Compared to 2026-09-01, the day to which facts are complete: income.",)
    assert "in the first day of 2026-09" in found.summary()


def test_a_period_without_a_row_so_far_is_missing_and_not_another_one(company, sales):
    held = company(
        sales.iloc[:7], kpis={"income": "sum(price)"}, source={"complete_through": "2026-09-03"}
    )
    found = compare_same_point(held, as_of="2026-09-03")
    assert found.running()["period_start"].dt.date.tolist() == [date(2026, 9, 1)]
    assert found.running()["value"].isna().all()
    assert "– in the first 3 days of 2026-09" in found.summary()


def test_whole_weeks_compare_day_by_day_too(company):
    days = pd.date_range("2022-01-30", "2024-02-06")
    daily = facts(*((day, "basic", float(day.day_of_week == 5), 1) for day in days))
    weeks = {
        "name": "The shop",
        "fiscal_year_start": 2,
        "week_start": "sunday",
        "calendar": "4-5-4",
        "year_end": "nearest",
    }
    strategy = company(daily, kpis={"income": "sum(price)"}, organisation=weeks)
    found = compare_same_point(strategy, grain="year", as_of="2023-07-01")
    assert found.to_frame()["period_start"].dt.date.tolist() == [
        date(2022, 1, 30),
        date(2023, 1, 29),
    ]
    assert found.to_frame()["days"].tolist() == [154, 154]
    assert found.to_frame()["value"].tolist() == [22.0, 22.0]  # as many Saturdays
    assert "of 2024; ±0 against 2023." in found.summary()


def test_what_looks_beyond_its_period_is_left_out_and_said(company, sales):
    kpis = {"income": "sum(price)", "so_far": "cumulative(sum(price))"}
    found = compare_same_point(company(sales, kpis=kpis), as_of="2026-09-03")
    assert set(found.to_frame()["kpi"]) == {"income"}
    assert found.notes == ("Left out, because they have no first days: so_far.",)
    with pytest.raises(DataError, match="no KPI can be compared. Left out, .*: so_far"):
        compare_same_point(company(sales, kpis=kpis), kpis=["so_far"])


def test_many_kpis_are_told_in_one_sentence_and_drawn(company, sales):
    kpis = {"income": "sum(price)", "pieces": "sum(pieces)", "dearest": "max(price)"}
    found = compare_same_point(company(sales, kpis=kpis), as_of="2026-09-03")
    assert found.summary() == (
        "KPIs against the period before at the same point: 3 above, as of 2026-09-03."
    )
    assert [bar.get_width() for bar in found.plot().patches] == [400.0, 150.0, 10.0 / 6 * 140]
    alone = compare_same_point(company(sales, kpis=kpis), kpis=["income"])
    assert "first 4 days of each month" in alone.plot().get_title(loc="left")
    assert "first 4 days of 2026-09" in alone._repr_html_()

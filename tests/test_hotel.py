"""Real facts: 119,390 bookings of two hotels, against figures computed apart from kpikit."""

import numpy as np
import pandas as pd
import pytest

from kpikit import (
    build_observations,
    check_identities,
    check_sources,
    decompose_change,
    load_strategy,
)

REVENUE = {  # sum of adr x nights over bookings not cancelled, by arrival date
    "2015-07-01": 2_950_613,
    "2015-10-01": 1_560_946,
    "2016-01-01": 1_516_030,
    "2016-04-01": 3_114_669,
    "2016-07-01": 4_623_986,
    "2016-10-01": 2_418_816,
    "2017-01-01": 2_060_287,
    "2017-04-01": 3_963_693,
}


@pytest.fixture(scope="module")
def strategy(hotel):
    return load_strategy(hotel)


@pytest.fixture(scope="module")
def quarters(strategy):
    return build_observations(strategy, grain="quarter")


def test_room_revenue_by_quarter(quarters):
    history = quarters.history("room_revenue")
    whole = history[history["complete"]]
    assert dict(zip(whole["period_start"].astype(str), whole["value"].round(), strict=True)) == (
        REVENUE
    )
    assert history["value"].sum() == pytest.approx(25_996_260.41, abs=0.005)


def test_the_last_quarter_lacks_a_month_and_is_partial(quarters):
    last = quarters.history("room_revenue").iloc[-1]
    assert last["period_start"] == pd.Timestamp("2017-07-01")
    assert not last["complete"]
    assert last["value"] == pytest.approx(3_787_220, abs=1)
    assert quarters.panel()["period_start"].max() == pd.Timestamp("2017-04-01")


def test_cancellation_rate_over_all_bookings(quarters):
    frame = quarters.to_frame().query("kpi == 'cancel_rate'")
    assert frame["denominator"].sum() == 119_390
    assert frame["numerator"].sum() / frame["denominator"].sum() == pytest.approx(0.370, abs=5e-4)


def test_months_agree_with_the_published_first_and_last(strategy):
    months = build_observations(strategy)
    revenue = months.history("room_revenue")["value"]
    assert revenue.iloc[[0, -1]].round().tolist() == [758_340, 1_970_182]
    assert months.history("adr")["value"].iloc[[0, -1]].round(2).tolist() == [117.12, 162.36]
    assert months.history("cancel_rate")["value"].iloc[[0, -1]].round(4).tolist() == [
        0.4535,
        0.3687,
    ]
    assert len(revenue) == 26
    assert revenue.notna().all()


@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
def test_the_daily_rate_is_revenue_over_nights_at_every_grain_and_segment(strategy, grain):
    kpis = ["adr", "room_revenue", "room_nights"]
    frame = build_observations(strategy, grain=grain, by="hotel", kpis=kpis).to_frame()
    table = frame.pivot_table(index=["segment", "period_start"], columns="kpi", values="value")
    np.testing.assert_allclose(table["adr"], table["room_revenue"] / table["room_nights"])
    assert set(frame["segment"]) == {"", "City Hotel", "Resort Hotel"}


def test_the_daily_rate_is_no_mean_of_means(strategy, quarters):
    months = build_observations(strategy, kpis=["adr"]).history("adr")
    mean_of_months = months["value"].iloc[:3].mean()
    quarter = quarters.history("adr")["value"].iloc[0]
    assert quarter == pytest.approx(2_950_613.17 / 26_677, abs=1e-4)
    assert abs(quarter - mean_of_months) > 0.5


def test_repeated_rows_are_counted_and_not_dropped(strategy):
    found = check_sources(strategy).to_frame().set_index("check")
    assert found.loc["repeated rows", "rows"] == 31_994
    assert found.loc["rows", "rows"] == 119_390


@pytest.fixture(scope="module")
def by_hotel(strategy):
    kpis = ["room_revenue", "room_nights", "adr"]
    return build_observations(strategy, grain="quarter", by="hotel", kpis=kpis)


def test_revenue_is_nights_times_their_rate_in_every_quarter_of_every_hotel(strategy, by_hotel):
    checks = check_identities(strategy, by_hotel).to_frame()
    assert checks["holds"].all()
    assert checks["segment"].value_counts().to_dict() == {"": 9, "City Hotel": 9, "Resort Hotel": 9}


def test_the_second_quarter_rose_by_its_rate_in_both_hotels(strategy, by_hotel):
    asked = {"period": "2017Q2", "against": "2016Q2"}

    rate = decompose_change(strategy, by_hotel, kpi="adr", **asked)
    frame = rate.to_frame()
    assert frame["contribution"].sum() == pytest.approx(rate.change, abs=1e-9)
    # by hand: the mean of the hotel's shares of nights times the change of its own rate
    values = by_hotel.to_frame().set_index(["kpi", "segment", "period_start"])["value"]
    before, after = pd.Timestamp("2016-04-01"), pd.Timestamp("2017-04-01")
    nights, rates = values["room_nights"], values["adr"]
    for hotel in ("City Hotel", "Resort Hotel"):
        share = (
            nights[hotel, before] / nights["", before] + nights[hotel, after] / nights["", after]
        )
        expected = share / 2 * (rates[hotel, after] - rates[hotel, before])
        found = frame.query("part == 'rate' and segment == @hotel")["contribution"].item()
        assert found == pytest.approx(expected)

    revenue = decompose_change(strategy, by_hotel, kpi="room_revenue", **asked)
    assert revenue.change == pytest.approx(3_963_693 - 3_114_669, abs=2)
    parts = revenue.to_frame().groupby("part")["contribution"].sum()
    assert parts.sum() == pytest.approx(revenue.change, rel=1e-9)
    # 1,383 nights more, at the mean of both quarters' rates
    more = nights["", after] - nights["", before]
    mean_rate = (rates["", before] + rates["", after]) / 2
    assert more == 1_383
    assert parts["volume"] == pytest.approx(more * mean_rate)
    changes = revenue.to_frame().groupby("segment")["contribution"].sum()
    revenues = values["room_revenue"]
    for hotel in ("City Hotel", "Resort Hotel"):
        assert changes[hotel] == pytest.approx(revenues[hotel, after] - revenues[hotel, before])


def test_what_was_on_the_books_thirty_days_before_the_month(strategy):
    kpis = ["otb_nights_30d", "otb_value_30d"]
    months = build_observations(strategy, kpis=kpis)
    for kpi, first, last in (
        ("otb_nights_30d", 5_888, 10_860),
        ("otb_value_30d", 599_259, 1_709_415),
    ):
        values = months.history(kpi)["value"]
        assert values.iloc[[0, -1]].round().tolist() == [first, last]
        assert len(values) == 26
    known = months.to_frame().query("kpi == 'otb_value_30d'")["known_at"]
    assert known.iloc[0] == pd.Timestamp("2015-06-01")  # 30 days before the first of July


def test_the_books_tell_the_revenue_of_the_month_to_come(strategy):
    months = build_observations(strategy, kpis=["otb_value_30d", "room_revenue"])
    books, revenue = (months.history(kpi)["value"] for kpi in ("otb_value_30d", "room_revenue"))
    assert np.corrcoef(books, revenue)[0, 1] == pytest.approx(0.990, abs=5e-4)


def test_further_months_agree_with_the_published_first_and_last(strategy):
    months = build_observations(strategy)
    for kpi, first, last, digits in (
        ("corporate_nights", 36, 90, 0),
        ("group_nights", 576, 387, 0),
        ("avg_lead_time", 87.9, 127.9, 1),
        ("waitlist_share", 0, 0, 3),
        ("late_cancel_share", 0.114, 0.064, 3),
        ("requests_per_stay", 0.570, 1.091, 3),
        ("parking_per_100", 14.2, 9.7, 1),
    ):
        values = months.history(kpi)["value"]
        assert values.iloc[[0, -1]].round(digits).tolist() == [first, last], kpi
    assert months.history("cancellations_received")["value"].iloc[-1] == 287


def test_no_department_has_more_than_seven_kpis_and_no_person_more_than_five(strategy):
    kpis = pd.DataFrame([(kpi.department, kpi.owner) for kpi in strategy.kpis.values()])
    assert kpis[0].value_counts().max() <= 7
    assert kpis[1].value_counts().max() <= 5

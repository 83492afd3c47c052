"""Values at a period's border, conversions in order, and definitions by date."""

import numpy as np
import pandas as pd
import pytest

from kpikit.errors import StrategyError
from kpikit.observations import build_observations


def column(observations, kpi, name="value"):
    frame = observations.to_frame()
    frame = frame[(frame["kpi"] == kpi) & (frame["segment"] == "")]
    return dict(zip(frame["period_start"].dt.strftime("%m"), frame[name], strict=True))


@pytest.fixture
def stays():
    """Return bookings by arrival; the first of March was cancelled before February began."""
    rows = [
        ("2026-01-01", "2025-11-20", None, 100.0),
        ("2026-02-10", "2026-01-15", None, 200.0),
        ("2026-03-05", "2025-12-01", "2026-01-20", 400.0),
        ("2026-03-20", "2026-01-05", "2026-03-01", 800.0),
        ("2026-03-31", "2026-02-15", None, 1600.0),
    ]
    frame = pd.DataFrame(rows, columns=["day", "booked", "cancelled", "value"])
    dates = {name: pd.to_datetime(frame[name]) for name in ("day", "booked", "cancelled")}
    return frame.assign(**dates)


ON_THE_BOOKS = {
    "formula": "sum(value)",
    "where": "booked < period_start - 30 and (cancelled is null or cancelled >= period_start - 30)",
    "known_days_before": 30,
}


def test_what_is_on_the_books_before_a_period_leaves_out_what_came_and_went(company, stays):
    found = build_observations(company(stays, kpis={"books": ON_THE_BOOKS}))
    # January: before 2 December; February: 200 was booked too late; March: before 30 January,
    # 400 was cancelled by then, 800 only later, and 1600 was not booked yet
    assert column(found, "books") == {"01": 100, "02": 0, "03": 800}
    known = column(found, "books", "known_at")
    assert known["03"] == pd.Timestamp("2026-01-30")


def test_it_moves_with_the_period_at_a_longer_grain(company, stays):
    found = build_observations(company(stays, kpis={"books": ON_THE_BOOKS}), grain="quarter")
    # before 2 December: 100, and 400, which was cancelled after that day
    assert column(found, "books") == {"01": 500}


def test_it_is_complete_once_known_where_rows_are_seen_by_when_they_were_recorded(company, stays):
    kpis = {"books": ON_THE_BOOKS, "plain": "sum(value)"}
    strategy = company(stays, kpis=kpis, source={"recorded": "booked"})
    found = build_observations(strategy, as_of="2026-01-31")
    assert column(found, "books") == {"01": 100, "02": 0, "03": 800}
    assert column(found, "books", "complete") == {"01": True, "02": True, "03": True}
    assert column(found, "plain", "complete") == {"01": True, "02": False, "03": False}
    early = build_observations(strategy, as_of="2026-01-10")
    assert column(early, "books", "complete") == {"01": True, "02": True, "03": False}


@pytest.mark.slow
def test_the_hotels_books_hold_the_published_values(hotel):
    from kpikit.strategy import load_strategy

    text = hotel.read_text(encoding="utf-8")
    kpi = """
  value_on_the_books:
    title: Value on the books 30 days before the month
    department: revenue
    owner: head_of_revenue
    source: bookings
    formula: {formula}
    where: >-
      booked < period_start - 30
      and (is_canceled = 0 or reservation_status_date >= period_start - 30)
    known_days_before: 30
    unit: money
    direction: higher_is_better
"""
    added = kpi.format(formula="sum(value)")
    nights = added.replace("value_on_", "nights_on_").replace("sum(value)", "sum(nights)")
    file = hotel.with_name("books.yaml")
    file.write_text(text.replace("\nkpis:\n", f"\nkpis:\n{added}{nights}", 1), encoding="utf-8")
    names = ["value_on_the_books", "nights_on_the_books"]
    found = build_observations(load_strategy(file), kpis=names)
    for kpi, first, last in ((names[0], 599_259, 1_709_415), (names[1], 5_888, 10_860)):
        values = found.history(kpi)["value"].round().tolist()
        assert (values[0], values[-1]) == (first, last)


@pytest.fixture
def events():
    """Return trials and payments of five people."""
    rows = [
        ("2026-01-01 09:00", "ada", "trial", "web"),
        ("2026-01-01 09:00", "ada", "paid", "web"),  # at the same time
        ("2026-01-10 12:00", "bob", "paid", "web"),  # before the trial: no conversion
        ("2026-01-11 12:00", "bob", "trial", "app"),
        ("2026-01-20 08:00", "cleo", "trial", "app"),
        ("2026-02-19 23:00", "cleo", "paid", "web"),  # 30 days later, in the evening
        ("2026-01-20 08:00", "dan", "trial", "app"),
        ("2026-02-20 01:00", "dan", "paid", "app"),  # 31 days later
        ("2026-02-05 08:00", "ada", "trial", "web"),  # a second time, and no payment
        ("2026-03-31 08:00", "eve", "trial", "app"),
        ("2026-03-31 07:00", None, "paid", "app"),
    ]
    frame = pd.DataFrame(rows, columns=["day", "user_id", "event", "channel"])
    return frame.assign(day=pd.to_datetime(frame["day"]))


CONVERTED = "converted(user_id, event = 'trial', event = 'paid', 30)"
TRIALS = "count(distinct user_id) filter (where event = 'trial')"


def test_conversions_come_in_order_and_in_time(company, events):
    kpis = {"converted": CONVERTED, "rate": f"{CONVERTED} / {TRIALS}"}
    found = build_observations(company(events, kpis=kpis))
    assert column(found, "converted") == {"01": 2, "02": 0, "03": 0}  # ada and cleo
    assert column(found, "rate") == {"01": 0.5, "02": 0, "03": 0}  # of four who tried


def test_a_period_of_conversions_is_complete_once_their_time_is_over(company, events):
    found = build_observations(company(events, kpis={"converted": CONVERTED}))
    assert column(found, "converted", "complete") == {"01": True, "02": True, "03": False}
    assert column(found, "converted", "known_at")["01"] == pd.Timestamp("2026-03-02")
    seen = build_observations(company(events, kpis={"converted": CONVERTED}), as_of="2026-02-18")
    assert column(seen, "converted") == {"01": 1, "02": 0}  # cleo has not paid yet
    assert column(seen, "converted", "complete") == {"01": False, "02": False}


def test_the_kpis_filter_holds_for_both_events_and_the_first_one_has_the_segment(company, events):
    kpis = {"web": {"formula": CONVERTED, "where": "channel = 'web'"}, "all": CONVERTED}
    found = build_observations(company(events, kpis=kpis), by="channel")
    assert column(found, "web")["01"] == 1  # cleo tried in the app
    assert found.history("all", "app")["value"].tolist() == [1, 0, 0]


def test_only_late_periods_may_be_wanted_and_later_payments_still_count(company, events):
    strategy = company(events, kpis={"converted": CONVERTED})
    found = build_observations(strategy, until="2026-01-31")
    assert column(found, "converted") == {"01": 2}


def test_conversions_have_windows(company, events):
    kpis = {"rolled": f"rolling({CONVERTED} / {TRIALS}, 2)"}
    found = build_observations(company(events, kpis=kpis))
    values = column(found, "rolled")
    assert np.isnan(values["01"])
    assert values["02"] == 0.5  # ada and cleo, of ada, bob, cleo and dan


def test_a_conversion_cannot_speak_of_the_period(company, events):
    kpi = {"formula": CONVERTED, "where": "day < period_end"}
    with pytest.raises(StrategyError, match="which converted cannot"):
        company(events, kpis={"k": kpi})


@pytest.fixture
def tickets():
    return pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-01-01", "2026-02-10", "2026-03-05", "2026-03-31"]),
            "hours": [2.0, 4.0, 8.0, 16.0],
            "channel": ["mail", "fax", "fax", "mail"],
        }
    )


DATED = {
    "formula": "sum(hours)",
    "where": "channel <> 'phone'",
    "effective": [
        {"from": "2026-02-15", "formula": "max(hours)", "why": "Sums grew with the team"},
        {"from": "2026-03-15", "formula": "count(*)"},
    ],
}


def test_a_period_is_computed_by_the_definition_of_its_first_day(company, tickets):
    found = build_observations(company(tickets, kpis={"k": DATED, "twice": "{k} * 2"}))
    assert column(found, "k") == {"01": 2, "02": 4, "03": 16}
    assert column(found, "twice") == {"01": 4, "02": 8, "03": 32}
    used = found.definitions[found.definitions["kpi"] == "k"]
    assert used["since"].isna().tolist() == [True, True, False]
    assert used["why"].tolist() == ["", "", "Sums grew with the team"]
    through = found.definitions[found.definitions["kpi"] == "twice"]
    assert through["why"].iloc[-1] == "k: Sums grew with the team"
    assert "k: another definition from 2026-02-15 on (Sums grew with the team)." in found.notes


def test_the_latest_definition_restates_all_periods_and_says_so(company, tickets):
    strategy = company(tickets, kpis={"k": DATED})
    found = build_observations(strategy, definitions="latest")
    assert column(found, "k") == {"01": 1, "02": 1, "03": 2}
    assert "k: all periods by the definition of 2026-03-15." in found.notes
    seen = build_observations(strategy, definitions="latest", as_of="2026-03-10")
    assert column(seen, "k") == {"01": 2, "02": 4, "03": 8}  # the third was not in force yet


def test_a_later_definition_keeps_the_filter_unless_it_has_its_own(company, tickets):
    later = {"from": "2026-03-01", "formula": "sum(hours)"}
    kept = {"formula": "sum(hours)", "where": "channel = 'mail'", "effective": [later]}
    own = kept | {"effective": [later | {"where": "true"}]}
    found = build_observations(company(tickets, kpis={"kept": kept, "own": own}))
    assert column(found, "kept") == {"01": 2, "02": 0, "03": 16}
    assert column(found, "own") == {"01": 2, "02": 0, "03": 24}


def test_each_definition_is_missing_for_its_own_reasons(company, tickets):
    later = {"from": "2026-03-01", "formula": "rolling(sum(hours), 3)"}
    found = build_observations(
        company(tickets, kpis={"k": {"formula": "sum(hours)", "effective": [later]}})
    )
    assert column(found, "k") == {"01": 2, "02": 4, "03": 30}
    assert column(found, "k", "complete") == {"01": True, "02": True, "03": True}

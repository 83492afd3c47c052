"""Forms around aggregates: windows are computed from the rows they hold."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from kpikit.errors import StrategyError
from kpikit.observations import build_observations

BEFORE = "the window reaches before the source's first day"
GAP = "a period inside the window has no rows"
SILENT = "the source has no rows in this period"


@pytest.fixture
def visits():
    """Return four months of visits: ada comes in three, bob in two, cleo once."""
    rows = [
        ("2026-01-01", "ada", "north", 10.0),
        ("2026-01-31", "bob", "south", 20.0),
        ("2026-02-10", "ada", "north", 60.0),
        ("2026-03-05", "ada", "north", 30.0),
        ("2026-03-05", "bob", "south", 40.0),
        ("2026-04-30", "cleo", "south", 50.0),
    ]
    frame = pd.DataFrame(rows, columns=["day", "guest", "house", "paid"])
    return frame.assign(day=pd.to_datetime(frame["day"]))


def column(observations, kpi, name="value", segment=""):
    frame = observations.to_frame()
    frame = frame[(frame["kpi"] == kpi) & (frame["segment"] == segment)]
    months = frame["period_start"].dt.strftime("%m")
    return dict(zip(months, frame[name], strict=True))


def computed(company, frame, formula, *, segment="", options=None, **fields):
    found = build_observations(
        company(frame, kpis={"k": {"formula": formula} | fields}), **(options or {})
    )
    values = column(found, "k", segment=segment)
    return {month: value for month, value in values.items() if not np.isnan(value)}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        # sums, counts and extremes, put together from the periods
        ("cumulative(sum(paid))", {"01": 30, "02": 90, "03": 160, "04": 210}),
        ("rolling(sum(paid), 2)", {"02": 90, "03": 130, "04": 120}),
        ("rolling(max(paid), 2)", {"02": 60, "03": 60, "04": 50}),
        ("rolling(min(paid), 3)", {"03": 10, "04": 30}),
        ("to_date(count(*), 'quarter')", {"01": 2, "02": 3, "03": 5, "04": 1}),
        # what does not add up, from the rows of the window
        ("rolling(count(distinct guest), 2)", {"02": 2, "03": 2, "04": 3}),
        ("cumulative(count(distinct guest))", {"01": 2, "02": 2, "03": 2, "04": 3}),
        ("rolling(median(paid), 2)", {"02": 20, "03": 40, "04": 40}),
        ("rolling(quantile(paid, 1), 3)", {"03": 60, "04": 60}),
        # a quotient of windowed sums: 90 of 3 visits, 130 of 3, 120 of 3
        ("rolling(avg(paid), 2)", {"02": 30, "03": 130 / 3, "04": 40}),
        ("rolling(sum(paid) / count(distinct guest), 2)", {"02": 45, "03": 65, "04": 40}),
        # the last day with rows in the month
        ("at_end(sum(paid))", {"01": 20, "02": 60, "03": 70, "04": 50}),
        ("at_end(count(distinct guest))", {"01": 1, "02": 1, "03": 2, "04": 1}),
        # filters stay with their aggregate, and forms stand beside plain aggregates
        (
            "cumulative(sum(paid) filter (where house = 'north'))",
            {"01": 10, "02": 70, "03": 100, "04": 100},
        ),
        (
            "sum(paid) / cumulative(sum(paid))",
            {"01": 1, "02": 60 / 90, "03": 70 / 160, "04": 50 / 210},
        ),
    ],
)
def test_windows_hold_what_their_rows_say(company, visits, formula, expected):
    assert computed(company, visits, formula) == pytest.approx(expected)


@pytest.mark.parametrize(
    "formula",
    ["rolling(sum(paid), 3)", "rolling(count(distinct guest), 3)", "rolling(avg(paid), 3)"],
)
def test_a_window_that_begins_before_the_facts_is_missing_and_says_so(company, visits, formula):
    found = build_observations(company(visits, kpis={"k": formula}))
    assert list(found.missing["reason"]) == [BEFORE, BEFORE]
    assert column(found, "k", "complete") == {"01": False, "02": False, "03": True, "04": True}


def test_a_window_with_a_silent_period_is_missing_but_what_accumulates_goes_on(company, visits):
    gap = visits[visits["day"].dt.month != 2]
    kpis = {
        "rolled": "rolling(sum(paid), 2)",
        "year": "to_date(sum(paid), 'year')",
        "stock": "cumulative(sum(paid))",
        "guests": "cumulative(count(distinct guest))",
    }
    found = build_observations(company(gap, kpis=kpis))
    told = found.missing.groupby("kpi")["reason"].apply(list).to_dict()
    assert told == {"rolled": [BEFORE, SILENT, GAP], "year": [SILENT, GAP, GAP]}
    assert column(found, "stock") == {"01": 30, "02": 30, "03": 100, "04": 150}
    assert column(found, "guests") == {"01": 2, "02": 2, "03": 2, "04": 3}


def test_windows_are_the_same_whether_or_not_only_late_periods_are_wanted(company, visits):
    for formula in (
        "rolling(sum(paid), 2)",
        "cumulative(count(distinct guest))",
        "rolling(avg(paid), 3)",
    ):
        whole = computed(company, visits, formula)
        late = computed(company, visits, formula, options={"since": "2026-04-01"})
        assert late == {"04": whole["04"]}


def test_segments_have_windows_of_their_own(company, visits):
    options = {"by": "house"}
    north = computed(company, visits, "rolling(sum(paid), 2)", segment="north", options=options)
    assert north == {"02": 70, "03": 90, "04": 30}
    guests = "rolling(count(distinct guest), 2)"
    south = computed(company, visits, guests, segment="south", options=options)
    assert south == {"02": 1, "03": 1, "04": 2}


def test_a_stock_counts_what_had_begun_and_not_ended_by_the_periods_end(company):
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-01-01", "2026-01-20", "2026-02-03", "2026-03-31"]),
            "ended_on": pd.to_datetime(["2026-02-28", None, "2026-03-01", None]),
        }
    )
    stock = "cumulative(count(*) filter (where ended_on is null or ended_on > period_end))"
    assert computed(company, frame, stock) == {"01": 2, "02": 2, "03": 2}
    assert computed(company, frame, stock, options={"grain": "quarter"}) == {"01": 2}


def test_what_accumulates_is_complete_from_the_first_row_on(company, visits):
    late = visits[visits["day"] > "2026-01-15"]
    kpis = {"stock": "cumulative(count(*))", "plain": "count(*)", "rolled": "rolling(count(*), 2)"}
    found = build_observations(company(late, kpis=kpis))
    assert column(found, "stock", "complete")["01"]
    assert not column(found, "plain", "complete")["01"]
    # February's window begins with January, of which the source lacks the first days
    assert column(found, "rolled", "complete") == {"01": False, "02": False, "03": True, "04": True}


def test_a_stock_is_known_as_far_as_its_source_is_complete(company, visits):
    source = {"complete_through": dt.date(2026, 6, 30)}
    found = build_observations(
        company(visits, kpis={"stock": "cumulative(count(*))"}, source=source), as_of="2026-06-30"
    )
    assert column(found, "stock") == {"01": 2, "02": 3, "03": 5, "04": 6, "05": 6, "06": 6}
    assert column(found, "stock", "complete")["06"]


def test_nothing_after_the_as_of_date_enters_a_window(company, visits):
    found = build_observations(
        company(visits, kpis={"k": "cumulative(count(distinct guest))"}), as_of="2026-01-30"
    )
    assert column(found, "k") == {"01": 1}
    assert column(found, "k", "complete") == {"01": False}


def test_forms_go_through_references_to_other_kpis(company, visits):
    kpis = {
        "paid": {"formula": "sum(paid)", "where": "house = 'north'"},
        "share": "rolling({paid} / sum(paid), 2)",
        "stock": "cumulative({paid})",
    }
    found = build_observations(company(visits, kpis=kpis))
    assert column(found, "share")["03"] == pytest.approx(90 / 130)
    assert column(found, "stock")["04"] == 100


def test_a_form_around_a_form_is_refused_by_name(company, visits):
    kpis = {"stock": "cumulative(sum(paid))", "odd": "rolling({stock}, 2)"}
    with pytest.raises(StrategyError, match=r"kpis\.odd\.formula: puts rolling around \{stock\}"):
        company(visits, kpis=kpis)


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter"])
def test_windows_agree_with_a_plain_loop_at_every_grain(company, grain):
    rng = np.random.default_rng(4)
    days = pd.date_range("2026-01-01", "2026-06-30")
    frame = pd.DataFrame(
        {"day": np.repeat(days, 2), "guest": rng.choice(list("abcdefgh"), 2 * len(days))}
    )
    frame["paid"] = rng.integers(1, 100, len(frame)).astype(float)
    kpis = {
        "rolled": "rolling(count(distinct guest), 3)",
        "middle": "rolling(median(paid), 3)",
        "summed": "rolling(sum(paid), 3)",
        "year": "to_date(count(distinct guest), 'year')",
    }
    found = build_observations(company(frame, kpis=kpis), grain=grain).to_frame()
    code = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q"}[grain]
    period = frame["day"].dt.to_period(code)
    periods = sorted(period.unique())
    folds = {
        "rolled": lambda rows: rows["guest"].nunique(),
        "middle": lambda rows: rows["paid"].median(),
        "summed": lambda rows: rows["paid"].sum(),
    }
    for kpi, fold in folds.items():
        values = found.loc[found["kpi"] == kpi, "value"].to_numpy()
        for n in range(2, len(periods)):
            inside = frame[period.isin(periods[n - 2 : n + 1])]
            assert values[n] == pytest.approx(fold(inside)), (kpi, periods[n])
        assert np.isnan(values[:2]).all()

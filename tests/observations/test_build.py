"""Values by period and segment, with the arithmetic visible."""

import numpy as np
import pandas as pd
import pytest

from kpikit.errors import DataError, FormulaError, UnknownNameError
from kpikit.observations import build_observations

CONTRACT = [
    "kpi",
    "segment",
    "period_start",
    "value",
    "numerator",
    "denominator",
    "rows",
    "complete",
    "known_at",
]


def facts(*rows):
    frame = pd.DataFrame(rows, columns=["day", "plan", "price", "pieces"])
    return frame.assign(day=pd.to_datetime(frame["day"]))


@pytest.fixture
def sales():
    return facts(
        ("2026-01-01", "basic", 10.0, 1),
        ("2026-01-31", "team", 30.0, 3),
        ("2026-02-01", "basic", 20.0, 4),
        ("2026-04-02", "basic", 40.0, 0),
        ("2026-04-30", "basic", 40.0, 0),
    )


def values(observations, kpi, segment=""):
    history = observations.history(kpi, segment)
    return dict(zip(history["period_start"].dt.strftime("%Y-%m"), history["value"], strict=True))


def reasons(observations):
    missing = observations.missing
    return dict(zip(missing["period_start"].dt.strftime("%Y-%m"), missing["reason"], strict=True))


def test_the_columns_are_those_of_the_contract(company, sales):
    found = build_observations(company(sales, kpis={"income": "sum(price)"})).to_frame()
    assert list(found.columns) == CONTRACT
    assert found["period_start"].dtype == "datetime64[us]"
    assert found["complete"].dtype == bool


def test_a_gap_stays_a_gap_and_never_turns_into_nothing_sold(company, sales):
    found = build_observations(company(sales, kpis={"income": "sum(price)"}))
    income = values(found, "income")
    assert income["2026-01"] == 40.0  # 10 + 30
    assert np.isnan(income["2026-03"])
    assert reasons(found) == {"2026-03": "the source has no rows in this period"}


def test_a_ratio_is_a_ratio_of_sums_at_every_grain(company, sales):
    strategy = company(sales, kpis={"price": "sum(price) / sum(pieces)"})
    months = values(build_observations(strategy), "price")
    assert (months["2026-01"], months["2026-02"]) == (10.0, 5.0)  # 40 / 4 and 20 / 4
    quarter = values(build_observations(strategy, grain="quarter"), "price")["2026-01"]
    assert quarter == 7.5  # 60 / 8


def test_the_quotient_shows_its_numerator_and_denominator(company, sales):
    strategy = company(sales, kpis={"price": "avg(price)", "income": "sum(price)"})
    frame = build_observations(strategy).to_frame().set_index("kpi")
    assert frame.loc["price", ["numerator", "denominator"]].iloc[0].tolist() == [40.0, 2.0]
    assert frame.loc["income", ["numerator", "denominator"]].isna().all().all()


def test_division_by_zero_is_missing_with_its_reason(company, sales):
    found = build_observations(company(sales, kpis={"price": "sum(price) / sum(pieces)"}))
    assert np.isnan(values(found, "price")["2026-04"])
    assert reasons(found)["2026-04"] == "the denominator is 0"


def test_where_a_filter_keeps_nothing_sums_are_zero_and_means_missing(company, sales):
    kpis = {
        "income": {"formula": "sum(price)", "where": "plan = 'team'"},
        "price": {"formula": "avg(price)", "where": "plan = 'team'"},
        "dearest": {"formula": "max(price)", "where": "plan = 'team'"},
        "deals": {"formula": "count(*) filter (where plan = 'team')"},
    }
    found = build_observations(company(sales, kpis=kpis), kpis=list(kpis))
    assert values(found, "income")["2026-02"] == 0.0
    assert values(found, "deals")["2026-02"] == 0.0
    assert np.isnan(values(found, "price")["2026-02"])
    assert np.isnan(values(found, "dearest")["2026-02"])
    assert np.isnan(values(found, "income")["2026-03"])  # the source itself is silent


def test_a_sum_of_missing_values_is_missing_not_zero(company):
    silent = facts(("2026-01-01", "basic", None, 1), ("2026-01-31", "basic", None, 1))
    found = build_observations(company(silent, kpis={"income": "sum(price)"}))
    assert np.isnan(values(found, "income")["2026-01"])
    assert reasons(found) == {"2026-01": "no row with a value"}


def test_segments_stand_beside_the_whole(company, sales):
    strategy = company(sales, kpis={"income": "sum(price)", "price": "sum(price) / sum(pieces)"})
    found = build_observations(strategy, by="plan")
    assert set(found.to_frame()["segment"]) == {"", "basic", "team"}
    assert values(found, "income", "team")["2026-02"] == 0.0
    assert np.isnan(values(found, "price", "team")["2026-02"])
    total = (
        found.to_frame()
        .query("kpi == 'income'")
        .pivot_table(index="period_start", columns="segment", values="value")
    )
    assert (total["basic"] + total["team"] == total[""]).all()


def test_rows_without_a_segment_are_a_segment_of_their_own(company):
    unnamed = facts(
        ("2026-01-01", None, 1.0, 1), ("2026-01-02", "", 2.0, 1), ("2026-01-31", "NA", 4.0, 1)
    )
    found = build_observations(company(unnamed, kpis={"income": "sum(price)"}), by="plan")
    by_name = found.to_frame().set_index("segment")["value"].to_dict()
    assert by_name == {"": 7.0, "(missing)": 1.0, "(empty)": 2.0, "NA": 4.0}


def test_a_segment_that_is_called_missing_is_not_mixed_with_those_that_are(company):
    odd = facts(("2026-01-01", None, 1.0, 1), ("2026-01-31", "(missing)", 2.0, 1))
    found = build_observations(company(odd, kpis={"income": "sum(price)"}), by="plan")
    by_name = found.to_frame().set_index("segment")["value"].to_dict()
    assert by_name == {"": 3.0, "(missing)*": 1.0, "(missing)": 2.0}


def test_first_and_last_periods_are_partial_unless_the_facts_cover_them(company):
    days = facts(
        ("2026-01-02", "a", 1.0, 1), ("2026-02-10", "a", 1.0, 1), ("2026-03-30", "a", 1.0, 1)
    )
    frame = build_observations(company(days, kpis={"n": "count(*)"})).history("n")
    assert frame["complete"].tolist() == [False, True, False]


def test_completeness_follows_the_whole_source_and_not_the_segment(company, sales):
    found = build_observations(company(sales, kpis={"n": "count(*)"}), by="plan")
    team = found.history("n", "team")
    assert team["complete"].tolist() == [True, True, True, True]  # basic reaches to 30 April


def test_a_source_says_itself_how_far_it_is_complete(company, sales):
    held = company(sales, kpis={"n": "count(*)"}, source={"complete_through": "2026-04-15"})
    assert build_observations(held).history("n")["complete"].tolist() == [True, True, True, False]


def test_a_delay_counts_back_from_the_as_of_date(company, sales):
    late = company(sales, kpis={"n": "count(*)"}, source={"complete_through": "3 days"})
    complete = build_observations(late, as_of="2026-05-02").history("n")["complete"]
    assert complete.tolist() == [True, True, True, False]  # complete to 29 April
    complete = build_observations(late, as_of="2026-05-03").history("n")["complete"]
    assert complete.tolist() == [True, True, True, True]


def test_nothing_later_than_the_as_of_date_is_seen(company, sales):
    strategy = company(sales, kpis={"income": "sum(price)"})
    found = build_observations(strategy, as_of="2026-01-30").to_frame()
    assert found["value"].tolist() == [10.0]
    assert found["complete"].tolist() == [False]
    assert found["known_at"].max() == pd.Timestamp("2026-01-30")


def test_rows_are_seen_by_the_day_they_were_recorded_where_that_is_declared(company, sales):
    recorded = sales.assign(
        entered=pd.to_datetime(["2026-01-01", "2026-03-01", *["2026-04-30"] * 3])
    )
    strategy = company(recorded, kpis={"income": "sum(price)"}, source={"recorded": "entered"})
    assert values(build_observations(strategy, as_of="2026-02-28"), "income") == {"2026-01": 10.0}


def test_a_later_as_of_date_does_not_turn_a_partial_period_complete(company, sales):
    short = sales[sales["day"] < "2026-04-30"]
    found = build_observations(company(short, kpis={"n": "count(*)"}), as_of="2027-01-01")
    assert found.history("n")["complete"].tolist() == [True, True, True, False]


def test_since_and_until_take_whole_periods(company, sales):
    strategy = company(sales, kpis={"income": "sum(price)"})
    found = build_observations(strategy, since="2026-01-15", until="2026-02-01")
    assert values(found, "income") == {"2026-01": 40.0, "2026-02": 20.0}


def test_a_fiscal_year_moves_quarters_and_years(company, sales):
    fiscal = {"name": "The company", "fiscal_year_start": 2}
    strategy = company(sales, kpis={"income": "sum(price)"}, organisation=fiscal)
    quarters = values(build_observations(strategy, grain="quarter"), "income")
    assert quarters == {"2025-11": 40.0, "2026-02": 100.0}
    assert values(build_observations(strategy, grain="year"), "income") == {
        "2025-02": 40.0,
        "2026-02": 100.0,
    }


@pytest.mark.parametrize(
    ("week_start", "starts"), [("monday", ["2025-12-29"]), ("sunday", ["2025-12-28", "2026-01-04"])]
)
def test_weeks_start_on_the_organisations_day(company, week_start, starts):
    days = facts(("2026-01-03", "a", 1.0, 1), ("2026-01-04", "a", 1.0, 1))  # Saturday, Sunday
    organisation = {"name": "The company", "week_start": week_start}
    strategy = company(days, kpis={"n": "count(*)"}, organisation=organisation)
    frame = build_observations(strategy, grain="week").to_frame()
    assert frame["period_start"].dt.strftime("%Y-%m-%d").tolist() == starts


def test_a_kpi_made_of_others_keeps_their_filters(company, sales):
    kpis = {
        "team_income": {"formula": "sum(price)", "where": "plan = 'team'"},
        "income": "sum(price)",
        "team_share": {"formula": "{team_income} / {income}", "unit": "share"},
    }
    found = build_observations(company(sales, kpis=kpis))
    assert values(found, "team_share")["2026-01"] == 0.75  # 30 / 40
    frame = found.to_frame().query("kpi == 'team_share'")
    assert frame[["numerator", "denominator"]].iloc[0].tolist() == [30.0, 40.0]


def test_equal_counts_of_two_sources_are_not_mixed_up(company, sales, tmp_path):
    pd.DataFrame({"day": pd.to_datetime(["2026-01-01"] * 8 + ["2026-04-30"])}).to_parquet(
        tmp_path / "visits.parquet"
    )
    both = {
        "facts": {"path": "facts.parquet", "time": "day"},
        "visits": {"path": "visits.parquet", "time": "day"},
    }
    kpis = {
        "deals": "count(*)",
        "visits": {"formula": "count(*)", "source": "visits"},
        "rate": {"formula": "{deals} / {visits}"},
    }
    kpis["rate"]["source"] = None
    found = build_observations(company(sales, kpis=kpis, sources=both))
    assert values(found, "rate")["2026-01"] == 0.25  # 2 deals of 8 visits


def test_counts_of_distinct_things_do_not_add_up(company, sales):
    strategy = company(sales, kpis={"plans": "count(distinct plan)"})
    assert values(build_observations(strategy), "plans")["2026-01"] == 2
    assert values(build_observations(strategy, grain="quarter"), "plans")["2026-01"] == 2


def test_quantiles_and_extremes(company, sales):
    kpis = {
        "middle": "median(price)",
        "high": "quantile(price, 0.9)",
        "least": "min(price)",
        "spread": "max(price) - min(price)",
    }
    frame = build_observations(company(sales, kpis=kpis), grain="year").to_frame()
    found = frame.set_index("kpi")["value"]
    assert found.to_dict() == {"middle": 30.0, "high": 40.0, "least": 10.0, "spread": 30.0}


def test_halves_are_rounded_away_from_zero(company):
    days = facts(("2026-01-01", "a", 0.5, 1), ("2026-01-31", "a", 0.0, 1))
    found = build_observations(company(days, kpis={"r": "round(sum(price))"}))
    assert values(found, "r")["2026-01"] == 1.0


def test_numbers_that_are_none_count_as_missing(company):
    odd = facts(
        ("2026-01-01", "a", np.inf, 1), ("2026-01-02", "a", np.nan, 1), ("2026-01-31", "a", 2.0, 1)
    )
    strategy = company(
        odd, columns={"day": "timestamp", "price": "number"}, kpis={"p": "avg(price)"}
    )
    assert values(build_observations(strategy), "p")["2026-01"] == 2.0


def test_the_order_of_rows_does_not_matter(company, sales):
    kpis = {"price": "sum(price) / sum(pieces)"}
    straight = build_observations(company(sales, kpis=kpis)).to_frame()
    shuffled = build_observations(company(sales.sample(frac=1, random_state=1), kpis=kpis))
    pd.testing.assert_frame_equal(straight, shuffled.to_frame())


def test_retired_kpis_are_left_out_unless_named(company, sales):
    old = {"formula": "count(*)", "status": "retired", "since": "2026-01-01"}
    strategy = company(sales, kpis={"old": old, "new": "count(*)"})
    assert set(build_observations(strategy).to_frame()["kpi"]) == {"new"}
    assert set(build_observations(strategy, kpis=["old"]).to_frame()["kpi"]) == {"old"}


def test_unknown_names_are_told_with_the_near_ones(company, sales):
    strategy = company(sales, kpis={"income": "sum(price)"})
    with pytest.raises(UnknownNameError, match="no KPI 'incme'. Did you mean 'income'"):
        build_observations(strategy, kpis=["incme"])
    with pytest.raises(UnknownNameError, match="no column 'plann'. Did you mean 'plan'"):
        build_observations(strategy, by="plann")
    found = build_observations(strategy)
    with pytest.raises(UnknownNameError, match="no KPI 'x'"):
        found.history("x")
    with pytest.raises(UnknownNameError, match="no segment 'basic'"):
        found.history("income", "basic")


def test_summing_text_is_refused_in_plain_words(company, sales):
    strategy = company(sales, kpis={"odd": "sum(plan)"})
    with pytest.raises(FormulaError, match="sum needs numbers"):
        build_observations(strategy)


def test_sources_without_a_dated_row_are_named(company):
    strategy = company("day,price\n", columns={"day": "date"}, kpis={"n": "count(*)"})
    with pytest.raises(DataError, match="no dated row"):
        build_observations(strategy)

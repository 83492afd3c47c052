"""Gaps, staleness, lateness: three rows a day, so that an empty day is no chance."""

import pandas as pd
import pytest

from kpikit.sources import check_sources

DAYS = pd.date_range("2025-01-01", "2025-12-31")


@pytest.fixture
def checks(company):
    def check(days, *, as_of=None, source=None, **columns):
        facts = pd.DataFrame({"day": days, **columns})
        facts["n"] = range(len(facts))
        strategy = company(facts, kpis={"n": "count(*)"}, source=source)
        return check_sources(strategy, as_of=as_of).to_frame().set_index("check")

    return check


def thrice(days):
    return days.repeat(3)


def test_lost_days_are_a_warning_that_names_them(checks):
    kept = DAYS.drop(["2025-03-05", "2025-03-06", "2025-08-01"])
    found = checks(thrice(kept)).loc["gaps"]
    assert (found["severity"], found["rows"]) == ("warning", 3)
    assert found["example"] == "days without a row: 2025-03-05 to 2025-03-06, 2025-08-01"


def test_empty_days_may_be_chance_where_some_days_have_one_row(checks):
    kept = DAYS.drop(["2025-03-05"])
    found = checks(kept.append(kept[::2])).loc["gaps"]
    assert (found["severity"], found["example"]) == (
        "note",
        "days without a row: 2025-03-05, as may be by chance",
    )


def test_a_day_that_is_closed_each_year_is_not_lost(checks):
    days = pd.date_range("2023-01-01", "2025-12-31")
    kept = days[~((days.month == 12) & (days.day == 25))]
    assert checks(thrice(kept)).loc["gaps", ["severity", "rows"]].tolist() == ["note", 3]


def test_a_source_without_weekends_is_judged_by_the_week(checks):
    working = DAYS[DAYS.day_of_week < 5]
    assert "gaps" not in checks(thrice(working)).index
    lost = working[~working.isin(pd.date_range("2025-06-02", periods=5))]
    found = checks(thrice(lost)).loc["gaps"]
    assert found["example"] == "weeks without a row: 2025-06-02 to 2025-06-08"
    assert found["severity"] == "warning"


def test_a_missing_month_of_ready_made_values_is_seen(checks):
    months = pd.date_range("2022-01-01", periods=36, freq="MS").delete(20)
    found = checks(months).loc["gaps"]
    assert found["example"] == "months without a row: 2023-09-01 to 2023-09-30"


def test_rare_rows_have_no_gaps(checks):
    assert "gaps" not in checks(DAYS[::50]).index


def test_a_source_older_than_declared_is_stale(checks):
    source = {"freshness": "1 week"}
    assert "stale" not in checks(thrice(DAYS), source=source, as_of="2026-01-07").index
    found = checks(thrice(DAYS), source=source, as_of="2026-01-08").loc["stale"]
    assert found["severity"] == "warning"
    assert found["example"] == "newest row 2025-12-31, 8 days old on 2026-01-08; 1 week declared"


def test_a_source_that_ends_long_before_the_others_is_noted(company, tmp_path):
    pd.DataFrame({"day": DAYS[:100]}).to_parquet(tmp_path / "old.parquet")
    sources = {
        "new": {"path": "facts.parquet", "time": "day"},
        "old": {"path": "old.parquet", "time": "day"},
    }
    strategy = company(pd.DataFrame({"day": DAYS}), kpis={}, sources=sources)
    found = check_sources(strategy).to_frame().set_index(["source", "check"])
    assert "stale" not in found.loc["new"].index
    assert found.loc[("old", "stale"), "severity"] == "note"
    assert "265 days before the newest" in found.loc[("old", "stale"), "example"]


def test_late_rows_suggest_a_delay(checks):
    # two rows a day: one known the next day, one six days later
    both = DAYS.repeat(2)
    known = both + pd.to_timedelta([1, 6] * len(DAYS), unit="D")
    found = checks(both, source={"recorded": "known"}, known=known).loc["late rows"]
    # of each month, the last day's first row and the last six days' second rows are late
    assert found["rows"] == 12 * 7
    assert found["example"] == (
        "11.5% of the rows recorded after their month ended; days until known: half up to 1, "
        "95 % up to 6: complete_through: 6 days would fit"
    )


def test_rows_after_the_as_of_date_are_counted(checks):
    found = checks(thrice(DAYS), as_of="2025-12-30").loc["after the as-of date"]
    assert (found["rows"], found["severity"]) == (3, "note")

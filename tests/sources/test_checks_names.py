"""Categories: their mix, names that come and go, names that differ by a space."""

import numpy as np
import pandas as pd
import pytest

from kpikit.sources import check_sources

DAYS = pd.date_range("2023-01-01", "2025-12-31").repeat(5)


@pytest.fixture
def checks(company):
    def check(facts):
        strategy = company(facts, kpis={"n": "count(*)"})
        return check_sources(strategy).to_frame().set_index("check")

    return check


@pytest.fixture
def facts():
    regions = np.resize(["North", "North", "South", "East", "West"], len(DAYS))
    return pd.DataFrame({"day": DAYS, "n": range(len(DAYS)), "region": regions})


def test_a_steady_mix_raises_nothing(checks, facts):
    assert checks(facts).index.tolist() == ["rows"]


def test_months_with_the_rows_of_somebody_else_are_named(checks, facts):
    wrong = facts["day"].dt.strftime("%Y-%m").isin(["2024-07", "2024-08"])
    facts.loc[wrong, "region"] = "Line 501"
    found = checks(facts).loc["mix"]
    assert (found["severity"], found["rows"]) == ("warning", 2 * 31 * 5)
    assert found["example"] == (
        "region is spread unlike the months around in "
        "2024-07 ('Line 501' 100%, otherwise 0%), 2024-08 ('Line 501' 100%, otherwise 0%)"
    )


def test_open_cases_of_the_newest_month_are_a_note_and_foreign_rows_a_warning(checks, facts):
    newest = facts["day"] >= "2025-12-01"
    facts.loc[newest & (facts["region"] == "North"), "region"] = "open"
    assert checks(facts).loc["mix", "severity"] == "note"
    facts.loc[newest, "region"] = "Line 501"
    assert checks(facts).loc["mix", "severity"] == "warning"


def test_a_mix_of_every_summer_is_a_season(checks, facts):
    facts.loc[facts["day"].dt.month == 7, "region"] = "South"
    assert "mix" not in checks(facts).index


def test_new_names_for_everything_are_a_warning_and_a_slow_shift_is_a_note(checks, facts):
    late = facts["day"] >= "2024-07-01"
    renamed = facts.assign(region=facts["region"].where(~late, "Zone " + facts["region"]))
    found = checks(renamed).loc["mix shift"]
    assert found["severity"] == "warning"
    assert found["example"] == "region is spread in another way from 2024-07 (100% moved) on"
    moved = late & (facts["region"] == "North")
    part = checks(facts.assign(region=facts["region"].mask(moved, "South")))
    assert part.loc["mix shift", "severity"] == "note"


def test_a_column_that_names_the_time_is_no_mix(checks, facts):
    facts["file"] = "export-" + facts["day"].dt.strftime("%Y-%m")
    assert checks(facts).index.tolist() == ["rows"]


def test_a_new_name_and_one_that_is_gone_are_noted(checks, facts):
    late = facts["day"] >= "2025-10-01"
    west = facts["region"] == "West"
    facts.loc[late & west, "region"] = "Web"
    found = checks(facts)
    assert found.loc["new categories", ["severity", "rows", "example"]].tolist() == [
        "note",
        92,
        "region: 'Web' since 2025-10",
    ]
    assert found.loc["vanished categories", "example"] == "region: no 'West' since 2025-10"


def test_names_that_differ_by_case_space_accent_or_punctuation_are_shown_with_counts(checks, facts):
    facts.loc[[0, 5], "region"] = "north "
    facts.loc[10, "region"] = "Nörth"
    found = checks(facts).loc["near-duplicate names"]
    assert (found["severity"], found["rows"]) == ("warning", 3)
    assert found["example"] == "region: 'North' (2,189) and 'north ' (2) and 'Nörth' (1)"


def test_numbers_and_grades_in_text_are_no_near_duplicates(checks, facts):
    codes = ["1.5", "15", "-1", "1", "A+", "A-", "A", "007", "7"]
    facts["code"] = np.resize(codes, len(facts))
    assert "near-duplicate names" not in checks(facts).index


def test_a_category_named_na_is_a_name(checks, facts):
    facts.loc[facts["region"] == "East", "region"] = "NA"
    assert checks(facts).index.tolist() == ["rows"]


def test_texts_that_differ_in_nearly_every_row_are_no_categories(checks, facts):
    facts["comment"] = ["Note " + str(n) for n in facts["n"]]
    facts.loc[0, "comment"] = "note 1"
    assert checks(facts).index.tolist() == ["rows"]

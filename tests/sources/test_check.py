import pandas as pd
import pytest

from kpikit.sources import check_sources

DAYS = pd.to_datetime(["2026-01-01", "2026-01-01", "2026-01-01", "2026-02-01", None])
FACTS = pd.DataFrame({"day": DAYS, "id": [1, 1, 1, 2, 3]})


@pytest.fixture
def checks(company):
    def check(facts=FACTS, **source):
        strategy = company(facts, kpis={"n": "count(*)"}, source=source)
        return check_sources(strategy).to_frame().set_index("check")

    return check


def test_the_columns_are_those_of_the_contract(company):
    strategy = company(FACTS, kpis={"n": "count(*)"})
    columns = ["source", "check", "severity", "rows", "example", "grade"]
    assert list(check_sources(strategy).to_frame().columns) == columns


def test_rows_and_reach_are_reported(checks):
    found = checks().loc["rows"]
    assert (found["rows"], found["example"]) == (5, "2026-01-01 to 2026-02-01")


def test_a_notebook_shows_what_wants_attention_and_else_what_there_is(company):
    sound = check_sources(company(FACTS.iloc[:1], kpis={"n": "count(*)"}))._repr_html_()
    assert "2026-01-01 to 2026-01-01" in sound
    doubled = company(FACTS, kpis={"n": "count(*)"}, source={"key": ["id"]})
    shown = check_sources(doubled)._repr_html_()
    assert shown.index("repeated keys") < shown.index("<td>no time") < len(shown)
    assert "<td>rows" not in shown


def test_rows_that_repeat_in_full_are_counted_and_kept(checks):
    found = checks().loc["repeated rows"]
    assert (found["rows"], found["severity"]) == (2, "note")


def test_repeated_keys_are_an_error(checks):
    found = checks(key=["id"])
    assert found.loc["repeated keys", ["rows", "severity", "example"]].tolist() == [
        1,
        "error",
        "id=1",
    ]
    assert set(found["grade"]) == {"C"}


def test_rows_without_a_time_are_a_warning(checks):
    found = checks()
    assert found.loc["no time", ["rows", "severity"]].tolist() == [1, "warning"]
    assert set(found["grade"]) == {"B"}


def test_a_clean_source_has_grade_a(checks):
    found = checks(FACTS.iloc[2:4])
    assert found.index.tolist() == ["rows"]
    assert found["grade"].tolist() == ["A"]


def test_the_summary_names_what_wants_attention(company):
    checks = check_sources(company(FACTS, kpis={"n": "count(*)"}))
    assert checks.summary() == "5 rows read; look at facts (grade B: no time)."
    assert checks.plot().get_title(loc="left") == "Rows by source"

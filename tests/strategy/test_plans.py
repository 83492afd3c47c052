"""Targets, bounds, milestones, policy and events make sense together."""

import pytest


def only(told):
    assert len(told) == 1, told
    return told[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("period: 2026Q4", "period: 2026Q5", "period '2026Q5' cannot be read. Write a quarter as"),
        ("period: 2026Q4", "period: 2026-P07", "period '2026-P07' cannot be read"),
        ("period: 2027,", "period: 0000,", "period '0000' cannot be read"),
        ("period: 2027,", "period: true,", "period: is true, not text."),
        ("committed: 4.0,", "committed: -4.0,", "is -4, outside the KPI's bounds, 0 to ∞."),
        ("upper: 4.8", "upper: 5.8", "is 5.8, outside the KPI's bounds, 1 to 5."),
        ("lower: 4.2, upper: 4.8", "lower: 4.2", "lacks upper. An on_target KPI needs a band."),
        ("lower: 4.2, upper: 4.8", "lower: 4.8, upper: 4.2", "upper: is 4.2, below lower (4.8)."),
        (
            "floor: 5, committed: 4.0",
            "floor: 3, committed: 4.0",
            "floor: is 3, below committed (4)",
        ),
        ("{period: 2027, committed: 3.5}", "{period: 2027}", "has no number. Give at least"),
        ("bounds: [1, 5]", "bounds: [5, 1]", "csat.bounds: go from 5 to 1."),
        ("bounds: [1, 5]", "bounds: [5]", "bounds[1]: is missing: two values are needed."),
        ("bounds: [1, 5]", "bounds: [1, 5, 9]", "csat.bounds: has 3 entries, too many."),
        ("target: 0.022", "target: 22", "A share is written 0 to 1: 35 % is 0.35."),
        ("value: 0.026", "value: 2.6", "milestones[1].value: is 2.6, outside the KPI's bounds"),
        ("{by: 2026-12-31, value", "{by: 2026-08-31, value", "is 2026-08-31, not after 2026-09-30"),
        ("{by: 2026-12-31, value", "{by: 2027-03-31, value", "not before the objective is due"),
        ("from: 2026-04-01, to", "from: 2026-05-01, to", "is 2026-04-30, before it begins"),
        ("date: 2026-03-03,", "", "needs either a date or a from."),
        ("date: 2026-03-03,", "to: 2026-03-03,", "has no from. Add the first day."),
        ("    since: 2025-12-31\n", "", "old_score: is retired. Add since"),
        ("status: retired", "status: active", "replaced_by: is given, and the status is 'active'."),
        ("at_risk: 0.25", "at_risk: 0.8", "has at_risk 0.8, not below on_target 0.75."),
        ("required: []", "required: [purpos]", "Did you mean 'purpose'?"),
        ("time_zone: Europe/Berlin", "time_zone: Europe/Berln", "Did you mean 'Europe/Berlin'?"),
        ("year_end: last", "year_end: nearest", "says how years of whole weeks end, and calendar"),
        ("code: COV01", "code: cov-1", "is 'cov-1'. A rule's code looks like OWN01 or SMT-S."),
        ("SMT-S: note", "SMTS: fatal", "Use one of: error, warning, note."),
    ],
)
def test_a_plan_that_makes_no_sense_is_told(spoilt, old, new, message):
    told = spoilt((old, new))
    assert any(message in fault for fault in told), told


def test_a_year_beyond_the_calendar_is_told(spoilt):
    told = only(spoilt(("fiscal_year_start: 4, ", ""), ("period: 2027,", "period: 9999,")))
    assert "period '9999' cannot be read" in told


def test_a_target_finer_than_its_kpi_is_told(spoilt):
    told = only(
        spoilt(("    covers: [delight]\n", "    targets: [{period: 2026-07, committed: 0.1}]\n"))
    )
    assert "is a month, finer than its KPI's grain, quarter. Name a quarter or a longer" in told


@pytest.mark.parametrize("value", ["true", ".nan", ".inf", "1e999", "12:30", "1_000", "10 %", "x"])
def test_a_target_is_a_number_and_nothing_like_one(spoilt, value):
    told = only(spoilt(("committed: 4.0", f"committed: {value}")))
    assert "targets[0].committed: is" in told
    assert "not a number. Write digits with a point, such as 0.25." in told


def test_dated_formulas_stand_in_the_order_of_their_dates(spoilt):
    old = "[{from: 2025-01-01, formula: avg(first_reply_hours),"
    told = spoilt((old, f"[{{from: 2025-06-01, formula: count(*)}}, {old[1:]}"))
    assert "effective[1].from: is 2025-01-01, not after 2025-06-01. Sort them" in only(told)


def test_policy_can_demand_more_of_every_kpi(spoilt, brightdesk):
    told = spoilt(("required: []", "required: [purpose]"))
    silent = [k for k in brightdesk.kpis.values() if not k.purpose and k.status != "retired"]
    assert len(told) == len(silent)
    assert all("purpose: is missing, and the policy requires it. Why it is" in t for t in told)


def test_status_thresholds_have_the_usual_defaults(faults, tmp_path):
    from kpikit.strategy import load_strategy

    assert faults("version: 1\norganisation: {name: B}\n") == []
    status = load_strategy(tmp_path / "strategy.yaml").policy.status
    assert (status.on_target, status.at_risk) == (0.7, 0.3)


def test_periods_are_those_of_the_calendar_that_the_file_declares(spoilt):
    weeks = ("calendar: standard, year_end: last", "calendar: 4-4-5, year_end: nearest")
    months = ("period: 2026Q4", "period: 2026-P07"), ("period: 2026-12", "period: 2026-P12")
    assert spoilt(weeks, *months) == []
    assert "Write a quarter as 2026Q3, a month as 2026-P07" in only(spoilt(weeks))
    told = only(spoilt(("calendar: standard", "calendar: 4-4-6")))
    assert "is '4-4-6'. Use one of: standard, 4-4-5, 4-5-4, 5-4-4." in told

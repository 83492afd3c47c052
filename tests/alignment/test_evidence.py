"""For every rule of evidence: numbers that break it, and numbers that keep it."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from kpikit import build_observations
from kpikit.alignment.audit import audit
from kpikit.cli import app

TODAY = "2026-10-15"
MONTHS = 72


def noise(seed, size=1.0, months=MONTHS):
    return np.random.default_rng(seed).normal(0, size, months)


def later(values, lag):
    """Return values as they come so many months later."""
    return np.r_[noise(99)[:lag] * np.std(values), values[:-lag]]


def found(strategy, seen):
    frame = audit(strategy, observations=seen, as_of=TODAY).to_frame()
    return {
        (row.code, row.subject): row.severity
        for row in frame.itertuples()
        if row.waived_until is None
    }


CALLS, OTHER = noise(1, 10) + 100, noise(2, 10) + 100
STEADY = noise(3, 2) + 100
GROWS = np.linspace(60, 140, MONTHS) + noise(4, 3)
FALLS = GROWS[::-1] + noise(5, 1)
STEPS = STEADY + 30 * (np.arange(MONTHS) >= MONTHS - 9)
LEAD = "kpis.calls.leads.customers"


def past_targets(changes):
    """Return targets of the last eight quarters, each so far above what the months hold."""
    names = [f"{year}Q{quarter}" for year in (2024, 2025, 2026) for quarter in (1, 2, 3, 4)][3:11]
    return {
        "kpis/calls/targets": [
            {"period": name, "committed": float(300 + by), "basis": "a guess"}
            for name, by in zip(names, changes, strict=True)
        ]
    }


QUARTERS = STEADY[-24:].reshape(8, 3).sum(axis=1) - 300
HONEST = past_targets([-2.9 + step for step in noise(8, 1.0, 8)])
BEATEN = past_targets([quarter - 0.3 for quarter in QUARTERS])
MISSED = past_targets([60.0] * 8)

# code, subject, numbers that break it, numbers that keep it, changes of the file for both
PAIRS = [
    ("LED03", LEAD, {"calls": CALLS, "customers": OTHER},
     {"calls": CALLS, "customers": later(CALLS, 1) + noise(6, 3)}, {}),
    ("LED04", LEAD, {"calls": CALLS, "customers": 200 - later(CALLS, 1) + noise(6, 3)},
     {"calls": CALLS, "customers": later(CALLS, 1) + noise(6, 3)}, {}),
    ("LED05", LEAD, {"calls": CALLS, "customers": later(CALLS, 3) + noise(6, 3)},
     {"calls": CALLS, "customers": later(CALLS, 1) + noise(6, 3)}, {}),
    ("VAN03", "kpis.calls", {"calls": CALLS, "customers": OTHER},
     {"calls": CALLS, "customers": later(CALLS, 1) + noise(6, 3)}, {}),
    ("CON02", "kpis.customers",
     {"customers": OTHER, "hours": OTHER + noise(7, 3), "faults": STEADY},
     {"customers": OTHER, "hours": CALLS, "faults": STEADY}, {}),
    ("COV03", "kpis.faults", {"customers": OTHER, "faults": 2 * OTHER + noise(7, 1)},
     {"customers": OTHER, "faults": 2 * CALLS}, {}),
    ("GRD02", "kpis.houses", {"houses": GROWS, "faults": GROWS + noise(8, 2)},
     {"houses": GROWS, "faults": FALLS}, {}),
    ("REV03", "kpis.calls", {"calls": [*CALLS[:-1], np.nan]}, {"calls": CALLS}, {}),
    ("REV10", "kpis.calls", {"calls": STEPS}, {"calls": STEADY},
     {"kpis/calls/last_reviewed": "2025-10-15"}),
    ("SMT-A", "objectives.win_customers", {"customers": STEADY - 98}, {"customers": STEADY - 86.7},
     {}),
    ("SMT-A", "objectives.win_customers", {"customers": STEADY}, {"customers": STEADY - 86.7}, {}),
    ("SMT-T2", "objectives.win_customers", {"customers": [13.0] * 24}, {"customers": [14.0] * 24},
     {"objectives/win_customers/by": "2026-09-30", "objectives/win_customers/milestones": None}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "subject", "broken", "kept", "changes"), PAIRS)
def test_the_numbers_decide(strategy, observations, code, subject, broken, kept, changes):
    file = strategy(changes)
    assert (code, subject) in found(file, observations(**broken))
    kept_severity = found(file, observations(**kept)).get((code, subject))
    assert kept_severity is None


@pytest.mark.parametrize(("target", "is_honest"), [(230.0, False), (300.0, True), (380.0, False)])
def test_a_target_is_neither_certain_nor_out_of_reach(strategy, observations, target, is_honest):
    own = {"period": "2026Q4", "committed": target, "basis": "a guess"}
    seen = observations(calls=CALLS)
    there = ("TGT04", "kpis.calls") in found(strategy({"kpis/calls/targets": [own]}), seen)
    assert there is not is_honest


def test_targets_that_are_always_just_beaten_are_a_habit(strategy, observations):
    seen = observations(calls=STEADY)
    assert ("TGT05", "kpis.calls") in found(strategy(BEATEN), seen)
    assert ("TGT05", "kpis.calls") not in found(strategy(HONEST), seen)


def test_recurring_misses_say_whether_the_target_or_the_process_is_to_blame(strategy, observations):
    seen = observations(calls=STEADY)
    out_of_reach = audit(strategy(MISSED), observations=seen, as_of=TODAY).to_frame()
    (row,) = out_of_reach[out_of_reach["code"] == "REV06"].to_dict(orient="records")
    assert row["subject"] == "kpis.calls"
    assert "so the targets were out of reach" in row["message"]
    assert ("REV06", "kpis.calls") not in found(strategy(HONEST), seen)
    broke_down = observations(calls=np.r_[STEADY[:-9], STEADY[-9:] - 25])
    fell = audit(strategy(HONEST), observations=broke_down, as_of=TODAY).to_frame()
    assert "kpis.calls" not in set(fell.loc[fell["code"] == "TGT05", "subject"])


def test_a_lead_is_only_doubted_where_it_would_have_been_seen(strategy, observations):
    file = strategy()
    long, short = (
        found(file, observations(calls=CALLS[-months:], customers=OTHER[-months:]))
        for months in (MONTHS, 30)
    )
    assert long["LED03", LEAD] == "warning"
    assert short["LED03", LEAD] == "note"
    assert short["VAN03", "kpis.calls"] == "note"
    modest = strategy({"kpis/calls/leads/0/explains": 0.05})
    assert found(modest, observations(calls=CALLS, customers=OTHER))["LED03", LEAD] == "note"
    bold = strategy({"kpis/calls/leads/0/explains": 0.9})
    seen = observations(calls=CALLS[-30:], customers=OTHER[-30:])
    assert found(bold, seen)["LED03", LEAD] == "warning"


def test_a_tradeoff_that_its_owners_hold_together_is_none(strategy, observations):
    seen = observations(customers=OTHER, hours=OTHER + noise(7, 3), faults=STEADY)
    held = strategy({"kpis/customers/guardrails": ["hours"]})
    assert ("CON02", "kpis.customers") not in found(held, seen)
    shared = strategy({"kpis/hours/co_owners": ["ada"]})
    assert ("CON02", "kpis.customers") not in found(shared, seen)


def test_a_tradeoff_that_may_be_weak_is_a_note(strategy, observations):
    strong, weak = (
        found(
            strategy(), observations(customers=OTHER, hours=OTHER + noise(7, size), faults=STEADY)
        )
        for size in (3, 16)
    )
    assert strong["CON02", "kpis.customers"] == "warning"
    assert weak["CON02", "kpis.customers"] == "note"


def test_both_owners_of_a_tradeoff_are_named(strategy, observations):
    seen = observations(customers=OTHER, hours=OTHER + noise(7, 3), faults=STEADY)
    frame = audit(strategy(), observations=seen, as_of=TODAY).to_frame()
    (message,) = frame.loc[frame["code"] == "CON02", "message"]
    assert "when it got better, hours got worse" in message
    assert message.endswith("different owners, ada and ben.")


def test_processes_side_by_side_find_the_same(strategy, observations):
    seen = observations(calls=CALLS, customers=OTHER, hours=OTHER + noise(7, 3), faults=STEADY)
    one, two = (
        audit(strategy(BEATEN), observations=seen, as_of=TODAY, workers=workers).to_frame()
        for workers in (1, 2)
    )
    pd.testing.assert_frame_equal(one, two)
    assert {"LED03", "CON02"} <= set(one["code"])


# with facts --------------------------------------------------------------------------------


def facts(folder, days):
    rng = np.random.default_rng(3)
    sales = pd.DataFrame({"day": days, "amount": rng.gamma(2, 5, len(days))})
    sales = sales.assign(customer=rng.integers(0, 40, len(days)), calls=rng.poisson(5, len(days)))
    sales.to_csv(folder / "sales.csv", index=False)
    work = pd.DataFrame({"day": days, "hours": rng.gamma(2, 5, len(days))})
    work = work.assign(houses=1 + rng.poisson(2, len(days)), faults=rng.poisson(1, len(days)))
    work.to_csv(folder / "work.csv", index=False)


def sources_found(strategy, days):
    facts(strategy.folder, days)
    seen = build_observations(strategy, as_of=TODAY)
    frame = audit(strategy, observations=seen, as_of=TODAY).to_frame()
    return frame[frame["code"].isin(["DAT03", "DAT04"])]


def test_facts_that_stopped_or_have_gaps_are_told(strategy):
    days = pd.date_range("2025-01-01", "2026-10-14")
    fresh = strategy({"sources/sales/freshness": "3 days"})
    assert sources_found(fresh, days).empty
    stopped = sources_found(fresh, days[:-20])
    assert ("DAT03", "sources.sales") in set(zip(stopped["code"], stopped["subject"], strict=True))
    holes = sources_found(fresh, days.delete(range(100, 110)))
    assert list(holes["severity"].unique()) == ["note"]  # grade B
    assert set(holes["code"]) == {"DAT04"}


def test_repeated_keys_are_grade_c_and_a_warning(strategy):
    days = pd.date_range("2025-01-01", "2026-10-14")
    keyed = strategy({f"sources/{name}/key": ["day"] for name in ("sales", "work")})
    assert sources_found(keyed, days).empty
    twice = sources_found(keyed, days.append(days[-1:]))
    assert set(twice["severity"]) == {"warning"}
    assert "grade C" in twice["message"].iloc[0]


def test_the_command_reads_the_facts_where_it_is_asked_to(strategy):
    file = strategy()
    facts(file.folder, pd.date_range("2025-01-01", "2026-10-14"))
    words = ["audit", str(file.path), "--as-of", TODAY, "--format", "json"]
    without, with_facts = (
        json.loads(CliRunner().invoke(app, [*words, *more], catch_exceptions=False).stdout)
        for more in ([], ["--evidence"])
    )
    assert any("Not asked without observations" in note for note in without["notes"])
    assert not any("Not asked without observations:" in note for note in with_facts["notes"])
    asked = [sum(part["asked"] for part in found["score"]) for found in (without, with_facts)]
    assert asked[1] > asked[0]


def test_sources_that_cannot_be_read_stop_nothing(strategy, observations):
    told = audit(strategy(), observations=observations(calls=CALLS), as_of=TODAY)
    assert any("there is no file" in note for note in told.notes)
    assert any("Not asked without sources: DAT03, DAT04." in note for note in told.notes)

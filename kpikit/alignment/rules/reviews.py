"""REV: whether everything is looked at again in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi, Strategy
from kpikit.strategy.policy import Waiver
from kpikit.units import format_chance

BAD_TARGET = (
    "on their eves they had a chance of {chance} on average, so the targets were out of reach",
    "Change the process first, or set a target within what it does.",
)
BAD_PROCESS = (
    "on their eves they had a chance of {chance} on average, so the process fell short",
    "Find what changed, then adjust or replace the KPI.",
)


@rule(
    "REV01",
    over="kpis",
    severity="warning",
    article="S2",
    message="{said}; {limit} days are the most.",
    fix="Ask whether it still serves, and write the day under last_reviewed.",
)
def is_reviewed(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI was reviewed within half a year."""
    limit = case.limits.review_days
    on_record = case.ledger.last_review(kpi) if case.ledger is not None else None
    known = [day for day in (kpi.last_reviewed, on_record) if day is not None]
    last = max(known, default=kpi.since if kpi.status == "active" else None)
    if last is None:
        yield Hit({"said": "never reviewed", "limit": limit})
    elif (days := (case.as_of - last).days) > limit:
        said = f"last reviewed on {last}, {days} days ago"
        yield Hit({"said": said, "days": days, "limit": limit}, place="last_reviewed")


@rule(
    "REV05",
    over="kpis",
    severity="warning",
    article="S0",
    message="it belongs to the stage “{stage}”, and the organisation is in “{now}”.",
    fix="Retire it, or say why it still serves.",
)
def fits_the_stage(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI belongs to the stage that the organisation is in."""
    now = case.strategy.organisation.stage
    if now is not None and kpi.stage is not None and kpi.stage != now:
        yield Hit({"stage": kpi.stage, "now": now}, place="stage")


@rule(
    "REV07",
    over="waivers",
    severity="warning",
    article="kpikit",
    message="accepted until {until} only, and that day is past.",
    fix="Put right what was accepted, or give a new day and reason.",
)
def waiver_holds(waiver: Waiver, case: Case) -> Iterator[Hit]:
    """No finding is accepted beyond the day it was accepted until."""
    if waiver.until < case.as_of:
        yield Hit({"until": waiver.until}, place="until")


@rule(
    "REV08",
    over="waivers",
    severity="note",
    article="kpikit",
    message="there is nothing to accept any more: the rule is kept.",
    fix="Remove the waiver.",
)
def waiver_is_needed(waiver: Waiver, case: Case) -> Iterator[Hit]:
    """There is still something that each waiver accepts."""
    if waiver.code in case.asked and (waiver.code, waiver.subject) not in case.found:
        yield Hit()


@rule(
    "REV09",
    over="kpis",
    severity="warning",
    article="S2",
    message="the objective “{objective}” was revised on {day}, and it was last reviewed before.",
    fix="Ask whether it still measures what is wanted now.",
)
def is_reviewed_after_a_revision(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each objective's KPI was reviewed again since the objective was revised."""
    if kpi.last_reviewed is None:
        return
    for objective in case.goals.get(kpi.id, ()):
        days = [revision.on for revision in objective.revisions if revision.on <= case.as_of]
        if days and max(days) > kpi.last_reviewed:
            yield Hit({"objective": objective.title, "day": max(days)}, place="last_reviewed")


@rule(
    "REV02",
    over="organisation",
    severity="warning",
    article="S0, S2",
    message="the objectives were {said}; once a quarter is wanted.",
    fix="Hold the review: kpikit review makes the report, kpikit cycle keeps its state.",
    needs=("ledger",),
)
def goals_are_evaluated(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """Each quarter the objectives are evaluated."""
    del strategy
    held = [row["day"] for row in case.record.reviews if row["state"] in ("held", "closed")]
    if not held:
        yield Hit({"said": "never evaluated"})
    elif max(held) < case.record.since(1):
        yield Hit({"said": f"last evaluated on {max(held)}", "last": max(held)})


@rule(
    "REV03",
    over="kpis",
    severity="warning",
    article="S0",
    message="no value for {period}, which was due; the newest is of {newest}.",
    fix="Look whether its source still delivers.",
    needs=("observations",),
)
def value_is_there(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI has a value for the newest period that is due."""
    calendar = case.strategy.calendar
    due = case.as_of - timedelta(days=case.limits.report_days)
    running = calendar.period(due, kpi.grain)
    start = running.start if running.end <= due else calendar.shift(running.start, kpi.grain, -1)
    newest = case.evidence.newest.get(kpi.id)
    if newest is None or newest < start:
        said = calendar.label(newest, kpi.grain) if newest is not None else "none"
        yield Hit({"period": calendar.label(start, kpi.grain), "newest": said})


@rule(
    "REV04",
    over="people",
    severity="warning",
    article="S2",
    message="“{action}” was due on {due}, and is open for {days} days since.",
    fix="Do it, drop it, or agree on another day, and write that down.",
    needs=("ledger",),
)
def actions_are_done(person: str, case: Case) -> Iterator[Hit]:
    """Each action on record is done by its day."""
    for row in case.record.actions:
        due = row["due"].date()
        if row["owner"] == person and row["state"] == "open" and due < case.as_of:
            yield Hit({"action": row["text"], "due": due, "days": (case.as_of - due).days})


@rule(
    "REV06",
    over="kpis",
    severity="warning",
    article="S2",
    message="{missed} of its last {count} targets were missed; {why}.",
    fix="{fix}",
    needs=("observations",),
)
def misses_do_not_recur(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """No KPI misses its targets again and again."""
    most, count = case.limits.misses
    judged = case.evidence.judged.get(kpi.id)
    if judged is None or len(judged) < count:
        return
    own = judged.tail(count)
    missed = int((own["reached"] == 0).sum())
    if missed < most:
        return
    chance = float(own["attainment"].mean())
    bad_target = chance < case.strategy.policy.status.at_risk
    why, fix = BAD_TARGET if bad_target else BAD_PROCESS
    values = {
        "missed": missed,
        "count": count,
        "chance": chance,
        "why": why.format(chance=format_chance(chance)),
        "fix": fix,
    }
    yield Hit(values, place="targets")


@rule(
    "REV10",
    over="kpis",
    severity="note",
    article="S2",
    message="its level or slope changed on {day}, after it was last reviewed.",
    fix="Ask whether it, or its target, still fits.",
    needs=("observations",),
)
def is_reviewed_after_a_change(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI was reviewed again since it changed."""
    days = case.evidence.changes.get(kpi.id, [])
    if kpi.last_reviewed is not None and days and max(days) > kpi.last_reviewed:
        yield Hit({"day": max(days)}, place="last_reviewed")

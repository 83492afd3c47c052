"""REV: whether everything is looked at again in time."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi
from kpikit.strategy.policy import Waiver


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
    last = kpi.last_reviewed or (kpi.since if kpi.status == "active" else None)
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
    for objective in case.strategy.objectives.values():
        days = [revision.on for revision in objective.revisions if revision.on <= case.as_of]
        if objective.kpi != kpi.id or not days or kpi.last_reviewed is None:
            continue
        if max(days) > kpi.last_reviewed:
            yield Hit({"objective": objective.title, "day": max(days)}, place="last_reviewed")

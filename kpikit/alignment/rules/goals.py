"""SMT: whether objectives are specific, measurable, achievable, relevant, bound to a time."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.alignment.words import content_words
from kpikit.strategy import Kpi, Objective
from kpikit.units import format_chance


@rule(
    "SMT-S",
    over="objectives",
    severity="warning",
    article="S2",
    message="not specific: it does not say {lacking}.",
    fix="Write for example: “{rewrite}”.",
)
def is_specific(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective says what moves, in which direction, and for whom or what."""
    kpi = case.strategy.kpis.get(objective.kpi or "")
    lacking = []
    if kpi is None:
        lacking.append("which KPI moves")
    if kpi is not None and kpi.direction != "on_target" and _direction(objective) is None:
        lacking.append("from which value to which")
    scoped = objective.department is not None or (kpi is not None and kpi.where is not None)
    if not scoped and len(content_words(objective.title)) < 2:
        lacking.append("of which product, customers or place")
    if lacking:
        rewrite = _rewrite(objective, kpi)
        yield Hit({"lacking": " and ".join(lacking), "rewrite": rewrite}, place="title")


def _direction(objective: Objective) -> str | None:
    if objective.baseline is None or objective.target in (None, objective.baseline):
        return None
    return "up" if objective.target > objective.baseline else "down"


def _rewrite(objective: Objective, kpi: Kpi | None) -> str:
    """Return the objective with a slot for each thing that it does not say."""
    what = kpi.title if kpi is not None else "<the KPI>"
    start = "<value now>" if objective.baseline is None else f"{objective.baseline:g}"
    end = "<value wanted>" if objective.target is None else f"{objective.target:g}"
    by = objective.by or "<day>"
    return f"{what} of <product, customers or place> from {start} to {end} by {by}"


@rule(
    "SMT-M",
    over="objectives",
    severity="warning",
    article="S2",
    message="not measurable on the way: it has no {lacking}.",
    fix="Name a KPI with a source, and at least one milestone.",
)
def is_measurable(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective has a KPI with facts behind it, and a milestone."""
    lacking = []
    if objective.kpi is None:
        lacking.append("KPI")
    elif not _has_facts(objective.kpi, case, frozenset()):
        lacking.append("KPI with a source")
    if not objective.milestones:
        lacking.append("milestone")
    if lacking:
        yield Hit({"lacking": " and no ".join(lacking)})


def _has_facts(name: str, case: Case, seen: frozenset[str]) -> bool:
    """Return whether a KPI in use has a source, itself or through the KPIs it is made of."""
    kpi = case.strategy.kpis[name]
    if kpi.status == "retired":
        return False
    parts = case.formula(kpi).kpis - seen
    return kpi.source is not None or any(
        _has_facts(part, case, seen | {name}) for part in sorted(parts)
    )


@rule(
    "SMT-R",
    over="objectives",
    severity="warning",
    article="S2",
    message="no department's method leads to it.",
    fix="Name its KPI, or one that contributes to it, under the measures of a method.",
)
def is_relevant(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective has a department's method that leads to it."""
    for department in case.strategy.departments.values():
        for method in department.methods:
            if any(objective.id in case.links.objectives_of(kpi) for kpi in method.measures):
                return
    yield Hit()


@rule(
    "SMT-T",
    over="objectives",
    severity="warning",
    article="S2",
    message="not bound to a time: it has no {lacking}.",
    fix="Write by: the day it is due, and review_every: how often it is looked at.",
)
def is_time_bound(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective has a due day, and a rhythm of reviews."""
    del case
    names = {"by": "due day", "review_every": "rhythm of reviews"}
    lacking = [name for field, name in names.items() if getattr(objective, field) is None]
    if lacking:
        yield Hit({"lacking": " and no ".join(lacking)})


@rule(
    "SMT-A",
    over="objectives",
    severity="warning",
    article="S0, S2",
    message="its target, {target:g} by {by}, has a chance of {chance}; "
    "honest is {least} to {most}.",
    fix="Move the target or the day, or say in a revision why it stands.",
    needs=("observations",),
)
def is_achievable(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective's target is neither out of reach nor certain."""
    least, most = case.limits.attainment
    for prospect in case.evidence.prospects.get(f"objectives.{objective.id}", ()):
        chance = prospect.found.attainment
        if not prospect.complete and not least <= chance <= most:
            values = {
                "target": objective.target,
                "by": objective.by,
                "attainment": chance,
                "chance": format_chance(chance),
                "least": format_chance(least),
                "most": format_chance(most),
            }
            yield Hit(values, place="target")


@rule(
    "SMT-T2",
    over="objectives",
    severity="warning",
    article="S2",
    message="it was due on {by}, and {said}.",
    fix="Close it with what was learnt, or revise its target and day with the reason.",
)
def is_not_overdue(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective whose day is past was reached."""
    if objective.by is None or objective.by >= case.as_of:
        return
    known = case.facts.prospects.get(f"objectives.{objective.id}", ()) if case.facts else ()
    decided = [prospect for prospect in known if prospect.complete]
    if not decided:
        said = "nothing at hand says whether it was reached"
        yield Hit({"by": objective.by, "said": said}, place="by", milder="note")
    elif decided[0].found.status != "on_target":
        said = f"{decided[0].found.actual:g} is not {objective.target:g}"
        yield Hit({"by": objective.by, "said": said}, place="by")

"""TGT: whether each target is there, complete, and honest."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi, Objective
from kpikit.targets.sandbagging import WORDS
from kpikit.units import format_chance, format_p

P_VALUES = {"low": "p_low", "just beaten": "p_just_beaten", "follows": "p_follows"}


@rule(
    "TGT01",
    over="kpis",
    severity="warning",
    article="S0",
    message="no target for any period that runs or comes after {day}.",
    fix="Set the next one: kpikit target proposes it from the KPI's history.",
)
def has_a_running_target(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI has a target for the period that runs, or a coming one."""
    calendar = case.strategy.calendar
    if any(calendar.parse(target.period).end >= case.as_of for target in kpi.targets):
        return
    goals = case.goals.get(kpi.id, ())
    if any(goal.target is not None and (goal.by or case.as_of) >= case.as_of for goal in goals):
        return
    yield Hit({"day": case.as_of}, place="targets")


@rule(
    "TGT02",
    over="objectives",
    severity="warning",
    article="S0",
    message="its target, {target:g}, has no {lacking}.",
    fix="Name the KPI it is a value of, and the day it is due.",
)
def target_has_unit_and_date(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective's target has a unit (that of its KPI) and a date."""
    del case
    if objective.target is None:
        return
    lacking = [
        name for name, value in (("unit", objective.kpi), ("date", objective.by)) if value is None
    ]
    if lacking:
        yield Hit({"target": objective.target, "lacking": " and no ".join(lacking)}, place="target")


@rule(
    "TGT03",
    over="kpis",
    severity="warning",
    article="S0",
    message="its target for {periods} has no basis.",
    fix="Write under basis where the number comes from.",
)
def target_has_a_basis(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each target says where its number comes from."""
    del case
    without = [target.period for target in kpi.targets if target.basis is None]
    if without:
        yield Hit({"periods": ", ".join(without)}, place="targets")


@rule(
    "TGT04",
    over="kpis",
    severity="warning",
    article="S0, S2",
    message="its target for {period} has a chance of {chance}; honest is {least} to {most}.",
    fix="Set one that is neither out of reach nor certain: kpikit target proposes it.",
    needs=("observations",),
)
def target_is_honest(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each target of a period still open is neither out of reach nor certain."""
    least, most = case.limits.attainment
    for prospect in case.evidence.prospects.get(f"kpis.{kpi.id}", ()):
        chance = prospect.found.attainment
        # what the period holds already may have decided it, and that is no fault of the target
        if not (prospect.complete or prospect.begun) and not least <= chance <= most:
            values = {
                "period": prospect.period.label,
                "attainment": chance,
                "chance": format_chance(chance),
                "least": format_chance(least),
                "most": format_chance(most),
            }
            yield Hit(values, place="targets")


@rule(
    "TGT05",
    over="kpis",
    severity="warning",
    article="kpikit",
    message="its targets {habit} ({reached} of {targets} reached, p {p}).",
    fix="Ask how the next one is set; kpikit target proposes it from the KPI's history.",
    needs=("observations",),
)
def targets_have_no_habit(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """No KPI's targets are set low, always just beaten, or follow the last outcome."""
    found = case.evidence.habits.get(kpi.id, {})
    habit = WORDS.get(str(found.get("verdict")))
    if habit is not None:
        p_value = float(found[P_VALUES[str(found["verdict"])]])
        values = {
            "habit": habit,
            "reached": int(found["reached"]),
            "targets": int(found["targets"]),
            "p_value": p_value,
            "p": format_p(p_value),
        }
        yield Hit(values, place="targets")


@rule(
    "TGT06",
    over="kpis",
    severity="note",
    article="kpikit",
    message="declared for {period} is {declared:g}, and {accepted:g} was accepted since.",
    fix="Write into the file what was accepted; until then the accepted one counts.",
    needs=("ledger",),
)
def declared_is_accepted(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each declared target is the one that was accepted, where one was."""
    for n, declared in enumerate(kpi.targets):
        period = case.strategy.calendar.parse(declared.period).label
        for level in ("floor", "committed", "stretch", "lower", "upper"):
            value = getattr(declared, level)
            accepted = case.record.accepted.get((kpi.id, period, level))
            if value is not None and accepted is not None and accepted != value:
                values = {"period": period, "declared": value, "accepted": accepted}
                yield Hit(values, place=f"targets[{n}]")

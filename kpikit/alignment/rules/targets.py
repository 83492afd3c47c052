"""TGT: whether each target is there, complete, and honest."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi, Objective


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
    goals = [goal for goal in case.strategy.objectives.values() if goal.kpi == kpi.id]
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

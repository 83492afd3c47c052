"""OWN: whether one person answers for each KPI, and can.

The file format refuses a KPI without an owner; what it cannot tell is whether the name
stands for anybody.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.alignment.words import is_nobody, is_several
from kpikit.strategy import Kpi, Objective
from kpikit.strategy.tree import path_to_root


@rule(
    "OWN01",
    over="kpis",
    severity="error",
    article="S2",
    message="no {lacking}.",
    fix="Name one person who answers for it, and why it is measured.",
)
def has_owner_and_purpose(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI has an owner who is somebody, and a purpose."""
    person = case.strategy.people.get(kpi.owner)
    said = (kpi.owner, *((person.name, person.role) if person else ()))
    if nobody := next((name for name in said if name and is_nobody(name)), None):
        called = "" if nobody == kpi.owner else f"{kpi.owner} is called "
        lacking = f"owner: {called}“{nobody}”, which is nobody"
        yield Hit({"lacking": lacking, "owner": kpi.owner}, place="owner")
    elif kpi.owner in case.strategy.departments:
        lacking = f"owner: {kpi.owner} is a department, no person"
        yield Hit({"lacking": lacking, "owner": kpi.owner}, place="owner")
    if kpi.purpose is None:
        yield Hit({"lacking": "purpose"})


@rule(
    "OWN02",
    over="kpis",
    severity="error",
    article="S2",
    message="more than one person is accountable: {owners}.",
    fix="Name one owner; the others can be co_owners.",
)
def has_one_owner(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """One person alone answers for each KPI."""
    if kpi.owner not in case.strategy.people and is_several(kpi.owner):
        yield Hit({"owners": kpi.owner}, place="owner")
    elif kpi.owner in kpi.co_owners:
        yield Hit({"owners": f"{kpi.owner} is owner and co-owner"}, place="co_owners")


@rule(
    "OWN03",
    over="kpis",
    severity="warning",
    article="S2",
    message="the role of its owner, {owner}, does not cover it: {why}.",
    fix="Give it to somebody whose role does, or widen the role.",
)
def owner_can_act(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI belongs to the role of its owner."""
    person = case.strategy.people.get(kpi.owner)
    if person is None:
        return
    why = ""
    if person.responsibilities and kpi.covers:
        if not set(kpi.covers) & set(person.responsibilities):
            why = f"it measures {', '.join(kpi.covers)}"
    elif person.department not in (None, *path_to_root(case.strategy, kpi.department)):
        why = f"it belongs to {case.title(kpi.department)}"
    if why:
        yield Hit({"owner": kpi.owner, "why": why}, place="owner")


@rule(
    "OWN05",
    over="objectives",
    severity="warning",
    article="S0, S1",
    message="no leader stands behind it.",
    fix="Name a sponsor.",
)
def has_a_sponsor(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective has a leader who stands behind it."""
    del case
    if objective.sponsor is None:
        yield Hit()


@rule(
    "OWN04",
    over="owners",
    severity="warning",
    article="S2",
    message="nothing said, decided or done about {kpis} KPIs in {cycles} review cycles.",
    fix="Ask what can be done differently; where nothing can, hand the KPIs over.",
    needs=("ledger",),
)
def owner_speaks(owner: str, case: Case) -> Iterator[Hit]:
    """Each owner says, decides or does something about the KPIs."""
    cycles = case.limits.cycles
    since = case.record.since(cycles)
    silent = not any(day >= since for day in case.record.acts_of(owner))
    if silent and case.record.reaches(cycles):
        place = f".kpis.{case.by_owner[owner][0].id}.owner"
        yield Hit({"kpis": len(case.by_owner[owner]), "cycles": cycles}, place=place)

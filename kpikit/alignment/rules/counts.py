"""CNT: whether there are few enough KPIs to be led by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.results import Severity
from kpikit.strategy import Strategy
from kpikit.strategy.model import COMPANY

WHOLE = (1.0, 100.0)  # what weights may add up to
EXACT = 1e-6


@rule(
    "CNT01",
    over="owners",
    severity="error",
    article="S2",
    message="{count} KPIs, {limit} are the most for one person.",
    fix="Hand over or retire those that decide least.",
)
def person_has_few(owner: str, case: Case) -> Iterator[Hit]:
    """Each person has few enough KPIs."""
    count, limit = len(case.by_owner[owner]), case.limits.person
    if count >= limit:
        place = f".kpis.{case.by_owner[owner][-1].id}.owner"
        milder: Severity | None = "note" if count == limit else None
        yield Hit({"count": count, "limit": limit}, place=place, milder=milder)


@rule(
    "CNT02",
    over="levels",
    severity="error",
    article="S2",
    message="{count} KPIs, {limit} are the most for a {level}.",
    fix="Retire those that decide least: kpikit proposes the smallest set that covers enough.",
)
def team_has_few(name: str, case: Case) -> Iterator[Hit]:
    """Each team, each department and the company has few enough KPIs of its own."""
    count = len(case.by_department.get(name, ()))
    level = "company" if name == COMPANY else "team" if name in case.teams else "department"
    limit: int = getattr(case.limits, level)
    if count > limit:
        yield Hit({"count": count, "limit": limit, "level": level})


@rule(
    "CNT03",
    over="organisation",
    severity="warning",
    article="S0",
    message="{count} KPIs measure the objectives{whom}; {fewest} to {most} is the rule.",
    fix="Add or drop objectives until their KPIs can be kept in mind, and show enough.",
)
def objectives_have_five_to_seven(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """Five to seven KPIs measure the company's objectives, and no more those of a department."""
    fewest, most = case.limits.objectives
    sets: dict[str, set[str]] = {}
    for objective in strategy.objectives.values():
        owner = objective.department or COMPANY
        sets.setdefault(owner, set()).update([objective.kpi] if objective.kpi else [])
    for owner, kpis in sets.items():
        if len(kpis) > most or (owner == COMPANY and len(kpis) < fewest):
            whom = "" if owner == COMPANY else f" of {case.title(owner)}"
            values = {"count": len(kpis), "whom": whom, "fewest": fewest, "most": most}
            yield Hit(values, place=".objectives")


@rule(
    "CNT04",
    over="levels",
    severity="warning",
    article="S2",
    message="its KPIs are not ranked: {why}.",
    fix="Give each a weight of its own, 1 (or 100) in all.",
)
def team_ranks_its_kpis(name: str, case: Case) -> Iterator[Hit]:
    """Each team says which of its KPIs matter most."""
    kpis = case.by_department.get(name, ())
    weights = [kpi.weight for kpi in kpis if kpi.weight is not None]
    if len(kpis) < 2:
        return
    if not weights:
        yield Hit({"why": "no weight is given"}, milder="note")
    elif len(weights) < len(kpis):
        without = ", ".join(kpi.id for kpi in kpis if kpi.weight is None)
        yield Hit({"why": f"no weight for {without}"})
    elif all(abs(sum(weights) - whole) > EXACT * whole for whole in WHOLE):
        yield Hit({"why": f"their weights add up to {sum(weights):g}, neither 1 nor 100"})
    elif len(set(weights)) < len(weights):
        tied = Counter(weights).most_common(1)[0][0]
        names = " and ".join(kpi.id for kpi in kpis if kpi.weight == tied)
        yield Hit({"why": f"{names} tie at {tied:g}"})

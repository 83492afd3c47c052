"""COV: whether KPIs cover what a department is there for, each thing once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Department, Kpi

Answering = tuple[str, tuple[str, ...]]  # the owner of a KPI, and its co-owners
EXACT = 1e-9  # weights such as 0.5 + 0.3 add up to 0.8 by this much


@rule(
    "COV01",
    over="departments",
    severity="error",
    article="S2",
    message="its KPIs cover {share:share} of its responsibilities, {limit:share} are wanted; "
    "not covered: {missing}.",
    fix="Let a KPI cover the heaviest of these.",
)
def enough_is_covered(department: Department, case: Case) -> Iterator[Hit]:
    """Each department's KPIs cover enough of its responsibilities."""
    weights = department.responsibilities
    if not case.by_department.get(department.id) and not weights:
        return
    covered = covered_by(case.by_department.get(department.id, ()))
    whole = sum(weights.values())
    share = (
        sum(weight for duty, weight in weights.items() if duty in covered) / whole if whole else 0.0
    )
    if share < case.limits.coverage - EXACT:
        missing = ", ".join(duty for duty in weights if duty not in covered)
        values = {
            "share": share,
            "limit": case.limits.coverage,
            "missing": missing or "none is declared",
        }
        yield Hit(values, place="responsibilities")


@rule(
    "COV02",
    over="departments",
    severity="warning",
    article="S2",
    message="{duty} is measured by {count} KPIs, {kpis}{owners}.",
    fix="Keep one of them, split the responsibility, or name the other owners as co_owners.",
)
def each_is_covered_once(department: Department, case: Case) -> Iterator[Hit]:
    """One KPI measures each responsibility, or its owners share it by name."""
    kpis = case.by_department.get(department.id, ())
    for duty in department.responsibilities:
        those = [kpi for kpi in kpis if duty in kpi.covers]
        if len(those) < 2:
            continue
        owners = dict.fromkeys(kpi.owner for kpi in those)
        answering = dict.fromkeys((kpi.owner, kpi.co_owners) for kpi in those)
        apart = any(not _share(one, other) for one, other in combinations(answering, 2))
        if len(owners) > 1 and not apart:
            continue
        values = {
            "duty": duty,
            "count": len(those),
            "kpis": ", ".join(kpi.id for kpi in those),
            "owners": f", of different owners ({', '.join(owners)})" if apart else "",
        }
        yield Hit(values, place=f"responsibilities.{duty}", milder=None if apart else "note")


def covered_by(kpis: tuple[Kpi, ...]) -> set[str]:
    """Return the responsibilities that at least one KPI covers."""
    return {duty for kpi in kpis for duty in kpi.covers}


def _share(one: Answering, other: Answering) -> bool:
    """Return whether two KPIs have the same owner, or one names the other's as co-owner."""
    return one[0] == other[0] or other[0] in one[1] or one[0] in other[1]


@rule(
    "COV03",
    over="kpis",
    severity="warning",
    article="S2",
    message="it says the same as {other} (correlation {correlation:+.2f} beyond trend and season).",
    fix="Keep the one that decides more.",
    needs=("observations",),
)
def says_something_of_its_own(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI says something that no other one says."""
    for row in case.evidence.overlaps.get(kpi.id, ()):
        yield Hit({"other": row["other"], "correlation": row["correlation"]})

"""BAL: whether the scorecard is balanced."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Strategy

PERSPECTIVES = ("financial", "customer", "internal", "learning")


@rule(
    "BAL01",
    over="organisation",
    severity="warning",
    article="S2",
    message="no KPI looks from the {perspective} perspective.",
    fix="Add one, or say by perspective which KPI does already.",
)
def perspectives_are_filled(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """Where perspectives are used, each of the four has a KPI."""
    del strategy
    used = {kpi.perspective for kpi in case.kpis} - {None}
    for perspective in PERSPECTIVES if used else ():
        if perspective not in used:
            yield Hit({"perspective": perspective}, place=".kpis")

"""LED: whether the leading KPIs lead."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi, Objective


@rule(
    "LED01",
    over="objectives",
    severity="warning",
    article="S2",
    message="only lagging KPIs lead to it: {kpis}.",
    fix="Add one that moves before them.",
)
def goal_has_a_leading_kpi(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective has a KPI that tells ahead whether it will be reached."""
    kpis = [kpi for kpi in case.kpis if objective.id in case.links.objectives_of(kpi.id)]
    if kpis and all(kpi.kind == "lagging" for kpi in kpis):
        yield Hit({"kpis": ", ".join(kpi.id for kpi in kpis)})


@rule(
    "LED02",
    over="kpis",
    severity="warning",
    article="S2",
    message="it is said to lead, and not what.",
    fix="Name under leads the KPI, the lag and the sign; or call it coincident.",
)
def leading_kpi_leads_something(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each leading KPI says what it leads."""
    del case
    if kpi.kind == "leading" and not kpi.leads:
        yield Hit(place="kind")

"""GRD: whether anything keeps a KPI from being reached at all costs."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi


@rule(
    "GRD01",
    over="kpis",
    severity="error",
    article="S2",
    message="pay depends on it, and no guardrail says what must not get worse.",
    fix="Name under guardrails the KPIs that would suffer if it were reached at all costs.",
)
def incentive_is_guarded(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI that somebody is paid by has a guardrail."""
    if kpi.incentive and case.used.isdisjoint(kpi.guardrails):
        yield Hit(place="incentive")

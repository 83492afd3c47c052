"""GRD: whether anything keeps a KPI from being reached at all costs."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.evidence import FDR
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi

BETTER = {"higher_is_better": "rising", "lower_is_better": "falling"}
WORSE = {"higher_is_better": "falling", "lower_is_better": "rising"}


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


@rule(
    "GRD02",
    over="kpis",
    severity="warning",
    article="S2",
    message="it is {kpi_trend}, as wanted, while its guardrail {guardrail} is {guardrail_trend}.",
    fix="Ask whether one is paid for with the other before going on.",
    needs=("observations",),
)
def guardrails_hold(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """No guardrail gets worse while its KPI gets better."""
    for n, name in enumerate(kpi.guardrails):
        q_value = case.evidence.guarded.get((kpi.id, name), 1.0)
        if not q_value <= FDR:
            continue
        guard, trends = case.strategy.kpis[name], case.evidence.trends
        own, other = (str(trends[one]["verdict"]) for one in (kpi.id, name))
        if own == BETTER.get(kpi.direction) and other == WORSE.get(guard.direction):
            values = {
                "kpi_trend": own,
                "guardrail": name,
                "guardrail_trend": other,
                "q_value": q_value,
            }
            yield Hit(values, place=f"guardrails[{n}]")

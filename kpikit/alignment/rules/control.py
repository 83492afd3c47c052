"""CTL: whether anybody can move the KPI."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi


@rule(
    "CTL01",
    over="kpis",
    severity="warning",
    article="S2",
    message="nothing is named that its owner can change to move it.",
    fix="Name its levers, or measure what can be moved instead.",
)
def has_a_lever(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI has something that its owner can change to move it."""
    del case
    if not kpi.levers:
        yield Hit()

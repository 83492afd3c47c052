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


@rule(
    "CTL02",
    over="kpis",
    severity="warning",
    article="S2",
    message="{acts} decisions and actions about it are on record, and no change of its level or "
    "slope followed within {periods} {grain}s of any.",
    fix="Ask whether its levers move it; if not, measure what they move.",
    needs=("observations", "ledger"),
)
def levers_move_it(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI about which enough was done has changed after some of it."""
    calendar, periods = case.strategy.calendar, case.limits.effect_periods
    newest = case.evidence.newest.get(kpi.id)
    if newest is None:
        return
    followed = []
    for day in case.record.acts_about(kpi.id):
        start = calendar.period(day, kpi.grain).start
        last = calendar.shift(start, kpi.grain, periods)
        if last <= newest:  # enough has been seen since
            days = case.evidence.changes.get(kpi.id, ())
            followed.append(any(start <= change <= last for change in days))
    if len(followed) >= case.limits.acts and not any(followed):
        yield Hit({"acts": len(followed), "periods": periods, "grain": kpi.grain}, place="levers")

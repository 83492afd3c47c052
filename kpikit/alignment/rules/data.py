"""DAT: whether the facts behind each KPI are easy to get, and sound."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi
from kpikit.strategy.nodes import walk


@rule(
    "DAT01",
    over="kpis",
    severity="warning",
    article="S2",
    message="its values are collected by hand.",
    fix="Read them from the system where they arise.",
)
def is_automatic(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI's values come from a system by themselves."""
    del case
    if kpi.manual:
        yield Hit(place="manual")


@rule(
    "DAT02",
    over="kpis",
    severity="warning",
    article="S2",
    message="its formula has {parts} parts, {limit} are the most that people follow.",
    fix="Move parts of it into derived columns or KPIs of their own.",
)
def is_simple(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI's formula is simple enough to be followed."""
    parts, limit = sum(1 for _ in walk(case.formula(kpi).tree)), case.limits.formula_parts
    if parts > limit:
        yield Hit({"parts": parts, "limit": limit}, place="formula")

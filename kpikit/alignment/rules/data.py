"""DAT: whether the facts behind each KPI are easy to get, and sound."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi
from kpikit.strategy.nodes import walk

LATE = ("stale", "late rows")  # checks of sources


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


@rule(
    "DAT03",
    over="sources",
    severity="warning",
    article="S2",
    message="its facts come late or have stopped: {example}.",
    fix="Repair the delivery, or declare under complete_through what to expect.",
    needs=("sources",),
)
def facts_come_in_time(source: str, case: Case) -> Iterator[Hit]:
    """Each source delivers in time."""
    found = case.sources
    if found is None:
        return
    late = found[(found["source"] == source) & found["check"].isin(LATE)]
    for example in late.loc[late["severity"] != "note", "example"]:
        yield Hit({"example": example})


@rule(
    "DAT04",
    over="sources",
    severity="warning",
    article="S2",
    message="grade {grade}: {reasons}.",
    fix="Put this right first; check_sources shows the rows.",
    needs=("sources",),
)
def facts_are_sound(source: str, case: Case) -> Iterator[Hit]:
    """Each source can be trusted."""
    found = case.sources
    if found is None:
        return
    own = found[(found["source"] == source) & (found["severity"] != "note")]
    if own.empty:
        return
    grade = str(own["grade"].iloc[0])
    pairs = zip(own["check"], own["example"], strict=True)
    reasons = "; ".join(f"{check} ({example})" for check, example in pairs)
    yield Hit({"grade": grade, "reasons": reasons}, milder=None if grade == "C" else "note")

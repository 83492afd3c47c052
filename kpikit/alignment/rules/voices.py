"""QLT: whether people understand and agree, and are heard."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.results import Severity
from kpikit.strategy import Department, Kpi

EXACT = 1e-9  # 1 - 0.7 is above 0.3 by less


@rule(
    "QLT02",
    over="kpis",
    severity="warning",
    article="S2",
    message="{share:share} of those asked understand it, {limit:share} are wanted.",
    fix="Explain or rename it, and ask again.",
)
def is_understood(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Enough people understand each KPI."""
    if kpi.clarity is not None and kpi.clarity < case.limits.clarity:
        yield Hit({"share": kpi.clarity, "limit": case.limits.clarity}, place="clarity")


@rule(
    "QLT03",
    over="departments",
    severity="warning",
    article="S1",
    message="at least {least:share} of its people do not know how their work serves the goals "
    "({asked} asked).",
    fix="Show them their line of sight, and ask again.",
)
def people_know_what_for(department: Department, case: Case) -> Iterator[Hit]:
    """Each department's people know how their work serves the goals."""
    said = department.understanding
    if said is None or said.asked < case.limits.fewest_asked:
        return
    if 1 - said.share > case.limits.confusion + EXACT:
        least = least_share(1 - said.share, said.asked)
        milder: Severity | None = None if least > case.limits.confusion else "note"
        yield Hit({"least": least, "asked": said.asked}, place="understanding", milder=milder)


def least_share(share: float, asked: int) -> float:
    """Return the lower end of a share's 95 % interval (Wilson, 1927).

    Examples
    --------
    >>> round(least_share(0.5, 10), 3)
    0.237
    """
    z2: float = 1.959964**2
    middle = share + z2 / (2 * asked)
    reach: float = (z2 * (share * (1 - share) / asked + z2 / (4 * asked**2))) ** 0.5
    return max(0.0, (middle - reach) / (1 + z2 / asked))


@rule(
    "QLT04",
    over="kpis",
    severity="note",
    article="S0, S2",
    message="none of those measured by it has agreed to it.",
    fix="Ask them, and write under agreed_by who did.",
)
def is_agreed(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Those measured by each KPI have agreed to it."""
    del case
    if not kpi.agreed_by:
        yield Hit()


@rule(
    "QLT03",
    over="departments",
    severity="warning",
    article="S1",
    message="at least {least:share} of the answers in “{survey}” show confusion ({people} people).",
    fix="Show them their line of sight, and ask again.",
    needs=("ledger",),
)
def answers_show_no_confusion(department: Department, case: Case) -> Iterator[Hit]:
    """Each department's answers to surveys show that goals are understood."""
    names = (department.id, department.title)
    own = [row for row in case.record.feedback if row["team"] in names]
    for row in own[-1:]:
        least = 1 - float(row["upper"])
        if row["people"] >= case.limits.fewest_asked and least > case.limits.confusion + EXACT:
            yield Hit({"least": least, "survey": row["survey"], "people": row["people"]})


@rule(
    "QLT05",
    over="people",
    severity="warning",
    article="S2",
    message="the concern “{text}” is open for {days} days, {limit} are the most.",
    fix="Answer it, and write the answer down.",
    needs=("ledger",),
)
def concerns_are_answered(person: str, case: Case) -> Iterator[Hit]:
    """Each concern that somebody raised is answered in time."""
    limit = case.limits.concern_days
    for row in case.record.concerns:
        days = (case.as_of - row["raised"]).days
        if row["who"] == person and row["state"] == "open" and days > limit:
            yield Hit({"text": row["text"], "days": days, "limit": limit})


@rule(
    "QLT01",
    over="kpis",
    severity="warning",
    article="S0, S2",
    message="it missed its target for {period}, and nobody said why.",
    fix="Write a comment beside it: what happened, and what is done.",
    needs=("observations", "ledger"),
)
def misses_are_explained(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each missed target is explained in words."""
    known = case.evidence.prospects.get(f"kpis.{kpi.id}", ())
    decided = [prospect for prospect in known if prospect.complete]
    if not decided:
        return
    last = max(decided, key=lambda prospect: prospect.period.end)
    if last.found.status != "on_target":
        wanted = (kpi.id, last.period.label)
        if wanted not in {(row["kpi"], row["period"]) for row in case.record.comments}:
            yield Hit({"period": last.period.label})

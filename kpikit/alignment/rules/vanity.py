"""VAN: whether anybody decides by the KPI, or it is only nice to look at."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.alignment.rules.leads import is_refuted
from kpikit.strategy import Kpi


@rule(
    "VAN02",
    over="kpis",
    severity="warning",
    article="S0",
    message="it was taken over ({origin}), and nothing says how it was fitted to us.",
    fix="Write under tailoring what was changed and why, or derive one from an objective.",
)
def is_our_own(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI was derived from an objective, or fitted where it was taken over."""
    del case
    if kpi.origin in ("generic", "competitor") and kpi.tailoring is None:
        yield Hit({"origin": kpi.origin}, place="origin")


@rule(
    "VAN01",
    over="kpis",
    severity="warning",
    article="S2",
    message="{said}.",
    fix="Name a decision that depends on it, or retire it.",
)
def somebody_decides_by_it(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Somebody makes real decisions by each KPI."""
    if kpi.decisions is None:
        yield Hit({"said": "no decision is named that it informs"})
    elif case.ledger is not None and case.ledger.reaches(case.limits.cycles):
        days = case.ledger.decided_by(kpi.id)
        if not days or max(days) < case.ledger.since(case.limits.cycles):
            last = f", the last one on {max(days)}" if len(days) else ""
            said = f"no decision by it in {case.limits.cycles} review cycles{last}"
            yield Hit({"said": said, "decisions": len(days)}, place="decisions")


@rule(
    "VAN04",
    over="kpis",
    severity="warning",
    article="S2",
    message="in use since {since}, and no decision by it is {where}.",
    fix="Retire it, or say what is decided by it now.",
)
def legacy_still_decides(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI of old age still informs decisions."""
    if kpi.since is None or (case.as_of - kpi.since).days <= case.limits.legacy_days:
        return
    if case.ledger is not None and case.ledger.reaches(case.limits.cycles):
        if not case.ledger.decided_by(kpi.id):
            yield Hit({"since": kpi.since, "where": "on record"}, place="since")
    elif kpi.decisions is None:
        yield Hit({"since": kpi.since, "where": "named"}, place="since")


@rule(
    "VAN03",
    over="kpis",
    severity="warning",
    article="S2",
    message="it is easy to get, and {said}.",
    fix="Ask what would be decided otherwise without it; where nothing would, retire it.",
)
def more_than_easy_to_get(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """No KPI is there only because its facts are."""
    if kpi.manual or kpi.source is None:
        return
    if not case.links.objectives_of(kpi.id):
        yield Hit({"said": "nothing links it to an objective"})
    elif case.facts is not None and kpi.leads and not _firm(kpi, case):
        claims = [(lead, case.facts.links.get((kpi.id, lead.kpi), {})) for lead in kpi.leads]
        if all(found.get("verdict") == "not supported" for _, found in claims):
            targets = ", ".join(lead.kpi for lead in kpi.leads)
            said = f"nothing shows that anything follows from it: no lead on {targets} is borne out"
            sure = all(is_refuted(lead, found, case) for lead, found in claims)
            yield Hit(
                {"said": said, "leads": targets}, place="leads", milder=None if sure else "note"
            )


def _firm(kpi: Kpi, case: Case) -> bool:
    """Return whether a KPI serves an objective by more than claims about other KPIs."""
    for link in case.links.touching.get(f"kpis.{kpi.id}", ()):
        own = link.source == f"kpis.{kpi.id}"
        if own and (link.target.startswith("objectives.") or link.kind in ("identity", "guards")):
            return True
    return False

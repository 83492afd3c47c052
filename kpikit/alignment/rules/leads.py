"""LED: whether the leading KPIs lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi, Objective
from kpikit.strategy.kpi import Lead
from kpikit.units import format_value

SEEN = "one that explains {seen} of what is new there would have been seen, {claimed}"
NOT_SEEN = "only one that explains {seen} of what is new there would be seen, {claimed}"
PERHAPS = "none was seen, but it may explain as much as {most} of what is new there, {claimed}"
SAID, TAKEN = "{share} is claimed", "and {share} is taken for claimed without explains"
APART = 0.01  # the p-value from which another lag, picked as the strongest, tells something more
TOO_SHORT = "there is too little history to see one"
PART = "one of the two is part of the other, which is no lead"


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
    kpis = case.serving.get(objective.id, ())
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


@rule(
    "LED03",
    over="leads",
    severity="warning",
    article="S2",
    message="its lead on {target} after {lag} is not borne out by the numbers: {why}.",
    fix="Take the claim out, or say what else would show it.",
    needs=("observations",),
)
def lead_is_borne_out(claim: tuple[Kpi, Lead], case: Case) -> Iterator[Hit]:
    """Each claimed lead is borne out by the numbers."""
    kpi, lead = claim
    found = case.evidence.links.get((kpi.id, lead.kpi))
    if found is None or found["verdict"] not in ("not supported", "too short"):
        return
    refuted = is_refuted(lead, found, case)
    values = {
        "target": lead.kpi,
        "lag": _periods(kpi, lead),
        "smallest_seen": float(found["smallest_seen"]),
        "claimed": claimed_share(lead, case),
        "why": _why(lead, found, case),
    }
    place = f".kpis.{kpi.id}.leads[{kpi.leads.index(lead)}]"
    yield Hit(values, place=place, milder=None if refuted else "note")


def _why(lead: Lead, found: Mapping[str, object], case: Case) -> str:
    """Return why a lead is not borne out, and whether that says anything against it."""
    seen, most = (_number(found, name) for name in ("smallest_seen", "claimed_r2_upper"))
    claimed = claimed_share(lead, case)
    if not isfinite(seen):
        return TOO_SHORT if found["verdict"] == "too short" else PART
    reason = NOT_SEEN if seen > claimed else PERHAPS if most >= claimed else SEEN
    said = SAID if lead.explains is not None else TAKEN
    return reason.format(
        seen=format_value(seen, "share"),
        most=format_value(most, "share"),
        claimed=said.format(share=format_value(claimed, "share")),
    )


@rule(
    "LED04",
    over="leads",
    severity="warning",
    article="S2",
    message="it is said to lead {target} with a {claimed} sign, and the numbers show a {sign} one.",
    fix="Correct the sign, or ask what was thought to follow from it.",
    needs=("observations",),
)
def lead_has_its_sign(claim: tuple[Kpi, Lead], case: Case) -> Iterator[Hit]:
    """Each claimed lead has the sign that is claimed."""
    kpi, lead = claim
    found = case.evidence.links.get((kpi.id, lead.kpi), {})
    if found.get("verdict") == "wrong sign":
        values = {"target": lead.kpi, "claimed": lead.sign, "sign": found["sign"]}
        yield Hit(values, place=f".kpis.{kpi.id}.leads[{kpi.leads.index(lead)}].sign")


@rule(
    "LED05",
    over="leads",
    severity="warning",
    article="S2",
    message="it is said to lead {target} after {lag}, and the numbers show {after}{doubt}.",
    fix="Correct the lag.",
    needs=("observations",),
)
def lead_has_its_lag(claim: tuple[Kpi, Lead], case: Case) -> Iterator[Hit]:
    """Each claimed lead has the lag that is claimed."""
    kpi, lead = claim
    found = case.evidence.links.get((kpi.id, lead.kpi), {})
    if found.get("verdict") == "wrong lag":
        apart = _number(found, "p_beside") <= APART
        values = {
            "target": lead.kpi,
            "lag": _periods(kpi, lead),
            "after": found["after"],
            "doubt": "" if apart else ", though they cannot tell the two apart",
        }
        place = f".kpis.{kpi.id}.leads[{kpi.leads.index(lead)}].lag"
        yield Hit(values, place=place, milder=None if apart else "note")


def is_refuted(lead: Lead, found: Mapping[str, object], case: Case) -> bool:
    """Return whether the numbers speak against a lead that they do not bear out.

    A lead of the size claimed would have been seen four times in five, and all sizes that
    the numbers leave open (95 %) are smaller.
    """
    claimed = claimed_share(lead, case)
    told = found.get("verdict") == "not supported"
    sizes = [_number(found, name) for name in ("smallest_seen", "claimed_r2_upper")]
    return told and all(size <= claimed for size in sizes)


def _number(found: Mapping[str, object], name: str) -> float:
    return float(str(found.get(name, "nan")))


def claimed_share(lead: Lead, case: Case) -> float:
    """Return the share of what is new in the other KPI that a lead is said to explain."""
    return case.limits.lead_explains if lead.explains is None else lead.explains


def _periods(kpi: Kpi, lead: Lead) -> str:
    return f"{lead.lag} {kpi.grain}{'' if lead.lag == 1 else 's'}"

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

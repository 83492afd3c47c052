"""VAN: whether anybody decides by the KPI, or it is only nice to look at."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
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

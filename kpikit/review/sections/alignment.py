"""Where the strategy breaks the rules of alignment, as far as it concerns the reader."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.review.sections.words import Section, table

if TYPE_CHECKING:
    from kpikit.review.findings import Review

MOST = 10  # findings; who wants more runs the audit itself


def audit_findings(review: Review) -> Section:
    """Show what the audit found of this department and its KPIs, the worst first."""
    if review.audited is None:
        return Section("")
    goals = review.strategy.objectives.items()
    own = {
        f"departments.{review.department}",
        *(f"kpis.{item.kpi.id}" for item in review.kpis),
        *(f"objectives.{name}" for name, goal in goals if goal.department == review.department),
    }
    found = review.audited.audit.to_frame()
    about = [".".join(subject.split(".")[:2]) in own for subject in found["subject"]]
    shown = findings_table(found[np.array(about, dtype=bool)])
    return Section(f"<h2>Which rules of alignment are broken here?</h2>{shown}")


def findings_table(found: pd.DataFrame) -> str:
    """Return findings as a table of at most ten, and say how many more there are."""
    waived = found["waived_until"].notna()
    rows = found[~waived]
    accepted = f" {int(waived.sum())} more are accepted for now." if waived.any() else ""
    if rows.empty:
        return f"<p>None: every rule that was asked is kept.{accepted}</p>"
    body = [
        (row["code"], row["severity"], row["message"], row["fix"])
        for row in rows.head(MOST).to_dict("records")
    ]
    rest = _rest(rows["severity"].iloc[MOST:]) + accepted
    note = f'<p class="note">{escape(rest.strip())}</p>' if rest else ""
    return table(("Rule", "Severity", "What", "Next step"), body) + note


def _rest(severities: Iterable[str]) -> str:
    """Say how many findings are not shown, by severity."""
    counts = pd.Series(list(severities), dtype="str").value_counts(sort=False)
    said = ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items())
    return f"And {said}, which kpikit audit lists." if said else ""

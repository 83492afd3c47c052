"""How alignment went over time: the score by family, and when each finding was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.errors import DataError
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.alignment.audit import Audit

COLUMNS = ["as_of", "family", "title", "asked", "kept", "score"]
FOUND = ["code", "subject", "severity", "first_seen", "last_seen", "waived_until", "open"]


@dataclass(frozen=True, kw_only=True, eq=False)
class AlignmentHistory(Result):
    """The score of each family on each day: `as_of, family, title, asked, kept, score`.

    Attributes
    ----------
    findings
        `code, subject, severity, first_seen, last_seen, waived_until, open`: the days of
        the first and the last audit with each finding, and whether it is in the newest one.
    """

    findings: pd.DataFrame = field(repr=False)

    def summary(self) -> str:
        """Say what came and what went since the audit before, and the share of checks kept."""
        totals = self.frame.groupby("as_of")[["kept", "asked"]].sum()
        days = sorted(totals.index)
        share = [
            f"{100 * totals.loc[day, 'kept'] / totals.loc[day, 'asked']:.1f} %" for day in days
        ]
        if len(days) == 1:
            return f"Alignment on {days[0]}: {share[0]} of checks kept; one audit is no history."
        came = int((self.findings["first_seen"] == days[-1]).sum())
        went = int((self.findings["last_seen"] == days[-2]).sum())
        return (
            f"Alignment from {days[-2]} to {days[-1]}: {share[-2]} of checks kept, then "
            f"{share[-1]}; findings that came: {came}, that went: {went}."
        )

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.alignment import history_of_scores

        history_of_scores(self.frame, ax=ax)


def track_alignment(audits: Sequence[Audit | Mapping[str, Any]]) -> AlignmentHistory:
    """Tell how alignment went over several audits, and when each finding was seen.

    Parameters
    ----------
    audits
        Results of `audit`, or what `kpikit audit --format json` wrote, in any order. Of
        two audits of one day the later one in the list counts.

    Returns
    -------
    AlignmentHistory
        One row per audit and family.

    Raises
    ------
    DataError
        When there is no audit.

    Examples
    --------
    >>> part = {"family": "OWN", "title": "Ownership", "asked": 10, "score": 0.9, "kept": 9}
    >>> first = {"as_of": "2026-06-30", "score": [part], "findings": []}
    >>> then = first | {"as_of": "2026-09-30", "score": [part | {"kept": 10, "score": 1.0}]}
    >>> track_alignment([first, then]).summary()
    'Alignment from 2026-06-30 to 2026-09-30: 90.0 % of checks kept, then 100.0 %; findings that
    came: 0, that went: 0.'
    """
    records = [one if isinstance(one, Mapping) else one.record() for one in audits]
    by_day = {date.fromisoformat(str(record["as_of"])): record for record in records}
    if not by_day:
        raise DataError("audits: there is none. Pass results of audit, or what its JSON holds.")
    days = sorted(by_day)
    rows = [
        (day, *(part[name] for name in COLUMNS[1:]))
        for day in days
        for part in by_day[day]["score"]
    ]
    return AlignmentHistory(frame=pd.DataFrame(rows, columns=COLUMNS), findings=_seen(by_day, days))


def _seen(by_day: Mapping[date, Mapping[str, Any]], days: Sequence[date]) -> pd.DataFrame:
    """Return each finding once, with the days on which it was first and last seen."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for day in days:
        for finding in by_day[day]["findings"]:
            key = (str(finding["code"]), str(finding["subject"]))
            known = found.setdefault(key, {"first_seen": day})
            known |= {
                "last_seen": day,
                "severity": finding["severity"],
                "waived_until": finding["waived_until"],
            }
    rows = [
        {"code": code, "subject": subject, "open": known["last_seen"] == days[-1]} | known
        for (code, subject), known in found.items()
    ]
    return pd.DataFrame(rows, columns=FOUND)

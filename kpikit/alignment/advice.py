"""Keep, adjust, replace or retire: what the findings say of each KPI; a person decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd

from kpikit.results import Finding, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.alignment.audit import Audit
    from kpikit.strategy import Strategy

Advice = Literal["retire", "replace", "adjust", "keep"]
ADVICE: tuple[Advice, ...] = get_args(Advice)  # the gravest first
# which findings speak for what; every other error or warning about a KPI is to be adjusted
SPEAKS_FOR: dict[str, Advice] = {
    "ALN01": "retire",
    "ALN03": "retire",
    "REV05": "retire",
    "VAN01": "retire",
    "VAN03": "retire",
    "VAN04": "retire",
    "COV03": "replace",
    "CTL02": "replace",
    "DEF06": "replace",
    "LED03": "replace",
    "LED04": "replace",
    "VAN02": "replace",
}
COLUMNS = ["kpi", "title", "owner", "advice", "because", "evidence"]


@dataclass(frozen=True, kw_only=True, eq=False)
class KpiAdvice(Result):
    """One row per KPI: `kpi, title, owner, advice, because, evidence`.

    `because` lists the codes that speak for the advice, `evidence` their sentences. The
    gravest advice comes first. It is advice: whoever answers for the KPI decides.
    """

    def summary(self) -> str:
        """Count the advice, and name what should go."""
        counts = self.frame["advice"].value_counts()
        said = ", ".join(f"{name} {counts[name]}" for name in ADVICE[::-1] if name in counts)
        gone = self.frame.loc[self.frame["advice"] == "retire", "kpi"].tolist()
        text = f"Of {len(self.frame)} KPIs: {said}"
        return f"{text}; to retire: {', '.join(gone)}." if gone else f"{text}."

    def _shown(self) -> pd.DataFrame:
        return self.frame[self.frame["advice"] != "keep"].drop(columns="evidence")

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.alignment import advice_chart

        advice_chart(self.frame, order=ADVICE[::-1], ax=ax)


def advise_kpis(strategy: Strategy, found: Audit) -> KpiAdvice:
    """Say of each KPI whether to keep, adjust, replace or retire it, and why.

    Parameters
    ----------
    strategy
        Whose KPIs, in use or proposed, are looked at.
    found
        What `audit` found; with observations and a ledger it knows more.

    Returns
    -------
    KpiAdvice
        One row per KPI. Findings that are waived, or notes, speak for nothing.

    Notes
    -----
    `retire`: nothing follows from it (no objective, no decision, no evidence, a stage that
    is past). `replace`: it does not do what it is there for (its lead does not hold, no
    lever moves it, another KPI says the same). `adjust`: anything else is wrong with it,
    such as its target, owner or definition. A KPI that measures an objective is not to be
    retired before the objective is: there `retire` becomes `replace`.
    """
    measured = {goal.kpi for goal in strategy.objectives.values()}
    spoken = _by_kpi(found)
    rows = []
    for kpi in strategy.kpis.values():
        if kpi.status == "retired":
            continue
        findings = spoken.get(kpi.id, [])
        advice = min((_speaks(finding) for finding in findings), key=ADVICE.index, default="keep")
        because = [finding for finding in findings if _speaks(finding) == advice]
        if advice == "retire" and kpi.id in measured:
            advice = "replace"
        codes = ", ".join(dict.fromkeys(finding.code for finding in because))
        said = " ".join(finding.sentence for finding in because)
        rows.append((kpi.id, kpi.title, kpi.owner, advice, codes, said))
    rows.sort(key=lambda row: ADVICE.index(row[3]))
    return KpiAdvice(frame=pd.DataFrame(rows, columns=COLUMNS), notes=found.notes)


def _speaks(finding: Finding) -> Advice:
    return SPEAKS_FOR.get(finding.code, "adjust")


def _by_kpi(found: Audit) -> Mapping[str, list[Finding]]:
    """Return the open errors and warnings about each KPI."""
    spoken: dict[str, list[Finding]] = {}
    waived: Iterable[bool] = found.to_frame()["waived_until"].notna()
    for finding, is_waived in zip(found.findings, waived, strict=True):
        section, _, rest = finding.subject.partition(".")
        if section == "kpis" and not is_waived and finding.severity != "note":
            spoken.setdefault(rest.partition(".")[0], []).append(finding)
    return spoken

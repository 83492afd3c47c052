"""What a review says of the company as a whole: every board at a glance, objectives, alignment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.analysis.links import LinkEvidence
from kpikit.observations.build import used_sources
from kpikit.periods import Period, parse_date
from kpikit.results import Result
from kpikit.review.audited import Audited
from kpikit.review.bundle import gather, read_bundle
from kpikit.review.look import stand_at
from kpikit.strategy import Kpi, Strategy, load_strategy
from kpikit.strategy.model import COMPANY
from kpikit.strategy.tree import kpis_of

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

COLUMNS = ("department", "kpi", "title", "owner", "value", "target", "attainment", "status")
WORDS = (("on_target", "on target"), ("at_risk", "at risk"), ("off_target", "off target"))


@dataclass(frozen=True, kw_only=True, eq=False)
class CompanyReview(Result):
    """One period's status of every KPI, by department.

    The table is `department, kpi, title, owner, value, target, attainment, status`.

    Attributes
    ----------
    links
        The claimed links between KPIs, each with its evidence.
    audited
        How the rules of alignment are kept, and how far each objective is.
    """

    strategy: Strategy = field(repr=False)
    period: Period
    as_of: date
    links: LinkEvidence = field(repr=False)
    audited: Audited = field(repr=False)

    def summary(self) -> str:
        """Say how many KPIs of how many departments stand where."""
        counts = self.frame["status"].value_counts()
        said = ", ".join(f"{counts[name]} {word}" for name, word in WORDS if name in counts)
        rest = len(self.frame) - sum(int(counts.get(name, 0)) for name, _ in WORDS)
        without = f"{', ' if said else ''}{rest} without a verdict" if rest else ""
        return (
            f"{self.strategy.organisation.name} · {self.period.label}: {len(self.frame)} KPIs of "
            f"{self.frame['department'].nunique()} departments, {said}{without}, "
            f"as of {self.as_of}."
        )

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.board import gap_chart

        gap_chart(self.frame, ax=ax)


def build_company_review(
    strategy: Strategy | Path | str,
    *,
    period: str,
    as_of: date | str | None = None,
    bundle: Path | str | None = None,
) -> CompanyReview:
    """Gather what a review of a period has to say of the company as a whole.

    Parameters
    ----------
    strategy
        A loaded strategy, or the path of its file.
    period
        Such as `2026Q3`.
    as_of
        Nothing later is seen. None (or empty text) is the newest day in the facts, and no
        later than the period's last day.
    bundle
        Folder with what a batch has computed already; None (or empty text) reads the
        sources, and asks every rule of alignment, which takes its time.

    Raises
    ------
    PeriodError
        When the period cannot be read, or has not begun by the as-of date.
    """
    loaded = strategy if isinstance(strategy, Strategy) else load_strategy(strategy)
    wanted = loaded.calendar.parse(period)
    seen = parse_date(as_of) if as_of else None
    facts = read_bundle(bundle) if bundle else gather(loaded, period=wanted, as_of=seen)
    assert facts.audited is not None, "every KPI was gathered, so the rules were asked"
    departments = dict.fromkeys((COMPANY, *loaded.departments))
    chosen = [kpi for name in departments for kpi in kpis_of(loaded, name)]
    readable = [kpi for kpi in chosen if not facts.unread.keys() & used_sources(loaded, [kpi])]
    standing = stand_at(readable, loaded, wanted, facts)
    rows = [{"department": kpi.department, **standing.get(kpi.id, _no_data(kpi))} for kpi in chosen]
    return CompanyReview(
        frame=pd.DataFrame(rows, columns=list(COLUMNS)),
        strategy=loaded,
        period=wanted,
        as_of=facts.as_of,
        links=facts.evidence.links,
        notes=tuple(f"Not read: {fault}" for fault in facts.unread.values()),
        audited=facts.audited,
    )


def _no_data(kpi: Kpi) -> dict[str, object]:
    """Return the row of a KPI whose source could not be read."""
    return {"kpi": kpi.id, "title": kpi.title, "owner": kpi.owner, "status": "no_data"}

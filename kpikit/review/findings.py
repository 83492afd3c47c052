"""What a review says about one department in one period: data first, shown afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.analysis.identities import IdentityChecks, check_identities, identity_of
from kpikit.analysis.links import LinkEvidence
from kpikit.errors import DataError, UnknownNameError
from kpikit.observations.build import used_sources
from kpikit.periods import Period, parse_date
from kpikit.results import Result
from kpikit.review.audited import Audited
from kpikit.review.bundle import Bundle, gather, read_bundle, write_bundle
from kpikit.review.look import KpiReview, look_at, stand_at
from kpikit.review.remembered import Remembered
from kpikit.strategy import Kpi, Strategy, load_strategy
from kpikit.strategy.nodes import KpiReference, walk
from kpikit.strategy.tree import department_title, kpis_of
from kpikit.targets.accepted import wanted_targets
from kpikit.targets.direction import Target

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

__all__ = ["KpiReview", "Review", "build_review", "latest_period", "write_bundle"]

BOARD = (
    "kpi",
    "title",
    "owner",
    "value",
    "previous",
    "year_ago",
    "target",
    "attainment",
    "status",
    "trend",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Review(Result):
    """One period's findings for one department.

    The table is the status board: `kpi, title, owner, value, previous, year_ago,
    target, attainment, status, trend`; values are those of the whole period, computed
    from the facts.

    Attributes
    ----------
    complete
        Whether the period is complete in the facts of every KPI shown.
    targets
        The targets in force, accepted before declared, by KPI and period.
    audited
        How the strategy keeps the rules of alignment; None where that was not asked.
    same_point
        The running period beside earlier ones at the same point; of months only.
    remembered
        What is on record; None where there is no ledger.
    """

    strategy: Strategy = field(repr=False)
    department: str
    period: Period
    as_of: date
    complete: bool
    kpis: tuple[KpiReview, ...] = field(repr=False)
    sources: pd.DataFrame = field(repr=False)
    identities: IdentityChecks = field(repr=False)
    links: LinkEvidence = field(repr=False)
    targets: Mapping[tuple[str, str], Target] = field(repr=False)
    audited: Audited | None = field(default=None, repr=False)
    same_point: pd.DataFrame | None = field(default=None, repr=False)
    remembered: Remembered | None = field(default=None, repr=False)

    @property
    def title(self) -> str:
        """The department and the period, as a heading."""
        return f"{department_title(self.strategy, self.department)} · {self.period.label}"

    def summary(self) -> str:
        """Say how many KPIs stand where, in one sentence."""
        partial = not any(item.complete for item in self.kpis)
        state = " (partial: the period is not complete)" if partial else ""
        counts = self.frame["status"].value_counts()
        words = (("on_target", "on target"), ("at_risk", "at risk"), ("off_target", "off target"))
        parts = [f"{counts[status]} {word}" for status, word in words if status in counts]
        without = int(counts.get("no_data", 0)) + int(counts.get("no_target", 0))
        if without:
            parts.append(f"{without} without a verdict")
        return f"{self.title}{state}: KPIs {', '.join(parts) or 'none'}, as of {self.as_of}."

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.board import gap_chart

        gap_chart(self.frame, ax=ax)


def build_review(
    strategy: Strategy | Path | str,
    *,
    department: str,
    period: str,
    as_of: date | str | None = None,
    bundle: Path | str | None = None,
) -> Review:
    """Gather what a department's review of a period has to say.

    Parameters
    ----------
    strategy
        A loaded strategy, or the path of its file.
    department
        Name of the department.
    period
        Such as `2026Q3`.
    as_of
        Nothing later is seen. None (or empty text) is the newest day in the facts,
        and no later than the period's last day.
    bundle
        Folder with observations that a batch has computed already; None (or empty
        text) reads the sources.

    Raises
    ------
    UnknownNameError
        When there is no such department, or it has no KPI.
    PeriodError
        When the period cannot be read, or has not begun by the as-of date.
    """
    if not isinstance(strategy, Strategy):
        strategy = load_strategy(strategy)
    wanted = strategy.calendar.parse(period)
    chosen = kpis_of(strategy, department)
    if not chosen:
        known = {kpi.department for kpi in strategy.kpis.values()}
        raise UnknownNameError("department with KPIs", department, known, where=str(strategy.path))
    seen = parse_date(as_of) if as_of else None
    facts = (
        read_bundle(bundle)
        if bundle
        else gather(strategy, period=wanted, as_of=seen, kpis=_with_others(chosen, strategy))
    )
    return _compose(strategy, department, wanted, chosen, facts)


def latest_period(strategy: Strategy, *, as_of: date | str | None = None) -> str:
    """Return the name of the latest quarter that is complete in the facts of every source.

    Raises
    ------
    DataError
        When no quarter is.
    """
    from kpikit.sources import open_facts

    used = sorted({kpi.source for kpi in strategy.kpis.values() if kpi.source})
    with open_facts(strategy, sources=used, as_of=parse_date(as_of) if as_of else None) as facts:
        reaches = [fact.complete_through for fact in facts.values()]
        firsts = [fact.first for fact in facts.values()]
    calendar = strategy.calendar
    known_reaches = [reach for reach in reaches if reach is not None]
    known_firsts = [first for first in firsts if first is not None]
    if len(known_reaches) == len(reaches) and reaches:
        reach = min(known_reaches)
        running = calendar.period(reach, "quarter")
        start = (
            running.start if running.end == reach else calendar.shift(running.start, "quarter", -1)
        )
        if start >= max(known_firsts):
            return calendar.label(start, "quarter")
    raise DataError(
        f"{strategy.path}: no quarter is complete in every source. Name one with --period."
    )


def _with_others(chosen: Sequence[Kpi], strategy: Strategy) -> list[str]:
    """Return the names of KPIs, of those they are made of, and of those they share a link with."""
    own = {kpi.id for kpi in chosen}
    pairs = [(kpi.id, link.kpi) for kpi in strategy.kpis.values() for link in kpi.leads]
    linked = [name for pair in pairs if own & set(pair) for name in pair]
    trees = [tree for kpi in chosen if (tree := identity_of(kpi)) is not None]
    parts = [node.name for tree in trees for node in walk(tree) if isinstance(node, KpiReference)]
    return list(dict.fromkeys((*(kpi.id for kpi in chosen), *parts, *linked)))


def _compose(
    strategy: Strategy, department: str, period: Period, chosen: tuple[Kpi, ...], facts: Bundle
) -> Review:
    needed = used_sources(strategy, chosen)
    if faults := [facts.unread[name] for name in needed if name in facts.unread]:
        raise DataError("\n".join(faults))
    targets = targets_in_force(strategy, facts)
    standing = stand_at(chosen, strategy, period, facts)
    reviews = tuple(
        look_at(
            kpi,
            strategy,
            period,
            facts,
            target=targets.get((kpi.id, period.label)),
            standing=standing[kpi.id],
        )
        for kpi in chosen
    )
    return Review(
        frame=pd.DataFrame([review.row for review in reviews], columns=list(BOARD)),
        strategy=strategy,
        department=department,
        period=period,
        as_of=facts.as_of,
        complete=all(review.complete for review in reviews),
        kpis=reviews,
        sources=facts.sources,
        identities=check_identities(strategy, facts.periods, kpis=[kpi.id for kpi in chosen]),
        links=facts.evidence.links,
        targets=targets,
        audited=facts.audited,
        same_point=facts.same_point,
        remembered=facts.remembered,
    )


def targets_in_force(strategy: Strategy, facts: Bundle) -> dict[tuple[str, str], Target]:
    """Return the target of each KPI and period: the newest accepted, else the declared one."""
    found, _ = wanted_targets(strategy, facts.remembered, today=facts.as_of)
    return {
        (one.kpi.id, one.period.label): one.value
        for one in found
        if not one.segment and one.value is not None
    }

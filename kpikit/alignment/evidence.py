"""What the numbers say: each analysis asked once, when a rule first needs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from kpikit.alignment.prospects import Prospect, look_ahead
from kpikit.analysis.changes import find_changes
from kpikit.analysis.claims import claim_rows, read_claims
from kpikit.analysis.discovery import q_values
from kpikit.analysis.overlap import find_overlap
from kpikit.analysis.ties import tied_pairs
from kpikit.analysis.tradeoffs import find_tradeoffs
from kpikit.analysis.trend import fit_trend
from kpikit.errors import DataError
from kpikit.forecasting.spread import spread
from kpikit.observations import Observations
from kpikit.sources.checks.run import check_sources
from kpikit.strategy import Strategy
from kpikit.targets.recall import recall_targets
from kpikit.targets.sandbagging import find_sandbagging

FDR = 0.10  # the share of false ones among claimed leads supported, and guardrails that fell
# what may be asked side by side, the longest first
QUESTIONS = ("past", "sources", "changes", "prospects", "trends", "links", "tradeoffs", "overlaps")
Row = dict[str, Any]  # of a result's table


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """The observations of one strategy on a day, and what the analyses make of them.

    Attributes
    ----------
    known
        Answers that were found elsewhere, by question: these are not asked again.
    """

    strategy: Strategy
    observations: Observations
    as_of: date
    known: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep what is known where cached properties keep what they found."""
        self.__dict__.update(self.known)

    @cached_property
    def series(self) -> pd.DataFrame:
        """The complete periods of each whole KPI in use, as analyses take them."""
        panel = self.observations.panel()
        used = {name for name, kpi in self.strategy.kpis.items() if kpi.status != "retired"}
        chosen = panel["kpi"].isin(used) & (panel["segment"] == "")
        return panel.loc[chosen, ["kpi", "segment", "period_start", "value"]]

    @cached_property
    def newest(self) -> Mapping[str, date]:
        """The first day of each KPI's newest complete period that has a value."""
        known = self.series.dropna(subset=["value"])
        starts = pd.to_datetime(known["period_start"]).groupby(known["kpi"]).max()
        return {str(name): start.date() for name, start in starts.items()}

    @cached_property
    def prospects(self) -> Mapping[str, tuple[Prospect, ...]]:
        """What can be said of the targets of each KPI and objective, by their places."""
        found: dict[str, list[Prospect]] = defaultdict(list)
        ahead = look_ahead(self.strategy, self.observations, as_of=self.as_of)
        for (place, _), prospect in ahead.items():
            found[place].append(prospect)
        return {place: tuple(prospects) for place, prospects in found.items()}

    @cached_property
    def past(self) -> pd.DataFrame:
        """Targets of periods gone by: their chance on the eve, and what came."""
        return recall_targets(self.strategy, self.observations, as_of=self.as_of).to_frame()

    @cached_property
    def judged(self) -> Mapping[str, pd.DataFrame]:
        """The targets of each whole KPI that were reached or missed, of `past`."""
        known = self.past[self.past["segment"] == ""].dropna(subset=["reached"])
        return {str(kpi): rows for kpi, rows in known.groupby("kpi")}

    @cached_property
    def habits(self) -> Mapping[str, Row]:
        """How the targets of each KPI were set over past cycles."""
        rows = _rows(find_sandbagging(self.past, by="kpi").to_frame())
        return {row["kpi"]: row for row in rows}

    @cached_property
    def links(self) -> Mapping[tuple[str, str], Row]:
        """What the numbers say of each claimed link, by its two KPIs."""
        # the claims alone: leads that nobody claims are no matter of an audit
        frame = self.observations.to_frame()
        claims, _ = read_claims(self.strategy, frame[frame["segment"] == ""], set(self.ties))
        table, _ = claim_rows(claims, fdr=FDR, changes=None)
        return link_rows(table)

    @cached_property
    def ties(self) -> frozenset[frozenset[str]]:
        """The pairs of KPIs that are tied by arithmetic, and move together by that alone."""
        return frozenset(tied_pairs(self.strategy))

    @cached_property
    def tradeoffs(self) -> Mapping[str, list[Row]]:
        """The pairs of different owners of which one got better when the other got worse."""
        kpis = self.strategy.kpis
        found = find_tradeoffs(
            self.series,
            directions={name: kpi.direction for name, kpi in kpis.items()},
            owners={name: kpi.owner for name, kpi in kpis.items()},
        ).found()
        return self._apart(found)

    @cached_property
    def overlaps(self) -> Mapping[str, list[Row]]:
        """The pairs that say the same, by the KPI that the file lists later."""
        order = {name: place for place, name in enumerate(self.strategy.kpis)}
        found = find_overlap(self.series).found()
        back = found["kpi"].map(order) < found["other"].map(order)
        swapped = found.rename(columns={"kpi": "other", "other": "kpi"})
        return self._apart(pd.concat([found[~back], swapped[back]]))

    def _apart(self, pairs: pd.DataFrame) -> Mapping[str, list[Row]]:
        """Return pairs by their first KPI, without those that arithmetic ties."""
        by_kpi: dict[str, list[Row]] = defaultdict(list)
        for row in _rows(pairs):
            if frozenset((row["kpi"], row["other"])) not in self.ties:
                by_kpi[row["kpi"]].append(row)
        return by_kpi

    @cached_property
    def changes(self) -> Mapping[str, list[date]]:
        """The first day of each new level or slope of each KPI."""
        days: dict[str, list[date]] = defaultdict(list)
        for row in _rows(find_changes(self.series).to_frame()):
            days[row["kpi"]].append(row["period_start"].date())
        return days

    @cached_property
    def trends(self) -> Mapping[str, Row]:
        """Whether each KPI that has or is a guardrail rises or falls, and how sure that is."""
        asked = {name for pair in self._guards() for name in pair}
        series = self.series[self.series["kpi"].isin(asked)]
        return {row["kpi"]: row for row in _rows(fit_trend(series).to_frame())}

    def _guards(self) -> list[tuple[str, str]]:
        """Return each KPI with each of its guardrails."""
        return [(kpi.id, one) for kpi in self.strategy.kpis.values() for one in kpi.guardrails]

    @cached_property
    def guarded(self) -> Mapping[tuple[str, str], float]:
        """For each KPI and guardrail the q-value of both their trends, over all guardrails.

        Both have to be there, so that the weaker of the two counts.
        """
        trends = self.trends
        pairs = [pair for pair in self._guards() if trends.keys() >= set(pair)]
        weaker = [max(trends[name]["p_value"] for name in pair) for pair in pairs]
        return dict(zip(pairs, q_values(np.array(weaker, dtype=float)), strict=True))

    @cached_property
    def sources(self) -> pd.DataFrame | str:
        """What was found in each source, or why they cannot be read where the facts are not."""
        try:
            return check_sources(self.strategy, as_of=self.as_of).to_frame()
        except DataError as error:
            return str(error)


def link_rows(table: pd.DataFrame) -> dict[tuple[str, str], Row]:
    """Return what is known of each claimed link, by its two KPIs."""
    return {(row["candidate"], row["target"]): row for row in _rows(table)}


def ask_all(evidence: Evidence, *, workers: int) -> None:
    """Ask every analysis now, in processes side by side; with one worker each waits to be asked.

    The answers are the same. Processes are started afresh: a script needs its `__main__` guard.
    """
    if workers == 1:
        return
    known = evidence.__dict__.keys()
    asked = [question for question in QUESTIONS if question not in known]
    found = spread(partial(_ask, evidence), asked, workers=workers, scheduler=None)
    evidence.__dict__.update(zip(asked, found, strict=True))  # where cached properties keep them


def _ask(evidence: Evidence, question: str) -> object:
    return getattr(evidence, question)


def _rows(frame: pd.DataFrame) -> list[Row]:
    return [
        {str(name): value for name, value in row.items()} for row in frame.to_dict(orient="records")
    ]

"""What the numbers say: each analysis asked once, when a rule first needs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from kpikit.alignment.prospects import Prospect, look_ahead
from kpikit.analysis.links import test_links
from kpikit.analysis.trend import fit_trend
from kpikit.observations import Observations
from kpikit.sources.checks.run import check_sources
from kpikit.strategy import Strategy
from kpikit.targets.recall import recall_targets
from kpikit.targets.sandbagging import find_sandbagging


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """The observations of one strategy on a day, and what the analyses make of them."""

    strategy: Strategy
    observations: Observations
    as_of: date

    @cached_property
    def panel(self) -> pd.DataFrame:
        """The complete periods of each whole KPI in use, as analyses take them."""
        panel = self.observations.panel()
        used = {name for name, kpi in self.strategy.kpis.items() if kpi.status != "retired"}
        return panel[panel["kpi"].isin(used) & (panel["segment"] == "")]

    @cached_property
    def newest(self) -> Mapping[str, date]:
        """The first day of each KPI's newest complete period that has a value."""
        known = self.panel.dropna(subset=["value"])
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
    def habits(self) -> Mapping[str, Mapping[str, Any]]:
        """How the targets of each KPI were set over past cycles."""
        rows = find_sandbagging(self.past, by="kpi").to_frame().to_dict(orient="records")
        return {str(row["kpi"]): {str(key): value for key, value in row.items()} for row in rows}

    @cached_property
    def links(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """What the numbers say of each claimed link, by its two KPIs."""
        rows = test_links(self.strategy, self.observations).to_frame().to_dict(orient="records")
        return {
            (str(row["candidate"]), str(row["target"])): {
                str(key): value for key, value in row.items()
            }
            for row in rows
        }

    @cached_property
    def trends(self) -> Mapping[str, str]:
        """Whether each KPI rises or falls."""
        frame = fit_trend(self.panel[["kpi", "segment", "period_start", "value"]]).to_frame()
        return dict(zip(frame["kpi"], frame["verdict"], strict=True))

    @cached_property
    def sources(self) -> pd.DataFrame:
        """What was found in each source."""
        return check_sources(self.strategy, as_of=self.as_of).to_frame()

"""The strategy on one page: departments, their KPIs, the objectives they serve, the links."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.alignment.links import Links
from kpikit.results import Result
from kpikit.strategy.model import COMPANY
from kpikit.strategy.tree import kpis_of, path_to_root

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy import Strategy

COLUMNS = ["kpi", "title", "department", "owner", "status", "objectives", "measures", "links"]


@dataclass(frozen=True, kw_only=True, eq=False)
class StrategyMap(Result):
    """One row per KPI in use or proposed, in the order of the cascade.

    `kpi, title, department, owner, status, objectives, measures, links`: the objectives
    that it serves at whatever distance and those that it measures itself, as lists, and
    how many links it has. `status` is `no_data` where none was given.

    Attributes
    ----------
    links
        Links between KPIs: `source, target, kind`.
    objectives
        The objectives' titles by their ids.
    departments
        The departments' titles by their ids.
    depth
        How many levels the cascade has, the company among them.
    """

    name: str
    links: pd.DataFrame = field(repr=False)
    objectives: dict[str, str] = field(repr=False)
    departments: dict[str, str] = field(repr=False)
    depth: int

    def summary(self) -> str:
        """Say how large and how dense the strategy is."""
        kpis = len(self.frame)
        seen = int(self.frame["objectives"].map(bool).sum())
        a_kpi = 2 * len(self.links) / kpis if kpis else 0.0
        return (
            f"{self.name}: {len(self.objectives)} objectives, {len(self.departments)} departments "
            f"on {self.depth} levels, {kpis} KPIs with {a_kpi:.1f} links each; {seen} of them "
            "lead to an objective."
        )

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.strategy_map import strategy_map

        strategy_map(
            self.frame,
            links=self.links,
            objectives=self.objectives,
            departments=self.departments,
            title=self.name,
            ax=ax,
        )


def map_strategy(strategy: Strategy, *, statuses: dict[str, str] | None = None) -> StrategyMap:
    """Show how departments and their KPIs hang together, and what they serve.

    Parameters
    ----------
    strategy
        A loaded strategy.
    statuses
        The status of KPIs by their ids, as `assess_targets` gives them: `on_target`,
        `at_risk`, `off_target` or `no_data`.

    Returns
    -------
    StrategyMap
        One row per KPI; its picture shows status by colour and shape, and links by type.
    """
    links = Links(strategy)
    known = statuses or {}
    rows = []
    for name in dict.fromkeys((COMPANY, *strategy.departments)):
        for kpi in kpis_of(strategy, name):
            touching = links.touching.get(f"kpis.{kpi.id}", ())
            measured = [key for key, goal in strategy.objectives.items() if goal.kpi == kpi.id]
            served = [name for name in strategy.objectives if name in links.objectives_of(kpi.id)]
            status = known.get(kpi.id, "no_data")
            cells = (kpi.id, kpi.title, kpi.department, kpi.owner, status)
            rows.append((*cells, served, measured, len(touching)))
    between = [
        (link.source.removeprefix("kpis."), link.target.removeprefix("kpis."), link.kind)
        for link in links.all
        if not link.target.startswith("objectives.")
    ]
    titles = {COMPANY: strategy.organisation.name} | {
        name: department.title for name, department in strategy.departments.items()
    }
    levels = [len(path_to_root(strategy, name)) for name in strategy.departments]
    return StrategyMap(
        frame=pd.DataFrame(rows, columns=COLUMNS),
        name=strategy.organisation.name,
        links=pd.DataFrame(between, columns=["source", "target", "kind"]),
        objectives={name: goal.title for name, goal in strategy.objectives.items()},
        departments={
            name: titles[name] for name in titles if name != COMPANY or kpis_of(strategy, name)
        },
        depth=max(levels, default=1),
    )

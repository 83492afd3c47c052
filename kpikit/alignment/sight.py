"""The line of sight: from a KPI, step by step, up to what the organisation is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.alignment.links import Link, Links
from kpikit.errors import UnknownNameError
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy import Strategy

COLUMNS = ["kpi", "step", "place", "title", "owner", "link"]
WORDS = {
    "measures": "measures",
    "contributes": "contributes to",
    "identity": "is a part of",
    "leads": "is said to lead",
    "guards": "keeps from harm",
    "serves": "serves",
    "": "",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class LineOfSight(Result):
    """The steps from KPIs up to the mission.

    `kpi, step, place, title, owner, link`: from one step to the next of the same KPI by
    the link named; the last step has none, and is the mission where the way ends there.
    """

    def summary(self) -> str:
        """Say the way in one sentence, or how many ways end before an objective."""
        ways = [self._say(rows) for _, rows in self.frame.groupby("kpi", sort=False)]
        if len(ways) == 1:
            return ways[0]
        ends = self.frame.groupby("kpi", sort=False)["place"].last()
        seen = int((ends == "mission").sum())
        return f"{seen} of {len(ways)} KPIs can be seen from the mission."

    def _say(self, rows: pd.DataFrame) -> str:
        titles, links = rows["title"].tolist(), [WORDS[str(link)] for link in rows["link"]]
        if len(rows) == 1:
            return f"{titles[0]}: no link leads from it to an objective."
        steps = [f"{link} “{title}”" for link, title in zip(links, titles[1:], strict=False)]
        return f"{titles[0]} {', which '.join(steps)}."

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.sight import sight_chart

        sight_chart(self.frame.assign(link=self.frame["link"].map(WORDS)), ax=ax)


def line_of_sight(strategy: Strategy, name: str) -> LineOfSight:
    """Tell what a KPI, or everything that one person answers for, is good for in the end.

    Parameters
    ----------
    strategy
        A loaded strategy.
    name
        A KPI's id, or that of a person who owns KPIs.

    Returns
    -------
    LineOfSight
        `kpi, step, place, title, owner, link`: the shortest way over firm links first
        (measures, contributes, identity), over claimed ones where there is no other.

    Raises
    ------
    UnknownNameError
        When there is no such KPI or owner.

    Examples
    --------
    >>> from kpikit.strategy import Strategy
    >>> strategy = Strategy.model_validate({
    ...     "version": 1, "organisation": {"name": "Lamplight"}, "mission": "We light stairs.",
    ...     "objectives": {"grow": {"title": "Light 300 houses", "owner": "ada", "kpi": "houses"}},
    ...     "kpis": {"houses": {"title": "Houses lit", "department": "company", "owner": "ben",
    ...                         "formula": "count(*)", "unit": "count",
    ...                         "direction": "higher_is_better"}}})
    >>> line_of_sight(strategy, "houses").to_frame()["title"].tolist()
    ['Houses lit', 'Light 300 houses', 'We light stairs.']
    """
    kpis = [kpi.id for kpi in strategy.kpis.values() if name in (kpi.id, kpi.owner)]
    if not kpis:
        known = {*strategy.kpis, *(kpi.owner for kpi in strategy.kpis.values())}
        raise UnknownNameError("KPI or owner", name, known, where=str(strategy.path))
    links = Links(strategy)
    rows = [row for kpi in kpis for row in _steps(strategy, kpi, links.way_up(kpi))]
    return LineOfSight(frame=pd.DataFrame(rows, columns=COLUMNS))


def _steps(strategy: Strategy, kpi: str, way: tuple[Link, ...]) -> Iterator[tuple[object, ...]]:
    for step, link in enumerate(way):
        yield kpi, step, link.source, *_said(strategy, link.source), link.kind
    last = way[-1].target if way else f"kpis.{kpi}"
    served = strategy.mission is not None and last.startswith("objectives.")
    yield kpi, len(way), last, *_said(strategy, last), "serves" if served else ""
    if served and strategy.mission is not None:
        yield kpi, len(way) + 1, "mission", strategy.mission.text, "", ""


def _said(strategy: Strategy, place: str) -> tuple[str, str]:
    """Return the title and the owner of a place."""
    section, _, name = place.partition(".")
    item = strategy.objectives[name] if section == "objectives" else strategy.kpis[name]
    return item.title, item.owner

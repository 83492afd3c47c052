"""Which departments depend on each other, and by which KPIs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.alignment.links import Links
from kpikit.results import Result
from kpikit.strategy.model import COMPANY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy import Strategy

COLUMNS = ["department", "other", "kind", "kpi", "other_kpi", "owner", "other_owner"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Interdependencies(Result):
    """One row per link from a KPI of one department to a KPI of another: what they must talk of.

    `department, other, kind, kpi, other_kpi, owner, other_owner`.

    Attributes
    ----------
    departments
        The titles of all departments with KPIs, in the file's order.
    """

    departments: tuple[str, ...] = field(repr=False)

    def matrix(self) -> pd.DataFrame:
        """Return how many links lead from each department (row) to each other (column)."""
        counts = pd.crosstab(self.frame["department"], self.frame["other"])
        names = list(self.departments)
        return counts.reindex(index=names, columns=names, fill_value=0)

    def agenda(self, one: str, other: str) -> pd.DataFrame:
        """Return the links between two departments, by their titles, in both directions."""
        pair = {one, other}
        among = [
            {a, b} == pair
            for a, b in zip(self.frame["department"], self.frame["other"], strict=True)
        ]
        return self.frame[among].reset_index(drop=True)

    def summary(self) -> str:
        """Name the two departments with the most between them, and those with nothing."""
        if self.frame.empty:
            return "No KPI of one department is linked to a KPI of another."
        ends = zip(self.frame["department"], self.frame["other"], strict=True)
        pairs = Counter(" and ".join(sorted(pair)) for pair in ends)
        (most, count), *_ = pairs.most_common(1)
        linked = {*self.frame["department"], *self.frame["other"]}
        alone = [name for name in self.departments if name not in linked]
        text = f"{len(self.frame)} links between departments, most of them {most} ({count})"
        return f"{text}; none of {', '.join(alone)}." if alone else f"{text}."

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.matrix import dependence_chart

        dependence_chart(self.frame, departments=self.departments, ax=ax)


def map_interdependencies(strategy: Strategy) -> Interdependencies:
    """Show which departments' KPIs are linked, and so who must talk with whom about what.

    Parameters
    ----------
    strategy
        A loaded strategy. Links are those that it declares: contributions, identities,
        claimed leads, guardrails and conflicts.

    Returns
    -------
    Interdependencies
        One row per link between two departments.
    """
    titles = {COMPANY: strategy.organisation.name} | {
        name: department.title for name, department in strategy.departments.items()
    }
    rows = []
    for link in Links(strategy).all:
        if link.target.startswith("objectives."):
            continue
        one = strategy.kpis[link.source.removeprefix("kpis.")]
        other = strategy.kpis[link.target.removeprefix("kpis.")]
        if one.department != other.department:
            pair = (titles[one.department], titles[other.department])
            rows.append((*pair, link.kind, one.id, other.id, one.owner, other.owner))
    used = {kpi.department for kpi in strategy.kpis.values() if kpi.status != "retired"}
    return Interdependencies(
        frame=pd.DataFrame(rows, columns=COLUMNS),
        departments=tuple(titles[name] for name in titles if name in used),
    )

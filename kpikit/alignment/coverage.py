"""Which KPI measures which responsibility, and what nobody measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.errors import UnknownNameError
from kpikit.results import Result
from kpikit.strategy.tree import kpis_of
from kpikit.units import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy import Strategy

COLUMNS = ["department", "responsibility", "weight", "kpi", "title", "owner"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Coverage(Result):
    """One row per responsibility and KPI that covers it; without a KPI where none does.

    `department, responsibility, weight, kpi, title, owner`: weights add up to 1 in each
    department.

    Attributes
    ----------
    limit
        The share that a department should cover.
    """

    limit: float

    def shares(self) -> pd.Series[float]:
        """Return the share of its responsibilities that each department covers."""
        duties = self.frame.drop_duplicates(["department", "responsibility"])
        covered = duties["weight"].where(duties["kpi"].notna(), 0.0)
        return covered.groupby(duties["department"], sort=False).sum()

    def summary(self) -> str:
        """Say how many departments cover enough, and which does so least."""
        shares = self.shares()
        if shares.empty:
            return "No department names its responsibilities."
        enough = int((shares >= self.limit - 1e-9).sum())
        least = str(shares.idxmin())
        limit, least_share = (
            format_value(share, "share") for share in (self.limit, float(shares.min()))
        )
        return (
            f"{enough} of {len(shares)} departments measure at least {limit} of their "
            f"responsibilities; least covered: {least}, {least_share}."
        )

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.matrix import coverage_chart

        coverage_chart(self.frame, ax=ax)


def map_coverage(strategy: Strategy, *, department: str | None = None) -> Coverage:
    """Show which KPIs measure which responsibilities.

    Parameters
    ----------
    strategy
        A loaded strategy.
    department
        Only this one; None means all that name their responsibilities.

    Raises
    ------
    UnknownNameError
        When there is no such department.

    Examples
    --------
    >>> from kpikit.strategy import Strategy
    >>> strategy = Strategy.model_validate({
    ...     "version": 1, "organisation": {"name": "Lamplight"},
    ...     "departments": {"sales": {"title": "Sales", "owner": "ada",
    ...                               "responsibilities": {"win": 0.8, "keep": 0.2}}},
    ...     "kpis": {"calls": {"title": "Calls", "department": "sales", "owner": "ada",
    ...                        "formula": "count(*)", "unit": "count",
    ...                        "direction": "higher_is_better", "covers": ("win",)}}})
    >>> map_coverage(strategy).shares().to_dict()
    {'Sales': 0.8}
    """
    if department is not None and department not in strategy.departments:
        known = strategy.departments
        raise UnknownNameError("department", department, known, where=str(strategy.path))
    rows: list[tuple[object, ...]] = []
    for name, one in strategy.departments.items():
        whole = sum(one.responsibilities.values()) or 1.0
        for duty, weight in one.responsibilities.items() if department in (None, name) else ():
            cells = (one.title, duty, weight / whole)
            those = [kpi for kpi in kpis_of(strategy, name) if duty in kpi.covers]
            rows += [(*cells, kpi.id, kpi.title, kpi.owner) for kpi in those]
            rows += [] if those else [(*cells, None, None, None)]
    limit = strategy.policy.limits.coverage
    return Coverage(frame=pd.DataFrame(rows, columns=COLUMNS), limit=limit)

"""A department on one page: vision, values, methods, obstacles, measures."""

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

    from kpikit.strategy import Department, Kpi, Strategy

PARTS = ("Vision", "Values", "Methods", "Obstacles", "Measures")


@dataclass(frozen=True, kw_only=True, eq=False)
class V2mom(Result):
    """One row per thing that a department says of itself: `part, text, more, who`.

    `more` is what measures a method, the plan against an obstacle, or the next target of
    a KPI; `who` answers for it.
    """

    title: str
    owner: str

    def summary(self) -> str:
        """Count the parts, and name those that are missing."""
        counts = self.frame["part"].value_counts()
        missing = [part for part in PARTS if part not in counts]
        said = ", ".join(f"{part.lower()} {counts[part]}" for part in PARTS if part in counts)
        text = f"{self.title} ({self.owner}): {said or 'nothing written yet'}"
        return f"{text}; missing: {', '.join(missing).lower()}." if missing else f"{text}."

    def _shown(self) -> pd.DataFrame:
        return self.frame

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.page import page_chart

        page_chart(self.frame, parts=PARTS, title=f"{self.title} · {self.owner}", ax=ax)


def describe_department(strategy: Strategy, department: str) -> V2mom:
    """Put what a department wants, and how it tells whether it gets there, on one page.

    Parameters
    ----------
    strategy
        A loaded strategy.
    department
        Its id.

    Raises
    ------
    UnknownNameError
        When there is no such department.

    Examples
    --------
    >>> from kpikit.strategy import Strategy
    >>> strategy = Strategy.model_validate({
    ...     "version": 1, "organisation": {"name": "Lamplight"},
    ...     "departments": {"sales": {"title": "Sales", "owner": "ada", "vision": "All know us.",
    ...                               "methods": ("Call every house",)}}})
    >>> describe_department(strategy, "sales").summary()
    'Sales (ada): vision 1, methods 1; missing: values, obstacles, measures.'
    """
    if department not in strategy.departments:
        known = strategy.departments
        raise UnknownNameError("department", department, known, where=str(strategy.path))
    one = strategy.departments[department]
    rows = [*_statements(one), *_ways(strategy, one)]
    for kpi in kpis_of(strategy, department):
        rows.append(("Measures", kpi.title, _last_target(strategy, kpi), kpi.owner))
    frame = pd.DataFrame(rows, columns=["part", "text", "more", "who"])
    return V2mom(frame=frame, title=one.title, owner=one.owner)


def _last_target(strategy: Strategy, kpi: Kpi) -> str:
    """Return a KPI's last target in words; empty where it has none."""
    if not kpi.targets:
        return ""
    last, currency = kpi.targets[-1], strategy.organisation.currency or ""
    numbers = (last.committed,) if last.committed is not None else (last.lower, last.upper)
    said = [format_value(value, kpi.unit, currency=currency) for value in numbers]
    return f"{' to '.join(said)} in {last.period}"


def _statements(one: Department) -> list[tuple[str, str, str, str]]:
    vision = [("Vision", one.vision.text, "", "")] if one.vision is not None else []
    return [*vision, *(("Values", value, "", "") for value in one.values)]  # noqa: PD011 - no frame


def _ways(strategy: Strategy, one: Department) -> list[tuple[str, str, str, str]]:
    methods = [
        (
            "Methods",
            method.text,
            " · ".join(strategy.kpis[kpi].title for kpi in method.measures),
            "",
        )
        for method in one.methods
    ]
    obstacles = [
        ("Obstacles", obstacle.text, obstacle.plan or "", obstacle.owner or "")
        for obstacle in one.obstacles
    ]
    return [*methods, *obstacles]

"""The cascade of departments, from the company down to its teams."""

from __future__ import annotations

from kpikit.errors import UnknownNameError
from kpikit.strategy.kpi import Kpi
from kpikit.strategy.model import COMPANY, Strategy


def department_title(strategy: Strategy, department: str) -> str:
    """Return a department's title; the root is the organisation itself."""
    found = strategy.departments.get(department)
    return found.title if found else strategy.organisation.name


def parent(strategy: Strategy, department: str) -> str | None:
    """Return the department above, which is the company where none is named; None above it."""
    _known(strategy, department)
    if department == COMPANY:
        return None
    return strategy.departments[department].parent or COMPANY


def children(strategy: Strategy, department: str = COMPANY) -> tuple[str, ...]:
    """Return the departments right below one, in the file's order."""
    _known(strategy, department)
    return tuple(name for name in strategy.departments if parent(strategy, name) == department)


def path_to_root(strategy: Strategy, department: str) -> tuple[str, ...]:
    """Return the way up from a department to the company, both included."""
    path = [department]
    while (above := parent(strategy, path[-1])) is not None:
        path.append(above)
    return tuple(path)


def teams(strategy: Strategy) -> tuple[str, ...]:
    """Return the departments without departments below them, in the file's order."""
    above = {parent(strategy, name) for name in strategy.departments}
    return tuple(name for name in strategy.departments if name not in above)


def kpis_of(strategy: Strategy, department: str) -> tuple[Kpi, ...]:
    """Return the KPIs of a department itself, those in use or proposed, in the file's order."""
    return tuple(kpi for kpi in _all_kpis_of(strategy, department) if kpi.status != "retired")


def retired_kpis_of(strategy: Strategy, department: str) -> tuple[Kpi, ...]:
    """Return the KPIs of a department itself that are no longer in use."""
    return tuple(kpi for kpi in _all_kpis_of(strategy, department) if kpi.status == "retired")


def _all_kpis_of(strategy: Strategy, department: str) -> tuple[Kpi, ...]:
    _known(strategy, department)
    return tuple(kpi for kpi in strategy.kpis.values() if kpi.department == department)


def _known(strategy: Strategy, department: str) -> None:
    if department != COMPANY and department not in strategy.departments:
        known = {COMPANY, *strategy.departments}
        raise UnknownNameError("department", department, known, where=str(strategy.path))

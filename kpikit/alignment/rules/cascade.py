"""ALN: whether everything hangs together, from each KPI up to an objective."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Department, Kpi, Objective, Strategy
from kpikit.strategy.cycles import arrows
from kpikit.strategy.model import COMPANY


@rule(
    "ALN01",
    over="kpis",
    severity="error",
    article="S0, S1",
    message="no link leads from it to an objective.",
    fix="Name under contributes what it serves, or retire it.",
)
def kpi_serves_an_objective(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI leads to an objective."""
    if not case.links.objectives_of(kpi.id):
        yield Hit()


@rule(
    "ALN02",
    over="objectives",
    severity="error",
    article="S0, S1",
    message="no KPI in use leads to it.",
    fix="Name the KPI that measures it.",
)
def objective_has_a_kpi(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective has a KPI that leads to it."""
    if objective.id not in case.serving:
        yield Hit()


@rule(
    "ALN03",
    over="kpis",
    severity="warning",
    article="S1",
    message="it stands alone: no link leads up to an objective, nor across to a department.",
    fix="Link it to what depends on it, there or above.",
)
def kpi_is_not_isolated(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each department's KPI leads up, or across to another department."""
    if kpi.department == COMPANY or case.links.objectives_of(kpi.id):
        return
    own, kpis = f"kpis.{kpi.id}", case.strategy.kpis
    for link in case.links.touching.get(own, ()):
        other = link.target if link.source == own else link.source
        if kpis[other.removeprefix("kpis.")].department != kpi.department:
            return
    yield Hit()


@rule(
    "ALN04",
    over="departments",
    severity="warning",
    article="S1",
    message="no objective can be reached from it, nor from those below it.",
    fix="Give it a KPI that serves an objective.",
)
def department_is_reached(department: Department, case: Case) -> Iterator[Hit]:
    """Each department has a KPI that leads to an objective, itself or below."""
    if department.id != COMPANY and department.id not in case.reaching:
        yield Hit()


@rule(
    "ALN05",
    over="organisation",
    severity="error",
    article="S1",
    message="KPIs contribute to each other in a circle: {circle}.",
    fix="Take one of these contributions away.",
)
def contributions_lead_up(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """Contributions lead up, and never back to where they came from."""
    del strategy
    for circle in case.links.circles:
        names = [place.removeprefix("kpis.") for place in circle]
        yield Hit({"circle": arrows(names)}, place=f".kpis.{names[0]}.contributes")

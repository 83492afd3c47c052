"""What a run is to make: checked as a whole before anything starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kpikit.errors import DataError, PeriodError, UnknownNameError
from kpikit.periods import Period
from kpikit.review.batch import OVERVIEW
from kpikit.review.making import Job
from kpikit.review.notebook import notebooks_folder, read_notebook
from kpikit.review.parameters import check_parameters
from kpikit.review.render import Page
from kpikit.sources.fingerprint import hash_file
from kpikit.strategy import Strategy
from kpikit.strategy.model import COMPANY
from kpikit.strategy.tree import department_title, kpis_of

NOTEBOOKS = {"quarter": "quarterly_review.ipynb", "month": "monthly_report.ipynb"}
KINDS = {"quarter": "Quarterly review", "month": "Monthly report"}
COMPANY_NOTEBOOK = "company_review.ipynb"
PARAMETERS = ("strategy", "department", "period", "as_of", "bundle")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The reports of one run.

    Attributes
    ----------
    notebook
        What is run for each department.
    overview
        What is run for the company as a whole; None where only some departments are wanted.
    """

    strategy: Strategy
    period: Period
    departments: tuple[str, ...]
    notebook: Path
    overview: Path | None

    @property
    def names(self) -> tuple[str, ...]:
        """The reports in their order: the company's, then the departments'."""
        return self.departments if self.overview is None else (OVERVIEW, *self.departments)

    @property
    def masthead(self) -> str:
        """The line on top of every page."""
        kind = KINDS[self.period.grain]
        return f"{self.strategy.organisation.name} · {kind} {self.period.label}"

    def notebook_hashes(self) -> dict[str, str]:
        """Return the hash of each notebook, by its name."""
        found = [path for path in (self.notebook, self.overview) if path is not None]
        return {path.name: hash_file(path) for path in found}

    def job(self, name: str, *, as_of: date, bundle: Path) -> Job:
        """Return what makes one report."""
        values = {
            "strategy": "strategy.yaml",
            "department": name,
            "period": self.period.label,
            "as_of": as_of.isoformat(),
            "bundle": ".",
        }
        notebook = self.notebook
        if name == OVERVIEW and self.overview is not None:
            del values["department"]
            notebook = self.overview
        title = department_title(self.strategy, name)
        page = Page(
            title=f"{title}, {self.period.label}", masthead=self.masthead, home="index.html"
        )
        return Job(name=name, notebook=notebook, parameters=values, bundle=bundle, page=page)


def plan_review(
    strategy: Strategy,
    *,
    period: str | Period,
    departments: Iterable[str] | None,
    notebooks: Path | str | None,
) -> Plan:
    """Return what is to be made, or say why it cannot be."""
    wanted = _period(strategy, period)
    chosen = _departments(strategy, departments)
    folder = notebooks_folder() if notebooks is None else Path(notebooks)
    notebook = _checked(folder / NOTEBOOKS[wanted.grain], PARAMETERS)
    overview = folder / COMPANY_NOTEBOOK
    whole = departments is None and overview.is_file()
    own = [name for name in PARAMETERS if name != "department"]
    return Plan(
        strategy=strategy,
        period=wanted,
        departments=tuple(chosen),
        notebook=notebook,
        overview=_checked(overview, own) if whole else None,
    )


def reviewed_departments(strategy: Strategy) -> list[str]:
    """Return the departments with KPIs of their own: the company, then in the file's order."""
    names = dict.fromkeys((COMPANY, *strategy.departments))
    return [name for name in names if kpis_of(strategy, name)]


def _period(strategy: Strategy, period: str | Period) -> Period:
    found = strategy.calendar.parse(str(period))
    if found.grain not in NOTEBOOKS:
        raise PeriodError(
            f"period {str(period)!r} is a {found.grain}, and a review is of a quarter or a month. "
            f"Write it as {strategy.calendar.period(found.end, 'quarter').label}."
        )
    return found


def _departments(strategy: Strategy, wanted: Iterable[str] | None) -> list[str]:
    known = reviewed_departments(strategy)
    if not known:
        raise DataError(f"{strategy.path.name}: no department has a KPI. Declare one to review.")
    names = [wanted] if isinstance(wanted, str) else list(dict.fromkeys(wanted or ()))
    for name in names:
        if name not in known:
            raise UnknownNameError("department with KPIs", name, known, where=strategy.path.name)
    return names or known


def _checked(path: Path, parameters: Sequence[str]) -> Path:
    check_parameters(path, read_notebook(path), parameters)
    return path

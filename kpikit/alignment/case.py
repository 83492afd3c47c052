"""What the rules look at: a strategy on a day, its links, the evidence and the record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

import pandas as pd

from kpikit.alignment.evidence import Evidence
from kpikit.alignment.links import Links
from kpikit.alignment.record import OnRecord
from kpikit.alignment.rule import Need, Scope
from kpikit.strategy import Kpi, Objective, Strategy
from kpikit.strategy.formula import Formula, parse_formula
from kpikit.strategy.model import COMPANY
from kpikit.strategy.policy import Limits
from kpikit.strategy.tree import department_title, path_to_root, teams

K = TypeVar("K")
Subject = tuple[str, str, object]  # its place in the file, its name, and itself


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One strategy under audit, as of a day.

    Attributes
    ----------
    facts, ledger
        What the numbers say, and what is on record, where there is any.
    found, asked
        The findings (code and subject) and the codes asked so far; for rules about waivers.
    """

    strategy: Strategy
    as_of: date
    facts: Evidence | None = None
    ledger: OnRecord | None = None
    found: frozenset[tuple[str, str]] = frozenset()
    asked: frozenset[str] = frozenset()

    @property
    def at_hand(self) -> frozenset[Need]:
        """What there is beside the strategy."""
        known: dict[Need, object] = {
            "observations": self.facts,
            "sources": self.sources,
            "ledger": self.ledger,
        }
        return frozenset(need for need, there in known.items() if there is not None)

    @property
    def sources(self) -> pd.DataFrame | None:
        """What was found in each source; None where they cannot be read."""
        found = self.facts.sources if self.facts is not None else None
        return found if isinstance(found, pd.DataFrame) else None

    @property
    def evidence(self) -> Evidence:
        """What the numbers say; only for rules that need observations."""
        if self.facts is None:
            raise LookupError("a rule that reads evidence must say that it needs observations")
        return self.facts

    @property
    def record(self) -> OnRecord:
        """What is on record; only for rules that need the ledger."""
        if self.ledger is None:
            raise LookupError("a rule that reads the record must say that it needs the ledger")
        return self.ledger

    @property
    def limits(self) -> Limits:
        """How much is too much here."""
        return self.strategy.policy.limits

    @cached_property
    def kpis(self) -> tuple[Kpi, ...]:
        """The KPIs in use or proposed, in the file's order."""
        return tuple(kpi for kpi in self.strategy.kpis.values() if kpi.status != "retired")

    @cached_property
    def used(self) -> frozenset[str]:
        """The ids of the KPIs in use or proposed."""
        return frozenset(kpi.id for kpi in self.kpis)

    @cached_property
    def links(self) -> Links:
        """What leads where."""
        return Links(self.strategy)

    @cached_property
    def teams(self) -> frozenset[str]:
        """The departments without departments below them."""
        return frozenset(teams(self.strategy))

    @cached_property
    def by_department(self) -> Mapping[str, tuple[Kpi, ...]]:
        """The KPIs of each department itself."""
        return _grouped((kpi.department, kpi) for kpi in self.kpis)

    @cached_property
    def by_owner(self) -> Mapping[str, tuple[Kpi, ...]]:
        """The KPIs that each person answers for."""
        return _grouped((kpi.owner, kpi) for kpi in self.kpis)

    @cached_property
    def goals(self) -> Mapping[str, tuple[Objective, ...]]:
        """The objectives that each KPI measures."""
        found: dict[str, list[Objective]] = defaultdict(list)
        for objective in self.strategy.objectives.values():
            if objective.kpi is not None:
                found[objective.kpi].append(objective)
        return {name: tuple(goals) for name, goals in found.items()}

    @cached_property
    def serving(self) -> Mapping[str, tuple[Kpi, ...]]:
        """The KPIs that lead to each objective, at whatever distance."""
        return _grouped(
            (name, kpi) for kpi in self.kpis for name in self.links.objectives_of(kpi.id)
        )

    @cached_property
    def reaching(self) -> frozenset[str]:
        """The departments with a KPI, of their own or below, that leads to an objective."""
        own = {kpi.department for kpis in self.serving.values() for kpi in kpis}
        return frozenset(name for one in own for name in path_to_root(self.strategy, one))

    def formula(self, kpi: Kpi) -> Formula:
        """Return a KPI's formula, read."""
        return parse_formula(kpi.formula)

    @cached_property
    def by_meaning(self) -> Mapping[object, tuple[Kpi, ...]]:
        """The KPIs that compute the same from the same rows."""
        return _grouped(
            ((self.formula(kpi).tree, kpi.source, kpi.where, kpi.time), kpi) for kpi in self.kpis
        )

    @cached_property
    def by_title(self) -> Mapping[str, tuple[Kpi, ...]]:
        """The KPIs that people call by the same name."""
        return _grouped((" ".join(kpi.title.casefold().split()), kpi) for kpi in self.kpis)

    def title(self, department: str) -> str:
        """Return a department's title; the root is the organisation itself."""
        return department_title(self.strategy, department)

    def line(self, place: str) -> int:
        """Return the line of a place, or of what it is part of where it is not written."""
        lines = self.strategy.lines
        while place and place not in lines:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return lines.get(place, 1)

    def subjects(self, scope: Scope) -> Iterator[Subject]:
        """Yield what a rule of this scope is about: its place, its name, and itself."""
        yield from SCOPES[scope](self)

    def person(self, name: str) -> str:
        """Return what a person is called."""
        found = self.strategy.people.get(name)
        return (found.name if found else None) or name


def _organisation(case: Case) -> Iterator[Subject]:
    yield "organisation", case.strategy.organisation.name, case.strategy


def _statements(case: Case) -> Iterator[Subject]:
    strategy = case.strategy
    owners = [("", "", strategy.mission, strategy.vision)] + [
        (f"departments.{name}.", f"{one.title}, ", one.mission, one.vision)
        for name, one in strategy.departments.items()
    ]
    for place, name, mission, vision in owners:
        if mission is not None:
            yield f"{place}mission", f"{name}mission", mission
        if vision is not None:
            yield f"{place}vision", f"{name}vision", vision


def _objectives(case: Case) -> Iterator[Subject]:
    for name, objective in case.strategy.objectives.items():
        yield f"objectives.{name}", objective.title, objective


def _departments(case: Case) -> Iterator[Subject]:
    for name, department in case.strategy.departments.items():
        yield f"departments.{name}", department.title, department


def _levels(case: Case) -> Iterator[Subject]:
    for name in dict.fromkeys((COMPANY, *case.strategy.departments)):
        yield f"departments.{name}", case.title(name), name


def _owners(case: Case) -> Iterator[Subject]:
    for name in case.by_owner:
        yield f"people.{name}", case.person(name), name


def _kpis(case: Case) -> Iterator[Subject]:
    for kpi in case.kpis:
        yield f"kpis.{kpi.id}", kpi.title, kpi


def _leads(case: Case) -> Iterator[Subject]:
    for kpi in case.kpis:
        for lead in kpi.leads:
            yield f"kpis.{kpi.id}.leads.{lead.kpi}", kpi.title, (kpi, lead)


def _sources(case: Case) -> Iterator[Subject]:
    used = {kpi.source for kpi in case.kpis}
    for name in case.strategy.sources:
        if name in used:
            yield f"sources.{name}", name, name


def _people(case: Case) -> Iterator[Subject]:
    for name in dict.fromkeys((*case.strategy.people, *case.by_owner)):
        yield f"people.{name}", case.person(name), name


def _waivers(case: Case) -> Iterator[Subject]:
    for n, waiver in enumerate(case.strategy.waivers):
        yield f"waivers[{n}]", f"waiver of {waiver.code} for {waiver.subject}", waiver


SCOPES: dict[Scope, Callable[[Case], Iterator[Subject]]] = {
    "organisation": _organisation,
    "statements": _statements,
    "objectives": _objectives,
    "departments": _departments,
    "levels": _levels,
    "owners": _owners,
    "people": _people,
    "sources": _sources,
    "kpis": _kpis,
    "leads": _leads,
    "waivers": _waivers,
}


def _grouped(pairs: Iterator[tuple[K, Kpi]]) -> dict[K, tuple[Kpi, ...]]:
    found: dict[K, list[Kpi]] = defaultdict(list)
    for key, kpi in pairs:
        found[key].append(kpi)
    return {key: tuple(kpis) for key, kpis in found.items()}

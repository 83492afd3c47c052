"""What leads where: the typed links from a KPI up to the objectives, and across departments."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from kpikit.strategy import Kpi, Strategy
from kpikit.strategy.cycles import find_cycles
from kpikit.strategy.formula import parse_formula

Kind = Literal["measures", "contributes", "identity", "leads", "guards", "conflicts"]
# the kinds that lead up to an objective, the firmest first
UP: tuple[Kind, ...] = ("measures", "contributes", "identity", "leads", "guards")


@dataclass(frozen=True)
class Link:
    """One typed link between places, such as from `kpis.csat` to `objectives.keep`."""

    source: str
    target: str
    kind: Kind


class Links:
    """All links of a strategy's KPIs in use or proposed."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy

    @cached_property
    def all(self) -> tuple[Link, ...]:
        """Every link once, in the file's order."""
        used = {name for name, kpi in self._strategy.kpis.items() if kpi.status != "retired"}
        live = {
            *(f"kpis.{name}" for name in used),
            *_places("objectives", self._strategy.objectives),
        }
        found = (*self._of_kpis(used), *self._of_objectives())
        return tuple(
            link for link in dict.fromkeys(found) if link.source in live and link.target in live
        )

    def _of_kpis(self, used: Iterable[str]) -> Iterator[Link]:
        for name, kpi in self._strategy.kpis.items():
            if name not in used:
                continue
            own = f"kpis.{name}"
            for other in kpi.contributes:
                section = "objectives" if other in self._strategy.objectives else "kpis"
                yield Link(own, f"{section}.{other}", "contributes")
            for part in _parts(kpi):
                yield Link(f"kpis.{part}", own, "identity")
            for lead in kpi.leads:
                yield Link(own, f"kpis.{lead.kpi}", "leads")
            for guard in kpi.guardrails:
                yield Link(f"kpis.{guard}", own, "guards")
            for other in kpi.conflicts:
                yield Link(own, f"kpis.{other}", "conflicts")

    def _of_objectives(self) -> Iterator[Link]:
        for name, objective in self._strategy.objectives.items():
            if objective.kpi is not None:
                yield Link(f"kpis.{objective.kpi}", f"objectives.{name}", "measures")

    @cached_property
    def _up(self) -> Mapping[str, list[Link]]:
        up: dict[str, list[Link]] = defaultdict(list)
        for kind in UP:
            for link in self.all:
                if link.kind == kind:
                    up[link.source].append(link)
        return up

    @cached_property
    def touching(self) -> Mapping[str, tuple[Link, ...]]:
        """The links from and to each place."""
        found: dict[str, list[Link]] = defaultdict(list)
        for link in self.all:
            found[link.source].append(link)
            found[link.target].append(link)
        return {place: tuple(links) for place, links in found.items()}

    @cached_property
    def _objectives_above(self) -> Mapping[str, frozenset[str]]:
        down: dict[str, list[str]] = defaultdict(list)
        for links in self._up.values():
            for link in links:
                down[link.target].append(link.source)
        above: dict[str, set[str]] = defaultdict(set)
        for name in self._strategy.objectives:
            for place in _reached(down, f"objectives.{name}"):
                above[place].add(name)
        return {place: frozenset(names) for place, names in above.items()}

    def objectives_of(self, kpi: str) -> frozenset[str]:
        """Return the objectives that a KPI serves, at whatever distance."""
        return self._objectives_above.get(f"kpis.{kpi}", frozenset())

    def way_up(self, kpi: str) -> tuple[Link, ...]:
        """Return the shortest way from a KPI to an objective; empty where there is none."""
        start = f"kpis.{kpi}"
        ways: dict[str, tuple[Link, ...]] = {start: ()}
        waiting = deque([start])
        while waiting:
            place = waiting.popleft()
            if place.startswith("objectives."):
                return ways[place]
            for link in self._up.get(place, ()):
                if link.target not in ways:
                    ways[link.target] = (*ways[place], link)
                    waiting.append(link.target)
        return ()

    @cached_property
    def circles(self) -> tuple[tuple[str, ...], ...]:
        """The circles in which KPIs contribute to each other."""
        graph: dict[str, list[str]] = defaultdict(list)
        for link in self.all:
            if link.kind == "contributes":
                graph[link.source].append(link.target)
        return tuple(tuple(circle) for circle in find_cycles(graph))


def _parts(kpi: Kpi) -> list[str]:
    """Return the KPIs that a KPI is made of, by its formula or by an identity."""
    written = [text for text in (kpi.identity, kpi.formula) if text]
    return sorted({part for text in written for part in parse_formula(text).kpis})


def _places(section: str, names: Iterable[str]) -> Iterator[str]:
    return (f"{section}.{name}" for name in names)


def _reached(graph: Mapping[str, list[str]], start: str) -> set[str]:
    found = {start}
    waiting = [start]
    while waiting:
        for place in graph.get(waiting.pop(), ()):
            if place not in found:
                found.add(place)
                waiting.append(place)
    return found - {start}

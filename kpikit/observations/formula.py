"""Compile a KPI's formula: aggregates that know their source, by date of definition.

References to other KPIs are resolved into one tree, so that an engine only ever sees
aggregates, and KPIs of one source share one pass over it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from kpikit.errors import DataError, FormulaError, UnknownNameError
from kpikit.strategy.formula import Formula, parse_expression, parse_formula
from kpikit.strategy.nodes import (
    Aggregate,
    Call,
    KpiReference,
    Node,
    as_quotient,
    over_span,
    speaks_of_period,
    walk,
)

if TYPE_CHECKING:
    from kpikit.strategy.model import Kpi, Strategy


@dataclass(frozen=True)
class Definition:
    """What a KPI is computed by from one day on.

    Attributes
    ----------
    since
        The first day on which it holds; None for the first definition.
    tree
        The formula, with every reference to another KPI replaced by its formula.
    rows
        Counts the rows that the KPI speaks of, after its filter.
    """

    since: date | None
    why: str
    tree: Node
    rows: Aggregate

    @cached_property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """What the engine computes, the counts that explain a missing sum included."""
        used = [node for node in walk(self.tree) if isinstance(node, Aggregate)]
        counts = [filter_count(part) for part in used if part.function == "sum"]
        return tuple(dict.fromkeys((*used, *counts, self.rows)))

    @property
    def quotient(self) -> tuple[Node, Node] | None:
        """Numerator and denominator, where the KPI is one number divided by another."""
        match self.tree:
            case Call("/", (numerator, denominator)):
                return numerator, denominator
        return None


@dataclass(frozen=True)
class Compiled:
    """A KPI with its definitions, in the order in which they take over."""

    kpi: Kpi
    definitions: tuple[Definition, ...]

    @cached_property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """What the engine computes for all of the definitions."""
        parts = (part for made in self.definitions for part in made.aggregates)
        return tuple(dict.fromkeys(parts))

    def latest(self, day: date) -> Compiled:
        """Return the KPI with the definition alone that is in force on a day."""
        held = [made for made in self.definitions if made.since is None or made.since <= day]
        return replace(self, definitions=(held[-1],))


def compile_kpi(kpi: Kpi, strategy: Strategy) -> Compiled:
    """Return a KPI's formula as one tree for each of its definitions.

    A KPI that is made of others changes whenever one of them does.

    Raises
    ------
    DataError
        When no source says which rows the formula speaks of.
    FormulaError
        When the formula refers to itself, or cannot be read.
    """
    changes = _changes(kpi, strategy, ())
    days: list[date | None] = [None, *sorted(changes)]
    return Compiled(
        kpi, tuple(_define(kpi, strategy, day, changes.get(day, "") if day else "") for day in days)
    )


def _define(kpi: Kpi, strategy: Strategy, day: date | None, why: str) -> Definition:
    tree = as_quotient(_resolve(kpi, strategy, day))
    parts = [node for node in walk(tree) if isinstance(node, Aggregate)]
    if kpi.source:
        rows = Aggregate("count", None, _in_force(kpi, day)[1], home=_home(kpi, strategy))
    else:  # made of other KPIs: the rows of the first one
        rows = filter_count(parts[0])
    spans = {part.span for part in parts}
    return Definition(day, why, tree, replace(rows, span=spans.pop() if len(spans) == 1 else None))


def _changes(kpi: Kpi, strategy: Strategy, path: tuple[str, ...]) -> dict[date, str]:
    """Return the days on which a KPI, or one that it is made of, is defined anew, and why."""
    if kpi.id in path:
        raise FormulaError(
            f"kpis.{kpi.id}.formula refers to itself: {' -> '.join((*path, kpi.id))}. "
            "Break the circle."
        )
    found: dict[date, str] = {}
    for text in (kpi.formula, *(later.formula for later in kpi.effective)):
        for name in sorted(_read(kpi, "formula", text, parse_formula).kpis):
            other = _changes(find_kpi(strategy, name), strategy, (*path, kpi.id))
            found |= {day: f"{name}: {why}" if why else name for day, why in other.items()}
    return found | {later.since: later.why or "" for later in kpi.effective}


def _in_force(kpi: Kpi, day: date | None) -> tuple[Node, Node | None]:
    """Return formula and filter in force on a day; without its own, the filter before holds."""
    formula, where = kpi.formula, kpi.where
    for later in sorted(kpi.effective, key=lambda definition: definition.since):
        if day is not None and later.since <= day:
            formula, where = later.formula, later.where or where
    kept = _read(kpi, "where", where, parse_expression).tree if where else None
    return _read(kpi, "formula", formula, parse_formula).tree, kept


def _read(kpi: Kpi, field: str, text: str, parser: Callable[[str], Formula]) -> Formula:
    try:
        return parser(text)
    except FormulaError as error:
        raise FormulaError(f"kpis.{kpi.id}.{field}: {error}") from None


def _resolve(kpi: Kpi, strategy: Strategy, day: date | None) -> Node:
    """Return a KPI's tree on a day, with its filter and its source inside every aggregate."""
    tree, where = _in_force(kpi, day)

    def visit(node: Node) -> Node:
        match node:
            case KpiReference(name, span):
                other = _resolve(find_kpi(strategy, name), strategy, day)
                if span is None:
                    return other
                if any(isinstance(part, Aggregate) and part.span for part in walk(other)):
                    raise FormulaError(
                        f"kpis.{kpi.id}.formula: {span.kind} stands around {{{name}}}, which has "
                        "a form of its own. Leave one of the two away."
                    )
                return over_span(other, span)
            case Call(function, arguments):
                return Call(function, tuple(visit(argument) for argument in arguments))
            case Aggregate(then=then):
                if then is not None and where is not None and speaks_of_period(where):
                    raise FormulaError(
                        f"kpis.{kpi.id}.where: speaks of the period, which converted cannot. "
                        "Remove period_start and period_end."
                    )
                return replace(
                    node,
                    where=_both(where, node.where),
                    then=_both(where, then) if then is not None else None,
                    home=_home(kpi, strategy),
                )
        return node

    return visit(tree)


def find_kpi(strategy: Strategy, name: str) -> Kpi:
    """Return a KPI by its name.

    Raises
    ------
    UnknownNameError
        When there is none.
    """
    if name not in strategy.kpis:
        raise UnknownNameError("KPI", name, strategy.kpis, where=str(strategy.path))
    return strategy.kpis[name]


def _home(kpi: Kpi, strategy: Strategy) -> tuple[str, str]:
    if kpi.source is None:
        raise DataError(f"kpis.{kpi.id}: its formula has aggregates and no source. Name a source.")
    time = kpi.time or strategy.sources[kpi.source].time
    if time is None:
        raise DataError(f"kpis.{kpi.id}: neither it nor its source says which column dates a row.")
    return kpi.source, time


def _both(first: Node | None, second: Node | None) -> Node | None:
    if first is None or second is None:
        return first or second
    return Call("and", (first, second))


def filter_count(aggregate: Aggregate) -> Aggregate:
    """Return the count of rows that an aggregate's filter keeps."""
    return Aggregate("count", None, aggregate.where, span=aggregate.span, home=aggregate.home)

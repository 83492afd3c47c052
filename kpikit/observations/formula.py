"""Compile a KPI's formula: aggregates for the engine, arithmetic for us.

The engine only sums, counts and ranks. What stands around the aggregates is
computed here, so that division by zero, rounding and missing values are the same
whatever engine holds the facts, and KPIs of one source share one pass over it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kpikit.errors import DataError, FormulaError, UnknownNameError
from kpikit.sources import expressions
from kpikit.strategy.formula import parse_expression, parse_formula
from kpikit.strategy.nodes import Aggregate, Call, KpiReference, Literal, Node, as_quotient, walk

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

    from kpikit.strategy.model import Kpi, Strategy

Array = npt.NDArray[np.float64]

NO_ROWS = "the source has no rows in this period"
NOTHING = "no row with a value"
ZERO = "the denominator is 0"


@dataclass(frozen=True)
class Compiled:
    """A KPI as one tree over aggregates that know their source.

    Attributes
    ----------
    tree
        The formula, with every reference to another KPI replaced by its formula.
    rows
        Counts the rows that the KPI speaks of, after its filter.
    """

    kpi: str
    tree: Node
    rows: Aggregate

    @property
    def aggregates(self) -> list[Aggregate]:
        """What the engine computes, the counts that explain a missing sum included."""
        used = [node for node in walk(self.tree) if isinstance(node, Aggregate)]
        return list(dict.fromkeys((*used, *map(filter_count, used), self.rows)))

    @property
    def quotient(self) -> tuple[Node, Node] | None:
        """Numerator and denominator, where the KPI is one number divided by another."""
        match self.tree:
            case Call("/", (numerator, denominator)):
                return numerator, denominator
        return None


def compile_kpi(kpi: Kpi, strategy: Strategy) -> Compiled:
    """Return a KPI's formula as one tree, references to other KPIs resolved.

    Raises
    ------
    DataError
        When no source says which rows the formula speaks of.
    FormulaError
        When the formula refers to itself.
    """
    tree = as_quotient(_resolve(kpi, strategy, ()))
    if kpi.source:
        rows = Aggregate("count", None, _condition(kpi), home=_home(kpi, strategy))
    else:  # made of other KPIs: the rows of the first one
        rows = filter_count(next(node for node in walk(tree) if isinstance(node, Aggregate)))
    return Compiled(kpi.id, tree, rows)


def _resolve(kpi: Kpi, strategy: Strategy, path: tuple[str, ...]) -> Node:
    """Return a KPI's tree with its filter and its source inside every aggregate."""
    if kpi.id in path:
        raise FormulaError(
            f"kpis.{kpi.id}.formula refers to itself: {' -> '.join((*path, kpi.id))}. "
            "Break the circle."
        )

    def visit(node: Node) -> Node:
        match node:
            case KpiReference(name):
                return _resolve(find_kpi(strategy, name), strategy, (*path, kpi.id))
            case Call(function, arguments):
                return Call(function, tuple(visit(argument) for argument in arguments))
            case Aggregate():
                kept = _both(_condition(kpi), node.where)
                return replace(node, where=kept, home=_home(kpi, strategy))
        return node

    return visit(parse_formula(kpi.formula).tree)


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


def _condition(kpi: Kpi) -> Node | None:
    return parse_expression(kpi.where).tree if kpi.where else None


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
    return Aggregate("count", None, aggregate.where, home=aggregate.home)


def engine_value(aggregate: Aggregate, table: Table, *, where: str) -> Value:
    """Return an aggregate as the engine computes it."""
    kept = None
    if aggregate.where is not None:
        kept = expressions.row_condition(aggregate.where, table, where=where)
    if aggregate.argument is None:
        return table.count(where=kept)
    value = expressions.row_value(aggregate.argument, table, where=where)
    if aggregate.function == "count":
        return value.nunique(where=kept) if aggregate.distinct else value.count(where=kept)
    if not value.type().is_numeric() and not value.type().is_boolean():
        raise FormulaError(
            f"{where}: {aggregate.function} needs numbers, and gets {value.type()}. "
            "Declare the column as number, or count it."
        )
    value = value.cast("float64")
    if aggregate.function == "quantile":
        return value.quantile(aggregate.level, where=kept)
    return getattr(value, aggregate.function)(where=kept)


@dataclass(frozen=True)
class Evaluated:
    """Values, and for each missing one the reason."""

    value: Array
    reason: npt.NDArray[np.object_]


def evaluate(node: Node, columns: Mapping[Aggregate, Array]) -> Evaluated:
    """Compute the arithmetic around aggregates, one number per period and segment.

    Missing values carry the reason of the first part that is missing; a quotient
    whose denominator is 0 is missing.
    """
    match node:
        case Aggregate():
            return _aggregate(node, columns)
        case Literal(value):
            number = np.nan if value is None or isinstance(value, str) else float(value)
            return _evaluated(np.full(len(next(iter(columns.values()))), number))
        case Call(function, arguments):
            parts = [evaluate(argument, columns) for argument in arguments]
            return _call(function, parts)
    raise FormulaError(f"{node} cannot stand around aggregates.")


def _aggregate(aggregate: Aggregate, columns: Mapping[Aggregate, Array]) -> Evaluated:
    """Return an aggregate's values: a sum or count over no row is 0, all else missing."""
    value = columns[aggregate].copy()
    kept = columns[filter_count(aggregate)]
    if aggregate.function in ("sum", "count"):
        value = np.where(kept == 0, 0.0, value)
    return _evaluated(np.where(np.isfinite(value), value, np.nan))


def _call(function: str, parts: list[Evaluated]) -> Evaluated:
    values = [part.value for part in parts]
    if function == "coalesce":
        found = values[0]
        for value in values[1:]:
            found = np.where(np.isnan(found), value, found)
        return _evaluated(found)
    reason = parts[0].reason
    for part in parts[1:]:
        reason = np.where(reason == "", part.reason, reason)
    if function in ("/", "nullif"):
        refused = values[1] == (0 if function == "/" else values[0])
        reason = np.where(refused & (reason == ""), ZERO, reason)
    with np.errstate(all="ignore"):
        value = ARITHMETIC[function](*values)
    return _evaluated(np.where((reason == "") & np.isfinite(value), value, np.nan), reason)


def _round(value: Array, digits: Array | float = 0.0) -> Array:
    """Round halves away from zero, as people do."""
    scale = 10.0**digits
    rounded: Array = np.sign(value) * np.floor(np.abs(value) * scale + 0.5) / scale
    return rounded


ARITHMETIC: dict[str, Callable[..., Array]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "neg": operator.neg,
    "abs": np.abs,
    "nullif": lambda left, right: np.where(left == right, np.nan, left),
    "round": _round,
}


def _evaluated(value: Array, reason: npt.NDArray[np.object_] | None = None) -> Evaluated:
    if reason is None:
        reason = np.full(len(value), "", dtype=object)
    return Evaluated(value, np.where(np.isnan(value) & (reason == ""), NOTHING, reason))

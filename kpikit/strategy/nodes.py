"""The tree of a formula: five kinds of nodes, and nothing else reaches an engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal as OneOf

PERIOD_NAMES = frozenset({"period_start", "period_end"})  # of the period that a value is for


@dataclass(frozen=True)
class Literal:
    """A number, text, true, false or null."""

    value: str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """A column of the source, declared or derived."""

    name: str


@dataclass(frozen=True)
class Span:
    """Whose rows make a value, where they are not simply its own period's.

    `cumulative` takes all rows up to the period's end, `rolling` those of the last
    `periods`, `to_date` those since a longer period of `grain` began, and `at_end`
    those of the last day with rows.
    """

    kind: OneOf["cumulative", "rolling", "to_date", "at_end"]
    periods: int = 0
    grain: str = ""


@dataclass(frozen=True)
class KpiReference:
    """Another KPI's value, written `{room_revenue}`, over a span where a form is around it."""

    name: str
    span: Span | None = None


@dataclass(frozen=True)
class Call:
    """An operator or a function with its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Aggregate:
    """An aggregate over the rows that `where` keeps; `count` of nothing counts rows.

    `converted` counts the keys in `argument` that have a row which `where` keeps, and
    one which `then` keeps at the same time or up to `days` days later. `home` is the
    source and the column that dates its rows, once a KPI has said so.
    """

    function: str
    argument: Node | None = None
    where: Node | None = None
    distinct: bool = False
    level: float | None = None
    then: Node | None = None
    days: int = 0
    span: Span | None = None
    home: tuple[str, str] | None = None


Node = Literal | Column | KpiReference | Call | Aggregate


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes inside it."""
    yield node
    if isinstance(node, Call):
        inside: tuple[Node | None, ...] = node.arguments
    elif isinstance(node, Aggregate):
        inside = (node.argument, node.where, node.then)
    else:
        return
    for child in inside:
        if child is not None:
            yield from walk(child)


def over_span(tree: Node, span: Span) -> Node:
    """Put a form around a tree: a quotient of windowed sums is the quotient over the window."""
    match tree:
        case Aggregate() | KpiReference():
            return replace(tree, span=span)
        case Call(function, arguments):
            return Call(function, tuple(over_span(argument, span) for argument in arguments))
    return tree


def speaks_of_period(tree: Node) -> bool:
    """Whether a tree names the period that its value is for."""
    return any(isinstance(node, Column) and node.name in PERIOD_NAMES for node in walk(tree))


def as_quotient(tree: Node) -> Node:
    """Turn a quotient scaled or shifted by a number into one quotient, so that it is seen as one.

    `100 * (a / b)` becomes `100 * a / b`, and `1 - a / b` becomes `(1 * b - a) / b`.
    """
    match tree:
        case Call("*", (Literal() as factor, Call("/", (above, below)))):
            return Call("/", (Call("*", (factor, above)), below))
        case Call("*" | "/" as sign, (Call("/", (above, below)), Literal() as factor)):
            return Call("/", (Call(sign, (above, factor)), below))
        case Call("+" | "-" as sign, (Literal() as number, Call("/", (above, below)))):
            return Call("/", (Call(sign, (Call("*", (number, below)), above)), below))
        case Call("+" | "-" as sign, (Call("/", (above, below)), Literal() as number)):
            return Call("/", (Call(sign, (above, Call("*", (number, below)))), below))
    return tree

"""The tree of a formula: five kinds of nodes, and nothing else reaches an engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Literal:
    """A number, text, true, false or null."""

    value: str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """A column of the source, declared or derived."""

    name: str


@dataclass(frozen=True)
class KpiReference:
    """Another KPI's value, written `{room_revenue}`."""

    name: str


@dataclass(frozen=True)
class Call:
    """An operator or a function with its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Aggregate:
    """An aggregate over the rows that `where` keeps; `count` of nothing counts rows.

    `home` is the source and the column that dates its rows, once a KPI has said so.
    """

    function: str
    argument: Node | None = None
    where: Node | None = None
    distinct: bool = False
    level: float | None = None
    home: tuple[str, str] | None = None


Node = Literal | Column | KpiReference | Call | Aggregate


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes inside it."""
    yield node
    if isinstance(node, Call):
        inside: tuple[Node | None, ...] = node.arguments
    elif isinstance(node, Aggregate):
        inside = (node.argument, node.where)
    else:
        return
    for child in inside:
        if child is not None:
            yield from walk(child)


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

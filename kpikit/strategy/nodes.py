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
    """An aggregate over the rows that `where` keeps; `count` of nothing counts rows."""

    function: str
    argument: Node | None = None
    where: Node | None = None
    distinct: bool = False
    level: float | None = None


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

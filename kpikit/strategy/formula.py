"""The formula language: SQL aggregate expressions, read into a tree of our own.

sqlglot parses the text; `grammar.Reader` takes over only what the allow-list
names and refuses the rest. Engines see what is generated from this tree, never the text.

Two languages share one grammar: an *expression* speaks of one row (`derive`,
`where`), a *formula* of all rows of a period and segment: aggregates of
expressions, joined by arithmetic, and forms around them (`rolling`, `cumulative`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from kpikit.errors import FormulaError
from kpikit.strategy.grammar import MAX_DEPTH, Reader, short
from kpikit.strategy.nodes import (
    PERIOD_NAMES,
    Aggregate,
    Call,
    Column,
    KpiReference,
    Node,
    as_quotient,
    speaks_of_period,
    walk,
)

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

MAX_LENGTH = 2_000  # characters


@dataclass(frozen=True)
class Formula:
    """A formula or expression that keeps to the allow-list."""

    text: str
    tree: Node

    @property
    def columns(self) -> frozenset[str]:
        """Names of the columns it speaks of; the period's own two are not the source's."""
        names = {node.name for node in walk(self.tree) if isinstance(node, Column)}
        return frozenset(names - PERIOD_NAMES)

    @property
    def kpis(self) -> frozenset[str]:
        """Names of the KPIs it speaks of."""
        return frozenset(node.name for node in walk(self.tree) if isinstance(node, KpiReference))

    @property
    def speaks_of_period(self) -> bool:
        """Whether it names `period_start` or `period_end`."""
        return speaks_of_period(self.tree)

    @property
    def is_quotient(self) -> bool:
        """Whether it is one number divided by another, so that it never adds up."""
        return isinstance(self.tree, Call) and self.tree.function == "/"


@cache
def parse_formula(text: str) -> Formula:
    """Read a KPI's formula: aggregates over rows, joined by arithmetic.

    An average is read as the quotient it is, `sum(x) / count(x)`, and
    `sum(case when c then x end)` as `sum(x) filter (where c)`. A form goes to the
    aggregates inside it: `rolling(sum(x) / count(*), 3)` is the quotient of two rolling
    sums.

    Parameters
    ----------
    text
        Such as `sum(amount) filter (where stage = 'won') / count(distinct customer_id)`;
        other KPIs' values are written `{room_revenue}`.

    Raises
    ------
    FormulaError
        When the text cannot be read, or uses anything but the allow-list.

    Examples
    --------
    >>> sorted(parse_formula("sum(price * pieces) / count(*)").columns)
    ['pieces', 'price']
    >>> parse_formula("avg(csat)").is_quotient
    True
    """
    tree = Reader(text).formula(_parse(text))
    if not any(isinstance(node, Aggregate | KpiReference) for node in walk(tree)):
        raise FormulaError(f"{short(text)} has no aggregate. Write, for example, sum(amount).")
    return Formula(text, as_quotient(tree))


@cache
def parse_expression(text: str) -> Formula:
    """Read a row-level expression, as `derive` and `where` hold them.

    Raises
    ------
    FormulaError
        When the text cannot be read, or uses anything but the allow-list.

    Examples
    --------
    >>> sorted(parse_expression("channel <> 'spam' and nights > 0").columns)
    ['channel', 'nights']
    """
    return Formula(text, Reader(text).row(_parse(text)))


def _parse(text: str) -> Expr:
    """Return sqlglot's tree of one expression."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    if not text.strip():
        raise FormulaError("the formula is empty. Write, for example, count(*).")
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"{short(text)} has {len(text)} characters, {MAX_LENGTH} at most. "
            "Move parts of it into derived columns."
        )
    if _bracket_depth(text) > MAX_DEPTH:
        raise FormulaError(f"{short(text)} is nested deeper than {MAX_DEPTH} levels. Simplify it.")
    try:
        trees = sqlglot.parse(_quote_references(text), dialect="duckdb")
    except (SqlglotError, RecursionError, ValueError) as error:
        hint = str(error).partition(". Line")[0].partition(" for <class")[0] or "too deep"
        raise FormulaError(
            f"{short(text)} cannot be read ({hint}). Write an SQL expression, "
            "such as sum(amount) / count(*)."
        ) from None
    if len(trees) != 1 or trees[0] is None:
        raise FormulaError(f"{short(text)} is not one expression. Remove the semicolon.")
    return trees[0]


def _quote_references(text: str) -> str:
    """Turn `{kpi}` into an identifier that keeps its braces, outside of texts."""
    return re.sub(
        r"'(?:[^']|'')*'|\{([^{}'\"]*)\}",
        lambda found: found[0] if found[1] is None else f'"{{{found[1].strip()}}}"',
        text,
    )


def _bracket_depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest

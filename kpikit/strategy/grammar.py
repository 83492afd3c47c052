"""The allow-list: which nodes of sqlglot's tree a formula may hold, and how each is read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kpikit.errors import FormulaError, suggest
from kpikit.strategy.forms import FORMS, read_span, whole_number
from kpikit.strategy.nodes import (
    Aggregate,
    Call,
    Column,
    KpiReference,
    Literal,
    Node,
    over_span,
    speaks_of_period,
)
from kpikit.strategy.vocabulary import (
    AGGREGATES,
    ARITHMETIC,
    CALLS,
    IGNORED,
    NAMED,
    ROW_FUNCTIONS,
    SIMPLE_AGGREGATES,
)

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

MAX_DEPTH = 100  # brackets and operators inside each other


class Reader:
    """Takes over the nodes that the allow-list names, and refuses the rest.

    Parameters
    ----------
    text
        The formula as written, for messages.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.in_row = self.in_form = False

    def formula(self, node: Expr) -> Node:
        """Read aggregates joined by arithmetic."""
        self.in_row = False
        return self._read(node)

    def row(self, node: Expr) -> Node:
        """Read what speaks of one row."""
        before, self.in_row = self.in_row, True
        found = self._read(node)
        self.in_row = before
        return found

    def _read(self, node: Expr) -> Node:
        if not hasattr(node, "args"):
            raise FormulaError(f"{short(self.text)}: an argument is missing. Complete it.")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError(
                f"{short(self.text)} is nested deeper than {MAX_DEPTH} levels. Simplify it."
            )
        found = self._aggregate(node)
        if found is None:
            found = self._call(node) if type(node).__name__ in CALLS else self._special(node)
        elif self.in_row:
            raise self._refuse(node, "An aggregate cannot stand inside a row's expression")
        if not self.in_row and isinstance(found, Call) and found.function not in ARITHMETIC:
            raise self._refuse(node, "Around aggregates only arithmetic is known")
        self.depth -= 1
        return found

    def _call(self, node: Expr) -> Node:
        """Read an operator or function that the table `CALLS` describes."""
        name, *parts = CALLS[type(node).__name__]
        self._only(node, *(part.rstrip("?") for part in parts))
        arguments: list[Node] = []
        for part in parts:
            value = node.args.get(part.rstrip("?"))
            if value is None and part.endswith("?"):
                continue
            arguments.extend(map(self._read, value if isinstance(value, list) else [value]))
        return Call(name, tuple(arguments))

    def _special(self, node: Expr) -> Node:
        """Read a node whose meaning the table cannot hold."""
        reader = getattr(self, f"_{type(node).__name__.lower()}", None)
        if reader is None:
            raise self._refuse(node)
        found: Node = reader(node)
        return found

    def _paren(self, node: Expr) -> Node:
        self._only(node, "this")
        return self._read(node.this)

    def _literal(self, node: Expr) -> Node:
        text = str(node.this)
        if node.is_string:
            return Literal(text)
        value = int(text) if text.isdigit() and len(text) < 19 else float(text)
        if value == float("inf"):
            raise self._refuse(node, "The number is too large")
        return Literal(value)

    def _boolean(self, node: Expr) -> Node:
        return Literal(bool(node.this))

    def _null(self, node: Expr) -> Node:  # the node says nothing but that it is there
        return Literal(None)

    def _column(self, node: Expr) -> Node:
        self._only(node, "this")
        if type(node.this).__name__ != "Identifier":
            raise self._refuse(node)
        name = str(node.this.this)
        if name.startswith("{"):
            if self.in_row:
                raise self._refuse(node, "Another KPI cannot stand inside a row's expression")
            return KpiReference(name[1:-1])
        if not self.in_row:
            raise FormulaError(
                f"{short(self.text)}: column {name!r} stands outside of an aggregate. "
                f"Write, for example, sum({name})."
            )
        return Column(name)

    def _is(self, node: Expr) -> Node:
        self._only(node, "this", "expression")
        if type(node.expression).__name__ == "Null":
            return Call("is_null", (self._read(node.this),))
        return Call("=", (self._read(node.this), self._read(node.expression)))

    def _between(self, node: Expr) -> Node:
        self._only(node, "this", "low", "high")
        value = self._read(node.this)
        low, high = self._read(node.args["low"]), self._read(node.args["high"])
        return Call("and", (Call(">=", (value, low)), Call("<=", (value, high))))

    def _case(self, node: Expr) -> Node:
        self._only(node, "this", "ifs", "default")
        subject = node.args.get("this")
        parts: list[Node] = []
        for branch in node.args["ifs"]:
            condition = self._read(branch.this)
            parts.append(Call("=", (self._read(subject), condition)) if subject else condition)
            parts.append(self._read(branch.args["true"]))
        return self._branches(parts, node.args.get("default"))

    def _if(self, node: Expr) -> Node:
        self._only(node, "this", "true", "false")
        parts = [self._read(node.this), self._read(node.args["true"])]
        return self._branches(parts, node.args.get("false"))

    def _branches(self, parts: Iterable[Node], default: Expr | None) -> Node:
        return Call("case", (*parts, self._read(default) if default else Literal(None)))

    def _datediff(self, node: Expr) -> Node:
        self._only(node, "this", "expression", "unit")
        if str(node.args.get("unit") or "DAY").upper() != "DAY":
            raise self._refuse(node, "Only whole days are known")
        return Call("days_between", (self._read(node.expression), self._read(node.this)))

    def _interval(self, node: Expr) -> Node:
        days = str(getattr(node.this, "this", ""))
        if str(node.args.get("unit")).upper() not in ("DAY", "DAYS") or not days.isdecimal():
            raise self._refuse(node, "Only whole days are known")
        return Literal(int(days))

    def _cast(self, node: Expr) -> Node:
        if str(node.args.get("to")) != "DATE" or not getattr(node.this, "is_string", False):
            raise self._refuse(node, "Types are declared with the source's columns")
        return Call("date", (Literal(str(node.this.this)),))

    def _anonymous(self, node: Expr) -> Node:
        name = str(node.this).lower()
        if name in FORMS:
            return self._form(node, name)
        if name not in NAMED:
            raise self._refuse(node)
        if len(node.expressions) != NAMED[name]:
            raise self._refuse(node, f"{name} takes {NAMED[name]} arguments")
        return Call(name, tuple(map(self._read, node.expressions)))

    def _form(self, node: Expr, name: str) -> Node:
        """Read a form around aggregates, and give it to each of them."""
        if self.in_row:
            raise self._refuse(node, "A form stands around an aggregate, and not inside of one")
        if self.in_form:
            raise self._refuse(node, "A form cannot stand inside another one")
        try:
            span = read_span(name, node.expressions[1:])
        except ValueError as error:
            raise self._refuse(node, str(error)) from None
        if not node.expressions:
            raise self._refuse(node, f"{name} stands around a formula")
        self.in_form = True
        inside = self._read(node.expressions[0])
        self.in_form = False
        return over_span(inside, span)

    # aggregates ------------------------------------------------------------------------

    def _aggregate(self, node: Expr, where: Node | None = None) -> Node | None:
        """Read an aggregate, or return None where the node is none."""
        kind = type(node).__name__
        if kind == "Filter":
            self._only(node, "this", "expression")
            found = self._aggregate(node.this, self.row(node.expression.this))
            if found is None:
                raise self._refuse(node, "Only an aggregate can have a filter")
            return found
        if kind == "CountIf":
            self._only(node, "this")
            return Aggregate("count", None, _both(self.row(node.this), where))
        if kind == "Count":
            return self._count(node, where)
        if kind in ("Quantile", "PercentileCont"):
            return self._quantile(node, where)
        if kind in SIMPLE_AGGREGATES:
            return self._simple(node, where)
        if kind == "Anonymous":
            return self._named_aggregate(node, where)
        return None

    def _named_aggregate(self, node: Expr, where: Node | None) -> Node | None:
        """Read an aggregate that the parser knows as a name only."""
        name, arguments = str(node.this).lower(), node.expressions
        if name == "mean" and len(arguments) == 1:
            return _mean(self.row(arguments[0]), where)
        if name != "converted":
            return None
        days = whole_number(arguments[3]) if len(arguments) == 4 else None
        if days is None:
            raise self._refuse(node, "Write converted(key, first, then, days)")
        key, first, then = map(self.row, arguments[:3])
        if where is not None:
            first, then = _both(first, where), _both(then, where)
        if any(map(speaks_of_period, (key, first, then))):
            raise self._refuse(node, "converted cannot speak of period_start and period_end")
        return Aggregate("converted", key, first, then=then, days=days)

    def _simple(self, node: Expr, where: Node | None) -> Node:
        self._only(node, "this")
        name = SIMPLE_AGGREGATES[type(node).__name__]
        argument = self.row(node.this)
        if name == "avg":
            return _mean(argument, where)
        if name == "sum":
            argument, where = _conditional(argument, where)
        return Aggregate(name, argument, where)

    def _count(self, node: Expr, where: Node | None) -> Node:
        self._only(node, "this")
        kind = type(node.this).__name__
        if kind == "Star":
            return Aggregate("count", None, where)
        if kind == "Distinct":
            if len(node.this.expressions) != 1:
                raise self._refuse(node.this, "Count one column at a time")
            return Aggregate("count", self.row(node.this.expressions[0]), where, distinct=True)
        argument = self.row(node.this)
        if isinstance(argument, Literal) and argument.value is not None:
            return Aggregate("count", None, where)  # count(1) counts rows
        return Aggregate("count", *_conditional(argument, where))

    def _quantile(self, node: Expr, where: Node | None) -> Node:
        self._only(node, "this", "quantile", "expression")
        level = node.args.get("quantile") or node.args.get("expression")
        share = float(level.this) if level is not None and level.is_number else -1.0
        if not 0 <= share <= 1:
            raise self._refuse(node, "A quantile's level is a number from 0 to 1")
        return Aggregate("quantile", self.row(node.this), where, level=share)

    # refusals --------------------------------------------------------------------------

    def _only(self, node: Expr, *known: str) -> None:
        """Refuse a node that carries more than is read, so that nothing is dropped silently."""
        for name, value in node.args.items():
            if name not in known and name not in IGNORED and value not in (None, False, []):
                raise self._refuse(node)

    def _refuse(self, node: Expr, reason: str = "") -> FormulaError:
        token = node.sql(dialect="duckdb", comments=False)
        if not reason:
            known = sorted((*AGGREGATES, *FORMS, *ROW_FUNCTIONS))
            reason = f"Known are {', '.join(known)}, arithmetic and comparisons"
            if type(node).__name__ == "Anonymous":
                reason = suggest(str(node.this).lower(), known)
        end = "" if reason[-1] in ".?" else "."
        return FormulaError(f"{short(self.text)}: {short(token)} is not allowed. {reason}{end}")


def _mean(argument: Node, where: Node | None) -> Node:
    """Return a mean as the quotient of sums that it is, at every grain and segment."""
    return Call("/", (Aggregate("sum", argument, where), Aggregate("count", argument, where)))


def _conditional(argument: Node, where: Node | None) -> tuple[Node, Node | None]:
    """Turn `case when c then x end` inside an aggregate into a filter."""
    match argument:
        case Call("case", (condition, value, Literal(None))):
            return value, _both(condition, where)
    return argument, where


def _both(first: Node, second: Node | None) -> Node:
    return first if second is None else Call("and", (first, second))


def short(text: str) -> str:
    """Return a text as a message quotes it."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")

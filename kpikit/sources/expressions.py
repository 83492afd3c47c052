"""Give the row-level language to an engine, node by node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kpikit.errors import FormulaError, UnknownNameError
from kpikit.strategy.nodes import Call, Column, Literal, Node

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def row_value(node: Node, table: Table, *, where: str) -> Value:
    """Return a row-level expression as a column of the engine.

    Parameters
    ----------
    node
        Tree of an expression.
    table
        The rows it speaks of.
    where
        Place of the expression in the strategy file, for messages.

    Raises
    ------
    FormulaError
        When the types of its parts do not fit together.
    UnknownNameError
        When it names a column that the table does not have.
    """
    from ibis.common.exceptions import IbisError

    try:
        return _value(node, table, where)
    except (IbisError, TypeError, AttributeError) as error:
        reason = str(error).splitlines()[0]
        raise FormulaError(
            f"{where}: the types of its parts do not fit together ({reason}). "
            "Compare them with the source's declared columns."
        ) from None


def row_condition(node: Node, table: Table, *, where: str) -> Value:
    """Return a row-level expression as a condition; a number is true where it is not 0."""
    return _truth(row_value(node, table, where=where))


def _value(node: Node, table: Table, where: str) -> Value:
    import ibis

    match node:
        case Literal(None):
            return ibis.null()
        case Literal(value):
            return ibis.literal(value)
        case Column(name):
            if name not in table.columns:
                raise UnknownNameError("column", name, table.columns, where=where)
            return table[name]
        case Call("date", (Literal(str(text)),)):
            return ibis.date(text)
        case Call("parse_date", (text, Literal(str(form)))):
            return _value(text, table, where).as_date(form)
        case Call(function, arguments):
            values = [_value(argument, table, where) for argument in arguments]
            return OPERATIONS[function](*_dated(values))
    raise FormulaError(f"{where}: {node} cannot stand in a row's expression.")


def _dated(values: list[Value]) -> list[Value]:
    """Read text as a date where it is compared with dates."""
    if not any(value.type().is_temporal() for value in values):
        return values
    return [value.cast("timestamp") if value.type().is_string() else value for value in values]


def _truth(value: Value) -> Value:
    return value if value.type().is_boolean() else value != 0


def _add(left: Value, right: Value) -> Value:
    if right.type().is_temporal() and left.type().is_integer():
        left, right = right, left
    return _move(left, right, 1) if left.type().is_temporal() else left + right


def _subtract(left: Value, right: Value) -> Value:
    if left.type().is_temporal():
        return _days(right, left) if right.type().is_temporal() else _move(left, right, -1)
    return left - right


def _move(day: Value, days: Value, sign: int) -> Value:
    moved = day + (days * sign).as_interval("D")
    # by way of an instant: Ibis takes the sum for a date, and engines make it an instant
    return moved.cast("timestamp").cast("date") if day.type().is_date() else moved


def _days(first: Value, last: Value) -> Value:
    return last.cast("date").delta(first.cast("date"), unit="day")


def _divide(left: Value, right: Value) -> Value:
    return left.cast("float64") / right.cast("float64").nullif(0)


def _month_number(name: Value) -> Value:
    import ibis

    start = name.strip().lower().substr(0, 3)
    return ibis.cases(*((start == month, number) for number, month in enumerate(MONTHS, 1)))


def _case(*parts: Value) -> Value:
    import ibis

    pairs = zip(parts[:-1:2], parts[1:-1:2], strict=True)
    return ibis.cases(*((_truth(condition), value) for condition, value in pairs), else_=parts[-1])


def _left(text: Value, length: Value) -> Value:
    if not length.type().is_integer():
        raise TypeError(f"left takes a whole number of letters, and gets {length.type()}")
    return text.left(length)


def _make_date(year: Value, month: Value, day: Value) -> Value:
    import ibis

    return ibis.date(year, month, day)


def _coalesce(*values: Value) -> Value:
    import ibis

    return ibis.coalesce(*values)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": _add,
    "-": _subtract,
    "*": lambda left, right: left * right,
    "/": _divide,
    "neg": lambda value: -value,
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "and": lambda left, right: _truth(left) & _truth(right),
    "or": lambda left, right: _truth(left) | _truth(right),
    "not": lambda value: ~_truth(value),
    "is_null": lambda value: value.isnull(),
    "in": lambda value, *known: value.isin(known),
    "like": lambda value, pattern: value.like(pattern.op().value),
    "case": _case,
    "coalesce": _coalesce,
    "nullif": lambda left, right: left.nullif(right),
    "abs": lambda value: value.abs(),
    "round": lambda value, digits=0: value.round(digits),
    "lower": lambda value: value.lower(),
    "upper": lambda value: value.upper(),
    "trim": lambda value: value.strip(),
    "left": _left,
    "hour": lambda moment: moment.hour(),
    "weekday": lambda day: day.day_of_week.index() + 1,
    "year": lambda day: day.year(),
    "month": lambda day: day.month(),
    "day": lambda day: day.day(),
    "make_date": _make_date,
    "month_number": _month_number,
    "days_between": _days,
}

"""Give aggregates to an engine; it sums, counts and ranks, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpikit.errors import FormulaError
from kpikit.observations.query import LAST_DAY
from kpikit.sources.expressions import row_condition, row_value
from kpikit.strategy.nodes import Aggregate, Node

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table, Value


def engine_value(part: Aggregate, table: Table, *, where: str) -> Value:
    """Return an aggregate as the engine computes it.

    Parameters
    ----------
    where
        Place of the formula in the strategy file, for messages.
    """
    kept = condition(part.where, table, where=where)
    if part.span is not None and part.span.kind == "at_end":
        kept = table[LAST_DAY] if kept is None else kept & table[LAST_DAY]
    if part.argument is None:
        return table.count(where=kept)
    value = _column(row_value(part.argument, table, where=where), table)
    if part.function == "count":
        return value.nunique(where=kept) if part.distinct else value.count(where=kept)
    if not value.type().is_numeric() and not value.type().is_boolean():
        raise FormulaError(
            f"{where}: {part.function} needs numbers, and gets {value.type()}. "
            "Declare the column as number, or count it."
        )
    value = value.cast("float64")
    if part.function == "quantile":
        return value.quantile(part.level, where=kept)
    return getattr(value, part.function)(where=kept)


def _column(value: Value, table: Table) -> Value:
    """Return what is the same in every row, such as the 1 of `sum(1)`, as a column."""
    import ibis
    from ibis.expr.types import Scalar

    if not isinstance(value, Scalar):
        return value
    return ibis.ifelse(table.kpikit_day.isnull(), value, value)


def condition(node: Node | None, table: Table, *, where: str) -> BooleanValue | None:
    """Return a filter as the engine computes it; None keeps all rows."""
    return None if node is None else row_condition(node, table, where=where)


def converted(part: Aggregate, rows: Table, everything: Table, *, where: str) -> Table:
    """Return the rows that begin a conversion, each with its key, as far as it came about.

    Parameters
    ----------
    rows
        Rows that may begin one, with their periods.
    everything
        Rows that may complete one, in whichever period; both dated as `query` does.
    """
    assert part.argument is not None
    assert part.then is not None
    first = rows if part.where is None else rows.filter(condition(part.where, rows, where=where))
    if part.span is not None and part.span.kind == "at_end":
        first = first.filter(first[LAST_DAY])
    then = everything.filter(condition(part.then, everything, where=where))
    return _in_time(
        first.select(
            "kpikit_segment",
            "period_start",
            "kpikit_day",
            "kpikit_moment",
            kpikit_key=row_value(part.argument, first, where=where),
        ).distinct(),
        then.select(
            kpikit_then=row_value(part.argument, then, where=where),
            kpikit_later=then.kpikit_moment,
            kpikit_until=then.kpikit_day,
        ).distinct(),
        part.days,
    )


def _in_time(first: Table, then: Table, days: int) -> Table:
    """Join what begins with what completes it, in order and within the days."""
    import ibis

    limit = (first.kpikit_day + ibis.interval(days=days)).cast("date")
    begun = first.mutate(kpikit_limit=limit)
    return begun.join(
        then,
        [
            begun.kpikit_key == then.kpikit_then,
            begun.kpikit_moment <= then.kpikit_later,
            begun.kpikit_limit >= then.kpikit_until,
        ],
    )

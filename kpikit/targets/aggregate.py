"""How a KPI adds up over the periods of a longer one: declared, or told from its formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpikit.forecasting.outcomes import Aggregate
from kpikit.strategy import nodes
from kpikit.strategy.formula import parse_expression, parse_formula

if TYPE_CHECKING:
    from kpikit.strategy.model import Kpi, Strategy

__all__ = ["Aggregate", "aggregate_of"]


def aggregate_of(kpi: Kpi, *, strategy: Strategy, is_quotient: bool) -> Aggregate | None:
    """Return how a KPI adds up over periods, or `None` where it cannot be told.

    Parameters
    ----------
    is_quotient
        Whether the observations carry a numerator and a denominator.

    Notes
    -----
    What the KPI declares (`over_periods`) goes before what its source of ready-made values
    declares (`rollup`), and that before the formula. Sums and counts add up, and so do
    their sums, differences and multiples by a number. A count of distinct things does not:
    one thing may be seen in two periods. What accumulates, or is taken at the end of a
    period, is that of the last one; other windows overlap, and cannot be told. Neither can
    what looks at its own period's borders.
    """
    if kpi.over_periods is not None:
        return kpi.over_periods
    source = strategy.sources.get(kpi.source) if kpi.source else None
    if source is not None and source.rollup is not None:
        return None if source.rollup == "none" else source.rollup
    kinds = _spans(kpi, strategy, seen=frozenset())
    if kinds - {""}:
        return "last" if kinds <= {"cumulative", "at_end"} else None
    if is_quotient:
        return "ratio"
    return "sum" if _kpi_adds_up(kpi, strategy, seen=frozenset()) else None


def _spans(kpi: Kpi, strategy: Strategy, *, seen: frozenset[str]) -> set[str]:
    """Return the kinds of forms around a KPI's aggregates; "" is none."""
    kinds: set[str] = set()
    for text in _formulas(kpi):
        for node in nodes.walk(parse_formula(text).tree):
            if not isinstance(node, nodes.Aggregate | nodes.KpiReference):
                continue
            other = strategy.kpis.get(node.name) if isinstance(node, nodes.KpiReference) else None
            if node.span is not None:
                kinds.add(node.span.kind)
            elif other is not None and other.id not in seen:
                kinds |= _spans(other, strategy, seen=seen | {kpi.id})
            else:
                kinds.add("")
    return kinds


def _kpi_adds_up(kpi: Kpi, strategy: Strategy, *, seen: frozenset[str]) -> bool:
    """Return whether each of the KPI's definitions adds up over periods."""
    seen |= {kpi.id}
    trees = [parse_formula(text).tree for text in _formulas(kpi)]
    filters = (kpi.where, *(later.where for later in kpi.effective))
    if any(parse_expression(text).speaks_of_period for text in filters if text):
        return False
    return all(_adds_up(tree, strategy, seen) for tree in trees)


def _formulas(kpi: Kpi) -> tuple[str, ...]:
    return (kpi.formula, *(later.formula for later in kpi.effective))


def _adds_up(node: nodes.Node, strategy: Strategy, seen: frozenset[str]) -> bool:
    if isinstance(node, nodes.Aggregate):
        counts = node.function in ("sum", "count") and not node.distinct
        return counts and not nodes.speaks_of_period(node)
    if isinstance(node, nodes.KpiReference):
        other = strategy.kpis.get(node.name)
        known = other is not None and node.name not in seen
        return known and other is not None and _kpi_adds_up(other, strategy, seen=seen)
    if not isinstance(node, nodes.Call):
        return False
    if node.function in ("+", "-", "neg"):
        return all(_adds_up(part, strategy, seen) for part in node.arguments)
    if node.function not in ("*", "/"):
        return False
    left, right = node.arguments
    if isinstance(right, nodes.Literal):
        return _adds_up(left, strategy, seen)
    return (
        node.function == "*" and isinstance(left, nodes.Literal) and _adds_up(right, strategy, seen)
    )

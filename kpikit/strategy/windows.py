"""Checks of forms and of the period's names: what speaks of a period must have one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kpikit.errors import FormulaError
from kpikit.strategy.document import Place
from kpikit.strategy.draft import Draft, Entry, Problem, mapping, parts, text
from kpikit.strategy.nodes import PERIOD_NAMES, Aggregate, KpiReference, walk

if TYPE_CHECKING:
    from kpikit.strategy.formula import Formula


def _read(entry: Entry, key: str) -> Formula | None:
    """Return a formula or expression that can be read; what cannot is told elsewhere."""
    from kpikit.strategy.formula import parse_expression, parse_formula

    written = text(entry, key)
    try:
        parser = parse_formula if key == "formula" else parse_expression
        return parser(written) if written else None
    except FormulaError:
        return None


def _definitions(draft: Draft) -> Iterator[tuple[str, Place, Entry]]:
    for name, kpi in draft.entries("kpis"):
        yield name, ("kpis", name), kpi
        for n, entry in parts(kpi, "effective"):
            yield name, ("kpis", name, "effective", n), entry


def period_names_are_free(draft: Draft) -> Iterator[Problem]:
    """Check that no source has a column named as the borders of a value's period."""
    for name, source in draft.entries("sources"):
        for section in ("columns", "derive"):
            for column in sorted(PERIOD_NAMES & set(mapping(source, section))):
                yield Problem(
                    ("sources", name, section, column),
                    "is the name of a value's own period in formulas. Give it another name.",
                )
        derived = mapping(source, "derive")
        rows = [(("derive", key), _read(derived, key)) for key in derived]
        for place, found in [(("where",), _read(source, "where")), *rows]:
            if found is not None and found.speaks_of_period:
                yield Problem(
                    ("sources", name, *place),
                    "speaks of period_start or period_end, and a row has no period before a "
                    "KPI asks for one. Write it in the KPI's where or filter.",
                )


def forms_stand_alone(draft: Draft) -> Iterator[Problem]:
    """Check that no form stands around a KPI that is made with a form already."""
    trees = {place: (name, _read(entry, "formula")) for name, place, entry in _definitions(draft)}
    formed: set[str] = set()
    waiting = True
    while waiting:  # a KPI made of one with a form has one too
        found = {
            name
            for name, formula in trees.values()
            if formula is not None and name not in formed and _has_form(formula, formed)
        }
        formed |= found
        waiting = bool(found)
    for place, (_, formula) in trees.items():
        for node in walk(formula.tree) if formula is not None else ():
            if isinstance(node, KpiReference) and node.span is not None and node.name in formed:
                yield Problem(
                    (*place, "formula"),
                    f"puts {node.span.kind} around {{{node.name}}}, which has a form of its own. "
                    "Leave one of the two away.",
                )


def _has_form(formula: Formula, formed: set[str]) -> bool:
    return any(
        (isinstance(node, Aggregate | KpiReference) and node.span is not None)
        or (isinstance(node, KpiReference) and node.name in formed)
        for node in walk(formula.tree)
    )


def conversions_have_no_period(draft: Draft) -> Iterator[Problem]:
    """Check that the filter of a conversion does not speak of a period: its rows have two."""
    for _, place, entry in _definitions(draft):
        formula, where = _read(entry, "formula"), _read(entry, "where")
        if formula is None or where is None or not where.speaks_of_period:
            continue
        if any(
            isinstance(node, Aggregate) and node.then is not None for node in walk(formula.tree)
        ):
            yield Problem(
                (*place, "where"),
                "speaks of the period, which converted cannot. Remove period_start and period_end.",
            )


RULES = (
    period_names_are_free,
    forms_stand_alone,
    conversions_have_no_period,
)

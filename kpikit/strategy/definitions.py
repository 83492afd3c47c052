"""Checks of sources and formulas: what a KPI is computed from must be declared and readable."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import TYPE_CHECKING

from kpikit.errors import FormulaError
from kpikit.strategy.cycles import arrows, find_cycles
from kpikit.strategy.document import Place
from kpikit.strategy.draft import Draft, Entry, Problem, mapping, parts, text, texts
from kpikit.strategy.fields import is_blank

if TYPE_CHECKING:
    from kpikit.strategy.formula import Formula

CSV_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")

Parser = Callable[[str], "Formula"]


@cache
def _parsers() -> tuple[Parser, Parser]:
    """Return the two parsers; they bring in a large library, so late."""
    from kpikit.strategy.formula import parse_expression, parse_formula

    return parse_formula, parse_expression


def _parse(entry: Entry, key: str, parser: Parser) -> Formula | str | None:
    """Return the formula of an entry, what is wrong with it, or None where there is none."""
    written = text(entry, key)
    if written is None or is_blank(written):  # told elsewhere
        return None
    try:
        return parser(written)
    except FormulaError as error:
        return str(error)


def kpi_formulas_are_readable(draft: Draft) -> Iterator[Problem]:
    """Check that a KPI's formulas can be read and speak of what is declared."""
    formula, expression = _parsers()
    for name, kpi in draft.entries("kpis"):
        columns = draft.columns(text(kpi, "source"))
        for place, entry in _definitions(name, kpi):
            for key, parser in (("formula", formula), ("where", expression)):
                found = _parse(entry, key, parser)
                yield from _speaks_of(draft, (*place, key), found, columns)
        found = _parse(kpi, "identity", formula)
        yield from _speaks_of(draft, ("kpis", name, "identity"), found, ())
        if found is not None and not isinstance(found, str) and found.columns:
            yield Problem(
                ("kpis", name, "identity"),
                f"speaks of the column {min(found.columns)!r}. Write KPIs in braces: {{kpi}}.",
            )


def _definitions(name: str, kpi: Entry) -> Iterator[tuple[tuple[str | int, ...], Entry]]:
    yield ("kpis", name), kpi
    for n, entry in parts(kpi, "effective"):
        yield ("kpis", name, "effective", n), entry


def _speaks_of(
    draft: Draft, place: Place, found: Formula | str | None, columns: Collection[str]
) -> Iterator[Problem]:
    if found is None:
        return
    if isinstance(found, str):
        yield Problem(place, found)
        return
    for column in sorted(found.columns - set(columns)) if columns else ():
        hint = draft.hints.of(column, columns, kind=frozenset(columns))
        yield Problem(place, f"names the column {column!r}, which its source lacks. {hint}")
    kpis = draft.ids("kpis")
    for kpi in sorted(found.kpis - kpis):
        hint = draft.hints.of(kpi, kpis, kind="KPI")
        yield Problem(place, f"names the KPI {{{kpi}}}, which is not defined. {hint}")


def kpis_have_facts(draft: Draft) -> Iterator[Problem]:
    """Check that a KPI names its source, unless it is made of other KPIs alone."""
    from kpikit.strategy.nodes import Aggregate, Column, walk

    for name, kpi in draft.entries("kpis"):
        found = _parse(kpi, "formula", _parsers()[0])
        if kpi.get("source") is not None or found is None or isinstance(found, str):
            continue
        if any(isinstance(node, Aggregate | Column) for node in walk(found.tree)):
            yield Problem(
                ("kpis", name, "source"),
                "is missing, and the formula speaks of rows. Name the source of its facts.",
            )


def kpis_have_time(draft: Draft) -> Iterator[Problem]:
    """Check that the rows of every KPI have a day, by its own column or by its source's."""
    for name, kpi in draft.entries("kpis"):
        source = draft.entry("sources", text(kpi, "source"))
        if source and source.get("time") is None and kpi.get("time") is None:
            yield Problem(
                ("kpis", name), "has no time, nor has its source. Name the column that dates a row."
            )


def formulas_do_not_circle(draft: Draft) -> Iterator[Problem]:
    """Check that no KPI is computed, in the end, from itself."""
    for field in ("formula", "identity"):
        graph: dict[str, list[str]] = {}
        for name, kpi in draft.entries("kpis"):
            found = _parse(kpi, field, _parsers()[0])
            if found is not None and not isinstance(found, str):
                graph[name] = sorted(found.kpis)
        for cycle in find_cycles(graph):
            place = ("kpis", cycle[0], field)
            yield Problem(place, f"goes in a circle: {arrows(cycle)}. Compute one from facts.")


def source_expressions_are_readable(draft: Draft) -> Iterator[Problem]:
    """Check that derived columns and filters can be read, and never need themselves."""
    for name, source in draft.entries("sources"):
        columns, derived = draft.columns(name), mapping(source, "derive")
        found = _parse(source, "where", _parsers()[1])
        yield from _speaks_of(draft, ("sources", name, "where"), found, columns)
        graph: dict[str, list[str]] = {}
        for column in derived:
            place = ("sources", name, "derive", column)
            if column in mapping(source, "columns"):
                yield Problem(place, "is a column of the source already. Give it another name.")
            found = _parse(derived, column, _parsers()[1])
            yield from _speaks_of(draft, place, found, columns)
            if found is not None and not isinstance(found, str):
                graph[column] = sorted(found.columns & set(derived))
        for cycle in find_cycles(graph):
            place = ("sources", name, "derive", cycle[0])
            yield Problem(place, f"goes in a circle: {arrows(cycle)}. Derive one from columns.")


def source_columns_exist(draft: Draft) -> Iterator[Problem]:
    """Check that the columns that sources and KPIs name are declared."""
    for name, source in draft.entries("sources"):
        named = [((key,), text(source, key)) for key in ("time", "recorded")]
        keys: list[tuple[Place, str | None]] = [
            (("key", n), key) for n, key in texts(source, "key")
        ]
        for place, column in [*named, *keys]:
            yield from _column(draft, ("sources", name, *place), column, name)
    for name, kpi in draft.entries("kpis"):
        yield from _column(draft, ("kpis", name, "time"), text(kpi, "time"), text(kpi, "source"))


def _column(
    draft: Draft, place: Place, column: str | None, source: str | None
) -> Iterator[Problem]:
    columns = draft.columns(source)
    if column is not None and columns and column not in columns:
        hint = draft.hints.of(column, columns, kind=columns)
        yield Problem(
            place, f"names the column {column[:64]!r}, which its source does not declare. {hint}"
        )


def sources_can_be_opened(draft: Draft) -> Iterator[Problem]:
    """Check that a source is either a file or a table, with what each kind needs."""
    for name, source in draft.entries("sources"):
        place = ("sources", name)
        path, table = source.get("path"), source.get("table")
        if (path is None) == (table is None):
            which = "neither path nor table" if path is None else "path and table"
            yield Problem(place, f"has {which}. Give the one of the two that holds the facts.")
        if table is not None and source.get("connection") is None:
            yield Problem(place, "has a table and no connection. Add connection: '${NAME}'.")
        if path is not None and source.get("connection") is not None:
            yield Problem((*place, "connection"), "belongs to a table. Remove it from a file.")
        if isinstance(path, str) and path.casefold().endswith(CSV_ENDINGS):
            yield from _csv(place, source)
        for key in ("path", "table"):
            if "://" in (text(source, key) or ""):
                yield Problem(
                    (*place, key),
                    "holds an address. Put it into an environment variable, and name that "
                    "under connection as '${NAME}'.",
                )


def _csv(place: tuple[str, ...], source: Entry) -> Iterator[Problem]:
    if not mapping(source, "columns"):
        yield Problem(place, "is a CSV without columns. Declare the columns and their types.")
    if source.get("time") is None:
        yield Problem(place, "is a CSV without time. Name the column that dates its rows.")
    marks = {key: source.get(key, default) for key, default in _MARKS.items()}
    for key, other in (("thousands", "decimal"), ("decimal", "delimiter")):
        if marks[key] is not None and marks[key] == marks[other]:
            yield Problem((*place, key), f"is the same as its {other}. Give them two marks.")


_MARKS = {"delimiter": ",", "decimal": ".", "thousands": None}

RULES = (
    kpi_formulas_are_readable,
    kpis_have_facts,
    kpis_have_time,
    formulas_do_not_circle,
    source_expressions_are_readable,
    source_columns_exist,
    sources_can_be_opened,
)

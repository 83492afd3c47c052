"""Turn declared sources into tables of facts, seen as of a date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kpikit.errors import DataError, UnknownNameError
from kpikit.periods import Calendar
from kpikit.sources.connect import THREADS, Engines, engine_errors, engines, plain_reason
from kpikit.sources.contract import RawTable, hold_to_contract
from kpikit.sources.expressions import row_condition, row_value
from kpikit.sources.files import read_file
from kpikit.sources.fingerprint import at_rest, source_files
from kpikit.strategy.formula import parse_expression

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from kpikit.strategy.model import Source, Strategy

LONG = timedelta(days=20 * 365)  # facts of fewer years are not looked at for stray days
FAR = timedelta(days=3 * 365)
SMALL = 20_000_000  # bytes of all files together


@dataclass(frozen=True)
class Facts:
    """The rows of one source that are seen as of a date, derived columns included.

    Attributes
    ----------
    rows
        Number of rows seen.
    undated
        Number of rows without a time: they belong to no period.
    unseen
        Number of rows that lie after the as-of date.
    first, last
        First and newest day with a row, over all rows seen; None where there is none.
    complete_through
        Last day up to which the source is complete: its newest day, or as declared.
    """

    source: Source
    table: Table
    rows: int
    undated: int
    unseen: int
    first: date | None
    last: date | None
    complete_through: date | None


@contextmanager
def open_facts(
    strategy: Strategy,
    *,
    sources: Iterable[str] | None = None,
    as_of: date | None = None,
    unread: dict[str, str] | None = None,
) -> Iterator[dict[str, Facts]]:
    """Open sources, and close them again when the block ends.

    Parameters
    ----------
    sources
        Names of the sources wanted; all when None.
    as_of
        Nothing later is seen: by the column `recorded` where the source declares
        one, else by its `time`. None sees all rows.
    unread
        Where given, sources that cannot be read are told in it, by name, and left out;
        only when none can be read is that an error.

    Raises
    ------
    DataError
        When a source breaks its contract; every source's fault is in the one error.
        Also when a file is written to while the block reads it.
    """
    names = list(strategy.sources if sources is None else sources)
    with at_rest(strategy, names), _engines(strategy, names) as opened:
        facts: dict[str, Facts] = {}
        faults: dict[str, str] = {}
        for name in names:
            if name not in strategy.sources:
                raise UnknownNameError("source", name, strategy.sources, where=str(strategy.path))
            try:
                facts[name] = _read(name, strategy, opened, as_of)
            except DataError as error:
                faults[name] = str(error)
        if faults and (unread is None or not facts):
            raise DataError("\n".join(faults.values()))
        if unread is not None:
            unread.update(faults)
        newest = max((fact.last for fact in facts.values() if fact.last), default=None)
        yield {name: _reach(fact, as_of or newest) for name, fact in facts.items()}


def _engines(strategy: Strategy, names: Iterable[str]) -> AbstractContextManager[Engines]:
    """Open engines; small files are read before a second thread would be of use."""
    sources = [strategy.sources[name] for name in names if name in strategy.sources]
    files = [file for source in sources for file in source_files(source, strategy.folder)]
    small = sum(file.stat().st_size for file in files) < SMALL
    return engines(strategy.organisation.time_zone, threads=1 if small else THREADS)


def _read(name: str, strategy: Strategy, opened: Engines, as_of: date | None) -> Facts:
    source, where = strategy.sources[name], f"sources.{name}"
    if source.path is not None:
        path = strategy.folder / source.path
        table = read_file(path, source, engine=opened.embedded, where=where)
    else:
        table = _read_table(source, opened, where)
    table = _derive(table, source, where)
    if source.where:
        table = table.filter(
            row_condition(parse_expression(source.where).tree, table, where=f"{where}.where")
        )
    if source.path is not None:
        table = _named(table, source, opened, where)
    return _look(table, source, strategy.calendar, as_of=as_of)


def _named(table: Table, source: Source, opened: Engines, where: str) -> Table:
    """Return a table by one name: queries that spell out all its columns take longer to make."""
    try:
        return opened.embedded.connection.create_view(f"kpikit_{source.id}", table)
    except engine_errors() as error:
        raise DataError(f"{where}: {plain_reason(error)} Correct the source.") from None


def _read_table(source: Source, opened: Engines, where: str) -> Table:
    """Return a database's table or view, held to the same contract as a file."""
    if source.table is None or source.connection is None:
        raise DataError(f"{where}: names neither a file nor a table with its connection. Add one.")
    connection = opened.connected(source.connection, where=where)
    schema, _, name = source.table.rpartition(".")
    try:
        table = connection.table(name, database=schema or None)
        return hold_to_contract(RawTable(table, source.table, parsed=False), source, where=where)
    except engine_errors() as error:
        raise DataError(
            f"{where}: the table {source.table!r} cannot be read ({plain_reason(error)}) "
            "Check its name and the rights of the connection's user."
        ) from None


def _derive(table: Table, source: Source, where: str) -> Table:
    """Add derived columns, each after those it is made of."""
    waiting = {name: parse_expression(text) for name, text in source.derive.items()}
    while waiting:
        ready = [name for name, made in waiting.items() if not made.columns & waiting.keys()]
        if not ready:
            raise DataError(
                f"{where}.derive: {', '.join(waiting)} are made of each other. Break the circle."
            )
        table = table.mutate(
            **{
                name: row_value(waiting.pop(name).tree, table, where=f"{where}.derive.{name}")
                for name in ready
            }
        )
    return table


def _look(table: Table, source: Source, calendar: Calendar, *, as_of: date | None) -> Facts:
    """Leave out what is not seen yet, and count what there is."""
    where = f"sources.{source.id}"
    for column in (source.time, source.recorded):
        if column is not None and column not in table.columns:
            raise UnknownNameError("column", column, table.columns, where=where)
    if source.time is None:
        raise DataError(f"{where}: declares no time. Name the column that dates its rows.")
    time = table[source.time].cast("date")
    seen, kept = table, None
    if as_of is not None:
        stamp = table[source.recorded].cast("date") if source.recorded else time
        kept = (stamp <= as_of) | stamp.isnull()
        seen = table.filter(kept)
    try:
        counted = table.aggregate(
            everything=table.count(),
            rows=table.count(where=kept),
            dated=time.count(where=kept),
            first=time.min(where=kept),
            last=time.max(where=kept),
        )
        found = counted.to_pyarrow().to_pylist()[0]
    except engine_errors() as error:
        raise DataError(f"{where}: {plain_reason(error)} Correct the source.") from None
    if as_of is None:
        _refuse_stray(seen, source, found["first"], found["last"])
    if source.rollup is not None and source.grain is not None and found["first"] is not None:
        # a ready-made value stands for its whole period, whichever of its days dates it
        found["first"] = calendar.period(found["first"], source.grain).start
        found["last"] = calendar.period(found["last"], source.grain).end
    return Facts(
        source=source,
        table=seen,
        rows=found["rows"],
        undated=found["rows"] - found["dated"],
        unseen=found["everything"] - found["rows"],
        first=found["first"],
        last=found["last"],
        complete_through=None,
    )


def _refuse_stray(table: Table, source: Source, first: date | None, last: date | None) -> None:
    """Refuse a newest day far beyond all others: no clock says whether it is still to come."""
    if first is None or last is None or last - first < LONG:
        return
    time = table[source.time].cast("date")
    before = (
        table.filter(time < last).aggregate(last=time.max()).to_pyarrow().to_pylist()[0]["last"]
    )
    if before is not None and last - before > max(before - first, FAR):
        raise DataError(
            f"sources.{source.id}: the newest row is dated {last}, and the one before it {before}. "
            "Correct it, or name the day to look at with as_of."
        )


def _reach(facts: Facts, as_of: date | None) -> Facts:
    """Say how far the source is complete: to its newest day, or as it declares."""
    declared, reach = facts.source.complete_through, facts.last
    if isinstance(declared, date):
        reach = declared
    elif declared is not None and as_of is not None:
        delay = re.match(r"\d+", declared)
        reach = as_of - timedelta(days=int(delay[0]) if delay else 0)
    if reach is not None and as_of is not None:
        reach = min(reach, as_of)
    values = {name: getattr(facts, name) for name in facts.__dataclass_fields__}
    return Facts(**(values | {"complete_through": reach}))

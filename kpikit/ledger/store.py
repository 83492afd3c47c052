"""The questions asked of a ledger's table, and the one statement that adds to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import desc, func, insert, select

from kpikit.ledger.chain import START, Head, Row
from kpikit.ledger.records import Undo, review_topic
from kpikit.ledger.tables import ledger

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from kpikit.ledger.records import Record

BATCH = 5000  # rows held at once when a whole ledger is read

_undo = ledger.alias("undo")
_undone = (
    select(ledger.c.seq)
    .join(_undo, _undo.c.topic == ledger.c.event)
    .where(_undo.c.kind == Undo.kind)
)


def add(connection: Connection, row: Row) -> None:
    """Add one row."""
    connection.execute(insert(ledger), row._asdict())


def head(connection: Connection) -> Head:
    """Return the number and hash of the last record."""
    found = connection.execute(
        select(ledger.c.seq, ledger.c.hash).order_by(desc(ledger.c.seq)).limit(1)
    ).first()
    return Head(*found) if found else Head(0, START)


def last(connection: Connection) -> Row | None:
    """Return the last record."""
    return _one(connection, select(ledger).order_by(desc(ledger.c.seq)).limit(1))


def by_event(connection: Connection, event: str) -> Row | None:
    """Return the record of an event, if it is written."""
    return _one(connection, select(ledger).where(ledger.c.event == event))


def by_topic(connection: Connection, kind: str, topic: str) -> Row | None:
    """Return the newest standing record on a topic."""
    found = _standing(kind).where(ledger.c.topic == topic).order_by(desc(ledger.c.seq)).limit(1)
    return _one(connection, found)


def closing_of(connection: Connection, period: str) -> Row | None:
    """Return the record that closed a period, if it is closed."""
    return by_topic(connection, "review", review_topic(period, "closed"))


def standing(connection: Connection, kind: type[Record], *, period: str | None) -> list[Row]:
    """Return the records of a kind that were not taken back, oldest first."""
    found = _standing(kind.kind).order_by(ledger.c.seq)
    if period is not None:
        found = found.where(ledger.c.period == period)
    return _many(connection, found)


def every(connection: Connection, kind: type[Record]) -> list[Row]:
    """Return all records of a kind, those that were taken back as well, oldest first."""
    found = select(ledger).where(ledger.c.kind == kind.kind).order_by(ledger.c.seq)
    return _many(connection, found)


def latest(connection: Connection, kind: type[Record], *, period: str | None) -> list[Row]:
    """Return the newest standing record on each topic of a kind, oldest first."""
    newest = (
        select(func.max(ledger.c.seq).label("seq"))
        .where(ledger.c.kind == kind.kind, ledger.c.seq.not_in(_undone))
        .group_by(ledger.c.topic)
    )
    if period is not None:
        newest = newest.where(ledger.c.period == period)
    chosen = newest.subquery()
    found = select(ledger).join(chosen, ledger.c.seq == chosen.c.seq).order_by(ledger.c.seq)
    return _many(connection, found)


def all_rows(connection: Connection) -> Iterator[Row]:
    """Yield every row in the order of its number, a batch at a time."""
    found = connection.execution_options(yield_per=BATCH).execute(
        select(ledger).order_by(ledger.c.seq)
    )
    for row in found:
        yield Row._make(row)


def _standing(kind: str) -> Select[tuple[object, ...]]:
    return select(ledger).where(ledger.c.kind == kind, ledger.c.seq.not_in(_undone))


def _one(connection: Connection, query: Select[tuple[object, ...]]) -> Row | None:
    found = connection.execute(query).first()
    return Row._make(found) if found else None


def _many(connection: Connection, query: Select[tuple[object, ...]]) -> list[Row]:
    return [Row._make(row) for row in connection.execute(query)]

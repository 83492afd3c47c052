"""What may not be written, asked while the writer holds the lock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kpikit.errors import DataError, KpikitError
from kpikit.ledger import store
from kpikit.ledger.chain import Draft, Row, entry_of
from kpikit.ledger.records import Record, Undo

if TYPE_CHECKING:
    from sqlalchemy import Connection


def refuse_nameless(drafts: Iterable[Draft]) -> None:
    """Refuse what nobody says, or for no reason."""
    for draft in drafts:
        for name in ("who", "why"):
            if not getattr(draft, name).strip():
                raise DataError(
                    f"ledger: {name} is empty. Every record says who wrote it, and why."
                )


def refuse_other(found: Row, record: Record) -> None:
    """Refuse to write another record under an event that is written already."""
    if entry_of(found).record != record:
        raise DataError(
            f"ledger: event {found.event!r} is record {found.seq} already, and says something "
            "else. Leave event out to write a new one."
        )


def refuse_locked(connection: Connection, record: Record) -> None:
    """Refuse what a closed period, or an earlier record, rules out."""
    if isinstance(record, Undo):
        period = _undone(connection, record).period
    else:
        period = getattr(record, "period", "") if record.is_locked else ""
    closing = store.closing_of(connection, period) if period else None
    if closing is not None:
        raise KpikitError(
            f"ledger: {period} was closed by record {closing.seq}, and is locked. "
            "Write it into the period that is open."
        )
    earlier = store.by_topic(connection, record.kind, record.topic) if record.once else None
    if earlier is not None:
        raise KpikitError(
            f"ledger: {record.kind} {record.topic.replace('|', ' ')} is on record already "
            f"(record {earlier.seq}). Nothing is left to do."
        )


def _undone(connection: Connection, record: Undo) -> Row:
    found = store.by_event(connection, record.event)
    if found is None:
        raise DataError(f"ledger: there is no event {record.event!r}. Name one that is written.")
    if found.kind == Undo.kind:
        raise DataError(
            f"ledger: record {found.seq} takes another back, and stays. Write that one again."
        )
    return found

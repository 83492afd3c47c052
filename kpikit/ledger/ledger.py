"""The ledger: what happened, in the order in which it happened, added to and never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import pandas as pd

from kpikit.ledger import store
from kpikit.ledger.chain import START, Draft, Entry, Head, Row, entry_of, follows, reseal, seal
from kpikit.ledger.engine import (
    ledger_address,
    open_engine,
    place_of,
    reading,
    sqlite_path,
    writing,
)
from kpikit.ledger.heads import heads_file, write_head
from kpikit.ledger.history import Records, accepted, records_of
from kpikit.ledger.records import BaselineReset, Record, Target, Undo
from kpikit.ledger.rules import refuse_locked, refuse_nameless, refuse_other
from kpikit.ledger.schema import check_version, prepare
from kpikit.ledger.verification import Verification, verify_ledger

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def open_ledger(url: Path | str, *, clock: Clock = _now) -> Ledger:
    """Open what happened: accepted targets, decisions, actions, reviews, and all the rest.

    Parameters
    ----------
    url
        The path of an SQLite file, made where there is none, or the address of a
        PostgreSQL database, such as `postgresql://user@host/database`. A file belongs on
        a local disk.
    clock
        What tells the time, with its zone; the system's unless given.

    Returns
    -------
    Ledger
        To be closed after use, or used in a `with` block.

    Raises
    ------
    KpikitError
        When the place cannot be reached, holds no ledger, or holds one of a newer form.

    Notes
    -----
    A ledger of an older form is copied aside, then brought up in one transaction; the
    records themselves are never rewritten.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from kpikit.ledger import Decision
    >>> with TemporaryDirectory() as folder, open_ledger(f"{folder}/ledger.sqlite") as ledger:
    ...     decision = Decision(period="2026Q3", text="Add a morning shift", kpis=("csat",))
    ...     saved = ledger.append(decision, who="coo", why="First replies are slow")
    ...     saved.seq, ledger.verify().summary()
    (1, 'Ledger of 1 record: nothing was changed, taken out or moved.')
    """
    engine = open_engine(ledger_address(url))
    try:
        notes = prepare(engine)
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine, clock=clock, notes=notes)


class Ledger:
    """An open ledger.

    Attributes
    ----------
    place
        Where it is, without any secret.
    notes
        What was done when it was opened.
    """

    def __init__(self, engine: Engine, *, clock: Clock, notes: tuple[str, ...] = ()) -> None:
        self._engine, self._clock = engine, clock
        self.place, self.notes = place_of(engine.url), notes

    def __repr__(self) -> str:
        """Name the place, which holds no secret."""
        return f"Ledger({self.place!r})"

    def __enter__(self) -> Self:
        """Return the ledger itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def append(self, record: Record, *, who: str, why: str, event: str | None = None) -> Entry:
        """Put one record on the ledger; once it is returned, it is on the disk.

        Parameters
        ----------
        record
            What happened.
        who, why
            Who says so, and for what reason; neither may be empty.
        event
            An id of the act, such as a click on "accept". Writing the same event again
            returns what is there already. A new one unless given.

        Raises
        ------
        KpikitError
            When it could not be written; then nothing was. Or when its period is closed.
        """
        return self.append_many([record], who=who, why=why, event=event)[0]

    def append_many(
        self, records: Sequence[Record], *, who: str, why: str, event: str | None = None
    ) -> tuple[Entry, ...]:
        """Put several records on the ledger together: all of them, or none."""
        act = uuid4().hex if event is None else event
        events = [act] if len(records) == 1 else [f"{act}-{n}" for n in range(1, len(records) + 1)]
        return self.write(
            [Draft(name, record, who, why) for name, record in zip(events, records, strict=True)]
        )

    def write(self, drafts: Sequence[Draft]) -> tuple[Entry, ...]:
        """Put acts on the ledger together, each with its own event, author and reason."""
        refuse_nameless(drafts)
        with writing(self._engine) as connection:
            check_version(connection)
            entries = tuple(self._add(connection, draft) for draft in drafts)
        notes = self._note_head(Head(entries[-1].seq, entries[-1].hash)) if entries else ()
        return tuple(replace(entry, notes=entry.notes + notes) for entry in entries)

    def merge(self, rows: Iterable[Row]) -> tuple[Entry, ...]:
        """Add the records of another copy that are not here yet, and return them.

        Where the copy goes on from the head of this ledger, its records are taken as they
        are; where the two went different ways, they are written anew behind this one's,
        each with its first number and hash.
        """
        with writing(self._engine) as connection:
            check_version(connection)
            entries = tuple(
                self._take(connection, row)
                for row in rows
                if store.by_event(connection, row.event) is None
            )
        if entries:
            self._note_head(Head(entries[-1].seq, entries[-1].hash))
        return entries

    def undo(self, event: str, *, who: str, why: str) -> Entry:
        """Take a record back: it stays where it is, and no longer counts."""
        return self.append(Undo(event=event), who=who, why=why, event=f"undo-{event}")

    def read(self, kind: type[Record], *, period: str | None = None) -> Records:
        """Return the records of a kind that were not taken back, oldest first."""
        with reading(self._engine) as connection:
            return records_of(kind, store.standing(connection, kind, period=period))

    def latest(self, kind: type[Record], *, period: str | None = None) -> Records:
        """Return the newest record on each topic of a kind: how things stand."""
        with reading(self._engine) as connection:
            return records_of(kind, store.latest(connection, kind, period=period))

    def accepted_targets(self) -> pd.DataFrame:
        """Return the target that counts for each KPI, segment, period and level.

        Returns
        -------
        pandas.DataFrame
            `kpi, segment, period, level, value, who, when, why, state, basis,
            basis_sha256, attainment, seq, event`. Proposals are left out.

        Raises
        ------
        DataError
            When a target is not as it was written: which one counts cannot be told.
        """
        return accepted(self.latest(Target))

    def baseline_resets(self) -> pd.DataFrame:
        """Return from when people compare a KPI with a new baseline, as `find_signals` takes it.

        Returns
        -------
        pandas.DataFrame
            `kpi, segment, period_start, reason, undone`: the reason is what was given when it
            was put on record; one that was taken back is there, and `undone`.
        """
        with reading(self._engine) as connection:
            every = records_of(BaselineReset, store.every(connection, BaselineReset)).to_frame()
        standing = self.read(BaselineReset).to_frame()
        found = every.rename(columns={"since": "period_start", "why": "reason"})
        found = found.assign(undone=~found["event"].isin(standing["event"]))
        return found[["kpi", "segment", "period_start", "reason", "undone"]]

    def rows(self) -> list[Row]:
        """Return every record as it is stored, in its order."""
        with reading(self._engine) as connection:
            return list(store.all_rows(connection))

    def head(self) -> Head:
        """Return the number and the hash of the last record, to be kept elsewhere."""
        with reading(self._engine) as connection:
            return store.head(connection)

    def verify(self, *, heads: Iterable[Head] = ()) -> Verification:
        """Find whatever was changed, taken out, put in, moved or cut off.

        Parameters
        ----------
        heads
            Heads that were noted elsewhere, such as in the `run.json` of a review.
        """
        return verify_ledger(self._engine, heads=heads)

    def _add(self, connection: Connection, draft: Draft) -> Entry:
        found = store.by_event(connection, draft.event)
        if found is not None:
            refuse_other(found, draft.record)
            return entry_of(found)
        refuse_locked(connection, draft.record)
        before = store.last(connection)
        at = self._clock().astimezone(UTC)
        row = seal(draft, _head_of(before), at=at)
        store.add(connection, row)
        return entry_of(row, notes=_of_the_clock(before, at))

    def _take(self, connection: Connection, row: Row) -> Entry:
        head = store.head(connection)
        taken = row if follows(row, head) else reseal(row, head)
        store.add(connection, taken)
        return entry_of(taken)

    def _note_head(self, head: Head) -> tuple[str, ...]:
        """Write the head beside a ledger in a file; where that fails, the record is still kept."""
        path = sqlite_path(self._engine.url)
        if path is None:
            return ()
        try:
            write_head(heads_file(path), head)
        except OSError as error:
            return (
                f"Record {head.seq} is saved, but its head could not be written to "
                f"{heads_file(path).name} ({error.strerror}): until another is, nobody could "
                "tell if it were cut off.",
            )
        return ()


def _head_of(row: Row | None) -> Head:
    return Head(0, START) if row is None else Head(row.seq, row.hash)


def _of_the_clock(before: Row | None, at: datetime) -> tuple[str, ...]:
    """Warn where the clock is behind the record before; the order is that of the numbers."""
    if before is None or not before.is_as_written:
        return ()
    last = entry_of(before).at
    if at >= last:
        return ()
    return (
        f"The clock says {at:%Y-%m-%d %H:%M}, which is before record {before.seq} "
        f"({last:%Y-%m-%d %H:%M}). Records count in the order of their numbers.",
    )

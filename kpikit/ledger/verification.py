"""Verify a ledger: its records, the heads noted elsewhere, its file, and copies beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy.exc import DBAPIError

from kpikit.ledger import store
from kpikit.ledger.chain import START, Fault, Head, Row, check_chain, span
from kpikit.ledger.engine import reading, sqlite_path
from kpikit.ledger.forks import check_copies
from kpikit.ledger.heads import heads_file, read_heads
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from sqlalchemy import Connection, Engine

COLUMNS = ["seq", "severity", "message"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Verification(Result):
    """What is wrong with a ledger: `seq, severity, message`; no row where nothing is.

    Attributes
    ----------
    head
        The number and the hash of the last record.
    """

    head: Head

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, taken out, put in, moved or cut off."""
        return not self.frame["severity"].eq("error").any()

    def summary(self) -> str:
        """Say whether the ledger is as it was written, and what is wrong first."""
        if self.frame.empty and not self.head.seq:
            return "The ledger is empty."
        size = "1 record" if self.head.seq == 1 else f"{self.head.seq:,} records"
        if self.is_whole:
            return f"Ledger of {size}: nothing was changed, taken out or moved."
        faults = self.frame[self.frame["severity"] == "error"]
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        return f"Ledger of {size}: {count}, the first: {faults['message'].iloc[0]}"

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.records import chain_chart

        chain_chart(self.frame, records=self.head.seq, ax=ax)


def verify_ledger(engine: Engine, *, heads: Iterable[Head] = ()) -> Verification:
    """Hold a ledger against itself and against what was noted of it elsewhere."""
    path = sqlite_path(engine.url)
    noted = [(head, "noted elsewhere") for head in heads]
    if path is not None:
        file = heads_file(path)
        noted += [(head, f"noted in {file.name}") for head in read_heads(file)]
    passed: list[Row] = []  # without their texts
    with reading(engine) as connection:
        faults = list(_check_file(connection))
        try:
            faults += check_chain(_pass_by(store.all_rows(connection), passed))
        except DBAPIError as error:
            faults.append(
                Fault(
                    len(passed) + 1,
                    f"Record {len(passed) + 1} cannot be read, nor what follows ({error.orig}).",
                )
            )
    faults += _check_heads({row.seq: row.hash for row in passed}, noted)
    if path is not None:
        faults += check_copies(path, passed)
    faults.sort(key=lambda fault: fault.seq)
    return Verification(
        frame=pd.DataFrame([(f.seq, f.severity, f.message) for f in faults], columns=COLUMNS),
        head=Head(passed[-1].seq, passed[-1].hash) if passed else Head(0, START),
        notes=tuple(fault.message for fault in faults),
    )


def _pass_by(rows: Iterable[Row], passed: list[Row]) -> Iterator[Row]:
    """Yield rows, and keep of each what later checks need: a ledger may be long."""
    for row in rows:
        if row.is_typed:
            passed.append(row._replace(text=""))
        yield row


def _check_file(connection: Connection) -> Iterator[Fault]:
    """Ask SQLite whether its file is sound; damage may be where no record is read."""
    if connection.dialect.name != "sqlite":
        return
    try:
        said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    except DBAPIError as error:
        said = [str(error.orig)]
    if said != ["ok"]:
        yield Fault(0, f"The file is damaged ({said[0]}).")


def _check_heads(hashes: dict[int, str], noted: Iterable[tuple[Head, str]]) -> Iterator[Fault]:
    """Find what was noted of the ledger and is no longer so: its end cut off, or made anew."""
    end = max(hashes, default=0)
    beyond = [(head, where) for head, where in noted if head.seq > end]
    if beyond:
        head, where = max(beyond)
        yield Fault(end + 1, f"{span(end + 1, head.seq)} cut off: the last was {where}.")
    for head, where in noted:
        if head.seq and head.seq in hashes and hashes[head.seq] != head.hash:
            yield Fault(head.seq, f"Record {head.seq} is not the one {where}.")

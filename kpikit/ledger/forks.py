"""Copies of a ledger that went their own way, as a synchronised folder makes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from kpikit.errors import DataError
from kpikit.ledger.chain import Fault, Row, sound_rows
from kpikit.ledger.tables import TABLE

KEPT = ".schema-"  # in the name of an original that was kept


def copies_of(path: Path) -> list[Path]:
    """Return the files beside a ledger whose names begin as its own does."""
    return sorted(
        found
        for found in path.parent.glob(f"*{path.suffix}")
        if found.name.startswith(path.stem) and found != path and KEPT not in found.name
    )


def check_copies(path: Path, rows: Iterable[Row]) -> Iterator[Fault]:
    """Find records that a copy beside the ledger holds, and the ledger does not."""
    known = {row.event: row.seq for row in rows}
    end = max(known.values(), default=0)
    for copy in copies_of(path):
        try:
            found = [seq for seq, event in _read(copy, "seq, event") if event not in known]
        except sqlite3.Error:
            continue  # no ledger
        if found:
            at = min(found[0], end + 1)
            ways = "goes on alone" if at > end else "went another way"
            said = f"From record {at} on, {copy.name} {ways}; records not here: {len(found)}. "
            yield Fault(at, f"{said}Merge them: kpikit ledger STRATEGY import {copy.name!r}.")


def read_copy(path: Path) -> list[Row]:
    """Return the records of another ledger's file.

    Raises
    ------
    DataError
        When it holds no ledger, or one whose records are not as they were written.
    """
    try:
        found = _read(path, "text, hash")
    except sqlite3.Error as error:
        raise DataError(f"{path}: no ledger can be read there ({error}). Check the path.") from None
    return sound_rows(found, where=path.name)


def _read(path: Path, columns: str) -> list[tuple[Any, ...]]:
    """Read a file without leaving anything beside it."""
    lone = not path.with_name(path.name + "-wal").exists()
    address = f"{path.resolve().as_uri()}?{'immutable=1' if lone else 'mode=ro'}"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        return connection.execute(f"SELECT {columns} FROM {TABLE} ORDER BY seq").fetchall()

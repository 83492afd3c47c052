"""Connections to a ledger: SQLite in a file, or PostgreSQL, behind one door.

What makes a record durable stands here and nowhere else. On SQLite the journal is a
write-ahead log, set once when the file is made, every commit waits for the disk, and a
writer takes the lock before it reads. On PostgreSQL a writer waits for its turn at an
advisory lock, so that numbers have no gap, and for the server's own log.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from kpikit.errors import DataError, KpikitError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

PATIENCE = 30.0  # seconds that a writer waits for its turn
PAUSE = 0.004  # seconds, at most, between two tries at SQLite's lock
WRITES = "kpikit_writes"  # the option that marks a connection as a writer's
DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def ledger_address(url: Path | str) -> URL:
    """Return the address that a path or a URL stands for.

    Examples
    --------
    >>> str(ledger_address("ledger.sqlite"))
    'sqlite:///ledger.sqlite'
    >>> ledger_address("postgresql://ann:secret@host/kpis")
    postgresql+psycopg://ann:***@host/kpis
    """
    text = os.fspath(url)
    try:
        is_path = "://" not in text
        address = make_url("sqlite://").set(database=text) if is_path else make_url(text)
    except (ArgumentError, ValueError):
        raise DataError(
            "ledger: its address cannot be read. Write it as postgresql://user@host/database."
        ) from None
    if address.drivername not in DRIVERS or address.database in (None, "", ":memory:"):
        raise DataError(
            f"ledger: the address {address.render_as_string()} names no ledger. "
            "Write a path, or postgresql://user@host/database."
        )
    return address.set(drivername=DRIVERS[address.drivername])


def sqlite_path(address: URL) -> Path | None:
    """Return the file that an address stands for, or None where it is a server's."""
    return Path(str(address.database)) if address.drivername == "sqlite" else None


def open_engine(address: URL) -> Engine:
    """Return an engine whose every connection waits for the disk."""
    try:
        if sqlite_path(address) is None:
            engine = create_engine(address, connect_args={"connect_timeout": 10})
        else:
            # the wait is our own: SQLite's lets the one who waits longest ask least often
            engine = create_engine(address, connect_args={"timeout": 0})
    except (ImportError, NoSuchModuleError):
        raise DataError(
            "ledger: the driver for postgresql is missing. Install kpikit[postgres] with pip."
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Hold a connection that sees one state of the ledger from beginning to end."""
    with told(engine, "read"), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Hold the only connection that may write; on the way out, what it wrote is durable."""
    with told(engine, "written"), engine.connect() as connection:
        writer = connection.execution_options(**{WRITES: True})
        with writer.begin():
            yield writer


@contextmanager
def told(engine: Engine, done: str) -> Iterator[None]:
    """Turn what a database says into one sentence with a next step."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as error:
        reason = _reason(error, engine.url)
        raise KpikitError(
            f"{place_of(engine.url)}: the ledger cannot be {done} ({reason}) {_next_step(reason)}"
        ) from None


def sync_folder(folder: Path) -> None:
    """Put a folder's own entries on the disk: a new file counts only once its name is there."""
    if os.name == "posix":  # elsewhere a folder cannot be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def place_of(address: URL) -> str:
    """Return where a ledger is, in words that hold no secret."""
    path = sqlite_path(address)
    return f"{address.host or ''}/{address.database}" if path is None else str(path)


def _set_up(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
    connection.isolation_level = None  # transactions begin where we say
    connection.text_factory = _decode
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA fullfsync=ON")  # where the system's fsync stops short of the disk
    cursor.close()


def _decode(text: bytes) -> str:
    """Read text as it stands: damaged bytes are for `verify` to name, not to stumble over."""
    return text.decode("utf-8", "surrogateescape")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    if connection.dialect.name == "sqlite":
        _begin_sqlite(connection, "BEGIN IMMEDIATE" if writes else "BEGIN")
    elif writes:
        connection.exec_driver_sql(
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = on; "
            f"SET LOCAL lock_timeout = '{PATIENCE:g}s'; "
            "SELECT pg_advisory_xact_lock(hashtext('kpikit_ledger'), hashtext(current_schema()))"
        )
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _begin_sqlite(connection: Connection, statement: str) -> None:
    """Begin, asking for the lock at random moments, so that nobody is always late."""
    driver: Any = connection.connection.dbapi_connection
    until = time.monotonic() + PATIENCE
    while True:
        try:
            driver.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(random.uniform(0, PAUSE))
        else:
            return


def _reason(error: Exception, address: URL) -> str:
    said = error.strerror if isinstance(error, OSError) else str(getattr(error, "orig", error))
    lines = [line.strip() for line in (said or type(error).__name__).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    if address.password:
        text = text.replace(str(address.password), "***")
    return text if text.endswith(".") else f"{text}."


def _next_step(reason: str) -> str:
    steps = {
        "full": "Free some space, and try again.",
        "locked": "Another writer holds it: try again.",
        "readonly": "Make it writable, or name another place.",
        "malformed": "Run kpikit ledger verify, and restore it from a backup.",
        "not a database": "Name a ledger, or restore it from a backup.",
    }
    for word, step in steps.items():
        if word in reason:
            return step
    return "Check the place and your rights there."

"""The form of a ledger's database: made when it is new, brought up when it is older."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from kpikit.errors import KpikitError
from kpikit.files import put_in_place, reserve
from kpikit.ledger.engine import (
    ledger_address,
    open_engine,
    place_of,
    reading,
    sqlite_path,
    sync_folder,
    told,
    writing,
)
from kpikit.ledger.tables import TABLE, VERSION_TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

SCRIPTS = ScriptDirectory(os.fspath(Path(__file__).parent / "migrations"))
NEWEST = str(SCRIPTS.get_current_head())


def prepare(engine: Engine) -> tuple[str, ...]:
    """Make a ledger where there is none, and bring an older one up; return what was done."""
    path = sqlite_path(engine.url)
    if path is not None and not path.exists():
        with told(engine, "made"):
            _make_file(path)
    with reading(engine) as connection:
        version = _version(connection)
    if version is None and path is not None:
        raise KpikitError(f"{path}: this is a database, and no ledger. Name another file.")
    _refuse_newer(engine, version)
    if version == NEWEST:
        return ()
    with writing(engine) as connection:
        version = _version(connection)  # somebody may have been faster
        if version == NEWEST:
            return ()
        kept = None if version is None else _keep_original(connection, version)
        _upgrade(connection)
    return () if kept is None else (f"The ledger is now of form {NEWEST}. {kept} is as it was.",)


def check_version(connection: Connection) -> None:
    """Refuse to write where another kpikit has brought the ledger further meanwhile."""
    version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    if version != NEWEST:
        _refuse_newer(connection.engine, version)


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    ).get_current_revision()


def _refuse_newer(engine: Engine, version: str | None) -> None:
    known = {script.revision for script in SCRIPTS.walk_revisions()}
    if version is not None and version not in known:
        raise KpikitError(
            f"{place_of(engine.url)}: the ledger's form is {version}, newer than this kpikit's "
            f"{NEWEST}, so it is left as it is. Install the newest kpikit to open it."
        )


def _make_file(path: Path) -> None:
    """Make an empty ledger beside its place, then give it its name, if nobody was faster."""
    if not path.parent.is_dir():
        raise FileNotFoundError(0, f"there is no folder {path.parent}")
    temporary = reserve(path)
    try:
        with closing(sqlite3.connect(temporary)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")  # once, for good
        engine = open_engine(ledger_address(temporary))
        with writing(engine) as writer:
            _upgrade(writer)
        engine.dispose()  # the last connection leaves everything in the one file
        if temporary.with_name(f"{temporary.name}-wal").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # or it could not
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _upgrade(connection: Connection) -> None:
    """Run the steps that are missing, all in the transaction that is open."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    steps = list(SCRIPTS.iterate_revisions(NEWEST, context.get_current_revision() or "base"))
    for step in reversed(steps):
        with Operations.context(context):
            step.module.upgrade()
    context.stamp(SCRIPTS, NEWEST)


def _keep_original(connection: Connection, version: str) -> str:
    """Copy an older ledger aside, whole and on the disk, before its form is changed."""
    path = sqlite_path(connection.engine.url)
    if path is None:
        kept = f"{TABLE}_{version}"
        connection.execute(text(f"CREATE TABLE IF NOT EXISTS {kept} AS TABLE {TABLE}"))
        return kept
    place = path.with_name(f"{path.stem}.schema-{version}{path.suffix}")
    if place.exists():
        place = place.with_stem(f"{place.stem}-{token_hex(4)}")
    temporary = reserve(place)
    try:
        with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(temporary)) as copy:
            old.backup(copy)
        put_in_place(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)
    return place.name

"""Open an engine: the one door through which queries leave.

Ibis and the engine are imported when the first source is opened, not before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from kpikit.errors import DataError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

THREADS = 2  # more gain nothing on the files this engine reads, and reports run side by side


@dataclass(frozen=True)
class Engine:
    """An embedded engine and a folder for what it writes, both gone when it closes."""

    connection: Backend
    scratch: Path


@contextmanager
def embedded_engine(time_zone: str) -> Iterator[Engine]:
    """Open an embedded DuckDB in which instants are read in the organisation's time zone.

    Parameters
    ----------
    time_zone
        Name such as `Europe/Berlin`; days and months are those of this zone.
    """
    import duckdb
    import ibis

    with TemporaryDirectory(prefix="kpikit-") as scratch:
        connection = ibis.duckdb.connect(threads=THREADS, temp_directory=scratch)
        try:
            connection.con.execute("SET TimeZone = ?", [time_zone])
            # expressions are generated, never text; these locks hold if that ever fails
            connection.con.execute("SET python_enable_replacements = false")
            connection.con.execute("SET autoinstall_known_extensions = false")
            connection.con.execute("SET autoload_known_extensions = false")
            connection.con.execute("SET lock_configuration = true")
            yield Engine(connection, Path(scratch))
        except duckdb.CatalogException as error:
            raise DataError(f"organisation.time_zone: {time_zone!r}: {error}") from None
        finally:
            connection.disconnect()

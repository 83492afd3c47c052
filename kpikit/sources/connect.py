"""Open engines: the one door through which queries leave.

Files are read by an embedded DuckDB. A table is read where it lies, through a
connection whose address stands in an environment variable: the strategy file, every
report and every message know the variable's name and never what it holds.

Ibis and the engines are imported when the first source is opened, not before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from kpikit.errors import DataError, suggest

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

THREADS = 2  # more gain nothing on the files this engine reads, and reports run side by side
MEMORY = "KPIKIT_ENGINE_MEMORY"  # environment variable: the embedded engine's limit, as 300MB
TIMEOUT = "KPIKIT_ENGINE_TIMEOUT"  # environment variable: seconds for a database's statement
KINDS = {  # scheme of an address -> how it is opened, and the extra that brings its driver
    "postgres": ("postgres", "postgres"),
    "postgresql": ("postgres", "postgres"),
    "spark": ("pyspark", "spark"),
}


@dataclass(frozen=True)
class Engine:
    """An embedded engine and a folder for what it writes, both gone when it closes."""

    connection: Backend
    scratch: Path


@dataclass
class Engines:
    """The engines of one reading: opened when first asked for, closed together."""

    time_zone: str
    threads: int = THREADS
    _stack: ExitStack = field(default_factory=ExitStack)
    _open: dict[str, Any] = field(default_factory=dict)

    @property
    def embedded(self) -> Engine:
        """The embedded engine."""
        if "" not in self._open:
            self._open[""] = self._stack.enter_context(
                embedded_engine(self.time_zone, self.threads)
            )
        engine: Engine = self._open[""]
        return engine

    def connected(self, variable: str, *, where: str) -> Any:  # noqa: ANN401 - any Ibis backend
        """Return the connection whose address a variable such as `${CRM}` holds."""
        if variable not in self._open:
            self._open[variable] = connect(variable, time_zone=self.time_zone, where=where)
            self._stack.callback(_close, self._open[variable])
        return self._open[variable]


@contextmanager
def engines(time_zone: str, *, threads: int = THREADS) -> Iterator[Engines]:
    """Hold engines open for as long as a reading lasts."""
    found = Engines(time_zone, threads)
    with found._stack:
        yield found


@contextmanager
def embedded_engine(time_zone: str, threads: int = THREADS) -> Iterator[Engine]:
    """Open an embedded DuckDB in which instants are read in the organisation's time zone.

    Parameters
    ----------
    time_zone
        Name such as `Europe/Berlin`; days and months are those of this zone.
    threads
        How many answer a query together.
    """
    import duckdb
    import ibis

    with TemporaryDirectory(prefix="kpikit-") as scratch:
        connection = ibis.duckdb.connect(threads=threads, temp_directory=scratch)
        try:
            if limit := os.environ.get(MEMORY):
                connection.con.execute("SET memory_limit = ?", [limit])
            connection.con.execute("SET TimeZone = ?", [time_zone])
            connection.con.execute("SET enable_progress_bar = false")  # nothing prints
            # expressions are generated, never text; these locks hold if that ever fails
            connection.con.execute("SET python_enable_replacements = false")
            connection.con.execute("SET autoinstall_known_extensions = false")
            connection.con.execute("SET autoload_known_extensions = false")
            connection.con.execute("SET lock_configuration = true")
        except duckdb.Error as error:
            connection.disconnect()
            raise DataError(
                f"the engine refuses its settings ({plain_reason(error)}) "
                f"Check organisation.time_zone and {MEMORY}."
            ) from None
        try:
            yield Engine(connection, Path(scratch))
        finally:
            connection.disconnect()


def connect(variable: str, *, time_zone: str, where: str) -> Any:  # noqa: ANN401
    """Open the database whose address an environment variable holds, for reading only.

    Parameters
    ----------
    variable
        The variable as the strategy file names it, such as `${BRIGHTDESK_CRM}`.

    Raises
    ------
    DataError
        When the variable is not set, its address is of no known kind, or the database
        does not answer. No message repeats what the variable holds.
    """
    name = variable.strip("${} ")
    address = os.environ.get(name)
    if not address:
        raise DataError(
            f"{where}.connection: the environment variable {name} is not set. "
            "Set it to the database's address, such as postgresql://user@host/database."
        )
    scheme = urlsplit(address).scheme.lower()
    if scheme not in KINDS:
        raise DataError(
            f"{where}.connection: the address in {name} is of no known kind. "
            f"{suggest(scheme, KINDS) if scheme else 'It has no scheme.'}"
        )
    backend, extra = KINDS[scheme]
    try:
        opened = (
            _postgres(address, time_zone) if backend == "postgres" else _spark(address, time_zone)
        )
    except DataError:
        raise
    except ImportError:
        raise DataError(
            f"{where}.connection: the driver for {scheme} is missing. "
            f"Install kpikit[{extra}] with pip."
        ) from None
    except Exception as error:
        raise DataError(
            f"{where}.connection: the database that {name} names does not answer "
            f"({redacted(plain_reason(error), address)}) Check the address and the server."
        ) from None
    return opened


def _postgres(address: str, time_zone: str) -> Any:  # noqa: ANN401
    import ibis

    parts = urlsplit(address)
    connection = ibis.postgres.connect(
        host=parts.hostname,
        port=parts.port or 5432,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        database=unquote(parts.path.lstrip("/")) or None,
        options=f"-c default_transaction_read_only=on -c statement_timeout={_timeout()}",
        connect_timeout=10,
    )
    # Ibis sets UTC on every connection it opens; days are those of the organisation
    connection.con.execute("SELECT set_config('TimeZone', %s, false)", [time_zone])
    connection.con.commit()
    return connection


def _timeout() -> int:
    """Return the longest a statement may take, in milliseconds."""
    text = os.environ.get(TIMEOUT, "600")
    if not text.isdecimal() or not int(text):
        raise DataError(f"{TIMEOUT} is {text!r}. Set it to a number of seconds, such as 600.")
    return int(text) * 1000


def _spark(address: str, time_zone: str) -> Any:  # noqa: ANN401
    """Use this process's Spark session, or one with the master that the address names.

    `spark://host:port` is a cluster, `spark://local` this machine.
    """
    import ibis
    from pyspark.sql import SparkSession

    local = urlsplit(address).netloc in ("", "local")
    builder = SparkSession.builder.master("local[*]" if local else address)
    session = SparkSession.getActiveSession() or builder.getOrCreate()
    session.conf.set("spark.sql.session.timeZone", time_zone)
    return ibis.pyspark.connect(session)


def _close(connection: Any) -> None:  # noqa: ANN401
    if connection.name != "pyspark":  # the session is its owner's
        connection.disconnect()


def engine_errors() -> tuple[type[Exception], ...]:
    """Return what the engines loaded so far raise about facts and queries."""
    from ibis.common.exceptions import IbisError, TableNotFound

    found: list[type[Exception]] = [IbisError, TableNotFound]
    for module, name in (
        ("duckdb", "Error"),
        ("psycopg", "Error"),
        ("pyspark.errors", "PySparkException"),
    ):
        if module in sys.modules:
            found.append(getattr(sys.modules[module], name))
    return tuple(found)


def plain_reason(error: Exception) -> str:
    """Return what an engine says, in one sentence and without its advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[:3]) if lines else type(error).__name__
    return text if text.endswith(".") else f"{text}."


def redacted(text: str, address: str) -> str:
    """Return a text without the secrets of an address."""
    parts = urlsplit(address)
    for secret in (address, parts.netloc, parts.password, parts.username, parts.query):
        if secret:
            for form in (secret, unquote(secret)):
                text = text.replace(form, "***")
    return text

"""Open files as tables: text, JSON lines, workbooks, Parquet; each kind by its ending."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from kpikit.errors import DataError, suggest
from kpikit.sources.connect import Engine, engine_errors, plain_reason
from kpikit.sources.contract import RawTable, hold_to_contract
from kpikit.sources.workbook import open_workbook

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from kpikit.strategy.model import Source


def read_file(path: Path, source: Source, *, engine: Engine, where: str) -> Table:
    """Return a file's declared columns with their declared types.

    Raises
    ------
    DataError
        When the file is missing or of another kind, when columns are missing or
        doubled, or when cells do not fit their types: all of it at once.
    """
    if not path.exists():
        raise DataError(f"{where}: there is no file {path}. {_neighbours(path)}")
    opener = next((kind for ending, kind in KINDS.items() if _ends(path, ending)), None)
    if opener is None:
        raise DataError(
            f"{where}: {path.name} is of a kind that is not read. "
            f"Known are {', '.join(ending for ending in KINDS if ending)} and folders of Parquet."
        )
    raw = opener(path, source, engine, where)
    typed = hold_to_contract(raw, source, where=where)
    if not raw.parsed or _ends(path, ".parquet") or path.is_dir():
        return typed
    copy = engine.scratch / f"{len(list(engine.scratch.iterdir()))}.parquet"
    try:
        typed.to_parquet(copy)  # text is parsed once, however many queries follow
    except engine_errors() as error:
        raise DataError(f"{path.name}: {plain_reason(error)} Correct the file.") from None
    return engine.connection.read_parquet(str(copy))


def _ends(path: Path, ending: str) -> bool:
    if not ending:
        return path.is_dir()
    return path.is_file() and path.name.lower().endswith(ending)


def _open_parquet(path: Path, source: Source, engine: Engine, where: str) -> RawTable:
    """Open a Parquet file, or all those in a folder as one table."""
    files = [path] if path.is_file() else sorted(path.rglob("*.parquet"))
    if not files:
        raise DataError(f"{where}: the folder {path.name} holds no Parquet file. Check the path.")
    try:
        table = engine.connection.read_parquet(
            [str(file) for file in files], hive_partitioning=False
        )
    except engine_errors() as error:
        raise DataError(f"{where}: {path.name}: {plain_reason(error)} Correct the file.") from None
    return RawTable(table, path.name, parsed=True)


def _open_text(path: Path, source: Source, engine: Engine, where: str) -> RawTable:
    header = _header(path, source, where=where)
    refuse_doubled(header, path.name, where=where)
    table = engine.connection.read_csv(
        str(path),
        header=True,
        skip=source.header_row - 1,
        delim=source.delimiter,
        quote='"',
        escape='"',
        columns=dict.fromkeys(header, "VARCHAR"),
        auto_detect=False,
        strict_mode=True,
    )
    return RawTable(table, path.name, parsed=True, first_line=source.header_row + 1)


def _open_json_lines(path: Path, source: Source, engine: Engine, where: str) -> RawTable:
    """Open one JSON object a line; every value is read as text first."""
    options = {"format": "newline_delimited"}
    try:
        found = engine.connection.read_json(str(path), sample_size=-1, **options)
        names = tuple(source.columns) or found.columns
        if not set(names) <= set(found.columns):  # the contract says which are missing
            return RawTable(found, path.name, parsed=True)
        texts = dict.fromkeys(names, "VARCHAR")
        table = engine.connection.read_json(str(path), columns=texts, **options)
    except engine_errors() as error:
        raise DataError(f"{where}: {path.name}: {plain_reason(error)} Correct the file.") from None
    return RawTable(table, path.name, parsed=True)


def _open_workbook(path: Path, source: Source, engine: Engine, where: str) -> RawTable:
    """Open a sheet, copied cell by cell as text."""
    copy = engine.scratch / f"sheet-{len(list(engine.scratch.iterdir()))}.parquet"
    header = open_workbook(path, source, copy, where=where)
    refuse_doubled(header, path.name, where=where)
    table = engine.connection.read_parquet(str(copy))
    return RawTable(table, path.name, parsed=True, first_line=source.header_row + 1)


def refuse_doubled(header: list[str], name: str, *, where: str) -> None:
    """Refuse a header in which a name stands twice."""
    doubled = [column for column, count in Counter(header).items() if count > 1]
    if doubled:
        raise DataError(f"{where}: {name} has the column {doubled[0]!r} twice. Rename one of them.")


def _header(path: Path, source: Source, *, where: str) -> list[str]:
    """Return the names in a text file's header."""
    try:
        with _open(path) as stream:
            rows = csv.reader(stream, delimiter=source.delimiter)
            header = next((row for n, row in enumerate(rows, 1) if n == source.header_row), [])
    except (UnicodeDecodeError, OSError, EOFError, csv.Error) as error:
        raise DataError(
            f"{where}: {path.name} cannot be read as UTF-8 text ({error}). Save it as UTF-8 CSV."
        ) from None
    if not any(name.strip() for name in header):
        raise DataError(
            f"{where}: {path.name} is empty. Line {source.header_row} must name the columns."
        )
    return header


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _neighbours(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} either."
    return suggest(path.name, sorted(other.name for other in path.parent.iterdir()))


KINDS: dict[str, Callable[[Path, Source, Engine, str], RawTable]] = {
    **dict.fromkeys((".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz"), _open_text),
    **dict.fromkeys((".parquet", ".pq", ""), _open_parquet),
    **dict.fromkeys((".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz"), _open_json_lines),
    **dict.fromkeys((".xlsx", ".xlsm"), _open_workbook),
}

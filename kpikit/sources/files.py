"""Read files by their contract: declared columns and types, nothing guessed.

Text is read as text first. A cell that does not fit its declared type is a fault
with its line and its value; it never turns into a missing value in silence.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from kpikit.errors import DataError, suggest
from kpikit.sources.connect import Engine
from kpikit.strategy.model import Column, Source

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringValue, Table, Value

TEXT_FILES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")
PARQUET_FILES = (".parquet", ".pq")
ENGINE_TYPES = {
    "text": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
DAY = r"\d{4}-\d{2}-\d{2}"
CLOCK = r"[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?"
ZONE = r"(Z|[+-]\d{2}(:?\d{2})?)$"


# what a typed column may be declared as; texts may be anything that their cells fit
WIDENED = {
    "integer": ("integer", "number", "text"),
    "number": ("number", "integer", "text"),
    "boolean": ("boolean", "text"),
    "date": ("date", "timestamp", "text"),
    "timestamp": ("timestamp", "date", "text"),
}


class Reading(NamedTuple):
    """A column as read: its typed value, and which cells did not fit, where any may not."""

    name: str
    value: Value
    unfit: BooleanValue | None


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
    if path.name.lower().endswith(TEXT_FILES):
        table = _open_text(path, source, engine=engine, where=where)
    elif path.name.lower().endswith(PARQUET_FILES):
        table = engine.connection.read_parquet(str(path))
    else:
        raise DataError(
            f"{where}: {path.name} is of a kind that is not read. "
            f"Known are {', '.join((*TEXT_FILES, *PARQUET_FILES))}."
        )
    _require(source.columns, table.columns, path=path, where=where)
    _refuse_other_types(source.columns, table, path=path, where=where)
    readings = [
        _read_column(name, column, table[name], source) for name, column in source.columns.items()
    ]
    if not readings:
        return table
    _refuse_unfit(table, readings, path=path, columns=source.columns)
    typed = table.select(**{reading.name: reading.value for reading in readings})
    if not path.name.lower().endswith(TEXT_FILES):
        return typed
    copy = engine.scratch / f"{path.name}-{len(list(engine.scratch.iterdir()))}.parquet"
    typed.to_parquet(copy)  # text is parsed once, however many queries follow
    return engine.connection.read_parquet(str(copy))


def _open_text(path: Path, source: Source, *, engine: Engine, where: str) -> Table:
    header = _header(path, source, where=where)
    doubled = [name for name, count in Counter(header).items() if count > 1]
    if doubled:
        raise DataError(
            f"{where}: {path.name} has the column {doubled[0]!r} twice. Rename one of them."
        )
    return engine.connection.read_csv(
        str(path),
        header=True,
        delim=source.delimiter,
        quote='"',
        escape='"',
        columns=dict.fromkeys(header, "VARCHAR"),
        auto_detect=False,
        strict_mode=True,
    )


def _header(path: Path, source: Source, *, where: str) -> list[str]:
    """Return the names in a text file's first line."""
    try:
        with _open(path) as stream:
            header = next(csv.reader(stream, delimiter=source.delimiter), [])
    except (UnicodeDecodeError, OSError, EOFError, csv.Error) as error:
        raise DataError(
            f"{where}: {path.name} cannot be read as UTF-8 text ({error}). Save it as UTF-8 CSV."
        ) from None
    if not any(name.strip() for name in header):
        raise DataError(f"{where}: {path.name} is empty. Its first line must name the columns.")
    return header


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _require(
    declared: dict[str, Column], present: tuple[str, ...], *, path: Path, where: str
) -> None:
    missing = [name for name in declared if name not in present]
    if missing:
        hints = "; ".join(f"{name!r}: {suggest(name, present)}" for name in missing)
        raise DataError(
            f"{where}: {path.name} lacks declared columns. {hints} "
            f"The file has: {', '.join(present)}."
        )


def _refuse_other_types(
    declared: dict[str, Column], table: Table, *, path: Path, where: str
) -> None:
    """Refuse typed columns that hold something else than they are declared as."""
    faults = []
    for name, column in declared.items():
        held = _type_name(table[name])
        if held is not None and column.type not in WIDENED.get(held, ()):
            faults.append(f"column {name!r} holds {held}, and is declared as {column.type}")
    if faults:
        raise DataError(f"{where}: {path.name}: {'; '.join(faults)}. Declare what it holds.")


def _type_name(cells: Value) -> str | None:
    """Return the type of a typed column as strategy files name it; None is text."""
    kind = cells.type()
    if kind.is_string():
        return None
    if kind.is_integer():
        return "integer"
    if kind.is_floating() or kind.is_decimal():
        return "number"
    for name in ("boolean", "date", "timestamp"):
        if getattr(kind, f"is_{name}")():
            return name
    return str(kind)


def _read_column(name: str, column: Column, cells: Value, source: Source) -> Reading:
    """Return one column with its declared type, and the cells that do not fit it."""
    import ibis

    if cells.type().is_string():
        text = cells.nullif("")
        if source.null_words:
            text = ibis.ifelse(text.strip().isin(source.null_words), ibis.null("string"), text)
        value = _from_text(text, column, source)
        return Reading(name, value, text.notnull() & value.isnull())
    if cells.type().is_floating():  # not numbers, though engines store them as such
        cells = ibis.ifelse(cells.isnan() | cells.isinf(), ibis.null("float64"), cells)
    fraction = column.type == "integer" and not cells.type().is_integer()
    unfit = cells != cells.round() if fraction else None
    return Reading(name, cells.cast(ENGINE_TYPES[column.type]), unfit)


def _from_text(text: StringValue, column: Column, source: Source) -> Value:
    """Return text as a value of its declared type, or null where it does not fit."""
    import ibis

    trimmed = text.strip()
    match column.type:
        case "integer" | "number":
            return _number(trimmed, column, source)
        case "boolean":
            word = trimmed.lower()
            return ibis.cases((word.isin(TRUE), True), (word.isin(FALSE), False))
        case "date" | "timestamp" if column.format:
            parsed = _try_strptime(trimmed, column.format)
            return parsed.cast("date") if column.type == "date" else parsed
        case "date":
            fits = trimmed.re_search(f"^{DAY}([ T]00:00(:00)?)?$")
            return ibis.ifelse(fits, trimmed.try_cast("date"), ibis.null("date"))
        case "timestamp":
            naive = trimmed.re_search(f"^{DAY}({CLOCK})?$")
            zoned = trimmed.re_search(f"^{DAY}{CLOCK} ?{ZONE}")
            instant = trimmed.try_cast("timestamp('UTC')").cast("timestamp")
            return ibis.cases((naive, trimmed.try_cast("timestamp")), (zoned, instant))
    return text


def _number(text: StringValue, column: Column, source: Source) -> Value:
    """Return declared numbers; marks of thousands must stand where they belong."""
    import ibis

    decimal, digits = re.escape(source.decimal), r"\d+"
    if source.thousands:
        digits = rf"(\d{{1,3}}({re.escape(source.thousands)}\d{{3}})+|\d+)"
    fraction = rf"({decimal}\d*)?" if column.type == "number" else rf"({decimal}0*)?"
    small = rf"|{decimal}\d+" if column.type == "number" else ""
    fits = text.re_search(rf"^[-+]?({digits}{fraction}{small})([eE][-+]?\d+)?$")
    plain = text.replace(source.thousands, "") if source.thousands else text
    number = plain.replace(source.decimal, ".").try_cast("float64")
    value = ibis.ifelse(fits & ~number.isinf(), number, ibis.null("float64"))
    return value.cast("int64") if column.type == "integer" else value


def _try_strptime(text: StringValue, form: str) -> Value:
    import ibis

    @ibis.udf.scalar.builtin(signature=(("string", "string"), "timestamp"))
    def try_strptime(text, form): ...  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202

    return try_strptime(text, form)


def _refuse_unfit(
    table: Table, readings: list[Reading], *, path: Path, columns: dict[str, Column]
) -> None:
    """Raise one error that names every column with cells that do not fit, and the first of each."""
    import duckdb
    import ibis

    doubtful = [(reading.name, reading.unfit) for reading in readings if reading.unfit is not None]
    if not doubtful:
        return
    counts = {f"n{index}": unfit.sum() for index, (_, unfit) in enumerate(doubtful)}
    try:
        found = table.aggregate(rows=table.count(), **counts).to_pyarrow().to_pylist()[0]
    except duckdb.Error as error:
        raise DataError(f"{path.name}: {_first_lines(error)}") from None
    faults = []
    for index, (name, unfit) in enumerate(doubtful):
        count = found[f"n{index}"]
        if not count:
            continue
        numbered = table.mutate(row=ibis.row_number(), unfit=unfit)
        first = numbered.filter(numbered.unfit).limit(1).to_pyarrow().to_pylist()[0]
        column = columns[name]
        form = f" in the form {column.format}" if column.format else ""
        faults.append(
            f"column {name!r} holds something else than {column.type}{form} in "
            f"{count:,} of {found['rows']:,} rows (first: "
            f"{str(first[name])[:40]!r}, line {first['row'] + 2})"
        )
    if faults:
        raise DataError(
            f"{path.name}: {'; '.join(faults)}. Correct the file, or declare null_words, decimal, "
            "thousands or the column's format."
        )


def _first_lines(error: Exception) -> str:
    """Return what an engine says about a file that it cannot read, without its advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:3]) + " Correct the file."


def _neighbours(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} either."
    return suggest(path.name, sorted(other.name for other in path.parent.iterdir()))

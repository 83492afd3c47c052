"""Hold tables to their contract: declared columns with declared types, nothing guessed.

A cell that does not fit its declared type is a fault with its line and its value; it
never turns into a missing value in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from kpikit.errors import DataError, suggest
from kpikit.sources.connect import engine_errors, plain_reason

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringValue, Table, Value

    from kpikit.strategy.model import Column, Source

ENGINE_TYPES = {
    "text": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
# what a typed column may be declared as; texts of files may be anything that their cells fit
WIDENED = {
    "text": ("text",),
    "integer": ("integer", "number", "text"),
    "number": ("number", "integer", "text"),
    "boolean": ("boolean", "text"),
    "date": ("date", "timestamp", "text"),
    "timestamp": ("timestamp", "date", "text"),
}
LARGEST = 1.7976931348623157e308  # of double precision; NaN sorts above it on every engine
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
DAY = r"\d{4}-\d{2}-\d{2}"
CLOCK = r"[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?"
ZONE = r"(Z|[+-]\d{2}(:?\d{2})?)$"


@dataclass(frozen=True)
class RawTable:
    """A table as it lies in its file or database.

    Attributes
    ----------
    name
        What messages call it: the file's or the table's name.
    parsed
        Whether its texts are cells of a file, to be read as numbers and dates.
    first_line
        Line of the first row, for messages.
    """

    table: Table
    name: str
    parsed: bool
    first_line: int = 1


class Reading(NamedTuple):
    """A column as read: its typed value, and which cells did not fit, where any may not."""

    name: str
    value: Value
    unfit: BooleanValue | None


def hold_to_contract(raw: RawTable, source: Source, *, where: str) -> Table:
    """Return a table's declared columns with their declared types.

    Where no columns are declared, the table keeps those it has.

    Raises
    ------
    DataError
        When columns are missing or hold another type, or cells do not fit theirs.
    """
    _require(source.columns, raw, where=where)
    _refuse_other_types(source.columns, raw, where=where)
    if not source.columns:
        return raw.table
    readings = [
        _read_column(name, column, raw.table[name], source)
        for name, column in source.columns.items()
    ]
    _refuse_unfit(raw, readings, source.columns)
    return raw.table.select(**{reading.name: reading.value for reading in readings})


def _require(declared: dict[str, Column], raw: RawTable, *, where: str) -> None:
    present = raw.table.columns
    missing = [name for name in declared if name not in present]
    if missing:
        hints = "; ".join(f"{name!r}: {suggest(name, present)}" for name in missing)
        raise DataError(
            f"{where}: {raw.name} lacks declared columns. {hints} "
            f"The file has: {', '.join(present)}."
        )


def _refuse_other_types(declared: dict[str, Column], raw: RawTable, *, where: str) -> None:
    """Refuse typed columns that hold something else than they are declared as."""
    faults = []
    for name, column in declared.items():
        held = _type_name(raw.table[name])
        if held == "text" and raw.parsed:
            continue
        if column.type not in WIDENED.get(held, ()):
            faults.append(f"column {name!r} holds {held}, and is declared as {column.type}")
    if faults:
        raise DataError(f"{where}: {raw.name}: {'; '.join(faults)}. Declare what it holds.")


def _type_name(cells: Value) -> str:
    """Return the type of a column as strategy files name it, or as the engine does."""
    kind = cells.type()
    if kind.is_string():
        return "text"
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
        text = cells.nullif("") if column.type != "text" else cells
        if source.null_words:
            text = ibis.ifelse(text.strip().isin(source.null_words), ibis.null("string"), text)
        if column.type == "text":
            return Reading(name, text, None)
        value = _from_text(text.strip(), column, source)
        return Reading(name, value, text.notnull() & value.isnull())
    if cells.type().is_floating():  # NaN and infinity are not numbers, though engines store them
        cells = ibis.ifelse(cells.between(-LARGEST, LARGEST), cells, ibis.null("float64"))
    fraction = column.type == "integer" and not cells.type().is_integer()
    unfit = cells != cells.round() if fraction else None
    value = cells.cast(ENGINE_TYPES[column.type])
    if column.type == "timestamp" and source.time_zone and not _has_zone(cells):
        value = _in_zone(value, source.time_zone)
    return Reading(name, value, unfit)


def _from_text(text: StringValue, column: Column, source: Source) -> Value:
    """Return text as a value of its declared type, or null where it does not fit."""
    import ibis

    match column.type:
        case "integer" | "number":
            return _number(text, column, source)
        case "boolean":
            word = text.lower()
            return ibis.cases((word.isin(TRUE), True), (word.isin(FALSE), False))
        case "date" if column.format:
            return _try_strptime(text, column.format).cast("date")
        case "date":
            fits = text.re_search(f"^{DAY}([ T]00:00(:00)?)?$")
            return ibis.ifelse(fits, text.try_cast("date"), ibis.null("date"))
    return _timestamp(text, column, source)


def _timestamp(text: StringValue, column: Column, source: Source) -> Value:
    """Return instants in the organisation's time zone; those without a zone are in the source's."""
    import ibis

    def local(naive: Value) -> Value:
        return _in_zone(naive, source.time_zone) if source.time_zone else naive

    if column.format:
        return local(_try_strptime(text, column.format))
    naive = text.re_search(f"^{DAY}({CLOCK})?$")
    zoned = text.re_search(f"^{DAY}{CLOCK} ?{ZONE}")
    instant = text.try_cast("timestamp('UTC')").cast("timestamp")
    return ibis.cases((naive, local(text.try_cast("timestamp"))), (zoned, instant))


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
    return value.try_cast("int64") if column.type == "integer" else value


def _try_strptime(text: StringValue, form: str) -> Value:
    import ibis

    @ibis.udf.scalar.builtin(signature=(("string", "string"), "timestamp"))
    def try_strptime(text, form): ...  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202

    return try_strptime(text, form)


def _has_zone(cells: Value) -> bool:
    return getattr(cells.type(), "timezone", None) is not None


def _in_zone(naive: Value, zone: str) -> Value:
    """Return a wall clock's time of one zone as that of the organisation's, the session's zone."""
    import ibis

    @ibis.udf.scalar.builtin(signature=(("string", "timestamp"), "timestamp('UTC')"))
    def timezone(zone, naive): ...  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202

    return timezone(zone, naive).cast("timestamp")


def _refuse_unfit(raw: RawTable, readings: list[Reading], columns: dict[str, Column]) -> None:
    """Raise one error that names every column with cells that do not fit, and the first of each."""
    import ibis

    doubtful = [(reading.name, reading.unfit) for reading in readings if reading.unfit is not None]
    if not doubtful:
        return
    counts = {f"n{index}": unfit.sum() for index, (_, unfit) in enumerate(doubtful)}
    faults = []
    try:
        total = raw.table.aggregate(rows=raw.table.count(), **counts).to_pyarrow().to_pylist()[0]
        for index, (name, unfit) in enumerate(doubtful):
            if total[f"n{index}"]:
                numbered = raw.table.mutate(row=ibis.row_number(), unfit=unfit)
                first = numbered.filter(numbered.unfit).limit(1).to_pyarrow().to_pylist()[0]
                count = f"{total[f'n{index}']:,} of {total['rows']:,} rows"
                line = first["row"] + raw.first_line
                faults.append(_fault(name, columns[name], count, first[name], line))
    except engine_errors() as error:
        raise DataError(f"{raw.name}: {plain_reason(error)} Correct the file.") from None
    if faults:
        raise DataError(
            f"{raw.name}: {'; '.join(faults)}. Correct the file, or declare null_words, decimal, "
            "thousands or the column's format."
        )


def _fault(name: str, column: Column, count: str, value: object, line: int) -> str:
    form = f" in the form {column.format}" if column.format else ""
    return (
        f"column {name!r} holds something else than {column.type}{form} in {count} "
        f"(first: {str(value)[:40]!r}, line {line})"
    )

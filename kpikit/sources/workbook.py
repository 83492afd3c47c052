"""Copy a sheet of a workbook, cell by cell, as text.

A workbook is a compressed archive: what it would unpack to is looked at first, and
rows are streamed, so that a small file cannot fill the memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from kpikit.errors import DataError, suggest

if TYPE_CHECKING:
    from kpikit.strategy.model import Source

MOST_BYTES = 200_000_000  # unpacked
MOST_RATIO = 200  # unpacked to packed
MOST_COLUMNS = 2_000
MOST_EMPTY = 10_000  # rows without a cell between two with one
CHUNK = 20_000  # rows


def open_workbook(path: Path, source: Source, copy: Path, *, where: str) -> list[str]:
    """Write a sheet's rows as text into a Parquet file, and return its header.

    Dates are written as ISO text, or in the form that their column declares; numbers
    with the source's decimal mark; the value of a formula is the one last computed.

    Raises
    ------
    DataError
        When the file is no workbook, is too large unpacked, lacks the sheet, or its
        header names nothing.
    """
    _refuse_bomb(path, where)
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise DataError(
            f"{where}: {path.name} cannot be read as a workbook ({error}). Save it again as xlsx."
        ) from None
    try:
        if source.sheet is not None and source.sheet not in book.sheetnames:
            raise DataError(
                f"{where}: {path.name} has no sheet {source.sheet!r}. "
                f"{suggest(source.sheet, book.sheetnames)}"
            )
        sheet = book[source.sheet] if source.sheet else book.worksheets[0]
        header = _header(sheet, source, path, where)
        _copy(_rows(sheet, len(header), source, path, where), header, source, copy)
    finally:
        book.close()
    return header


def _refuse_bomb(path: Path, where: str) -> None:
    try:
        with ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except (BadZipFile, OSError):
        raise DataError(
            f"{where}: {path.name} is no xlsx workbook. Save it again as xlsx."
        ) from None
    if unpacked > MOST_BYTES or unpacked > MOST_RATIO * max(path.stat().st_size, 1_000):
        raise DataError(
            f"{where}: {path.name} would unpack to {unpacked:,} bytes, more than is opened. "
            "Save its sheet as CSV."
        )


def _header(sheet: Any, source: Source, path: Path, where: str) -> list[str]:  # noqa: ANN401
    row = next(
        sheet.iter_rows(
            min_row=source.header_row,
            max_row=source.header_row,
            max_col=MOST_COLUMNS,
            values_only=True,
        ),
        (),
    )
    names = ["" if cell is None else str(cell).strip() for cell in row]
    while names and not names[-1]:
        names.pop()
    if not names or not all(names):
        raise DataError(
            f"{where}: {path.name}: row {source.header_row} must name every column. "
            "Declare header_row where the names stand elsewhere."
        )
    return names


def _rows(
    sheet: Any,  # noqa: ANN401
    width: int,
    source: Source,
    path: Path,
    where: str,
) -> Iterator[tuple[Any, ...]]:
    """Yield rows with a cell; those without one between them count, for the sake of lines."""
    empty = 0
    for row in sheet.iter_rows(min_row=source.header_row + 1, max_col=width, values_only=True):
        if all(cell is None for cell in row):
            empty += 1
            if empty > MOST_EMPTY:
                raise DataError(
                    f"{where}: {path.name} has more than {MOST_EMPTY:,} empty rows on end. "
                    "Delete them, or save the sheet as CSV."
                )
            continue
        if empty:
            yield from ((None,) * width for _ in range(empty))
            empty = 0
        yield row + (None,) * (width - len(row))


def _copy(rows: Iterator[tuple[Any, ...]], header: list[str], source: Source, copy: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    unique = [
        name if name not in header[:place] else f"{name}#{place}"
        for place, name in enumerate(header)
    ]
    schema = pa.schema([(name, pa.string()) for name in unique])
    forms = [source.columns[name].format if name in source.columns else None for name in header]
    with pq.ParquetWriter(copy, schema) as writer:
        chunk: list[tuple[Any, ...]] = []
        for row in rows:
            chunk.append(row)
            if len(chunk) == CHUNK:
                writer.write_table(_table(chunk, schema, forms, source))
                chunk = []
        writer.write_table(_table(chunk, schema, forms, source))


def _table(
    chunk: list[tuple[Any, ...]],
    schema: Any,  # noqa: ANN401
    forms: list[str | None],
    source: Source,
) -> Any:  # noqa: ANN401
    import pyarrow as pa

    columns = list(zip(*chunk, strict=True)) if chunk else [()] * len(schema)
    texts = [
        pa.array([_text(cell, form, source.decimal) for cell in column], pa.string())
        for column, form in zip(columns, forms, strict=True)
    ]
    return pa.Table.from_arrays(texts, schema=schema)


def _text(cell: object, form: str | None, decimal: str) -> str | None:
    """Return a cell as the text that its column's contract reads."""
    match cell:
        case None:
            return None
        case bool():
            return str(cell).lower()
        case int() | float():
            text = repr(cell)
            return text.replace(".", decimal) if "e" not in text else text
        case datetime():
            return cell.strftime(form) if form else cell.isoformat(sep=" ")
        case date():
            return cell.strftime(form) if form else cell.isoformat()
        case time():
            return cell.isoformat()
    return str(cell)

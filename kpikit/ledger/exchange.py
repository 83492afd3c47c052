"""A ledger as a file for others: JSON that holds all of it, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpikit.errors import DataError
from kpikit.ledger.chain import Draft, Entry, Head, Row, canonical, sound_rows
from kpikit.ledger.fields import plain_type
from kpikit.ledger.forks import read_copy
from kpikit.ledger.records import KINDS, Record, record_of

if TYPE_CHECKING:
    from kpikit.ledger.ledger import Ledger

FORMAT = "kpikit_ledger"  # the key that tells an export from other JSON
AROUND = ("seq", "event", "at", "kind", "who", "why")
FIELDS = tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.model_fields))
# what a spreadsheet takes for a formula, also behind spaces and in its wide forms
FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]")


def export_json(ledger: Ledger) -> str:
    """Return a whole ledger, from which another can be made that verifies alike.

    Each record is as it was written, with its hash; nothing in it is run by what reads JSON.
    """
    rows = ledger.rows()
    head = Head(rows[-1].seq, rows[-1].hash) if rows else Head(0, "")
    content = {
        FORMAT: 1,
        "head": head._asdict(),
        "records": [json.loads(row.text) | {"hash": row.hash} for row in _sound(rows)],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def export_csv(ledger: Ledger) -> str:
    """Return a whole ledger as a table: a row a record, a column a field.

    A text that a spreadsheet would run as a formula has an apostrophe put before it, which
    `import_file` takes away again; numbers stay numbers.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow((*AROUND, *FIELDS))
    for row in _sound(ledger.rows()):
        content = json.loads(row.text)
        values = [content[name] for name in AROUND]
        values += [content["record"].get(name) for name in FIELDS]
        table.writerow([_cell(value) for value in values])
    return text.getvalue()


def import_file(ledger: Ledger, path: Path, *, who: str) -> tuple[Entry, ...]:
    """Add what a file holds and the ledger does not, all of it or nothing.

    Parameters
    ----------
    path
        An export (`.json`), another ledger's file (`.sqlite`), or a table (`.csv`) with the
        columns `kind`, `why`, those of the kinds, and optionally `who` and `event`.
    who
        Who says so, where a table does not.

    Returns
    -------
    tuple of Entry
        What was added. From a table nothing is added twice either: a row without an event
        gets one made of what it says.

    Raises
    ------
    DataError
        When it cannot be read; of a table, every fault with its line.
    """
    if path.suffix == ".csv":
        drafts = _drafts(path, who)
        before = ledger.head().seq
        return tuple(entry for entry in ledger.write(drafts) if entry.seq > before)
    return ledger.merge(_read_json(path) if path.suffix == ".json" else read_copy(path))


def _sound(rows: Sequence[Row]) -> Sequence[Row]:
    for row in rows:
        if not row.is_as_written:
            raise DataError(
                f"ledger: record {row.seq} is not as it was first written, so nothing is "
                "exported. Run kpikit ledger verify."
            )
    return rows


def _cell(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # line breaks inside of texts stay
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise DataError(f"{path}: cannot be read ({reason}). Check the file.") from None


def _read_json(path: Path) -> list[Row]:
    try:
        content = json.loads(_read_text(path))
        if content[FORMAT] != 1:
            raise ValueError(content[FORMAT])
        pairs = [(canonical(_without_hash(each)), each["hash"]) for each in content["records"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DataError(
            f"{path}: this is no export of a ledger. Make one with kpikit ledger export."
        ) from None
    return sound_rows(pairs, where=path.name)


def _without_hash(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "hash"}


def _drafts(path: Path, who: str) -> list[Draft]:
    """Return the acts that a table holds, or one error with every fault."""
    drafts, faults = [], []
    for line, row in _lines(path):
        try:
            drafts.append(_draft(row, who))
        except DataError as error:
            faults.append(f"\n  line {line}: {' '.join(str(error).split())}")
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise DataError(f"{path}: {count}; nothing is imported.{''.join(faults)}")
    return drafts


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    table = csv.DictReader(io.StringIO(_read_text(path), newline=""))
    names = table.fieldnames or ()
    if "kind" not in names:
        raise DataError(f"{path}: there is no column 'kind'. Its columns: {', '.join(names)}.")
    for row in table:
        cells = {name: _unguarded(cell) for name, cell in row.items() if isinstance(cell, str)}
        yield table.line_num, {name: cell for name, cell in cells.items() if cell}


def _draft(row: dict[str, str], who: str) -> Draft:
    kind = row.get("kind", "")
    fields = {
        name: _value(KINDS.get(kind), name, cell) for name, cell in row.items() if name in FIELDS
    }
    made_of = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:32]
    if kind in ("action", "concern"):
        fields.setdefault(kind, made_of[:12])  # its id: the same row is the same action
    if not row.get("why"):
        raise DataError("why is empty. Every record says why.")
    return Draft(
        row.get("event", made_of), record_of(kind, fields), row.get("who", who), row["why"]
    )


def _value(kind: type[Record] | None, name: str, cell: str) -> object:
    field = kind.model_fields.get(name) if kind else None
    if field is not None and plain_type(field.annotation) in (tuple, dict):
        try:
            return json.loads(cell)
        except ValueError:
            return [part.strip() for part in cell.split(";")]
    return cell

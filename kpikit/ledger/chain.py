"""The chain: each record's bytes as first written, and the hash that ties them to the last.

A record's text is canonical JSON: keys in order, no spaces. It holds the record, its
number, and the hash of the text before it, so that no text can be changed, taken out,
put in or moved without breaking the chain behind it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kpikit.errors import DataError
from kpikit.ledger.records import Record, record_of

START = ""  # what stands for the hash before the first record


class Head(NamedTuple):
    """How far a ledger has come: the number and the hash of its last record."""

    seq: int
    hash: str


class Row(NamedTuple):
    """A record as it is stored: the columns to find it by, its text, and the text's hash."""

    seq: int
    event: str
    kind: str
    topic: str
    period: str
    text: str
    hash: str

    @property
    def is_typed(self) -> bool:
        """Whether a number and texts stand where they should: damage can change even that."""
        return type(self.seq) is int and all(type(value) is str for value in self[1:])

    @property
    def is_as_written(self) -> bool:
        """Whether the text is still the one that the hash was made of."""
        return self.is_typed and hash_text(self.text) == self.hash


class Draft(NamedTuple):
    """An act that is not written yet: its event, the record, who says so, and why."""

    event: str
    record: Record
    who: str
    why: str


@dataclass(frozen=True)
class Fault:
    """What is wrong with a ledger, and at which record."""

    seq: int
    message: str
    severity: str = "error"


@dataclass(frozen=True)
class Entry:
    """A record on the ledger, durable by the time it is returned."""

    seq: int
    event: str
    at: datetime
    who: str
    why: str
    record: Record
    hash: str
    notes: tuple[str, ...] = field(default=(), compare=False)


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text; bytes that are no text anymore count as they are."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def seal(draft: Draft, head: Head, *, at: datetime) -> Row:
    """Return the row that ties an act to the head."""
    content = {
        "seq": head.seq + 1,
        "event": draft.event,
        "kind": draft.record.kind,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "who": draft.who,
        "why": draft.why,
        "record": draft.record.model_dump(mode="json"),
        "previous": head.hash,
    }
    text = canonical(content)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError(
            "ledger: a text holds half of a surrogate pair, which no file can keep. Write it again."
        ) from None
    return row_of(text, content)


def follows(row: Row, head: Head) -> bool:
    """Return whether a row can stand behind a head as it is."""
    return row.seq == head.seq + 1 and json.loads(row.text)["previous"] == head.hash


def reseal(row: Row, head: Head) -> Row:
    """Return a row of another copy, tied to this head; where it first stood is written in it."""
    content = json.loads(row.text)
    content |= {
        "seq": head.seq + 1,
        "previous": head.hash,
        "merged": content.get("merged", {"seq": row.seq, "hash": row.hash}),
    }
    return row_of(canonical(content), content)


def canonical(content: Mapping[str, Any]) -> str:
    """Return the one text that stands for this content."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def row_of(text: str, content: Mapping[str, Any]) -> Row:
    """Return the row that belongs to a text: what it is found by follows from what it says."""
    record = record_of(content["kind"], content["record"])
    period = getattr(record, "period", "")
    return Row(
        content["seq"],
        content["event"],
        record.kind,
        record.topic,
        period,
        text,
        hash_text(text),
    )


def entry_of(row: Row, *, notes: tuple[str, ...] = ()) -> Entry:
    """Return what a row says."""
    content = json.loads(row.text)
    return Entry(
        seq=row.seq,
        event=row.event,
        at=datetime.fromisoformat(content["at"]),
        who=content["who"],
        why=content["why"],
        record=record_of(row.kind, content["record"]),
        hash=row.hash,
        notes=notes,
    )


def sound_rows(pairs: Iterable[tuple[str, str]], *, where: str) -> list[Row]:
    """Return the rows of texts and their hashes, or say which is not as it was written."""
    rows = []
    for place, (text, found) in enumerate(pairs, start=1):
        try:
            row = row_of(text, json.loads(text))
        except (ValueError, KeyError, TypeError):
            raise DataError(f"{where}: record {place} cannot be read. Take a sound copy.") from None
        rows.append(row._replace(hash=found))
    for fault in check_chain(rows):
        if fault.severity == "error":
            raise DataError(f"{where}: {fault.message} Take a sound copy.")
    return rows


def check_chain(rows: Iterable[Row]) -> Iterator[Fault]:
    """Find what was changed, taken out, put in or moved since it was written.

    Parameters
    ----------
    rows
        All of them, in the order of their numbers.
    """
    head: Head | None = Head(0, START)
    end, last = 0, ""
    for row in rows:
        if not row.is_typed:
            yield Fault(end + 1, f"Record {end + 1} cannot be read.")
            end, head = end + 1, None
            continue
        if row.seq != end + 1:
            yield Fault(end + 1, _gap(end + 1, row.seq - 1))
            head = None  # what stood before this one is not known
        content, faults = _check_row(row, head)
        yield from faults
        at = str(content.get("at", last))
        if at < last and "merged" not in content:
            said = f"Record {row.seq} is dated {at}, before one that it follows."
            yield Fault(row.seq, said, "warning")
        last = max(at, last)
        end, head = row.seq, Head(row.seq, row.hash)


def span(first: int, last: int) -> str:
    """Return the name of records, and the verb that goes with it.

    Examples
    --------
    >>> span(7, 7), span(7, 9)
    ('Record 7 is', 'Records 7 to 9 are')
    """
    return f"Record {first} is" if first == last else f"Records {first} to {last} are"


def _gap(first: int, last: int) -> str:
    if last < first:
        return f"Record {last + 1} has a number that comes before the first."
    return f"{span(first, last)} missing."


def _check_row(row: Row, head: Head | None) -> tuple[Mapping[str, Any], list[Fault]]:
    """Hold one row against its own text, its hash, and the hash before it."""
    if not row.is_as_written:
        return {}, [Fault(row.seq, f"Record {row.seq} is not as it was first written.")]
    try:
        content = json.loads(row.text)
        written = row_of(row.text, content)
    except (ValueError, KeyError, TypeError):
        return {}, [Fault(row.seq, f"Record {row.seq} cannot be read.")]
    said = []
    if written != row:
        names = [name for name in Row._fields if getattr(written, name) != getattr(row, name)]
        said.append(f"is filed under another {', '.join(names)} than it says.")
    if head is not None and content.get("previous") != head.hash:
        said.append("does not follow from the record before it.")
    return content, [Fault(row.seq, f"Record {row.seq} {text}") for text in said]

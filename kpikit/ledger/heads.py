"""The file beside a ledger that says how far it has come: one line a head, never changed.

A chain cannot tell that its end is missing. So each head is written down outside of the
database too, before a record is said to be saved. Lines may be in any order; a torn one is
no line, and does not spoil the next, which brings its own line break.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from kpikit.ledger.chain import Head

LINE = re.compile(r"(\d+) ([0-9a-f]{64})")


def heads_file(ledger: Path) -> Path:
    """Return the file beside a ledger's file."""
    return ledger.with_name(ledger.name + ".heads")


def write_head(file: Path, head: Head) -> None:
    """Add a head, in one write.

    It is written once the record is on the disk, and does not wait for the disk itself: a
    machine that stops now may lose the line, never the record, and the next line stands
    for this one too.
    """
    line = f"\n{head.seq} {head.hash}".encode()
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        if os.write(handle, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(handle)


def read_heads(file: Path) -> list[Head]:
    """Return the heads on file, in the order of their numbers; none where there is no file."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    return sorted({Head(int(line[1]), line[2]) for line in found if line})

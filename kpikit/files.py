"""Write files so that a reader finds the old one or the new one, never half of one."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex


def write_file(path: Path, content: str | bytes) -> Path:
    """Write a file in one step: beside it, to the disk, then in its place.

    A symbolic link is replaced, and what it points to stays as it is.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_file(Path(folder, "note.txt"), "kept").read_text()
    'kept'
    """
    temporary = reserve(path)
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        return put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_anew(path: Path, content: str | bytes, *, derived: Path) -> Path:
    """Write a file from which another is made; one made from other content goes first."""
    new = content.encode() if isinstance(content, str) else content
    if derived.exists() and not (path.is_file() and path.read_bytes() == new):
        derived.unlink()
    return write_file(path, new)


def reserve(path: Path) -> Path:
    """Return a new empty file beside `path`, with a name of its own and the same ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".kpikit-{token_hex(8)}{path.suffix}")
    temporary.touch(exist_ok=False)
    return temporary


def put_in_place(temporary: Path, path: Path) -> Path:
    """Give a finished file its name, once its bytes are on the disk."""
    _sync(temporary)
    temporary.replace(path)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        _sync(path.parent)
    return path


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

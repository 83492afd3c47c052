"""Know the files of a source again: by their content, and by whether anybody writes to them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kpikit.errors import DataError

if TYPE_CHECKING:
    from kpikit.strategy.model import Source, Strategy

Stamp = tuple[str, int, int, int]  # path, size, time of the last writing, number of the file
PATTERN = re.compile(r"[*?\[]")


def source_files(source: Source, folder: Path) -> list[Path]:
    """Return the files that a source reads, in the order of their names; none for a table.

    Parameters
    ----------
    folder
        The strategy's folder, from which the source's path counts.
    """
    if source.path is None:
        return []
    path = folder / source.path
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if _is_content(file, path))
    if not path.exists() and PATTERN.search(source.path) and not Path(source.path).is_absolute():
        return sorted(file for file in folder.glob(source.path) if file.is_file())
    return [path] if path.is_file() else []


def _is_content(file: Path, folder: Path) -> bool:
    """Whether a file of a folder holds facts; hidden ones are notes of programs to themselves."""
    inside = file.relative_to(folder).parts
    return file.is_file() and not any(part.startswith((".", "_")) for part in inside)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_source(source: Source, folder: Path) -> str | None:
    """Return the SHA-256 of a source's facts; None where they lie in no file.

    A source of one file has that file's hash; one of several files has the hash of
    their names and hashes.
    """
    files = source_files(source, folder)
    if not files:
        return None
    if len(files) == 1 and files[0] == folder / str(source.path):
        return hash_file(files[0])
    lines = [f"{file.relative_to(folder).as_posix()} {hash_file(file)}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@contextmanager
def at_rest(strategy: Strategy, names: Iterable[str]) -> Iterator[None]:
    """Raise where a source's file is written to while the block reads it.

    Raises
    ------
    DataError
        When a file's size, time of writing or identity is another at the end than at
        the beginning: what was read may be half of the old and half of the new.
    """
    sources = {name: strategy.sources[name] for name in names if name in strategy.sources}
    before = _stamps(sources, strategy.folder)
    try:
        yield
    except Exception as error:
        if moved := _moved(sources, strategy.folder, before):  # which explains the error
            raise DataError(moved) from error
        raise
    if moved := _moved(sources, strategy.folder, before):
        raise DataError(moved)


def _moved(
    sources: Mapping[str, Source], folder: Path, before: Mapping[str, list[Stamp]]
) -> str | None:
    after = _stamps(sources, folder)
    names = [name for name in sources if after[name] != before[name]]
    if not names:
        return None
    said = ", ".join(f"sources.{name} ({sources[name].path})" for name in names)
    return f"{said}: changed while it was being read. Wait until it is written, and run again."


def _stamps(sources: Mapping[str, Source], folder: Path) -> dict[str, list[Stamp]]:
    return {name: list(_stamp(source, folder)) for name, source in sources.items()}


def _stamp(source: Source, folder: Path) -> Iterator[Stamp]:
    for file in source_files(source, folder):
        try:
            found = file.stat()
        except FileNotFoundError:  # gone since it was listed
            continue
        yield str(file), found.st_size, found.st_mtime_ns, found.st_ino

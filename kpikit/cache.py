"""What was computed before, by the hash of all that went into it.

It lies in the user's cache folder, or where the environment variable `KPIKIT_CACHE` says;
`KPIKIT_CACHE=off` keeps nothing. An entry is whole or absent, whatever stops the process that
writes it, and any number of processes may read and write at once. A cache that cannot be
opened is no fault: what it would have held is computed again.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

OFF = "off"
MOST = 50_000  # entries; the oldest leave first
WAIT = 5.0  # seconds for another process to finish writing
ASKED = 500  # keys in one query: below every engine's limit


def hash_of(*parts: bytes) -> str:
    """Return the key of what is made from these parts alone.

    Examples
    --------
    >>> hash_of(b"ab", b"c") == hash_of(b"a", b"bc")
    False
    """
    digest = blake2b(digest_size=20)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def recall(keys: Sequence[str]) -> dict[str, bytes]:
    """Return what is kept under these keys; what was never kept, or has left, is absent."""
    found: dict[str, bytes] = {}
    if not keys:
        return found
    with suppress(OSError, sqlite3.Error), _opened() as store:
        for start in range(0, len(keys), ASKED):
            asked = keys[start : start + ASKED]
            marks = ",".join("?" * len(asked))
            query = f"select key, value from kept where key in ({marks})"
            found.update(store.execute(query, asked).fetchall())
    return found


def keep(entries: Mapping[str, bytes]) -> None:
    """Keep values under their keys, all of them or none."""
    if not entries:  # nothing is worth waiting for other writers
        return
    with suppress(OSError, sqlite3.Error), _opened() as store:
        store.executemany("insert or replace into kept (key, value) values (?, ?)", entries.items())
        store.execute(
            "delete from kept where number <= (select max(number) from kept) - ?", (MOST,)
        )


def cache_folder() -> Path | None:
    """Return where the cache lies, or `None` where it is switched off."""
    chosen = os.environ.get("KPIKIT_CACHE", "")
    if chosen.casefold() == OFF:
        return None
    return Path(chosen) if chosen else _user_folder() / "kpikit"


def _user_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    """Give the open store; what is done with it is kept as a whole or not at all."""
    folder = cache_folder()
    if folder is None:
        raise FileNotFoundError(OFF)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with closing(sqlite3.connect(folder / "cache.sqlite", timeout=WAIT)) as store, store:
        store.execute(
            "create table if not exists kept "
            "(number integer primary key autoincrement, key text unique, value blob)"
        )
        yield store

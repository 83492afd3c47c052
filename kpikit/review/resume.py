"""What lets a broken run go on: one run a folder, and a note for every finished report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from kpikit.errors import KpikitError
from kpikit.files import write_file
from kpikit.review.batch import Outcome, page_name
from kpikit.sources.fingerprint import hash_file

NOTES = ".done"
LOCK = ".lock"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let no other run write to a folder of reports meanwhile; a dead run holds nothing."""
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise KpikitError(
            f"{folder}: another run is writing its reports there. Wait until it has ended."
        ) from None
    try:
        yield
    finally:
        lock.release()


class Notes:
    """Which reports of a folder are finished, each made from which inputs.

    Parameters
    ----------
    inputs
        All that a report depends on, as plain values; departments are told apart here.
    """

    def __init__(self, folder: Path, inputs: Mapping[str, object]) -> None:
        self._folder = folder
        self._inputs = sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()

    def finished(self, name: str) -> Outcome | None:
        """Return a report as made before, where the same inputs made it and it is untouched."""
        page = self._folder / page_name(name)
        try:
            note = json.loads(self._note(name).read_text(encoding="utf-8"))
            if note == {"inputs": self._inputs, "html": hash_file(page)}:
                return Outcome(name=name, state="ok", html=page.name)
        except (OSError, ValueError):
            pass
        return None

    def watch(self, tell: Callable[[str, str], None]) -> Callable[[str, str], None]:
        """Return a progress callback that leaves a note of each report that is made."""

        def told(name: str, state: str) -> None:
            if state == "running":
                self._note(name).unlink(missing_ok=True)
            elif state == "ok":
                made = hash_file(self._folder / page_name(name))
                write_file(self._note(name), json.dumps({"inputs": self._inputs, "html": made}))
            tell(name, state)

        return told

    def _note(self, name: str) -> Path:
        return self._folder / NOTES / f"{name}.json"

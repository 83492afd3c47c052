"""Where an organisation's ledger is: beside its strategy, or where a variable says."""

from __future__ import annotations

import atexit
import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from kpikit.errors import DataError
from kpikit.ledger.ledger import Ledger, open_ledger

DEFAULT = "ledger.sqlite"
VARIABLE = re.compile(r"\$\{(\w+)\}")


def declared_ledger(folder: Path, declared: str | None) -> str:
    """Return the path or address that a strategy file's `ledger:` stands for.

    Parameters
    ----------
    folder
        The folder of the strategy file, from which a path counts.
    declared
        A path, `${NAME}` for the environment variable that holds an address, or None.

    Raises
    ------
    DataError
        When the variable is not set.

    Examples
    --------
    >>> declared_ledger(Path("acme"), None)
    'acme/ledger.sqlite'
    """
    text = declared or DEFAULT
    if found := VARIABLE.fullmatch(text):
        text = os.environ.get(found[1], "")
        if not text:
            raise DataError(
                f"ledger: the environment variable {found[1]} is not set. "
                "Set it to the ledger's address, such as postgresql://user@host/database."
            )
    return text if "://" in text else os.fspath(folder / text)


def find_ledger(folder: Path, declared: str | None) -> Ledger | None:
    """Open the ledger that a strategy file declares, or return None where there is none yet."""
    address = declared_ledger(folder, declared)
    if "://" not in address and not Path(address).exists():
        return None
    return open_ledger(address)


def practice_ledger() -> Ledger:
    """Open an empty ledger that is gone when Python ends: to try things out.

    Examples
    --------
    >>> with practice_ledger() as ledger:
    ...     ledger.head().seq
    0
    """
    folder = TemporaryDirectory(prefix="kpikit-practice-")
    ledger = open_ledger(Path(folder.name) / DEFAULT)
    atexit.register(folder.cleanup)
    return ledger

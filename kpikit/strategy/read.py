"""Read a strategy file: frozen definitions, or one error that lists every fault."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from kpikit.errors import DataError, Fault, StrategyError
from kpikit.strategy.check import check
from kpikit.strategy.document import Document, dotted, read_document
from kpikit.strategy.draft import Draft, Problem
from kpikit.strategy.encoding import MAX_BYTES
from kpikit.strategy.fields import short
from kpikit.strategy.model import VERSION, Strategy
from kpikit.strategy.wording import problems

MAX_FAULTS = 5_000  # told at once; only a file made to do harm has more


def load_strategy(path: Path | str) -> Strategy:
    r"""Load what an organisation wants, from its strategy file.

    Parameters
    ----------
    path
        A YAML file of at most one megabyte, in UTF-8.

    Returns
    -------
    Strategy
        Frozen definitions. `lines` tells where in the file each of them stands.

    Raises
    ------
    StrategyError
        When anything is wrong with the file; `faults` lists all of it, each with its line.
    DataError
        When there is no such file, or it cannot be read.

    Notes
    -----
    The file is data: nothing in it is run, and no source is opened.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "strategy.yaml"
    ...     _ = file.write_text("version: 1\norganisation: {name: Brightdesk}\n")
    ...     strategy = load_strategy(file)
    >>> strategy.organisation.name, strategy.lines["organisation.name"]
    ('Brightdesk', 2)
    """
    path = Path(path)
    data = _bytes(path)
    document = _document(data)
    if document.values is None:
        raise StrategyError(path, document.faults)
    faults = list(document.faults)
    if (newer := _newer_version(document)) is not None:
        raise StrategyError(path, [newer])
    draft, known = _checked(data)
    found = [*known]
    try:
        strategy = Strategy.model_validate(document.values)
    except ValidationError as error:
        found += islice(problems(error.errors(include_url=False), draft.hints), MAX_FAULTS + 1)
    faults += [Fault(document.line(place), dotted(place), said) for place, said in found]
    if len(faults) > MAX_FAULTS:
        last = faults[MAX_FAULTS].line
        more = f"there are more faults than the {MAX_FAULTS:,} told here. Correct these first."
        faults[MAX_FAULTS:] = [Fault(last, "", more)]
    if faults:
        raise StrategyError(path, faults)
    strategy._path, strategy._lines = path, document.lines()
    return strategy


# Those who look at one strategy from several sides load the same file again and again; and
# what a process knows, its forks know as well.
@lru_cache(maxsize=1)
def _document(data: bytes) -> Document:
    return read_document(data)


@lru_cache(maxsize=1)
def _checked(data: bytes) -> tuple[Draft, tuple[Problem, ...]]:
    """Return a file's draft, and what the rules say of it."""
    draft = Draft(_document(data))
    return draft, tuple(islice(check(draft), MAX_FAULTS + 1))


def _bytes(path: Path) -> bytes:
    """Return a file's bytes, never more than one above the limit."""
    try:
        if path.is_dir():
            found = _strategy_files(path)
            files = ", ".join(found) or "none with the ending .yaml"
            raise DataError(f"{path}: this is a folder. Name a file in it: {files}.")
        if not path.exists():
            near = get_close_matches(path.name, _strategy_files(path.parent), n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "Check the folder and the name."
            raise DataError(f"{path}: there is no such file. {hint}")
        if not path.is_file():
            raise DataError(f"{path}: this is no ordinary file. Name a YAML file.")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path}: the file cannot be read ({reason}). Check its name and rights."
        ) from None


def _strategy_files(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(file.name for file in folder.iterdir() if file.suffix in (".yaml", ".yml"))


def _newer_version(document: Document) -> Fault | None:
    """Return the one fault of a file that a newer kpikit wrote; the rest may be right there."""
    values: Mapping[str, object] = document.values or {}
    version = values.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version <= VERSION:
        return None
    return Fault(
        document.line(("version",)),
        "version",
        f"is {short(version)}, and this kpikit reads {VERSION}. Install a newer kpikit.",
    )

"""Put an entry into a strategy file as text, and leave every other character as it is."""

from __future__ import annotations

import codecs
import re
import shutil
from pathlib import Path
from textwrap import dedent, indent
from typing import Literal

from kpikit.errors import DataError, StrategyError
from kpikit.files import put_in_place, reserve
from kpikit.strategy.model import Strategy
from kpikit.strategy.read import load_strategy

Section = Literal["kpis", "departments"]

LINE = re.compile(r"[^\n]*\n|[^\n]+")
BY_HAND = "Nothing was written. Print the entry without --into, and paste it where it belongs."


def insert_entry(strategy: Strategy, *, section: Section, name: str, text: str) -> int:
    """Put an entry at the end of its section, and return the line on which it then stands.

    Parameters
    ----------
    strategy
        The strategy as loaded from its file.
    section
        The section that the entry belongs to; it is begun where there is none.
    name
        The entry's id, which the section does not have.
    text
        The entry as YAML, indented by two spaces.

    Raises
    ------
    DataError
        When the file with the entry would not load, or would say anything else besides;
        then the file stays as it is.

    Notes
    -----
    A symbolic link stays one: the file it points to is changed, in one step.
    """
    path = strategy.path.resolve()
    try:
        before = path.read_bytes()
        after = _with_entry(before, strategy, section, text)
        temporary = reserve(path)
        try:
            temporary.write_bytes(after)
            line = _verified(temporary, strategy, section, name)
            shutil.copymode(path, temporary)
            put_in_place(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"{strategy.path}: cannot be written ({error.strerror}). {BY_HAND}"
        ) from None
    return line


def _with_entry(before: bytes, strategy: Strategy, section: Section, text: str) -> bytes:
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    lines = LINE.findall(before.removeprefix(mark).decode())
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    entry = dedent(text).splitlines()
    if section in strategy.lines:
        (place, width), begun = _place(lines, strategy, section), [""]
    else:
        place, width, begun = len(lines), 2, ["", f"{section}:"]
    new = [*begun, *(indent(line, " " * width) for line in entry)]
    start = "" if lines[place - 1].endswith("\n") else end
    whole = (*lines[:place], start, *(line + end for line in new), *lines[place:])
    return mark + "".join(whole).encode()


def _place(lines: list[str], strategy: Strategy, section: Section) -> tuple[int, int]:
    """Return before which line the entry goes, from 0, and how far it is indented."""
    key = strategy.lines[section] - 1
    if not re.match(rf"[\"']?{section}[\"']?\s*:\s*(#.*)?$", lines[key]):
        raise DataError(
            f"{strategy.path}: {section} in line {key + 1} is no plain block. {BY_HAND}"
        )
    width = 2
    for first in list(getattr(strategy, section))[:1]:
        line = strategy.lines[f"{section}.{first}"]
        found = re.match(rf"( +)[\"']?{first}[\"']?\s*:", lines[line - 1])
        if found is None:
            raise DataError(f"{strategy.path}: {first} in line {line} is no plain block. {BY_HAND}")
        width = len(found[1])
    others = [line for place, line in strategy.lines.items() if not re.search(r"[.[]", place)]
    place = min((line - 1 for line in others if line - 1 > key), default=len(lines))
    while place > key + 1 and re.match(r"\s*$|#", lines[place - 1]):
        place -= 1  # a remark at the margin speaks of what follows
    return place, width


def _verified(path: Path, strategy: Strategy, section: Section, name: str) -> int:
    """Return the new entry's line, if the file says the same as before and the entry."""
    try:
        loaded = load_strategy(path)
    except StrategyError as error:
        faults = "".join(f"\n  {fault}" for fault in error.faults)
        raise DataError(
            f"{strategy.path}: with {section}.{name} in it, it would not load. {BY_HAND}{faults}"
        ) from None
    for field in Strategy.model_fields:
        now, then = getattr(loaded, field), getattr(strategy, field)
        if field == section:
            now = {key: item for key, item in now.items() if key != name}
        if now != then:
            raise DataError(
                f"{strategy.path}: {section}.{name} would change what it says of {field}. {BY_HAND}"
            )
    return loaded.lines[f"{section}.{name}"]

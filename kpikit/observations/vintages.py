"""The record of loads: what was read when, by which definitions, with which values.

A vintage is two files in `vintages/` beside the strategy file, named by a running
number and by their content: JSON that says what was loaded, and Parquet with the
values. Commands that load write them; nothing that only reads does.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kpikit import __version__
from kpikit.errors import DataError, KpikitError
from kpikit.files import write_file
from kpikit.observations.build import choose_kpis
from kpikit.observations.definitions import definition_hash, hash_json
from kpikit.observations.table import Load, Observations, SourceRead
from kpikit.sources.fingerprint import hash_file, hash_source

if TYPE_CHECKING:
    from kpikit.strategy.model import Source, Strategy

FOLDER = "vintages"
NAME = re.compile(r"(\d{6})-[0-9a-f]{12}\.json")
NUMBER = re.compile(r"(\d{6})-")
KEYS = ["kpi", "segment", "period_start"]
COLUMNS = [*KEYS, "value", "complete"]
TOLERANCE = 1e-9  # engines add up in any order, so that the last digits differ


class BrokenVintageError(KpikitError):
    """A vintage's file cannot be read: half-written, damaged, or without its values."""


@dataclass(frozen=True)
class SourceState:
    """A source as a load found it; `sha256` is None where its facts lie in no file."""

    path: str
    sha256: str | None
    rows: int
    first: str | None
    last: str | None


@dataclass(frozen=True, kw_only=True)
class Vintage:
    """One load on record."""

    file: Path
    made: str
    kpikit: str
    strategy: str
    as_of: str | None
    asked: Mapping[str, str | None]
    sources: Mapping[str, SourceState]
    definitions: Mapping[str, str]
    values_sha256: str

    @property
    def is_whole(self) -> bool:
        """Whether all periods were asked for."""
        return self.asked["since"] is None and self.asked["until"] is None

    def values(self) -> pd.DataFrame:
        """Return what was loaded: `kpi, segment, period_start, value, complete`.

        Raises
        ------
        BrokenVintageError
            When the file is missing, or is not the one that was written.
        """
        path = self.file.with_suffix(".parquet")
        if not path.is_file():
            raise BrokenVintageError(f"its values, {path.name}, are missing")
        if hash_file(path) != self.values_sha256:
            raise BrokenVintageError(f"its values, {path.name}, are not those that were written")
        return pd.read_parquet(path)


@dataclass(frozen=True)
class Recorded:
    """What recording a load left behind: the vintage's file, and what there is to say of it."""

    file: Path
    is_new: bool
    notes: tuple[str, ...] = ()


def record_vintage(strategy: Strategy, observations: Observations) -> Recorded:
    """Leave a record of a load in `vintages/` beside the strategy file.

    Where the newest record of the same grain and segments says the same, no file is
    added. A record that cannot be read is set aside under another name, never deleted.

    Raises
    ------
    DataError
        When the observations were not computed from facts.
    OSError
        When the folder cannot be written.
    """
    folder = strategy.folder / FOLDER
    record = describe(strategy, observations)
    values = observations.to_frame()[COLUMNS]
    notes: list[str] = []
    for found in newest_first(folder):
        try:
            if isinstance(found, Broken):
                raise BrokenVintageError(found.reason)
            if not is_alike(found, record["asked"]):
                continue
            if _says(found) == record and _are_close(found.values(), values):
                return Recorded(found.file, is_new=False, notes=tuple(notes))
            break
        except BrokenVintageError as error:
            notes.append(_set_aside(found.file, str(error)))
    return Recorded(_write(folder, record, values), is_new=True, notes=tuple(notes))


def try_record(strategy: Strategy, observations: Observations) -> tuple[str, ...]:
    """Record a load where that can be done, and return what there is to say of it."""
    try:
        return record_vintage(strategy, observations).notes
    except OSError as error:
        return (
            f"{strategy.folder / FOLDER}: the load could not be recorded ({error.strerror}). "
            "Let the folder be written, or say --no-record.",
        )


def describe(strategy: Strategy, observations: Observations) -> dict[str, Any]:
    """Return all that a vintage says but its values and the time at which it was made."""
    load = load_of(observations)
    return {
        "kpikit": __version__,
        "strategy": hash_file(strategy.path),
        "as_of": _iso(observations.as_of),
        "asked": {
            "grain": load.grain,
            "by": load.by,
            "since": _iso(load.since),
            "until": _iso(load.until),
            "as_of": _iso(load.as_of),
            "definitions": load.definitions,
        },
        "sources": {
            read.source: vars(_state(strategy.sources[read.source], read, strategy.folder))
            for read in load.sources
        },
        "definitions": {
            kpi.id: definition_hash(kpi, strategy)
            for kpi in choose_kpis(strategy, list(observations.to_frame()["kpi"].unique()))
        },
    }


def load_of(observations: Observations) -> Load:
    """Return how observations were loaded.

    Raises
    ------
    DataError
        When they were not computed from facts.
    """
    if observations.load is None:
        raise DataError(
            "observations: they do not say how they were loaded. Make them with build_observations."
        )
    return observations.load


@dataclass(frozen=True)
class Broken:
    """A vintage's file that cannot be read."""

    file: Path
    reason: str


def newest_first(folder: Path) -> Iterator[Vintage | Broken]:
    """Yield the vintages of a folder from the newest to the oldest, broken ones too."""
    if not folder.is_dir():
        return
    for file in sorted(folder.iterdir(), key=lambda path: path.name, reverse=True):
        if NAME.fullmatch(file.name):
            yield _read(file)


def is_alike(vintage: Vintage, asked: Mapping[str, str | None]) -> bool:
    """Whether a vintage has the grain, the segments and the kind of definitions asked for."""
    return all(vintage.asked[key] == asked[key] for key in ("grain", "by", "definitions"))


def are_equal(before: pd.Series[float], after: pd.Series[float]) -> pd.Series[bool]:
    """Whether two columns of values hold the same, but for the last digits of a sum."""
    first, second = before.to_numpy(dtype=float), after.to_numpy(dtype=float)
    close = np.isclose(first, second, rtol=TOLERANCE, atol=1e-12, equal_nan=True)
    return pd.Series(close, index=before.index)


def _read(file: Path) -> Vintage | Broken:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        said["sources"] = {name: SourceState(**state) for name, state in said["sources"].items()}
        said["asked"] = {key: said["asked"][key] for key in vars(Load()) if key != "sources"}
        values = said.pop("values")
        return Vintage(file=file, values_sha256=values["sha256"], **said)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        return Broken(file, f"{type(error).__name__}: {str(error)[:80]}")


def _says(vintage: Vintage) -> dict[str, Any]:
    """Return what `describe` returned when the vintage was written."""
    said = {
        name: getattr(vintage, name)
        for name in ("kpikit", "strategy", "as_of", "asked", "definitions")
    }
    return said | {"sources": {name: vars(state) for name, state in vintage.sources.items()}}


def _are_close(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    if len(before) != len(after):
        return False
    first, second = (frame.sort_values(KEYS, ignore_index=True) for frame in (before, after))
    same = (first[[*KEYS, "complete"]] == second[[*KEYS, "complete"]]).to_numpy().all()
    return bool(same and are_equal(first["value"], second["value"]).all())


def _write(folder: Path, record: dict[str, Any], values: pd.DataFrame) -> Path:
    """Write the values, then the record that speaks of them: without it they are nothing."""
    buffer = BytesIO()
    values.to_parquet(buffer, index=False)
    content = buffer.getvalue()
    record = record | {
        "values": {"rows": len(values), "sha256": hashlib.sha256(content).hexdigest()}
    }
    numbers = [int(match[1]) for file in _files(folder) if (match := NUMBER.match(file.name))]
    stem = f"{max(numbers, default=0) + 1:06}-{hash_json(record)[:12]}"
    made = {"made": datetime.now(UTC).isoformat(timespec="seconds")}
    text = json.dumps(made | record, indent=2, ensure_ascii=False) + "\n"
    write_file(folder / f"{stem}.parquet", content)
    return write_file(folder / f"{stem}.json", text)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _set_aside(file: Path, reason: str) -> str:
    """Give a broken vintage's files another ending, and say so."""
    aside = file.with_name(file.name + ".broken")
    for part in (file, file.with_suffix(".parquet")):
        if part.exists():
            part.rename(part.with_name(part.name + ".broken"))
    return (
        f"{FOLDER}/{file.name} cannot be read ({reason}). It is set aside as {aside.name}; "
        "restore it from a copy, or leave it."
    )


def _state(source: Source, read: SourceRead, folder: Path) -> SourceState:
    place = Path(source.path) if source.path is not None else None
    said = str(source.table) if place is None else place.as_posix()
    if place is not None and place.is_absolute():  # speaks of this machine
        said = place.name
    digest = hash_source(source, folder)
    return SourceState(said, digest, read.rows, _iso(read.first), _iso(read.last))


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()

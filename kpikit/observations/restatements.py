"""Compare a load with those on record: what is new, and which reported numbers changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kpikit.charts.contributions import contribution_chart
from kpikit.observations.build import used_sources
from kpikit.observations.table import Load, Observations
from kpikit.observations.vintages import (
    FOLDER,
    KEYS,
    Broken,
    BrokenVintageError,
    SourceState,
    Vintage,
    are_equal,
    describe,
    is_alike,
    load_of,
    newest_first,
)
from kpikit.results import Result
from kpikit.units import format_change, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Strategy

COLUMNS = ["kpi", "segment", "period_start", "before", "after", "change", "why", "kind"]
SOURCE_COLUMNS = ["source", "path", "changed", "rows_before", "rows_after", "rows_added"]
NAMED = 3  # restated numbers that the sentence names


@dataclass(frozen=True, kw_only=True, eq=False)
class VintageChanges(Result):
    """What changed since the last load of the same grain and segments.

    Attributes
    ----------
    since
        When that load was made; None where there is none on record.
    sources
        Each source: `source, path, changed, rows_before, rows_after, rows_added`.
    """

    since: str | None
    sources: pd.DataFrame = field(repr=False)
    _said: tuple[str, ...] = field(repr=False, default=())

    @property
    def restated(self) -> pd.DataFrame:
        """Values of periods that were complete when they were loaded, and are others now."""
        return self.frame[self.frame["kind"] == "restated"].reset_index(drop=True)

    def summary(self) -> str:
        """Name the reported numbers that were restated, and count what else is new."""
        if self.since is None:
            return "No earlier load of this grain and these segments is on record."
        kinds = self.frame["kind"].value_counts()
        parts = []
        if "restated" in kinds:
            more = f"; and {kinds['restated'] - NAMED} more" if kinds["restated"] > NAMED else ""
            parts.append(
                f"reported numbers restated: {kinds['restated']} ({'; '.join(self._said)}{more})"
            )
        for kind, words in (("partial", "partial periods moved"), ("new", "new values")):
            if kind in kinds:
                parts.append(f"{words}: {kinds[kind]}")
        moved = self.sources[self.sources["changed"]]
        if len(moved):
            named = [
                f"{name} ({_rows(added)})"
                for name, added in zip(moved["source"], moved["rows_added"], strict=True)
            ]
            parts.append(f"sources changed: {', '.join(named)}")
        if not parts:
            return f"Nothing changed since the load of {self.since}."
        return f"Since the load of {self.since}, {'; '.join(parts)}."

    def _draw(self, ax: Axes) -> None:
        found = self.restated
        relative = (found["change"] / found["before"].abs()).where(found["before"] != 0)
        contribution_chart(
            [_name(row) for row in found.itertuples()],
            list(relative),
            say=lambda value: format_change(value, relative=True),
            ax=ax,
            title="Reported numbers restated, by how much of what they were",
        )


def compare_vintages(strategy: Strategy, observations: Observations) -> VintageChanges:
    """Say what changed since the last load, and which reported numbers were restated.

    Parameters
    ----------
    strategy
        The strategy by which the observations were made; its folder has the record.
    observations
        A load just made, by `build_observations`.

    Returns
    -------
    VintageChanges
        One row per value that differs: `kpi, segment, period_start, before, after,
        change, why, kind`. `kind` is `restated` where the period was complete before,
        `partial` where it was not, and `new` where there was no such period. `why` is
        `definition` (the KPI, one it refers to, its source's contract or the calendar),
        `data` (a file of its sources), both, `as-of` (the same facts, looked at on
        another day), or `kpikit` (nothing else but its version). A value that is no
        longer there is missing in `after`.

    Raises
    ------
    DataError
        When the observations were not computed from facts.

    Notes
    -----
    Compared with the newest record of the same grain and segments; what was left out of
    that load is looked up in older ones. Values count as equal within 1e-9 of their
    size. Nothing is written. A record that cannot be read is left out and named in the
    notes.
    """
    load, now = load_of(observations), describe(strategy, observations)
    after = observations.to_frame()
    base = _on_record(strategy, now, set(after["kpi"]))
    if not base.vintages:
        empty = pd.DataFrame(columns=COLUMNS)
        sources = pd.DataFrame(columns=SOURCE_COLUMNS)
        return VintageChanges(frame=empty, since=None, sources=sources, notes=base.notes)
    frame = _differences(base.values, after)
    frame = frame[frame["after_there"] | _was_asked_for(frame, strategy, load)]
    frame = frame.assign(kind=_kinds(frame, base.values)).query("kind != ''")
    frame = frame.assign(why=_reasons(frame, base.vintages, now, strategy))
    frame = frame.assign(order=pd.Categorical(frame["kind"], ["restated", "partial", "new"]))
    frame = frame.sort_values(["order", "segment", "kpi", "period_start"], ignore_index=True)
    restated = frame[frame["kind"] == "restated"].head(NAMED)
    newest = base.vintages[0]
    return VintageChanges(
        frame=frame[COLUMNS],
        since=newest.made,
        sources=_compare_sources(newest, now),
        notes=(*base.notes, *_redefined(newest, now)),
        _said=tuple(_say(row, strategy, load) for row in restated.itertuples()),
    )


@dataclass(frozen=True)
class _Record:
    """Values on record, each from the newest vintage that holds it (by its place)."""

    vintages: list[Vintage]
    values: pd.DataFrame
    notes: tuple[str, ...]


def _on_record(strategy: Strategy, now: Mapping[str, Any], kpis: set[str]) -> _Record:
    vintages: list[Vintage] = []
    frames, notes, waiting = [], [], set(kpis)
    for found in newest_first(strategy.folder / FOLDER):
        try:
            if isinstance(found, Broken):
                raise BrokenVintageError(found.reason)
            if not is_alike(found, now["asked"]):
                continue
            frames.append(found.values().assign(vintage=len(vintages)))
        except BrokenVintageError as error:
            notes.append(f"{FOLDER}/{found.file.name} cannot be read ({error}), and is left out.")
            continue
        vintages.append(found)
        if found.is_whole:
            waiting -= set(found.definitions)
        if not waiting:
            break
    values = pd.DataFrame()
    if frames:
        values = pd.concat(frames, ignore_index=True).drop_duplicates(KEYS)
        values = values[values["kpi"].isin(kpis)]
    return _Record(vintages, values, tuple(notes))


def _differences(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return every value that differs, with what it was and what it is."""
    joined = before.rename(columns={"value": "before", "complete": "was_complete"}).merge(
        after[[*KEYS, "value"]].rename(columns={"value": "after"}),
        on=KEYS, how="outer", indicator=True,
    )  # fmt: skip
    joined = joined.assign(
        before_there=joined["_merge"] != "right_only",
        after_there=joined["_merge"] != "left_only",
        was_complete=joined["was_complete"].eq(other=True),
        change=joined["after"] - joined["before"],
    )
    same = are_equal(joined["before"], joined["after"]) & joined["before_there"]
    return joined[~same]


def _was_asked_for(frame: pd.DataFrame, strategy: Strategy, load: Load) -> pd.Series[bool]:
    """Whether a value that is gone was asked for at all."""
    starts = frame["period_start"]
    asked = pd.Series(data=True, index=frame.index)
    if load.since is not None:
        calendar = strategy.calendar
        firsts = {
            kpi: pd.Timestamp(calendar.start(load.since, load.grain or strategy.kpis[kpi].grain))
            for kpi in frame["kpi"].unique()
        }
        asked &= starts >= frame["kpi"].map(firsts)
    for last in (load.until, load.as_of):
        if last is not None:
            asked &= starts <= pd.Timestamp(last)
    return asked


def _kinds(frame: pd.DataFrame, before: pd.DataFrame) -> pd.Series[str]:
    """Return what became of each value; nothing where it is only a name without facts.

    A segment that appears in a period on record had no facts there before, so that its
    zeros are no news, and its other values restate the period.
    """
    known = pd.MultiIndex.from_frame(before[["kpi", "period_start"]].drop_duplicates())
    old = pd.MultiIndex.from_frame(frame[["kpi", "period_start"]]).isin(known)
    whole = before.loc[before["complete"], ["kpi", "period_start"]].drop_duplicates()
    closed = pd.MultiIndex.from_frame(frame[["kpi", "period_start"]]).isin(
        pd.MultiIndex.from_frame(whole)
    )
    appeared = ~frame["before_there"].to_numpy()
    nothing = frame["after"].fillna(0.0).eq(0.0).to_numpy() & old & appeared
    complete = np.where(appeared, closed, frame["was_complete"])
    kinds = np.select(
        [nothing, appeared & ~old, complete.astype(bool)], ["", "new", "restated"], "partial"
    )
    return pd.Series(kinds, index=frame.index)


def _reasons(
    frame: pd.DataFrame,
    vintages: list[Vintage],
    now: Mapping[str, Any],
    strategy: Strategy,
) -> pd.Series[str]:
    """Return why each value differs; the same for all values of a KPI from one vintage."""
    places = frame["vintage"].fillna(0).astype(int)
    found = {
        (kpi, place): _reason(str(kpi), vintages[place], now, strategy)
        for kpi, place in set(zip(frame["kpi"], places, strict=True))
    }
    reasons = [found[pair] for pair in zip(frame["kpi"], places, strict=True)]
    return pd.Series(reasons, index=frame.index, dtype=object).where(frame["kind"] != "new", "")


def _reason(kpi: str, vintage: Vintage, now: Mapping[str, Any], strategy: Strategy) -> str:
    definitions, sources = now["definitions"], now["sources"]
    used = used_sources(strategy, [strategy.kpis[kpi]])
    states = [(vintage.sources.get(name), SourceState(**sources[name])) for name in used]
    causes = []
    if vintage.definitions.get(kpi) != definitions[kpi]:
        causes.append("definition")
    if any(before is None or before.sha256 != after.sha256 for before, after in states):
        causes.append("data")
    if causes:
        return " and ".join(causes)
    if vintage.as_of != now["as_of"]:
        return "as-of"
    # a table has no hash: where nothing else can be the reason, its rows are
    return "data" if any(after.sha256 is None for _, after in states) else "kpikit"


def _compare_sources(vintage: Vintage, now: Mapping[str, Any]) -> pd.DataFrame:
    states = now["sources"]
    rows = []
    for name, state in states.items():
        before, after = vintage.sources.get(name), SourceState(**state)
        if before is None:
            continue
        changed = before != after if after.sha256 is None else before.sha256 != after.sha256
        added = after.rows - before.rows
        rows.append((name, after.path, changed, before.rows, after.rows, added))
    return pd.DataFrame(rows, columns=SOURCE_COLUMNS).astype({"changed": bool})


def _redefined(vintage: Vintage, now: Mapping[str, Any]) -> list[str]:
    definitions = now["definitions"]
    names = [
        name for name, held in vintage.definitions.items() if definitions.get(name, held) != held
    ]
    return [f"Defined otherwise than in that load: {', '.join(names)}."] if names else []


def _name(row: Any) -> str:  # noqa: ANN401 - a row of a table
    return " ".join(filter(None, (row.kpi, row.segment, f"{row.period_start:%Y-%m-%d}")))


def _say(row: Any, strategy: Strategy, load: Load) -> str:  # noqa: ANN401 - a row of a table
    kpi = strategy.kpis[row.kpi]
    label = strategy.calendar.label(row.period_start.date(), load.grain or kpi.grain)
    where = f", {row.segment}" if row.segment else ""
    currency = strategy.organisation.currency or ""
    was, now = (
        format_value(value, kpi.unit, currency=currency) for value in (row.before, row.after)
    )
    if was == now:  # both are rounded
        moved = format_change(row.change, kpi.unit, currency=currency)
        return f"{kpi.title}{where}, {label}: {was}, moved by {moved}, by {row.why}"
    return f"{kpi.title}{where}, {label}: from {was} to {now}, by {row.why}"


def _rows(added: int) -> str:
    return f"{added:+,} rows" if added else "as many rows"

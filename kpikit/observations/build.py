"""Build observations: every KPI by period and segment, right at every grain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.errors import DataError, UnknownNameError
from kpikit.observations.formula import (
    NO_ROWS,
    Array,
    Compiled,
    compile_kpi,
    evaluate,
    find_kpi,
)
from kpikit.observations.query import Window, query
from kpikit.observations.table import COLUMNS, Load, Observations, SourceRead
from kpikit.periods import Grain, parse_date, parse_grain
from kpikit.sources import Facts, open_facts
from kpikit.strategy.nodes import Aggregate

if TYPE_CHECKING:
    from kpikit.strategy.model import Kpi, Strategy


def build_observations(  # noqa: PLR0913 - the public contract names these
    strategy: Strategy,
    *,
    grain: str | None = None,
    since: date | str | None = None,
    until: date | str | None = None,
    as_of: date | str | None = None,
    by: str | None = None,
    kpis: Sequence[str] | None = None,
) -> Observations:
    """Compute every KPI's value in every period and segment, from the facts.

    Parameters
    ----------
    strategy
        A loaded strategy.
    grain
        Day, week, month, quarter or year; None takes each KPI's own grain. A KPI is
        computed again from the facts at any grain: a ratio is a ratio of sums.
    since, until
        First and last day of interest; the periods that hold them are included whole.
    as_of
        Nothing later is seen. None is the newest day in the facts.
    by
        A column whose values become segments, beside the whole (`""`). KPIs whose
        source lacks the column have the whole only.
    kpis
        KPIs wanted; None takes all that are not retired.

    Returns
    -------
    Observations
        One row per KPI, segment and period: `kpi, segment, period_start, value,
        numerator, denominator, rows, complete, known_at`. Values are in the KPI's
        unit; `rows` counts the facts after the KPI's filter; `known_at` is the day on
        which the value could be known. Partial periods are there with
        `complete=False`.

    Raises
    ------
    DataError
        When a source breaks its contract.
    UnknownNameError
        When there is no such KPI, or no source with the column `by`.

    Notes
    -----
    A period without any row in the whole source is missing. Where the source has
    rows and the filter or segment has none, counts and sums are 0, and quotients,
    means and quantiles are missing; `Observations.missing` has the reasons.
    """
    chosen = choose_kpis(strategy, kpis)
    sources = used_sources(strategy, chosen)
    seen = parse_date(as_of) if as_of is not None else None
    wanted = Wanted(
        grain=parse_grain(grain) if grain is not None else None,
        since=parse_date(since) if since is not None else None,
        until=parse_date(until) if until is not None else None,
        by=by,
    )
    with open_facts(strategy, sources=sources, as_of=seen) as facts:
        return observe(strategy, facts, kpis=chosen, wanted=wanted, as_of=seen)


@dataclass(frozen=True)
class Wanted:
    """Which observations are wanted: None is every KPI's own grain, and all periods."""

    grain: Grain | None = None
    since: date | None = None
    until: date | None = None
    by: str | None = None


def observe(
    strategy: Strategy,
    facts: Mapping[str, Facts],
    *,
    kpis: Sequence[Kpi],
    wanted: Wanted,
    as_of: date | None,
) -> Observations:
    """Compute observations from sources that are open already; see `build_observations`."""
    compiled = {kpi.id: compile_kpi(kpi, strategy) for kpi in kpis}
    newest = max((fact.last for fact in facts.values() if fact.last), default=None)
    day = as_of or newest
    if day is None:
        raise DataError(f"{strategy.path}: the sources hold no dated row. Check their time.")
    _know_column(wanted.by, facts)
    frames = []
    for grain in sorted({wanted.grain or kpi.grain for kpi in kpis}):
        window = Window(strategy.calendar, grain, wanted.since, wanted.until, day)
        made = {kpi.id: compiled[kpi.id] for kpi in kpis if (wanted.grain or kpi.grain) == grain}
        frames.extend(_observe(made, facts, window, wanted.by))
    load = Load(
        grain=wanted.grain,
        by=wanted.by,
        since=wanted.since,
        until=wanted.until,
        as_of=as_of,
        sources=tuple(
            SourceRead(name, fact.rows, fact.first, fact.last) for name, fact in facts.items()
        ),
    )
    return replace(_collect(frames, [kpi.id for kpi in kpis], day), load=load)


def choose_kpis(strategy: Strategy, kpis: Iterable[str] | None = None) -> list[Kpi]:
    """Return the KPIs named, or all that are not retired."""
    if kpis is None:
        return [kpi for kpi in strategy.kpis.values() if kpi.status != "retired"]
    return [find_kpi(strategy, name) for name in dict.fromkeys(kpis)]


def used_sources(strategy: Strategy, kpis: Iterable[Kpi]) -> list[str]:
    """Return the names of the sources that KPIs read, those behind references included."""
    parts = (part for kpi in kpis for part in compile_kpi(kpi, strategy).aggregates)
    return sorted({part.home[0] for part in parts if part.home})


def _know_column(by: str | None, facts: Mapping[str, Facts]) -> None:
    if by is not None and not any(by in fact.table.columns for fact in facts.values()):
        columns = {name for fact in facts.values() for name in fact.table.columns}
        raise UnknownNameError("column", by, columns, where="by")


def _observe(
    compiled: Mapping[str, Compiled], facts: Mapping[str, Facts], window: Window, by: str | None
) -> list[pd.DataFrame]:
    """Query each source once for all its KPIs (twice with segments), then do the arithmetic."""
    homes: dict[tuple[str, str], list[Aggregate]] = {}
    for made in compiled.values():
        for aggregate in made.aggregates:
            if aggregate.home and aggregate not in homes.setdefault(aggregate.home, []):
                homes[aggregate.home].append(aggregate)
    whole = {home: query(facts[home[0]], home[1], parts, window) for home, parts in homes.items()}
    split = {
        home: query(facts[home[0]], home[1], parts, window, by)
        for home, parts in homes.items()
        if by is not None and by in facts[home[0]].table.columns
    }
    frames = []
    for made in compiled.values():
        frames.append(_assemble(made, whole, facts, window))
        if split and all(part.home in split for part in made.aggregates):
            frames.append(_assemble(made, split, facts, window))
    return frames


def _assemble(
    made: Compiled,
    tables: Mapping[tuple[str, str], pd.DataFrame],
    facts: Mapping[str, Facts],
    window: Window,
) -> pd.DataFrame:
    """Do a KPI's arithmetic in every period of every segment."""
    homes = list(dict.fromkeys(part.home for part in made.aggregates if part.home))
    starts = sorted({start for home in homes for start in window.starts(facts[home[0]])})
    segments = sorted(
        {name for home in homes for name in tables[home].index.get_level_values("segment")}
    )
    index = pd.MultiIndex.from_product(
        [segments, np.array(starts, dtype="datetime64[us]")], names=["segment", "period_start"]
    )
    columns = {
        part: _column(tables[part.home], part, index) for part in made.aggregates if part.home
    }
    silent = np.zeros(len(index), dtype=bool)
    for home in homes:
        present = tables[home].groupby(level="period_start")["total"].sum()
        silent |= ~index.get_level_values("period_start").isin(present.index)
    found = evaluate(made.tree, columns)
    reason = np.where(silent, NO_ROWS, found.reason)
    complete = [all(window.complete(start, facts[home[0]]) for home in homes) for start in starts]
    known = [min(window.end(start), window.as_of) for start in starts]
    frame = index.to_frame(index=False)
    frame["kpi"] = made.kpi
    frame["value"] = np.where(silent, np.nan, found.value)
    for name, node in zip(("numerator", "denominator"), made.quotient or (None, None), strict=True):
        part = evaluate(node, columns).value if node is not None else np.nan
        frame[name] = np.where(silent, np.nan, part)
    frame["rows"] = columns[made.rows].astype("int64")
    frame["complete"] = np.tile(np.array(complete, dtype=bool), len(segments))
    frame["known_at"] = np.tile(np.array(known, dtype="datetime64[us]"), len(segments))
    frame["reason"] = reason
    return frame


def _column(table: pd.DataFrame, part: Aggregate, index: pd.MultiIndex) -> Array:
    """Return an aggregate in every period and segment; counts of nothing are 0."""
    found = table[part].astype("float64").reindex(index)
    return np.array(found.fillna(0.0) if part.function == "count" else found, dtype=np.float64)


def _collect(frames: Sequence[pd.DataFrame], order: Sequence[str], day: date) -> Observations:
    """Bring the KPIs together in the order in which they were named."""
    if not frames:
        empty = pd.DataFrame(columns=list(COLUMNS))
        return Observations(frame=empty, missing=empty.assign(reason=""), as_of=day)
    frame = pd.concat(frames, ignore_index=True)
    frame["kpi"] = pd.Categorical(frame["kpi"], categories=list(order), ordered=True)
    frame = frame.sort_values(["kpi", "segment", "period_start"], ignore_index=True)
    frame["kpi"] = frame["kpi"].astype("str")
    keys = ["kpi", "segment", "period_start", "reason"]
    missing = frame.loc[frame["reason"] != "", keys].reset_index(drop=True)
    notes = tuple(
        f"Missing because {reason}: {count} values."
        for reason, count in missing["reason"].value_counts().items()
    )
    return Observations(frame=frame[list(COLUMNS)], missing=missing, as_of=day, notes=notes)

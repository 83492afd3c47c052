"""Build observations: every KPI by period and segment, right at every grain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    engine_value,
    evaluate,
    find_kpi,
)
from kpikit.observations.table import COLUMNS, Observations
from kpikit.periods import Calendar, Grain, parse_date, parse_grain
from kpikit.sources import Facts, open_facts
from kpikit.strategy.nodes import Aggregate

if TYPE_CHECKING:
    from ibis.expr.types import DateValue, Table

    from kpikit.strategy.model import Kpi, Strategy

WHOLE = ""  # the segment that is all of them
UNNAMED = "(missing)"  # the segment of rows that name none
EMPTY = "(empty)"  # the segment of rows whose name is an empty text


@dataclass(frozen=True)
class _Window:
    """Which periods are wanted, on whose calendar, seen from which day."""

    calendar: Calendar
    grain: Grain
    since: date | None
    until: date | None
    as_of: date

    def starts(self, facts: Facts) -> list[date]:
        """Return the first days of the source's periods that lie in the window."""
        if facts.first is None or facts.last is None:
            return []
        first = max(facts.first, self.since or facts.first)
        last = min(facts.last, self.until or facts.last)
        return self.calendar.starts(first, last, self.grain)

    def end(self, start: date) -> date:
        return self.calendar.period(start, self.grain).end

    def complete(self, start: date, facts: Facts) -> bool:
        """Whether a period lies inside what the source holds and what is seen."""
        if facts.first is None or facts.complete_through is None:
            return False
        return facts.first <= start and self.end(start) <= min(facts.complete_through, self.as_of)


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
    chosen = _choose(strategy, kpis)
    compiled = {kpi.id: compile_kpi(kpi, strategy) for kpi in chosen}
    homes = {part.home for made in compiled.values() for part in made.aggregates if part.home}
    seen = parse_date(as_of) if as_of is not None else None
    with open_facts(strategy, sources=sorted({home[0] for home in homes}), as_of=seen) as facts:
        newest = max((fact.last for fact in facts.values() if fact.last), default=None)
        day = seen or newest
        if day is None:
            raise DataError(f"{strategy.path}: the sources hold no dated row. Check their time.")
        if by is not None and not any(by in fact.table.columns for fact in facts.values()):
            columns = {name for fact in facts.values() for name in fact.table.columns}
            raise UnknownNameError("column", by, columns, where="by")
        frames = []
        for wanted in sorted({_grain(kpi, grain) for kpi in chosen}):
            window = _Window(
                strategy.calendar,
                wanted,
                parse_date(since) if since is not None else None,
                parse_date(until) if until is not None else None,
                day,
            )
            made = {k.id: compiled[k.id] for k in chosen if _grain(k, grain) == wanted}
            frames.extend(_observe(made, facts, window, by))
    return _collect(frames, [kpi.id for kpi in chosen], day)


def _choose(strategy: Strategy, kpis: Iterable[str] | None) -> list[Kpi]:
    if kpis is None:
        return [kpi for kpi in strategy.kpis.values() if kpi.status != "retired"]
    return [find_kpi(strategy, name) for name in dict.fromkeys(kpis)]


def _grain(kpi: Kpi, grain: str | None) -> Grain:
    return parse_grain(grain or kpi.grain)


def _observe(
    compiled: Mapping[str, Compiled], facts: Mapping[str, Facts], window: _Window, by: str | None
) -> list[pd.DataFrame]:
    """Query each source once for all its KPIs (twice with segments), then do the arithmetic."""
    homes: dict[tuple[str, str], list[Aggregate]] = {}
    for made in compiled.values():
        for aggregate in made.aggregates:
            if aggregate.home and aggregate not in homes.setdefault(aggregate.home, []):
                homes[aggregate.home].append(aggregate)
    whole = {home: _query(facts[home[0]], home[1], parts, window) for home, parts in homes.items()}
    split = {
        home: _query(facts[home[0]], home[1], parts, window, by)
        for home, parts in homes.items()
        if by is not None and by in facts[home[0]].table.columns
    }
    frames = []
    for made in compiled.values():
        frames.append(_assemble(made, whole, facts, window))
        if split and all(part.home in split for part in made.aggregates):
            frames.append(_assemble(made, split, facts, window))
    return frames


def _query(
    facts: Facts,
    time: str,
    parts: Sequence[Aggregate],
    window: _Window,
    by: str | None = None,
) -> pd.DataFrame:
    """Return one row per segment and period, a column for each aggregate."""
    import duckdb
    import ibis

    table = facts.table
    day = table[time].cast("date")
    keys = {"period_start": _period_start(day, window)}
    if by is not None:
        name = table[by].cast("string").fill_null(UNNAMED)
        keys["segment"] = ibis.ifelse(name == "", EMPTY, name)
    table = _within(table, day, window).mutate(**keys)
    columns = {
        f"a{place}": engine_value(part, table, where=f"sources.{part.home[0] if part.home else ''}")
        for place, part in enumerate(parts)
    }
    try:
        grouped = table.group_by(list(keys)).aggregate(total=table.count(), **columns)
        frame = grouped.to_pyarrow().to_pandas()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"source {facts.source.id}: {reason}. Correct the facts.") from None
    frame = frame.rename(columns={f"a{place}": part for place, part in enumerate(parts)})
    frame["period_start"] = frame["period_start"].astype("datetime64[us]")
    if by is None:
        frame["segment"] = WHOLE
    return frame.set_index(["segment", "period_start"])


def _within(table: Table, day: DateValue, window: _Window) -> Table:
    """Leave out undated rows, and whole periods outside the window."""
    table = table.filter(~day.isnull())
    if window.since is not None:
        table = table.filter(day >= window.calendar.start(window.since, window.grain))
    if window.until is not None:
        last = window.calendar.period(window.until, window.grain).end
        table = table.filter(day <= last)
    return table


def _period_start(day: DateValue, window: _Window) -> DateValue:
    """Return the first day of each row's period, on the organisation's calendar."""
    import ibis

    calendar = window.calendar
    if window.grain == "day":
        return day
    if window.grain == "week":
        shift = (calendar.start(date(2024, 1, 1), "week") - date(2024, 1, 1)).days % 7
        return (day - ibis.interval(days=shift)).truncate("W") + ibis.interval(days=shift)
    if window.grain == "month":
        return day.truncate("M")
    unit, length = ("Q", 3) if window.grain == "quarter" else ("Y", 12)
    months = (calendar.fiscal_year_start - 1) % length
    if months == 0:
        return day.truncate(unit)
    moved = day.truncate("M") - ibis.interval(months=months)
    return moved.truncate(unit) + ibis.interval(months=months)


def _assemble(
    made: Compiled,
    tables: Mapping[tuple[str, str], pd.DataFrame],
    facts: Mapping[str, Facts],
    window: _Window,
) -> pd.DataFrame:
    """Do a KPI's arithmetic in every period of every segment."""
    homes = list(dict.fromkeys(part.home for part in made.aggregates if part.home))
    starts = sorted({start for home in homes for start in window.starts(facts[home[0]])})
    segments = sorted({name for home in homes for name in tables[home].index.levels[0]})
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
    column = table[part].astype("float64").reindex(index)
    return (column.fillna(0.0) if part.function == "count" else column).to_numpy(copy=True)


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

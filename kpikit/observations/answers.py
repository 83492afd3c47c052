"""Ask a source for all its aggregates by segment and period, in as few queries as can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.errors import DataError
from kpikit.observations.aggregates import converted, engine_value
from kpikit.observations.buckets import unnested
from kpikit.observations.cube import Way, adds_up, from_cube, small_cube
from kpikit.observations.query import Window, named, rows_by_period, with_last_day
from kpikit.observations.spans import Array, Timeline, combine, is_combined, needs_past
from kpikit.sources import Facts
from kpikit.sources.connect import engine_errors
from kpikit.strategy.nodes import Aggregate, Span

if TYPE_CHECKING:
    from ibis.expr.types import Table

KEYS = ["kpikit_segment", "period_start"]
TESTED = 50  # aggregates in one query that test every row; more in one take longer than two


@dataclass(frozen=True)
class Answer:
    """What a source says: each aggregate as a matrix of segments by periods."""

    segments: Sequence[str]
    timeline: Timeline
    matrices: Mapping[Aggregate, Array]


@dataclass(frozen=True)
class Question:
    """What is asked of one source: aggregates dated by one column, in one window.

    Attributes
    ----------
    names
        Each aggregate with the KPI it was first met in, for messages.
    """

    facts: Facts
    time: str
    window: Window
    by: str | None
    names: dict[Aggregate, str]

    def where(self, part: Aggregate) -> str:
        """Return the place of an aggregate in the strategy file."""
        return f"kpis.{self.names[part]}.formula"


def ask(question: Question) -> Answer:
    """Answer a question: plain aggregates share queries, windows are combined where they can."""
    parts = list(question.names)
    rows = rows_by_period(question.facts, question.time, question.window, question.by)
    if any(part.span is not None and part.span.kind == "at_end" for part in parts):
        rows = with_last_day(rows)
    windowed = [part for part in parts if needs_past(part.span)]
    summed = {part: replace(part, span=None) for part in windowed if is_combined(part)}
    plain = [part for part in parts if not needs_past(part.span) and part.function != "converted"]
    names = {part: question.names[part] for part in plain}
    names |= {base: question.names[part] for part, base in summed.items() if base not in names}
    asked = replace(question, names=names)
    answer = _arrange(_aggregate(rows, list(names), asked), question)
    values = dict(answer.matrices)
    values |= _combined(summed, answer)
    for span, inside in _by_span(parts, summed).items():
        joined = rows
        if span is not None and needs_past(span):
            joined = _join_windows(rows, span, answer.timeline)
        for frame in _row_wise(joined, rows, inside, question):
            values |= _matrices(frame, answer)
    return replace(answer, matrices=values)


def _by_span(
    parts: Iterable[Aggregate], summed: Mapping[Aggregate, Aggregate]
) -> dict[Span | None, list[Aggregate]]:
    """Return what needs rows joined to windows, or to each other, by its span."""
    found: dict[Span | None, list[Aggregate]] = {}
    for part in parts:
        if part.function == "converted" or (needs_past(part.span) and part not in summed):
            found.setdefault(part.span, []).append(part)
    return found


def _row_wise(
    joined: Table, rows: Table, parts: Sequence[Aggregate], question: Question
) -> Iterable[pd.DataFrame]:
    plain = [part for part in parts if part.function != "converted"]
    if plain:
        yield _aggregate(joined, plain, question)
    everything = rows_by_period(
        question.facts,
        question.time,
        replace(question.window, since=None, until=None),
    )
    for part in parts:
        if part.function == "converted":
            came = converted(part, joined, everything, where=question.where(part))
            keys = came.group_by(KEYS).aggregate(a0=came.kpikit_key.nunique())
            yield _fetch(keys, question).rename(columns={"a0": part})


def whole_of(split: Answer, question: Question) -> Answer:
    """Answer a question about all segments together, from the answer by segment where that tells.

    Sums, counts, least and largest values of the whole follow from those of its
    segments; only what does not is asked of the source again.
    """
    rest = {part: name for part, name in question.names.items() if not adds_up(part)}
    answer = ask(replace(question, names=rest)) if rest else replace(split, segments=[""])
    values = dict(answer.matrices) if rest else {}
    for part in question.names.keys() - rest.keys():
        values[part] = _folded(split.matrices[part], part.function)
    return replace(answer, matrices=values)


def _folded(matrix: Array, function: str) -> Array:
    """Return one row from a row per segment; missing where every segment's is."""
    if function in ("sum", "count"):
        empty = np.isnan(matrix).all(axis=0)
        return np.where(empty, np.nan, np.nansum(matrix, axis=0))[np.newaxis]
    best = np.fmin if function == "min" else np.fmax
    folded: Array = best.reduce(matrix, axis=0)[np.newaxis]
    return folded


def _aggregate(rows: Table, parts: Sequence[Aggregate], question: Question) -> pd.DataFrame:
    """Ask for aggregates by segment and period, by way of a cube where that pays."""
    additive = [part for part in parts if is_combined(part) and part.span is None]
    names = small_cube(rows, additive)
    frame = None
    if names is not None:
        way = Way(KEYS, lambda table: _fetch(table, question), question.where)
        frame = from_cube(rows, additive, names=names, way=way)
    if frame is None:
        return _tested(rows, parts, question)
    others = [part for part in parts if part not in set(additive)]
    if not others:
        return frame
    return frame.merge(_tested(rows, others, question).drop(columns="total"), on=KEYS, how="left")


def _tested(rows: Table, parts: Sequence[Aggregate], question: Question) -> pd.DataFrame:
    """Ask for aggregates whose filters test every row."""
    frames: list[pd.DataFrame] = []
    for first in range(0, max(len(parts), 1), TESTED):
        columns = {
            f"a{place}": engine_value(part, rows, where=question.where(part))
            for place, part in enumerate(parts[first : first + TESTED], first)
        }
        table = rows.group_by(KEYS).aggregate(total=rows.count(), **columns)
        found = _fetch(table, question)
        frames.append(found.drop(columns="total") if frames else found)
    frame = frames[0]
    for found in frames[1:]:
        frame = frame.merge(found, on=KEYS, how="left")
    return frame.rename(columns={f"a{place}": part for place, part in enumerate(parts)})


def _fetch(table: Table, question: Question) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    except engine_errors() as error:
        source, reason = question.facts.source.id, str(error).splitlines()[0]
        raise DataError(f"source {source}: {reason}. Correct the facts.") from None
    if "period_start" in frame:
        frame["period_start"] = frame["period_start"].astype("datetime64[us]")
    if question.by is not None and "kpikit_segment" in frame:
        frame["kpikit_segment"] = named(frame["kpikit_segment"])
    return frame


def _join_windows(rows: Table, span: Span, timeline: Timeline) -> Table:
    """Give every row to each window that it belongs to; the period is then the window's last.

    The periods travel as text inside the query: nothing is written to the engine.
    """
    texts = [
        f"{timeline.starts[begin]}|{start}|{end}"
        for begin, start, end in zip(
            timeline.begins(span), timeline.starts, timeline.ends, strict=True
        )
        if begin >= 0
    ]
    windows = unnested(texts or ["0001-01-01|0001-01-01|0001-01-01"])
    windows = windows.select(
        begin=windows.text.substr(0, 10).cast("date"),
        period_start=windows.text.substr(11, 10).cast("date"),
        period_end=windows.text.substr(22, 10).cast("date"),
    )
    members = unnested([start.isoformat() for start in timeline.starts] or ["0001-01-01"])
    members = members.select(kpikit_member=members.text.cast("date"))
    inside = members.join(
        windows,
        [
            members.kpikit_member >= windows.begin,
            members.kpikit_member <= windows.period_start,
        ],
    ).drop("begin")
    own = rows.rename(kpikit_own="period_start").drop("period_end")
    return own.join(inside, [("kpikit_own", "kpikit_member")])


def _arrange(frame: pd.DataFrame, question: Question) -> Answer:
    """Arrange what a source answered by segment and period."""
    segments, starts = sorted(frame["kpikit_segment"].unique()), _starts(question)
    present = np.isin(np.array(starts, dtype="datetime64[us]"), frame["period_start"].to_numpy())
    answer = Answer(segments, Timeline(question.facts, question.window, starts, present), {})
    return replace(answer, matrices=_matrices(frame, answer))


def _starts(question: Question) -> list[date]:
    """Return the periods to answer for: what accumulates goes on where a source is silent."""
    facts, window = question.facts, question.window
    starts = window.starts(facts)
    kinds = {part.span.kind for part in question.names if part.span is not None}
    if not starts or "cumulative" not in kinds or facts.complete_through is None:
        return starts
    last = min(facts.complete_through, window.until or facts.complete_through)
    return window.calendar.starts(starts[0], max(last, starts[-1]), window.grain)


def _matrices(frame: pd.DataFrame, answer: Answer) -> dict[Aggregate, Array]:
    """Return each column of a frame as a matrix of segments by periods."""
    parts = [column for column in frame.columns if isinstance(column, Aggregate)]
    starts = np.array(answer.timeline.starts, dtype="datetime64[us]")
    row = pd.Index(answer.segments).get_indexer(pd.Index(frame["kpikit_segment"]))
    column = pd.Index(starts).get_indexer(pd.Index(frame["period_start"]))
    known = (row >= 0) & (column >= 0)
    cube = np.full((len(parts), len(answer.segments), len(starts)), np.nan)
    for place, part in enumerate(parts):
        found = frame[part].astype("float64").to_numpy()
        cube[place, row[known], column[known]] = found[known]
    return dict(zip(parts, cube, strict=True))


def _combined(summed: Mapping[Aggregate, Aggregate], answer: Answer) -> dict[Aggregate, Array]:
    """Return windows made from the values of their periods."""
    found: dict[Aggregate, Array] = {}
    for part, base in summed.items():
        assert part.span is not None
        begins = answer.timeline.begins(part.span)
        found[part] = combine(answer.matrices[base], part.function, begins)
    return found

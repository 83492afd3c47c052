"""Build observations: every KPI by period and segment, right at every grain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from kpikit.errors import DataError, UnknownNameError
from kpikit.observations.answers import Answer, Question, ask, whole_of
from kpikit.observations.assembly import Assembly, Columns, Place, place_of
from kpikit.observations.definitions import kpis_behind
from kpikit.observations.eras import definition_notes, used_definitions
from kpikit.observations.formula import Compiled, compile_kpi, find_kpi
from kpikit.observations.query import Window
from kpikit.observations.rollup import coarsen, finer, ready_made
from kpikit.observations.table import COLUMNS, Load, Observations, SourceRead
from kpikit.periods import Grain, parse_date, parse_grain
from kpikit.sources import Facts, open_facts

if TYPE_CHECKING:
    from kpikit.strategy.model import Kpi, Strategy
    from kpikit.strategy.source import Rollup

Definitions = Literal["dated", "latest"]


def build_observations(  # noqa: PLR0913 - the public contract names these
    strategy: Strategy,
    *,
    grain: str | None = None,
    since: date | str | None = None,
    until: date | str | None = None,
    as_of: date | str | None = None,
    by: str | None = None,
    kpis: Sequence[str] | None = None,
    definitions: Definitions = "dated",
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
    definitions
        `dated` computes each period by the definition in force on its first day;
        `latest` computes all by the one in force on the as-of date.

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
    means and quantiles are missing; `Observations.missing` has the reasons. A window
    of periods is missing where one of them is; what accumulates goes on where the
    source is silent.
    """
    chosen = choose_kpis(strategy, kpis)
    sources = used_sources(strategy, chosen)
    seen = parse_date(as_of) if as_of is not None else None
    wanted = Wanted(
        grain=parse_grain(grain) if grain is not None else None,
        since=parse_date(since) if since is not None else None,
        until=parse_date(until) if until is not None else None,
        by=by,
        definitions=definitions,
    )
    with open_facts(strategy, sources=sources, as_of=seen) as facts:
        return observe(strategy, facts, kpis=chosen, wanted=wanted, as_of=seen)


@dataclass(frozen=True)
class Wanted:
    """Which observations are wanted: None is every KPI's own grain, and all periods.

    `first_days` cuts every period down to as many of its first days.
    """

    grain: Grain | None = None
    since: date | None = None
    until: date | None = None
    by: str | None = None
    definitions: Definitions = "dated"
    first_days: int | None = None


def observe(
    strategy: Strategy,
    facts: Mapping[str, Facts],
    *,
    kpis: Sequence[Kpi],
    wanted: Wanted,
    as_of: date | None,
) -> Observations:
    """Compute observations from sources that are open already; see `build_observations`."""
    day = as_of or max((fact.last for fact in facts.values() if fact.last), default=None)
    if day is None:
        raise DataError(f"{strategy.path}: the sources hold no dated row. Check their time.")
    _know_column(wanted.by, facts)
    compiled = [compile_kpi(kpi, strategy) for kpi in kpis]
    if wanted.definitions == "latest":
        compiled = [made.latest(day) for made in compiled]
    columns: dict[str, list[Columns]] = {kpi.id: [] for kpi in kpis}
    for grain in sorted({wanted.grain or kpi.grain for kpi in kpis}):
        window = Window(
            strategy.calendar, grain, wanted.since, wanted.until, day, wanted.first_days
        )
        made = [one for one in compiled if (wanted.grain or one.kpi.grain) == grain]
        for base, group in _by_base(made, strategy, grain).items():
            split: dict[Place, Answer] = {}
            seen = window if base is None else finer(window, base[0])
            for by in dict.fromkeys((wanted.by, None)):  # the whole follows from its segments
                for kpi, found in _observe(group, facts, seen, by, split):
                    own = found if base is None else coarsen(found, base[1], base[0], window)
                    columns[kpi].insert(0, own)
    observations = _collect(columns, used_definitions(compiled, columns), day)
    return replace(observations, load=_load(wanted, facts, as_of))


def _load(wanted: Wanted, facts: Mapping[str, Facts], as_of: date | None) -> Load:
    """Return what was asked, and what the sources held."""
    return Load(
        grain=wanted.grain,
        by=wanted.by,
        since=wanted.since,
        until=wanted.until,
        as_of=as_of,
        definitions=wanted.definitions,
        sources=tuple(
            SourceRead(name, fact.rows, fact.first, fact.last) for name, fact in facts.items()
        ),
    )


def choose_kpis(strategy: Strategy, kpis: Iterable[str] | None = None) -> list[Kpi]:
    """Return the KPIs named, or all that are not retired."""
    if kpis is None:
        return [kpi for kpi in strategy.kpis.values() if kpi.status != "retired"]
    return [find_kpi(strategy, name) for name in dict.fromkeys(kpis)]


def used_sources(strategy: Strategy, kpis: Iterable[Kpi]) -> list[str]:
    """Return the names of the sources that KPIs read, those behind references included."""
    names = {name for kpi in kpis for name in kpis_behind(kpi, strategy)}
    sources = {strategy.kpis[name].source for name in names}
    return sorted(name for name in sources if name is not None)


def _know_column(by: str | None, facts: Mapping[str, Facts]) -> None:
    if by is not None and not any(by in fact.table.columns for fact in facts.values()):
        columns = {name for fact in facts.values() for name in fact.table.columns}
        raise UnknownNameError("column", by, columns, where="by")


def _observe(
    compiled: Sequence[Compiled],
    facts: Mapping[str, Facts],
    window: Window,
    by: str | None,
    split: dict[Place, Answer],
) -> Iterator[tuple[str, Columns]]:
    """Ask each source once for all its KPIs, then do their arithmetic."""
    held = [made for made in compiled if by is None or _splits(made, facts, by)]
    questions: dict[Place, Question] = {}
    for made in held:
        for part in made.aggregates:
            place = source, time, is_wide = place_of(part, window)
            if place not in questions:
                seen = replace(window, since=None) if is_wide else window
                questions[place] = Question(facts[source], time, seen, by, names={})
            questions[place].names.setdefault(part, made.kpi.id)
    answers: dict[Place, Answer] = {}
    for place, question in questions.items():
        told = split.get(place)
        if by is None and told is not None and question.names.keys() <= told.matrices.keys():
            answers[place] = whole_of(told, question)
        else:
            answers[place] = ask(question)
    if by is not None:
        split.update(answers)
    assembly = Assembly(answers, window)
    for made in held:
        yield made.kpi.id, assembly.values(made)


def _by_base(
    compiled: Sequence[Compiled], strategy: Strategy, grain: Grain
) -> dict[tuple[Grain, Rollup] | None, list[Compiled]]:
    """Return KPIs by how they come to a grain: from the facts, or from ready-made values."""
    found: dict[tuple[Grain, Rollup] | None, list[Compiled]] = {}
    for made in compiled:
        found.setdefault(ready_made(made.kpi, strategy, grain), []).append(made)
    return found


def _splits(made: Compiled, facts: Mapping[str, Facts], by: str) -> bool:
    """Whether all sources of a KPI have the column of the segments."""
    homes = {part.home[0] for part in made.aggregates if part.home}
    return all(by in facts[home].table.columns for home in homes)


def _collect(
    columns: Mapping[str, Sequence[Columns]], definitions: pd.DataFrame, day: date
) -> Observations:
    """Bring the KPIs together in the order in which they were named."""
    found = [part for parts in columns.values() for part in parts]
    if not found:
        empty = pd.DataFrame(columns=list(COLUMNS))
        return Observations(frame=empty, missing=empty.assign(reason=""), as_of=day)
    names = (*COLUMNS, "reason")
    frame = pd.DataFrame({name: np.concatenate([part[name] for part in found]) for name in names})
    frame = frame.astype({"kpi": "str", "segment": "str"})
    keys = ["kpi", "segment", "period_start", "reason"]
    missing = frame.loc[frame["reason"] != "", keys].reset_index(drop=True)
    notes = tuple(
        f"Missing because {reason}: {count} values."
        for reason, count in missing["reason"].value_counts().items()
    )
    return Observations(
        frame=frame[list(COLUMNS)],
        missing=missing,
        as_of=day,
        definitions=definitions,
        notes=(*notes, *definition_notes(definitions)),
    )

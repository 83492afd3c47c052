"""How far a period has come for a KPI, and what it may still hold at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.errors import DataError
from kpikit.forecasting.outcomes import Aggregate, Held, Outcome, Run, forecast_runs
from kpikit.targets.aggregate import aggregate_of
from kpikit.targets.to_date import combine

if TYPE_CHECKING:
    from kpikit.forecasting.scales import Bounds
    from kpikit.periods import Period
    from kpikit.strategy.model import Kpi, Strategy

NAN = float("nan")
FACTS = ["period_start", "value", "numerator", "denominator"]


class Table(Protocol):
    """Anything that holds observations in the columns of the contract."""

    def to_frame(self) -> pd.DataFrame:
        """Return the observations."""


class NoDataError(Exception):
    """What keeps a target from being judged; its text is the reason."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stand:
    """One KPI in one segment: what a period holds so far, and what is still open.

    Attributes
    ----------
    rows
        The complete periods known by then, in the order of time.
    starts
        First days of the periods of the KPI's own grain inside the period.
    gone
        How many of them are complete.
    held
        What those add up to: value and number of periods, or numerator and denominator.
    actual
        The value they make together; missing where there is none.
    skip
        How many periods lie between the newest complete one and the period's first.
    """

    kpi: Kpi
    segment: str
    period: Period
    rows: pd.DataFrame
    aggregate: Aggregate
    starts: tuple[date, ...]
    gone: int
    held: Held
    actual: float
    skip: int

    @property
    def name(self) -> str:
        """The words for it in a sentence."""
        return ", ".join(filter(None, (self.kpi.id, self.segment)))

    @property
    def open_periods(self) -> int:
        """How many periods of the KPI's grain are still open."""
        return len(self.starts) - self.gone


class Facts:
    """The complete periods of each KPI and segment, made ready once and seen from any day."""

    def __init__(self, table: pd.DataFrame, strategy: Strategy) -> None:
        whole = table[table["complete"]]
        whole = whole.assign(period_start=pd.to_datetime(whole["period_start"]))
        whole = whole.astype({"value": float, "numerator": float, "denominator": float})
        whole = whole.sort_values("period_start", kind="stable")
        self._strategy = strategy
        self._none = _History.of(whole.iloc[:0])
        self._apart = {
            key: _History.of(own) for key, own in whole.groupby(["kpi", "segment"], sort=False)
        }

    def seen(self, kpi: Kpi, today: date, *, segment: str = "") -> pd.DataFrame:
        """Return what was known on a day, in the order of time."""
        running = self._strategy.calendar.period(today, kpi.grain)
        open_from = today + timedelta(days=1) if running.end == today else running.start
        own = self._apart.get((kpi.id, segment), self._none)
        return own.before(open_from, known_by=today)


@dataclass(frozen=True, kw_only=True, eq=False)
class _History:
    """The complete periods of one KPI and segment, with the days that decide what is seen.

    Attributes
    ----------
    known_at
        When each value came to be known; None where that is not told.
    """

    rows: pd.DataFrame
    starts: NDArray[np.datetime64]
    known_at: NDArray[np.datetime64] | None

    @classmethod
    def of(cls, own: pd.DataFrame) -> _History:
        """Make ready the rows of one KPI and segment, which are in the order of time."""
        known_at = pd.to_datetime(own["known_at"]).to_numpy() if "known_at" in own else None
        rows = own[FACTS].reset_index(drop=True)
        return cls(rows=rows, starts=rows["period_start"].to_numpy(), known_at=known_at)

    def before(self, day: date, *, known_by: date) -> pd.DataFrame:
        """Return the rows of periods that begin before a day, as known at the end of another."""
        end = int(np.searchsorted(self.starts, np.datetime64(day)))
        rows = self.rows.iloc[:end]
        if self.known_at is None:
            return rows
        later = self.known_at[:end] >= np.datetime64(known_by + timedelta(days=1))
        return rows[~later].reset_index(drop=True) if later.any() else rows


def facts_of(
    kpi: Kpi, table: pd.DataFrame, strategy: Strategy, today: date, *, segment: str = ""
) -> pd.DataFrame:
    """Return a KPI's complete periods as they were known on a day, in the order of time."""
    own = table[(table["kpi"] == kpi.id) & (table["segment"] == segment)]
    return Facts(own, strategy).seen(kpi, today, segment=segment)


def stand_of(
    kpi: Kpi, period: Period, rows: pd.DataFrame, strategy: Strategy, *, segment: str = ""
) -> Stand:
    """Return how far a period has come.

    Raises
    ------
    NoDataError
        When it cannot be said; the text is the reason.
    """
    starts = starts_within(period, kpi, strategy)
    if not starts:
        raise NoDataError(f"{period} is shorter than the KPI's grain, {kpi.grain}")
    if rows.empty:
        raise NoDataError("there is no complete period")
    last: date = rows["period_start"].iloc[-1].date()
    elapsed = [start for start in starts if start <= last]
    inside = _inside(rows, elapsed)
    is_quotient = not np.isnan(rows["denominator"].to_numpy()).all()
    aggregate = _aggregate(kpi, strategy, is_quotient=is_quotient, single=len(starts) == 1)
    _refuse_gaps(inside, elapsed, aggregate)
    held = _held(inside, aggregate)
    return Stand(
        kpi=kpi,
        segment=segment,
        period=period,
        rows=rows,
        aggregate=aggregate,
        starts=tuple(starts),
        gone=len(elapsed),
        held=held,
        actual=_actual(inside, held, aggregate),
        skip=0 if elapsed else len(strategy.calendar.starts(last, starts[0], kpi.grain)) - 2,
    )


def _inside(rows: pd.DataFrame, elapsed: list[date]) -> pd.DataFrame:
    """Return the rows of these periods, by their first days."""
    if not elapsed:
        return rows.iloc[len(rows) :]
    wanted = np.array(elapsed, dtype="datetime64[D]")
    days = rows["period_start"].to_numpy().astype("datetime64[D]")
    first = int(np.searchsorted(days, wanted[0]))
    if np.array_equal(days[first:], wanted):
        return rows.iloc[first:]
    return rows[np.isin(days, wanted)]


def starts_within(period: Period, kpi: Kpi, strategy: Strategy) -> list[date]:
    """Return the first days of the periods of a KPI's grain that lie inside a period."""
    calendar = strategy.calendar
    return [
        start
        for start in calendar.starts(period.start, period.end, kpi.grain)
        if start >= period.start
        # a week belongs to the period in which it begins; other grains fit or are too long
        and (kpi.grain == "week" or calendar.period(start, kpi.grain).end <= period.end)
    ]


def newest_day(table: pd.DataFrame, strategy: Strategy) -> date:
    """Return the last day of the newest complete period.

    Raises
    ------
    DataError
        There is none.
    """
    whole = table[table["complete"]]
    if whole.empty:
        raise DataError("observations: there is no complete period.")
    starts = pd.to_datetime(whole["period_start"]).groupby(whole["kpi"]).max()
    return max(
        strategy.calendar.period(start.date(), strategy.kpis[str(name)].grain).end
        for name, start in starts.items()
    )


def foresee(stands: Sequence[Stand]) -> tuple[list[Outcome], tuple[str, ...]]:
    """Return what the periods may hold at their end, and notes; many KPIs at once.

    Those whose periods are open for as long and add up alike are forecast together.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, stand in enumerate(stands):
        alike = (stand.aggregate, stand.open_periods, stand.skip, stand.kpi.grain)
        groups.setdefault((*alike, stand.period.label), []).append(place)
    runs = [_run([stands[place] for place in places]) for places in groups.values()]
    found: dict[int, Outcome] = {}
    notes: list[str] = []
    for places, (outcomes, said) in zip(groups.values(), forecast_runs(runs), strict=True):
        by_key = {(one.kpi, one.segment): one for one in outcomes}
        found |= {place: by_key[stands[place].kpi.id, stands[place].segment] for place in places}
        notes += [note for note in said if note not in notes]
    return [found[place] for place in range(len(stands))], tuple(notes)


def bounds_of(kpi: Kpi) -> Bounds | None:
    """Return the bounds declared, else those of the unit: a share lies within 0 and 1."""
    if kpi.bounds is not None:
        return kpi.bounds
    return (0.0, 1.0) if kpi.unit == "share" else None


def _run(stands: Sequence[Stand]) -> Run:
    """Return what is to be forecast of stands that are alike."""
    first = stands[0]
    unique = {(stand.kpi.id, stand.segment): stand for stand in stands}
    counts = [len(stand.rows) for stand in unique.values()]
    kpis, segments = (
        np.repeat(np.array(part, dtype=object), counts) for part in zip(*unique, strict=True)
    )
    panel = pd.concat([stand.rows for stand in unique.values()])
    return Run(
        panel=panel.assign(kpi=kpis, segment=segments),
        steps=first.open_periods,
        skip=first.skip,
        aggregate=first.aggregate,
        to_date={} if first.aggregate == "last" else {at: one.held for at, one in unique.items()},
        bounds={kpi: own for (kpi, _), one in unique.items() if (own := bounds_of(one.kpi))},
        grain=first.kpi.grain,
    )


def _aggregate(kpi: Kpi, strategy: Strategy, *, is_quotient: bool, single: bool) -> Aggregate:
    if single:
        return "last"  # nothing is to be added up
    aggregate = aggregate_of(kpi, strategy=strategy, is_quotient=is_quotient)
    if aggregate is None:
        raise NoDataError(
            "how it adds up over periods cannot be told from its formula; declare over_periods"
        )
    if aggregate == "ratio" and not is_quotient:
        raise NoDataError("its formula is no quotient, so it cannot add up as a ratio")
    return aggregate


def _refuse_gaps(inside: pd.DataFrame, elapsed: list[date], aggregate: Aggregate) -> None:
    """Refuse where a period gone by has no facts: nothing is filled in."""
    if aggregate == "last":
        ended = len(inside) == 0 or bool(np.isfinite(inside["value"].iloc[-1]))
        gaps = 0 if ended else 1
    else:
        parts = ["numerator", "denominator"] if aggregate == "ratio" else ["value"]
        known = [~np.isnan(inside[part].to_numpy()) for part in parts]
        gaps = len(elapsed) - int(np.logical_and.reduce(known).sum())
    if gaps:
        raise NoDataError(f"periods without a value inside it: {gaps}")


def _held(inside: pd.DataFrame, aggregate: Aggregate) -> Held:
    if aggregate == "ratio":
        return float(inside["numerator"].sum()), float(inside["denominator"].sum())
    return float(inside["value"].sum()), float(len(inside))


def _actual(inside: pd.DataFrame, held: Held, aggregate: Aggregate) -> float:
    if inside.empty:
        return NAN
    return float(inside["value"].iloc[-1]) if aggregate == "last" else combine(held, aggregate)

"""Judge one declared target by the facts of its period, so far or whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.targets.aggregate import Aggregate, aggregate_of
from kpikit.targets.direction import Target, reached
from kpikit.targets.outcomes import (
    NOTHING,
    Held,
    Outcome,
    Simulation,
    Window,
    combine,
    simulate_outcomes,
)

if TYPE_CHECKING:
    from datetime import date

    from kpikit.periods import Period
    from kpikit.strategy.model import Kpi, Strategy
    from kpikit.strategy.model import Target as Declared

NAN = float("nan")


class NoDataError(Exception):
    """What keeps a target from being judged; its text is the reason."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What can be said of one target; `reason` is set where nothing can."""

    actual: float = NAN
    attainment: float = NAN
    needed_pace: float = NAN
    status: str = "no_data"
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stand:
    """How far a period has come: what it holds, and the periods still open."""

    aggregate: Aggregate
    held: Held
    actual: float
    open_periods: int
    skip: int


def wanted(kpi: Kpi, declared: Declared) -> Target | None:
    """Return the value or the band that a target stands for; committed before all others."""
    if kpi.direction == "on_target":
        band = (declared.lower, declared.upper)
        return None if band == (None, None) else band
    for value in (declared.committed, declared.floor, declared.stretch):
        if value is not None:
            return float(value)
    return None


def judge(
    kpi: Kpi, target: Target, period: Period, rows: pd.DataFrame, strategy: Strategy
) -> Judgement:
    """Judge one target: reached or not where its period is complete, else by its chance.

    Parameters
    ----------
    rows
        The KPI's complete periods as known by then, in the order of time:
        `period_start, value, numerator, denominator`.
    """
    try:
        stand = _stand(kpi, period, rows, strategy)
        if stand.open_periods:
            return _by_chance(kpi, target, rows, stand, strategy)
    except NoDataError as reason:
        return Judgement(reason=str(reason))
    hit = bool(reached(np.array([stand.actual]), target, kpi.direction)[0])
    return Judgement(
        actual=stand.actual,
        attainment=1.0 if hit else 0.0,
        status="on_target" if hit else "off_target",
    )


def _stand(kpi: Kpi, period: Period, rows: pd.DataFrame, strategy: Strategy) -> _Stand:
    calendar = strategy.calendar
    starts = [
        start
        for start in calendar.starts(period.start, period.end, kpi.grain)
        if start >= period.start
        # a week belongs to the period in which it begins; other grains fit or are too long
        and (kpi.grain == "week" or calendar.period(start, kpi.grain).end <= period.end)
    ]
    if not starts:
        raise NoDataError(f"{period} is shorter than the KPI's grain, {kpi.grain}")
    if rows.empty:
        raise NoDataError("there is no complete period")
    last: date = rows["period_start"].iloc[-1].date()
    elapsed = [start for start in starts if start <= last]
    inside = rows[rows["period_start"].isin([pd.Timestamp(start) for start in elapsed])]
    is_quotient = bool(rows["denominator"].notna().any())
    aggregate = _aggregate(kpi, strategy, is_quotient=is_quotient, single=len(starts) == 1)
    _refuse_gaps(inside, elapsed, aggregate)
    held = _held(inside, aggregate)
    return _Stand(
        aggregate=aggregate,
        held=held,
        actual=_actual(inside, held, aggregate),
        open_periods=len(starts) - len(elapsed),
        skip=0 if elapsed else len(calendar.starts(last, starts[0], kpi.grain)) - 2,
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
        known = len(inside) == 0 or bool(np.isfinite(inside["value"].iloc[-1]))
        gaps = 0 if known else 1
    else:
        parts = ["numerator", "denominator"] if aggregate == "ratio" else ["value"]
        gaps = len(elapsed) - int(inside[parts].notna().all(axis=1).sum())
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


def _by_chance(
    kpi: Kpi, target: Target, rows: pd.DataFrame, stand: _Stand, strategy: Strategy
) -> Judgement:
    held = {} if stand.aggregate == "last" else {(kpi.id, ""): stand.held}
    outcomes, notes = simulate_outcomes(
        rows.assign(kpi=kpi.id, segment=""),
        window=Window(horizon=stand.open_periods, skip=stand.skip),
        aggregate=stand.aggregate,
        held=held,
        how=Simulation(bounds=_bounds(kpi), grain=kpi.grain),
    )
    totals = outcomes[0].totals[np.isfinite(outcomes[0].totals)]
    if not len(totals):
        raise NoDataError("nothing observed that could be forecast")
    chance = float(reached(totals, target, kpi.direction).mean())
    return Judgement(
        actual=stand.actual,
        attainment=chance,
        needed_pace=_pace(target, stand, outcomes[0]),
        status=_status(chance, strategy),
        notes=notes,
    )


def _status(chance: float, strategy: Strategy) -> str:
    limits = strategy.policy.status
    if chance >= limits.on_target:
        return "on_target"
    return "at_risk" if chance >= limits.at_risk else "off_target"


def _bounds(kpi: Kpi) -> tuple[float | None, float | None] | None:
    """Return the bounds declared, else those of the unit: a share lies within 0 and 1."""
    if kpi.bounds is not None:
        return kpi.bounds
    return (0.0, 1.0) if kpi.unit == "share" else None


def _pace(target: Target, stand: _Stand, outcome: Outcome) -> float:
    """Return what each open period must hold on average to end on the target exactly."""
    if isinstance(target, tuple):
        return NAN
    first, second = stand.held if stand.aggregate != "last" else NOTHING
    if stand.aggregate == "last":
        return target
    if stand.aggregate == "ratio" and outcome.to_come is not None:
        ahead = float(np.median(outcome.to_come))
        return (target * (second + ahead) - first) / ahead if ahead > 0 else NAN
    whole = 1.0 if stand.aggregate == "sum" else second + stand.open_periods
    return (target * whole - first) / stand.open_periods

"""Checks of time: gaps, facts that have stopped, facts that come late."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpikit.results import Severity
from kpikit.sources.checks.profile import Profile, Row, frame_of, listed

USUAL = 0.9  # share of periods with rows, from which a period without any is a gap
FEWEST_PERIODS = 10
NEVER_EMPTY = 3  # rows in the weakest hundredth of periods: then an empty one is no chance
PLANNED = 2  # years in which the same day is empty: then it is closed, not lost
SPARE = 14  # days that a source may lag behind the others

GRAINS = ("D", "W", "M", "Q")
WORDS = {"D": "days", "W": "weeks", "M": "months", "Q": "quarters"}


class Gap(NamedTuple):
    """Periods in a row without any row: from the first to the last day, and how many."""

    first: date
    last: date
    periods: int

    def __str__(self) -> str:
        """Return the gap as a reader says it."""
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def gaps(profile: Profile) -> list[Row]:
    """Find days, weeks, months or quarters without a row where nearly all have some.

    The finest grain at which nine in ten periods have rows is judged. Where weak
    periods have one or two rows, an empty one may be chance, and is a note; so it is
    where the same days are empty each year.
    """
    for grain in GRAINS:
        counts = _by_period(profile.days, grain)
        if len(counts) >= FEWEST_PERIODS and (counts > 0).mean() >= USUAL:
            break
    else:
        return []
    every = pd.PeriodIndex(counts.index)
    empty = every[counts == 0]
    if empty.empty:
        return []
    some = counts[counts > 0]
    chance = some.quantile(0.01) < NEVER_EMPTY and some.min() < some.max()
    surprising = empty[:0] if chance else empty[~_planned(empty, every)]
    severity: Severity = "warning" if len(surprising) else "note"
    shown = _runs(surprising if len(surprising) else empty)
    why = "" if len(surprising) else (", as may be by chance" if chance else ", each year")
    count = sum(gap.periods for gap in shown)
    return [Row("gaps", severity, count, f"{WORDS[grain]} without a row: {listed(shown)}{why}")]


def stale(profile: Profile) -> list[Row]:
    """Tell a source whose newest row is older than it may be."""
    facts = profile.facts
    if facts.last is None:
        return []
    declared = facts.source.freshness
    if declared:
        age = (profile.as_of - facts.last).days
        if age <= _days(declared):
            return []
        text = f"newest row {facts.last}, {age} days old on {profile.as_of}; {declared} declared"
        return [Row("stale", "warning", 0, text)]
    lag = (profile.newest - facts.last).days
    distances = np.diff(profile.days.index.to_numpy()) / np.timedelta64(1, "D")
    usual = float(np.quantile(distances, 0.95)) if distances.size else 366.0
    if lag <= max(SPARE, 3 * usual):
        return []
    text = f"newest row {facts.last}, {lag} days before the newest of the other sources"
    return [Row("stale", "note", 0, text)]


def late(profile: Profile) -> list[Row]:
    """Say how late rows become known, where the source declares when they did."""
    source, table = profile.facts.source, profile.facts.table
    if source.recorded is None or source.time is None:
        return []
    day, known = table[source.time].cast("date"), table[source.recorded].cast("date")
    month = known.year() * 12 + known.month() > day.year() * 12 + day.month()
    counted = table.group_by(delay=known.delta(day, unit="day"), late=month.ifelse(1, 0)).aggregate(
        rows=table.count()
    )
    found = frame_of(counted).dropna(subset=["delay"]).sort_values("delay")
    rows = int(found.loc[found["late"] == 1, "rows"].sum())
    if not rows:
        return []
    share = found["rows"].cumsum() / found["rows"].sum()
    most, typical = (int(found.loc[share >= level, "delay"].iloc[0]) for level in (0.95, 0.5))
    text = (
        f"{rows / found['rows'].sum():.1%} of the rows recorded after their month ended; "
        f"days until known: half up to {max(typical, 0)}, 95 % up to {max(most, 0)}"
    )
    wanted = most > 0 and not source.complete_through
    advice = f": complete_through: {most} days would fit" if wanted else ""
    return [Row("late rows", "note", rows, text + advice)]


def _by_period(days: pd.Series[int], grain: str) -> pd.Series[int]:
    """Return rows by period, from the first to the last that has any."""
    if days.empty:
        return days
    counts = days.groupby(pd.DatetimeIndex(days.index).to_period(grain)).sum()
    return counts.reindex(pd.period_range(counts.index[0], counts.index[-1]), fill_value=0)


def _planned(empty: pd.PeriodIndex, every: pd.PeriodIndex) -> npt.NDArray[np.bool_]:
    """Say which empty periods are empty in every year."""
    names = [_place_in_year(period) for period in every]
    seen = pd.Series(names).value_counts()
    missing = pd.Series([_place_in_year(period) for period in empty])
    counts = missing.map(missing.value_counts())
    closed = (counts >= PLANNED) & (counts >= missing.map(seen))
    return closed.to_numpy(dtype=np.bool_)


def _place_in_year(period: pd.Period) -> str:
    form = {"D": "%m-%d", "W": "%V", "M": "%m", "Q": "%m"}[period.freqstr[0]]
    return period.end_time.strftime(form)


def _runs(periods: pd.PeriodIndex) -> list[Gap]:
    """Return periods in a row as gaps."""
    numbers = np.array([period.ordinal for period in periods])
    parts = np.split(np.arange(numbers.size), np.flatnonzero(np.diff(numbers) > 1) + 1)
    return [
        Gap(
            periods[part[0]].start_time.date(),
            periods[part[-1]].end_time.date(),
            int(part.size),
        )
        for part in parts
    ]


def _days(delay: str) -> int:
    count, unit = delay.split()
    return int(count) * (7 if unit.startswith("week") else 1)

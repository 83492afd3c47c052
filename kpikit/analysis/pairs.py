"""Two periods of a KPI side by side, in every segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.errors import DataError, PeriodError
from kpikit.observations import Observations
from kpikit.periods import Grain, Period, parse_date

if TYPE_CHECKING:
    from kpikit.strategy.model import Strategy

Two = tuple[Period, Period]  # the earlier, or what is compared with, and the later
WHOLE = ""


@dataclass(frozen=True)
class Pair:
    """A KPI before and after: tables of two rows, with a column for each segment."""

    value: pd.DataFrame
    numerator: pd.DataFrame
    denominator: pd.DataFrame

    @property
    def segments(self) -> list[str]:
        """The segments, without the whole."""
        return [name for name in self.value.columns if name != WHOLE]

    @property
    def is_ratio(self) -> bool:
        """Whether the whole is one number divided by another in both periods."""
        parts = [frame[WHOLE].to_numpy(dtype=float) for frame in (self.numerator, self.denominator)]
        return bool(np.isfinite(parts).all())

    def array(self, name: str, segments: list[str]) -> Floats:
        """Return values, numerators or denominators; where there is none, 0."""
        frame: pd.DataFrame = getattr(self, name)
        return frame.reindex(columns=segments).fillna(0.0).to_numpy(dtype=float)

    def of(self, segment: str) -> tuple[float, float]:
        """Return a segment's two values; missing where it has none."""
        if segment not in self.value:
            return np.nan, np.nan
        before, after = self.value[segment].to_numpy(dtype=float)
        return float(before), float(after)


def read_pair(observations: Observations, kpi: str, two: Two) -> Pair:
    """Return a KPI's values in two periods.

    Raises
    ------
    PeriodError
        When one of the periods is not among its observations.
    """
    index = pd.DatetimeIndex([pd.Timestamp(one.start) for one in two])
    known = {segment: observations.of(kpi, segment) for segment in observations.segments(kpi)}
    days = pd.DatetimeIndex(pd.concat([own["period_start"] for own in known.values()]))
    for one, start in zip(two, index, strict=True):
        if start not in days:
            raise PeriodError(
                f"{kpi}: {one.label} is not among the observations, which start from "
                f"{days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}. Name another period."
            )
    tables: dict[str, dict[str, Floats]] = {"value": {}, "numerator": {}, "denominator": {}}
    for segment, own in known.items():
        places = pd.DatetimeIndex(own["period_start"]).get_indexer(index)
        for name, columns in tables.items():
            found = own[name].to_numpy(dtype=float)[places]
            columns[segment] = np.where(places < 0, np.nan, found)
    return Pair(*(pd.DataFrame(columns, index=index) for columns in tables.values()))


def whole_values(pair: Pair, kpi: str, two: Two) -> tuple[float, float]:
    """Return the KPI's two values.

    Raises
    ------
    DataError
        When one of them is missing.
    """
    before, after = pair.of(WHOLE)
    for one, value in zip(two, (before, after), strict=True):
        if not np.isfinite(value):
            raise DataError(f"{kpi}: it has no value in {one.label}. Compare two that have one.")
    return before, after


def find_period(
    strategy: Strategy, named: str | date | Period, *, grain: Grain, kpi: str
) -> Period:
    """Return the period that a name, a day or a period stands for.

    Raises
    ------
    PeriodError
        When it is of another grain than the observations.
    """
    calendar = strategy.calendar
    if isinstance(named, Period):
        found = named
    elif isinstance(named, str):
        found = calendar.parse(named)
    else:
        found = calendar.period(parse_date(named), "day")
    if found.grain == "day":  # one of the days of the period that is meant
        found = calendar.period(found.start, grain)
    if found.grain != grain:
        raise PeriodError(
            f"{found.label} is a {found.grain}, and the observations of {kpi} are by {grain}. "
            f"Write {calendar.period(found.start, grain).label}, or build with "
            f"grain='{found.grain}'."
        )
    return found


def refuse_two_definitions(observations: Observations, kpis: Iterable[str], two: Two) -> None:
    """Raise where the two periods of a KPI are computed by two definitions.

    Raises
    ------
    DataError
        It names the day on which the definition changed, and why.
    """
    found = observations.definitions
    for kpi in kpis:
        own = found["kpi"] == kpi
        if not own.any():
            continue
        of_kpi = found[own].set_index("period_start")
        since = [of_kpi["since"].get(pd.Timestamp(one.start), pd.NaT) for one in two]
        if since[0] != since[1] and not pd.isna(since).all():
            newest = max(day for day in since if not pd.isna(day))
            why = of_kpi.loc[of_kpi["since"] == newest, "why"].iloc[0]
            because = f" ({why})" if why else ""
            raise DataError(
                f"{kpi}: it is defined otherwise from {newest:%Y-%m-%d} on{because}, so that "
                f"{two[0].label} and {two[1].label} are not the same number. Build the "
                "observations with definitions='latest', or compare periods of one definition."
            )


def partial_notes(observations: Observations, kpi: str, two: Two) -> Iterator[str]:
    """Say which of the two periods are not complete."""
    history = observations.history(kpi)
    complete = dict(zip(history["period_start"], history["complete"], strict=True))
    for one in two:
        if not complete.get(pd.Timestamp(one.start), True):
            yield f"{one.label} is partial: it is compared with what there is of it."

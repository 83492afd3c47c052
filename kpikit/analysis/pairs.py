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
    frame = observations.to_frame()
    frame = frame[frame["kpi"] == kpi].set_index(["period_start", "segment"])
    starts = frame.index.get_level_values("period_start")
    for one in two:
        if pd.Timestamp(one.start) not in starts:
            raise PeriodError(
                f"{kpi}: {one.label} is not among the observations, which start from "
                f"{starts.min():%Y-%m-%d} to {starts.max():%Y-%m-%d}. Name another period."
            )
    index = [pd.Timestamp(one.start) for one in two]
    names = ("value", "numerator", "denominator")
    tables = (frame[name].unstack("segment") for name in names)  # noqa: PD010 - keys stand once
    return Pair(*(table.loc[index].astype(float) for table in tables))


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
        of_kpi = found[found["kpi"] == kpi].set_index("period_start")
        since = [of_kpi["since"].get(pd.Timestamp(one.start), pd.NaT) for one in two]
        if len(of_kpi) and since[0] != since[1] and not pd.isna(since).all():
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
    history = observations.history(kpi).set_index("period_start")
    for one in two:
        if not history["complete"].get(pd.Timestamp(one.start), default=True):
            yield f"{one.label} is partial: it is compared with what there is of it."

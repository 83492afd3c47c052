"""Tell ordinary variation in a KPI from a signal worth explaining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd

from kpikit.analysis.budget import spend
from kpikit.analysis.judging import MIN_PERIODS, Judged, Rules, Side, judge
from kpikit.analysis.known import KnownEvent, read_events, read_resets
from kpikit.analysis.panel import Panel, read_panel
from kpikit.analysis.process import RawLimits, raw_limits
from kpikit.analysis.runs import find_quiet, find_runs
from kpikit.analysis.workers import map_series
from kpikit.charts.behaviour import behaviour_chart, signal_board
from kpikit.errors import DataError, suggest
from kpikit.results import ROWS_SHOWN, Result
from kpikit.strategy.kpi import Direction
from kpikit.units import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Event

COLUMNS = ["kpi", "segment", "period_start", "value", "expected", "lower", "upper", "signal"]
SIDES: dict[Direction, Side] = {
    "higher_is_better": "low",
    "lower_is_better": "high",
    "on_target": "both",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Signals(Result):
    """What was expected of every period, and the periods that were otherwise.

    Attributes
    ----------
    marks
        What is known of periods: `kpi, segment, period_start, kind (event, reset), text`.
    series
        One row per series: `kpi, segment, period (of the season), too_short, logs`.
    budget
        The false alarms that were granted, over all that was judged.
    """

    marks: pd.DataFrame = field(repr=False)
    series: pd.DataFrame = field(repr=False)
    budget: float | None = None

    def summary(self) -> str:
        """Say what stands out of one KPI, or count what stands out of many."""
        if len(self.series) == 1:
            return self._summary_of_one()
        judged = int((~self.series["too_short"]).sum())
        counts = self.frame["signal"].value_counts()
        text = (
            f"Series judged: {judged} of {len(self.series)}; periods exceptional: "
            f"{counts.get('exceptional', 0)}, worth a look: {counts.get('worth_a_look', 0)}"
        )
        if self.budget is not None:
            text += f"; false alarms to expect: {self.budget:g}"
        return f"{text}."

    def runs(self) -> pd.DataFrame:
        """Return long runs on one side of what was expected.

        The columns are `kpi, segment, first, last, length, side (above, below)`. A run is
        long from eight periods on, and from log2(n) + 3 of n periods (Anhøj and Wentzel-Larsen
        2018), since among more periods longer runs come by chance.
        """
        return find_runs(self.frame)

    def quiet(self) -> pd.DataFrame:
        """Return series in which nothing was unusual for long: `kpi, segment, since, periods`.

        Long is two years of months, or as many periods; a KPI that never says anything
        may be measured too coarsely, or too well looked after to need a review.
        """
        return find_quiet(self.frame[self.frame["expected"].notna()])

    def raw_limits(self, kpi: str = "", segment: str = "") -> RawLimits:
        """Return the limits of an ordinary XmR chart, and whether this KPI allows them."""
        own = self._of(kpi, segment)
        same = (self.frame["kpi"] == own["kpi"]) & (self.frame["segment"] == own["segment"])
        values = self.frame.loc[same, "value"].to_numpy(dtype=float)
        return raw_limits(values, int(own["period"]))

    def _of(self, kpi: str, segment: str) -> pd.Series:
        rows = self.series
        if kpi or segment or len(rows) > 1:
            rows = rows[(rows["kpi"] == kpi) & (rows["segment"] == segment)]
        if len(rows) != 1:
            known = sorted({str(name) for name in self.series["kpi"]})
            raise DataError(
                f"signals: there is no series {kpi!r} {segment!r}. {suggest(kpi, known)}"
            )
        return rows.iloc[0]

    def _summary_of_one(self) -> str:
        about = self.series.iloc[0]
        name = _name(about)
        if about["too_short"]:
            return (
                f"{name}: too short to tell a signal; it takes {MIN_PERIODS} periods with a value."
            )
        found = self.frame[self.frame["signal"] == "exceptional"]
        look = self.frame[self.frame["signal"] == "worth_a_look"]
        parts = []
        if len(found):
            row = found.iloc[-1]
            more = f"exceptional in {len(found)} periods, last" if len(found) > 1 else "exceptional"
            parts.append(f"{more} {_told(row)}")
        if len(look):
            when = f"{look['period_start'].iloc[-1]:%Y-%m-%d}"
            parts.append(f"worth a look: {len(look)}, last {when}")
        if parts:
            return f"{name}: {'; '.join(parts)}."
        newest = self.frame[self.frame["value"].notna() & self.frame["expected"].notna()]
        return (
            f"{name}: only ordinary variation in {len(newest)} periods; "
            f"the newest is {_told(newest.iloc[-1])}."
        )

    def _shown(self) -> pd.DataFrame:
        loud = self.frame[self.frame["signal"] != "none"]
        return (loud if len(loud) else self.frame).tail(ROWS_SHOWN)

    def _draw(self, ax: Axes) -> None:
        if len(self.series) != 1:
            signal_board(self.frame, ax=ax)
            return
        about = self.series.iloc[0]
        note = "" if about["too_short"] else str(self.raw_limits())
        behaviour_chart(self.frame, marks=self.marks, ax=ax, title=_name(about), note=note)


def find_signals(  # noqa: PLR0913 - the contract's
    panel: Panel,
    *,
    period: int | None = None,
    direction: Direction | Mapping[str, Direction] | None = None,
    smallest: float | Mapping[str, float] | None = None,
    events: pd.DataFrame | Sequence[Event | KnownEvent] | None = None,
    resets: pd.DataFrame | None = None,
    budget: float | None = None,
    workers: int = 1,
) -> Signals:
    """Find the periods in which a KPI did more than vary as usual.

    Parameters
    ----------
    panel
        A history (`period_start, value`) or a panel (also `kpi, segment`). Never modified.
    period
        Periods in a season; told from the dates unless given. 1 means no season.
    direction
        Which way is better, for all KPIs or by KPI: only what is worse is then a signal.
        Without it, and for `on_target`, both sides are.
    smallest
        The least difference from what was expected that matters, in the KPI's unit, for
        all KPIs or by KPI.
    events
        Known events: a strategy's, or a table with `name`, `date` (or `from` and `to`),
        `kind`, `kpis`. Their periods are marked, tell nothing of others and raise no
        signal. A `public holiday` counts for days only, since longer periods hold some
        every year.
    resets
        Levels that began anew, as people found: `kpi, period_start, reason`, and perhaps
        `segment` and `undone`, by which a reset is taken back.
    budget
        How many false exceptional periods to expect, over all series and periods judged
        in this call together. Without it each series has a family-wise threshold.
    workers
        Local processes; the numbers are the same for any number of them.

    Returns
    -------
    Signals
        One row per period: `kpi, segment, period_start, value, expected, lower, upper,
        signal`. `exceptional` lies outside the limits; `worth_a_look` would be called so of
        one ordinary period in a hundred; else `none`. Below 12 periods with a value nothing
        is judged, and a note says so.

    Raises
    ------
    DataError
        A column is missing, a value is no number, a period stands twice, a direction is
        unknown, a reset has no reason.
    PeriodError
        The dates fit no grain.

    Notes
    -----
    Every period is told from all the others, before and after it: an average over models
    with a line, a season that may be weak, strong or none, and errors that remember
    (`kpikit.analysis.expected`). Exceptional periods are taken out one at a time, and the
    rest is told again without them. Limits suppose noise with tails a little longer than
    Gaussian. Where variation grows with the level, all is done in logarithms. Missing
    values stay out and time runs on across them. Histories of more than 240 periods are
    judged in windows. Rates measured are in docs/methods/signals.md.

    Examples
    --------
    >>> months = pd.date_range("2023-01-01", periods=24, freq="MS")
    >>> values = [5, 7, 6, 6, 5, 7, 6, 5] * 3
    >>> values[17] = 19
    >>> find_signals(pd.DataFrame({"period_start": months, "value": values})).summary()
    'The KPI: exceptional 2024-06-01 (19.0, where 4.17 to 9.07 was expected).'
    """
    series, notes = read_panel(panel)
    rules = Rules(
        period=period,
        sides=_sides(direction),
        smallest=_smallest(smallest),
        events=read_events(events),
        resets=read_resets(resets),
    )
    judged = map_series(partial(judge, rules=rules), series, workers=workers)
    if budget is not None:
        rules = spend(rules, judged, budget)
        judged = map_series(partial(judge, rules=rules), series, workers=workers)
    frames = [_frame(found) for found in judged]
    marks = [mark for found in judged for mark in _marks(found)]
    about = [
        (found.series.kpi, found.series.segment, found.period, found.too_short, found.logs)
        for found in judged
    ]
    return Signals(
        frame=pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS),
        notes=(*notes, *(note for found in judged for note in _notes(found))),
        marks=pd.DataFrame(marks, columns=["kpi", "segment", "period_start", "kind", "text"]),
        series=pd.DataFrame(about, columns=["kpi", "segment", "period", "too_short", "logs"]),
        budget=budget,
    )


def _sides(direction: Direction | Mapping[str, Direction] | None) -> Mapping[object, Side] | Side:
    given = [direction] if isinstance(direction, str) else list((direction or {}).values())
    wrong = [one for one in given if one not in SIDES]
    if wrong:
        raise DataError(f"direction is {wrong[0]!r}. {suggest(str(wrong[0]), get_args(Direction))}")
    if direction is None:
        return "both"
    if isinstance(direction, str):
        return SIDES[direction]
    return {kpi: SIDES[one] for kpi, one in direction.items()}


def _smallest(smallest: float | Mapping[str, float] | None) -> Mapping[object, float] | float:
    given = smallest.values() if isinstance(smallest, Mapping) else [smallest or 0.0]
    if any(not np.isfinite(one) or one < 0 for one in given):
        raise DataError(
            f"smallest is {smallest!r}; it is a difference in the KPI's unit, 0 or more."
        )
    if isinstance(smallest, Mapping):
        return {kpi: float(least) for kpi, least in smallest.items()}
    return float(smallest or 0.0)


def _frame(found: Judged) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kpi": found.series.kpi,
            "segment": found.series.segment,
            "period_start": found.series.starts,
            "value": found.series.observed,
            "expected": found.expected,
            "lower": found.lower,
            "upper": found.upper,
            "signal": found.signal,
        },
        columns=COLUMNS,
    )


def _marks(found: Judged) -> list[tuple[object, ...]]:
    own = (found.series.kpi, found.series.segment)
    marks: list[tuple[object, ...]] = [
        (*own, found.series.starts[place], "event", name) for place, name in found.events
    ]
    marks += [(*own, found.series.starts[place], "reset", why) for place, why in found.anew]
    return marks


def _notes(found: Judged) -> list[str]:
    name = found.series.name
    if found.too_short:
        count = int(found.live.sum())
        return [
            f"{name}: too short to judge; periods with a value: {count}, needed: {MIN_PERIODS}."
        ]
    notes = []
    if missing := int(np.isnan(found.series.observed).sum()):
        notes.append(f"{name}: periods without a value, left out: {missing}.")
    if known := len({place for place, _ in found.events}):
        notes.append(f"{name}: periods of known events, left out: {known}.")
    if alone := int((found.live & ~np.isfinite(found.expected)).sum()):
        notes.append(f"{name}: periods that no other tells, not judged: {alone}.")
    if found.logs:
        notes.append(f"{name}: variation grows with the level, so it is judged in logarithms.")
    return notes


def _told(row: pd.Series) -> str:
    value, lower, upper = (format_value(float(row[name])) for name in ("value", "lower", "upper"))
    return f"{row['period_start']:%Y-%m-%d} ({value}, where {lower} to {upper} was expected)"


def _name(row: pd.Series) -> str:
    return ", ".join(str(row[key]) for key in ("kpi", "segment") if row[key] != "") or "The KPI"

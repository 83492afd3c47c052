"""Judge every period of one series by what its other periods lead to expect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.expected import Expectation, expect
from kpikit.analysis.known import KnownEvent, places_anew
from kpikit.analysis.panel import Floats, Series, season_length

Side = Literal["both", "low", "high"]

MIN_PERIODS = 12  # with fewer, each new period moves the limits too far to act on
FAMILY = 0.04  # chance that a Gaussian KPI without a signal shows an exceptional period
FAMILY_PERIODS = 120  # ... for every so many of them
LOOK = 0.011  # chance that an ordinary period is called worth a look
TAILS = 20.0  # degrees of freedom of the noise: KPIs have tails a little longer than Gaussian
MOST_REMOVED = 8  # at most one period in so many is taken for exceptional while limits are drawn
WINDOW = 240  # periods judged together; models of a longer past would be of another time
SEASONS_IN_WINDOW = 4
FOR_LOGS = 2.0  # log likelihood by which values must vary more alike in logarithms


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How to judge; a mapping holds what differs between KPIs.

    Attributes
    ----------
    alpha
        The chance at which one ordinary period is called exceptional; None is family-wise.
    tails
        Degrees of freedom of the noise for what is exceptional.
    """

    period: int | None = None
    sides: Mapping[object, Side] | Side = "both"
    smallest: Mapping[object, float] | float = 0.0
    events: tuple[KnownEvent, ...] = ()
    resets: pd.DataFrame | None = None
    alpha: float | None = None
    tails: float = TAILS

    def side(self, kpi: object) -> Side:
        """Return the side on which this KPI raises a signal."""
        return self.sides if isinstance(self.sides, str) else self.sides.get(kpi, "both")

    def least(self, kpi: object) -> float:
        """Return the smallest difference that matters for this KPI."""
        given = self.smallest
        return float(given.get(kpi, 0.0) if isinstance(given, Mapping) else given)


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """One series with what was expected of it; arrays have one entry a period.

    Attributes
    ----------
    surprise
        How far a value lies from what was expected, in standard errors of a new value.
    freedom
        Degrees of freedom of those standard errors; 0 where a period is not judged.
    live
        The periods with a value that no event explains.
    """

    series: Series
    period: int
    expected: Floats
    lower: Floats
    upper: Floats
    surprise: Floats
    freedom: NDArray[np.int64]
    signal: NDArray[np.object_]
    live: NDArray[np.bool_]
    events: tuple[tuple[int, str], ...]
    anew: tuple[tuple[int, str], ...]
    logs: bool

    @property
    def too_short(self) -> bool:
        """Whether there are too few periods to judge any of them."""
        return not self.freedom.any()


def judge(series: Series, *, rules: Rules) -> Judged:
    """Judge one series, in windows where it is long."""
    events = tuple(
        (int(place), event.name) for event in rules.events for place in event.places(series)
    )
    live = np.isfinite(series.observed)
    live[[place for place, _ in events]] = False
    anew = places_anew(series, rules.resets) if rules.resets is not None else {}
    n, period = len(live), season_length(rules.period, series.grain)
    expected, lower, upper, surprise = (np.full(n, np.nan) for _ in range(4))
    freedom, logs = np.zeros(n, dtype=np.int64), False
    side = rules.side(series.kpi)
    for window in windows(n, period):
        own = live[window.whole]
        if own.sum() < MIN_PERIODS:
            continue
        inside = [place - window.whole.start for place in anew]
        inside = [place for place in inside if 0 < place < len(own)]
        told = _tell(series.observed[window.whole], own, period, inside, rules)
        alpha = rules.alpha or FAMILY / min(int(live.sum()), FAMILY_PERIODS)
        reach = critical(alpha, told.expectation.freedom, rules.tails, side)
        for target, values in zip(
            (expected, lower, upper, surprise), told.limits(reach), strict=True
        ):
            target[window.judged] = values[window.part]
        freedom[window.judged] = told.expectation.freedom
        logs = logs or told.logs
    return Judged(
        series=series,
        period=period,
        expected=expected,
        lower=lower,
        upper=upper,
        surprise=surprise,
        freedom=freedom,
        signal=_signals(series, expected, (lower, upper), surprise, freedom, live, rules),
        live=live,
        events=events,
        anew=tuple(anew.items()),
        logs=logs,
    )


@dataclass(frozen=True, kw_only=True)
class Window:
    """Periods told from each other, and those of them that are judged here."""

    whole: slice
    judged: slice

    @property
    def part(self) -> slice:
        """The judged periods, counted from the first of the window."""
        start = self.whole.start
        return slice(self.judged.start - start, self.judged.stop - start)


def windows(n: int, period: int) -> Iterator[Window]:
    """Yield windows over `n` periods, each judged where it lies nearest."""
    width = max(WINDOW, SEASONS_IN_WINDOW * period)
    if n <= width:
        yield Window(whole=slice(0, n), judged=slice(0, n))
        return
    count = -(-(n - width) // (width // 2)) + 1
    starts = np.linspace(0, n - width, count).round().astype(int)
    edges = [0, *((starts[:-1] + starts[1:] + width) // 2), n]
    for start, first, last in zip(starts, edges[:-1], edges[1:], strict=True):
        yield Window(
            whole=slice(int(start), int(start) + width), judged=slice(int(first), int(last))
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Told:
    """The periods of a window, told from each other, perhaps in logarithms."""

    values: Floats
    expectation: Expectation
    apart: tuple[int, ...]
    logs: bool = False

    @property
    def surprise(self) -> Floats:
        return (self.values - self.expectation.center) / self.expectation.spread

    def limits(self, reach: float) -> tuple[Floats, Floats, Floats, Floats]:
        center, beyond = self.expectation.center, reach * self.expectation.spread
        found = (center, center - beyond, center + beyond)
        middle, low, high = (np.exp(values) if self.logs else values for values in found)
        return middle, low, high, self.surprise


def _tell(
    observed: Floats, live: NDArray[np.bool_], period: int, anew: list[int], rules: Rules
) -> _Told:
    """Tell a window's periods from each other, in the scale in which they vary alike."""
    values = np.where(live, observed, np.median(observed[live]))
    plain = _without_exceptional(values, live, period, anew, rules)
    if not (values > 0).all():
        return plain
    logs = _without_exceptional(np.log(values), live, period, anew, rules)
    return (
        replace(logs, logs=True) if _gain_of_logs(values, plain, logs, period) > FOR_LOGS else plain
    )


def _gain_of_logs(values: Floats, plain: _Told, logs: _Told, period: int) -> float:
    """Return the log likelihood by which variation in proportion to the level tells more.

    Both are judged as Gaussian in the KPI's own unit, so that long tails upwards, which
    logarithms would take for ordinary, are no reason for them: a spike of a steady count is
    a signal. The level is the average over a season, for the same reason.
    """
    told = logs.expectation
    mean = np.exp(told.center + told.spread**2 / 2)
    level = _over_a_season(mean, period)
    inside = np.isfinite(plain.expectation.center) & np.isfinite(level)
    inside[[*plain.apart, *logs.apart]] = False
    alike = float(np.mean((values - plain.expectation.center)[inside] ** 2))
    grows = float(np.mean(((values - mean) / level)[inside] ** 2))
    if not alike or not grows:
        return 0.0
    changed = float(np.log(level[inside]).sum())
    return 0.5 * int(inside.sum()) * float(np.log(alike / grows)) - changed


def _over_a_season(values: Floats, period: int) -> Floats:
    """Average around each place over a season, or as many periods as are judged at least."""
    width = period if period > 1 else MIN_PERIODS
    weights = np.full(width + 1 - width % 2, 1.0)
    if width % 2 == 0:
        weights[[0, -1]] = 0.5
    known, half = np.isfinite(values), len(weights) // 2
    total = np.convolve(np.where(known, values, 0.0), weights)[half : half + len(values)]
    count = np.convolve(known, weights)[half : half + len(values)]
    level: Floats = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return level


def _without_exceptional(
    values: Floats, live: NDArray[np.bool_], period: int, anew: list[int], rules: Rules
) -> _Told:
    """Tell the periods from each other, the exceptional taken out one at a time.

    A large budget takes out no more than would be exceptional without one: the farthest of
    ordinary periods belong to the spread that limits are drawn from.
    """
    apart = np.flatnonzero(~live).tolist()
    most = len(apart) + int(live.sum()) // MOST_REMOVED
    alpha = min(rules.alpha or 1.0, FAMILY / min(int(live.sum()), FAMILY_PERIODS))
    while True:
        expectation = expect(values, period, apart=apart, anew=anew)
        told = _Told(values=values, expectation=expectation, apart=tuple(apart))
        surprise = np.abs(told.surprise)
        surprise[apart] = np.nan
        beyond = surprise > critical(alpha, expectation.freedom, rules.tails, "both")
        if len(apart) >= most or not beyond.any():
            return told
        apart.append(int(np.nanargmax(surprise)))


def _signals(  # noqa: PLR0913 - what a period is judged by
    series: Series,
    expected: Floats,
    limits: tuple[Floats, Floats],
    surprise: Floats,
    freedom: NDArray[np.int64],
    live: NDArray[np.bool_],
    rules: Rules,
) -> NDArray[np.object_]:
    """Return the word for every period."""
    side = rules.side(series.kpi)
    look = np.full(len(freedom), np.inf)
    for count in np.unique(freedom[freedom > 0]):
        look[freedom == count] = critical(LOOK, int(count), TAILS, side)
    values = series.observed
    sides = {"low": surprise < 0, "high": surprise > 0, "both": np.full(len(live), True)}
    open_to = live & sides[side] & (np.abs(values - expected) >= rules.least(series.kpi))
    signal = np.full(len(values), "none", dtype=object)
    signal[open_to & (np.abs(surprise) > look)] = "worth_a_look"
    signal[open_to & ((values < limits[0]) | (values > limits[1]))] = "exceptional"
    return signal


@lru_cache(maxsize=1024)
def critical(alpha: float, freedom: int, tails: float, side: Side) -> float:
    """Return the surprise that an ordinary period exceeds with chance `alpha`.

    Notes
    -----
    The larger of two: the t of the few periods that told the spread, and noise with
    longer tails of the same spread.
    """
    from scipy import stats

    beyond = alpha if side != "both" else alpha / 2
    few = float(stats.t.isf(beyond, freedom))
    if not np.isfinite(tails):
        return few
    return max(few, float(stats.t.isf(beyond, tails)) * float(np.sqrt((tails - 2) / tails)))

"""The members of a forecast, from every time of many series at once, and their mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats
from kpikit.forecasting.ets import ets_ahead, fewest_values
from kpikit.forecasting.figures import Ints, all_figures, slots, slots_ahead, tested_figures
from kpikit.forecasting.last_season import last_season_ahead
from kpikit.forecasting.regressions import FEWEST_EXTRA, differences_ahead, levels_ahead
from kpikit.forecasting.smoothing import Smoothed, Start, line_start, smooth
from kpikit.forecasting.theta import theta_ahead

LONGEST_SEASON = 24  # beyond it a season has too many places for smoothing to learn them
BEGUN = 2  # values beyond one season from which last season's are told
FARTHEST = 3.0  # times the largest value seen: a member beyond it has run away
SMALLEST = 1e-6  # of the mean: what a level on its way below zero is held at
EXPONENT = 30.0


Recipe = Literal["seasonal", "last season", "plain"]


def recipe_of(length: int, period: int) -> Recipe:
    """Return which members a history of this length can carry."""
    if not 1 < period <= LONGEST_SEASON or length < period + BEGUN:
        return "plain"
    fewest = max(2 * period + FEWEST_EXTRA, fewest_values(period))
    return "seasonal" if length >= fewest else "last season"


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """Series of like length and one season, padded on the left, each divided by its size.

    Attributes
    ----------
    values
        Series by time, without gaps from `first` on, zero before it.
    logs
        Which series have positive values only, so that they may be taken logarithms of.
    steps
        How many periods ahead each series is forecast; what members say beyond is not read.
    recipe
        Which members the series are long enough for.
    """

    values: Floats
    first: Ints
    logs: NDArray[np.bool_]
    period: int
    steps: Ints
    recipe: Recipe

    @cached_property
    def horizon(self) -> int:
        """Return how many periods ahead the farthest forecast is."""
        return int(self.steps.max())

    @cached_property
    def begun(self) -> NDArray[np.bool_]:
        """Return which times lie at or after a series' first."""
        return np.asarray(np.arange(self.values.shape[1]) >= self.first[:, None])

    @cached_property
    def natural(self) -> Floats:
        """Return logarithms where they can be had, else the values."""
        ready = self.logs[:, None] & self.begun
        return np.where(ready, np.log(np.where(ready, self.values, 1.0)), self.values)

    @cached_property
    def tested(self) -> Floats:
        """Return the figures that a test saw, on the natural scale."""
        return tested_figures(self.natural, self.first, self.period)

    @cached_property
    def early(self) -> int:
        """Return how many first values tell the state before them."""
        return max(4, min(self.period, 8))

    @cached_property
    def adjusted(self) -> Floats:
        """Return the natural values without their season."""
        places = slots(self.values.shape[1], self.period)
        return np.where(self.begun, self.natural - self.tested[:, places], 0.0)

    @cached_property
    def season_ahead(self) -> Floats:
        """Return the tested season at each step after each time."""
        return self.tested[:, slots_ahead(self.values.shape[1], self.period, self.horizon)]

    def back(self, natural: Floats) -> Floats:
        """Return what was forecast on the natural scale on the values' own."""
        grown = np.exp(np.clip(natural, -EXPONENT, EXPONENT))
        return np.where(self.logs[:, None, None], grown, natural)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ensemble:
    """Forecasts from every time, and how the members differ at the last.

    Attributes
    ----------
    ahead
        Mean of the members: series, time, step; NaN where it is too early for any, and
        without a meaning beyond a series' own steps.
    last
        The members' forecasts from the last time: member, series, step; NaN for a member
        that could not be had.
    unsettled
        Which series had a model that could not be fitted and was replaced.
    """

    ahead: Floats
    last: Floats
    unsettled: NDArray[np.bool_]


def forecast_block(block: Block) -> Ensemble:
    """Return the mean of all members that the block's series can carry.

    Notes
    -----
    With two seasons and more: Theta, statsmodels' damped smoothing of logarithms, smoothing
    without a trend of logarithms, damped smoothing of levels, and two autoregressions; each has
    equal weight, since weights learned from past errors did not do better. With one season:
    Theta and last season's values. Else Theta and damped smoothing. A member that runs away
    from all that was seen is left out.
    """
    members = [maker(block) for maker in _MAKERS[block.recipe]]
    unsettled = np.zeros(len(block.values), dtype=bool)
    if block.recipe == "seasonal":
        fitted, unsettled = _statsmodels(block)
        members.append(fitted)
    ahead, last = _mean(block, members)
    return Ensemble(ahead=ahead, last=last, unsettled=unsettled)


def _mean(block: Block, members: list[Floats]) -> tuple[Floats, Floats]:
    most = FARTHEST * np.abs(block.values).max(axis=1)[:, None, None]
    beyond = np.arange(block.horizon) >= block.steps[:, None, None]
    total, count = np.zeros_like(members[0]), np.zeros(members[0].shape)
    last = []
    for member in members:
        sane = np.isfinite(member) & (np.abs(member) <= most)
        sane &= (sane | beyond).all(axis=2, keepdims=True)
        total += np.where(sane, member, 0.0)
        count += sane
        last.append(np.where(sane[:, -1], member[:, -1], np.nan))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), np.stack(last)


def _level(block: Block) -> tuple[Floats, Floats]:
    """Return the adjusted series on the scale of levels, near 1 at its end, and its size."""
    level = np.where(block.logs[:, None], np.exp(block.adjusted), block.adjusted)
    recent = np.abs(np.where(block.begun, level, 0.0))[:, -max(block.period, 4) :]
    size = np.cumsum(recent, axis=1)[:, -1] / recent.shape[1] + 1e-12
    return np.where(block.begun, level / size[:, None], 0.0), size


def _seasoned(block: Block, level: Floats, size: Floats) -> Floats:
    """Return forecasts of the adjusted level with their season put back."""
    grown = level * size[:, None, None]
    logs = block.logs[:, None, None]
    risen = np.exp(np.where(logs, block.season_ahead, 0.0))
    return np.where(logs, np.maximum(grown, SMALLEST) * risen, grown + block.season_ahead)


def _theta(block: Block) -> Floats:
    level, size = _level(block)
    ahead = theta_ahead(level, block.first, horizon=block.horizon, early=block.early)
    return _seasoned(block, ahead, size)


def _damped(block: Block) -> Floats:
    level, size = _level(block)
    start = line_start(level, block.first, block.early, trend=True)
    found = smooth(level, block.first, start, trend=True)
    return _seasoned(block, found.ahead(block.horizon), size)


def _seasonal(values: Floats, block: Block, figure: Floats, *, trend: bool) -> Floats:
    places = slots(values.shape[1], block.period)
    early = max(block.early, block.period) if trend else block.early
    adjusted = np.where(block.begun, values - figure[:, places], 0.0)
    line = line_start(adjusted, block.first, early, trend=trend)
    start = Start(level=line.level, slope=line.slope, season=figure)
    found = smooth(values, block.first, start, trend=trend)
    return found.ahead(block.horizon) + _places_ahead(found, block.horizon)


def _places_ahead(found: Smoothed, horizon: int) -> Floats:
    if found.season is None:
        return np.zeros((*found.level.shape, horizon))
    count, length, period = found.season.shape
    places = np.broadcast_to(slots_ahead(length, period, horizon), (count, length, horizon))
    return np.take_along_axis(found.season, places, axis=2)


def _trendless(block: Block) -> Floats:
    figure = all_figures(block.natural, block.first, block.period)
    return block.back(_seasonal(block.natural, block, figure, trend=False))


def _levels(block: Block) -> Floats:
    figure = all_figures(block.values, block.first, block.period)
    return _seasonal(block.values, block, figure, trend=True)


def _differences(block: Block) -> Floats:
    return block.back(
        differences_ahead(block.natural, block.first, period=block.period, horizon=block.horizon)
    )


def _autoregression(block: Block) -> Floats:
    return block.back(
        levels_ahead(block.natural, block.first, period=block.period, horizon=block.horizon)
    )


def _last_season(block: Block) -> Floats:
    return block.back(
        last_season_ahead(block.natural, block.first, period=block.period, horizon=block.horizon)
    )


def _statsmodels(block: Block) -> tuple[Floats, NDArray[np.bool_]]:
    """Return statsmodels' forecasts; where it finds none, those of the same model fitted here."""
    count, length = block.values.shape
    ahead = np.full((count, length, block.horizon), np.nan)
    seasonal = np.abs(block.tested).max(axis=1) > 0
    failed = np.zeros(count, dtype=bool)
    for period in (1, block.period):
        rows = np.flatnonzero(seasonal == (period > 1))
        if not len(rows):
            continue
        found = ets_ahead(
            block.natural[rows], block.first[rows], period=period, horizon=block.horizon
        )
        for row, own in zip(rows, found, strict=True):
            failed[row] = own is None
            if own is not None:
                ahead[row, block.first[row] :] = own
    if failed.any():
        plain = _seasonal(block.natural, block, block.tested, trend=True)
        ahead = np.where(failed[:, None, None], plain, ahead)
    return block.back(ahead), failed


_MAKERS: dict[Recipe, tuple[Callable[[Block], Floats], ...]] = {
    "seasonal": (_theta, _trendless, _levels, _differences, _autoregression),
    "last season": (_theta, _last_season),
    "plain": (_theta, _damped),
}

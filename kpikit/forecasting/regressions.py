"""Autoregressions of many series at once, held towards what such series do as a rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats
from kpikit.forecasting.figures import Ints

# on seasonal differences: constant, lags 1, 2, 3, one season, one season and one
DIFFERENCE_PRIOR = (0.0, 0.6, 0.15, 0.1, -0.3, 0.15)
DIFFERENCE_HOLD = 3.0  # the prior counts as three observations of average size
# on levels: (1 - 0.82 B)(1 - 0.45 B^season), around the mean of the season gone by
LEVEL_MEMORY, LEVEL_SEASON = 0.82, 0.45
LEVEL_HOLD = 20.0
CONSTANT_HOLD = 10.0  # times firmer: a drift in levels is told by the trend models
FEWEST_EXTRA = 4  # values beyond two seasons from which either is used


def differences_ahead(values: Floats, first: Ints, *, period: int, horizon: int) -> Floats:
    """Return forecasts from every time by an autoregression of year-on-year differences."""
    count, length = values.shape
    change = np.zeros_like(values)
    change[:, period:] = values[:, period:] - values[:, :-period]
    begun = np.arange(length) >= (first + period)[:, None]
    change = np.where(begun, change, 0.0)
    lags = (1, 2, 3, period, period + 1)
    known = np.arange(length) >= (first + period + 3)[:, None]

    def row(time: int) -> Floats:
        columns = [_at(change, time - lag) for lag in lags]
        return np.column_stack([np.ones(count), *columns])

    prior = np.repeat(np.array([DIFFERENCE_PRIOR]), count, axis=0)
    hold = np.array([1e-6, *[DIFFERENCE_HOLD] * len(lags)])
    weights = _ridge(row, change, known, prior, hold)
    future = np.zeros((count, length, horizon))
    ahead = np.zeros((count, length, horizon))
    for step in range(1, horizon + 1):
        total = np.repeat(weights[:, :1], length, axis=1)
        for place, lag in enumerate(lags, start=1):
            total = total + weights[:, place : place + 1] * _seen(change, future, step - lag)
        future[:, :, step - 1] = total
        ahead[:, :, step - 1] = total + _seen(values, ahead, step - period)
    ahead[np.arange(length) < (first + period + 4)[:, None]] = np.nan
    return ahead


def levels_ahead(values: Floats, first: Ints, *, period: int, horizon: int) -> Floats:
    """Return forecasts from every time by an autoregression around the season gone by.

    Notes
    -----
    Each value is told from the thirteen months before it (a season and one), all taken from
    the mean of the last season, so that a level that wanders is followed.
    """
    count, length = values.shape
    lags = period + 1
    known = np.arange(length) >= (first + lags)[:, None]

    def row(time: int) -> Floats:
        window = values[:, time - lags : time][:, ::-1] if time >= lags else np.zeros((count, lags))
        off = window - _mean(window[:, :period])[:, None]
        return np.column_stack([np.ones(count), off])

    target = np.zeros_like(values)
    for time in range(lags, length):
        target[:, time] = values[:, time] - _mean(values[:, time - period : time][:, ::-1])
    prior = np.zeros((count, lags + 1))
    prior[:, 1] = LEVEL_MEMORY
    prior[:, period] += LEVEL_SEASON
    prior[:, period + 1] = -LEVEL_MEMORY * LEVEL_SEASON
    hold = np.array([CONSTANT_HOLD * LEVEL_HOLD, *[LEVEL_HOLD] * lags])
    weights = _ridge(row, target, known, prior, hold)
    ahead = np.zeros((count, length, horizon))
    for step in range(1, horizon + 1):
        before = [_seen(values, ahead, step - lag) for lag in range(1, lags + 1)]
        middle = before[0]
        for one in before[1:period]:
            middle = middle + one
        middle = middle / period
        total = middle + weights[:, :1]
        for place, one in enumerate(before, start=1):
            total = total + weights[:, place : place + 1] * (one - middle)
        ahead[:, :, step - 1] = total
    ahead[np.arange(length) < (first + lags + 1)[:, None]] = np.nan
    return ahead


def _ridge(
    row: Callable[[int], Floats],
    target: Floats,
    known: NDArray[np.bool_],
    prior: Floats,
    hold: Floats,
) -> Floats:
    """Return each series' coefficients by least squares, held towards a prior.

    `hold` says how many observations of average size the prior counts for. Sums run in the
    order of time, so that company changes no byte.
    """
    count, size = prior.shape
    curve, pull = np.zeros((count, size, size)), np.zeros((count, size))
    for time in range(target.shape[1]):
        line = np.where(known[:, time : time + 1], row(time), 0.0)
        left = target[:, time] - _dot(line, prior)
        curve += line[:, :, None] * line[:, None, :]
        pull += line * left[:, None]
    seen = np.maximum(known.sum(axis=1), 1)
    own = np.diagonal(curve, axis1=1, axis2=2)[:, 1:]
    average = _mean(own) / seen + 1e-12
    curve += (average[:, None] * hold)[:, :, None] * np.eye(size)
    return np.asarray(prior + np.linalg.solve(curve, pull[:, :, None])[:, :, 0])


def _seen(values: Floats, ahead: Floats, step: int) -> Floats:
    """Return what lies `step` periods after each time: forecast, or seen where not positive."""
    if step > 0:
        return np.asarray(ahead[:, :, step - 1])
    if step == 0:
        return values
    moved = np.zeros_like(values)
    moved[:, -step:] = values[:, :step]
    return moved


def _at(values: Floats, time: int) -> Floats:
    return values[:, time] if time >= 0 else np.zeros(len(values))


def _dot(left: Floats, right: Floats) -> Floats:
    total = np.zeros(len(left))
    for place in range(left.shape[1]):
        total = total + left[:, place] * right[:, place]
    return total


def _mean(columns: Floats) -> Floats:
    total = columns[:, 0]
    for place in range(1, columns.shape[1]):
        total = total + columns[:, place]
    return np.asarray(total / columns.shape[1])

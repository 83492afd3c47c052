"""The figure of a season: how each of its places lies off the trend."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats

Ints = NDArray[np.int64]
# one-sided 95 % point for the autocorrelation at one season (the test of the M-competitions)
NORMAL_95 = 1.645
SEASONS_TO_TEST = 3


def slots(length: int, period: int) -> Ints:
    """Return each time's place in the figure; the last time of all has place 0."""
    return (length - 1 - np.arange(length)) % period


def slots_ahead(length: int, period: int, horizon: int) -> Ints:
    """Return the places of the times 1 to `horizon` after each time, one row per time."""
    ahead = np.arange(length)[:, None] + np.arange(1, horizon + 1)
    return (length - 1 - ahead) % period


def tested_figures(values: Floats, first: Ints, period: int) -> Floats:
    """Return the figure of every series, zero where the test sees no season."""
    figures = np.zeros((len(values), period))
    if period > 1:
        for row, (series, start) in enumerate(zip(values, first, strict=True)):
            if _looks_seasonal(series[start:], period):
                figures[row] = figure_of(series[start:], period)
    return figures


def all_figures(values: Floats, first: Ints, period: int) -> Floats:
    """Return the figure of every series that holds two seasons, whatever a test would say."""
    figures = np.zeros((len(values), period))
    for row, (series, start) in enumerate(zip(values, first, strict=True)):
        if len(series) - start >= 2 * period:
            figures[row] = figure_of(series[start:], period)
    return figures


def _looks_seasonal(series: Floats, period: int) -> bool:
    n = len(series)
    if n < SEASONS_TO_TEST * period:
        return False
    off = series - series.mean()
    whole = float(off @ off)
    if whole <= 0.0:
        return False
    memory = np.array([off[lag:] @ off[:-lag] / whole for lag in range(1, period + 1)])
    # Bartlett: what the shorter lags' memory alone would let the seasonal one reach
    limit = NORMAL_95 / np.sqrt(n) * np.sqrt(1 + 2 * float(memory[:-1] @ memory[:-1]))
    return bool(abs(memory[-1]) > limit)


def figure_of(
    series: Floats, period: int, middle: Callable[[Floats], Floats] | None = None
) -> Floats:
    """Return the usual distance from a centred moving average, by place counted from the end."""
    weights = np.ones(period + 1 - period % 2)
    if period % 2 == 0:
        weights[[0, -1]] = 0.5
    half = len(weights) // 2
    trend = np.full(len(series), np.nan)
    trend[half : len(series) - half] = np.convolve(series, weights / period, "valid")
    off = (series - trend)[::-1]
    seasons = np.full((-(-len(off) // period), period), np.nan)
    seasons.ravel()[: len(off)] = off
    figure = (middle or means)(seasons)
    return np.asarray(figure - figure.mean())


def means(seasons: Floats) -> Floats:
    """Return the mean of each column over its values that are there; 0 where none is."""
    there = np.isfinite(seasons)
    total = np.where(there, seasons, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(there.sum(axis=0), 1))


def medians(seasons: Floats) -> Floats:
    """Return the median of each column over its values that are there; 0 where none is."""
    count = np.isfinite(seasons).sum(axis=0)
    ordered = np.sort(seasons, axis=0)  # what is missing comes last
    columns = np.arange(seasons.shape[1])
    low = ordered[np.maximum(count - 1, 0) // 2, columns]
    high = ordered[np.maximum(np.minimum(count // 2, count - 1), 0), columns]
    return np.where(count > 0, (low + high) / 2, 0.0)

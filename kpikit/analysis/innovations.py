"""Split KPIs into what their own past told, and what was new in each period.

Two KPIs that both grow, both have a season and both remember last month look alike
without having anything to do with each other. What is new in a period, its innovation,
has none of the three, so that innovations of unrelated KPIs are unrelated too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.autoregression import EXACT
from kpikit.analysis.panel import Floats
from kpikit.analysis.season import season_columns

LONGEST_MEMORY = 6  # own past values at most, and one for every
ROWS_A_LAG = 16  # periods of history; two where it is short
PROFILE = 12  # a longer season may be drawn by waves, where there are not two of it
ROWS_A_WAVE = 6  # periods of history for each pair of waves
DEPENDENT = 1e-9  # of a column's size: what is left of it is rounding


@dataclass(frozen=True, kw_only=True, eq=False)
class Innovations:
    """What was new in each period, for many KPIs over the same periods.

    Attributes
    ----------
    left
        `(periods, KPIs)`: the innovations, in standard deviations of the KPI; NaN where
        the value or one of the past values it needs is missing.
    bases
        `(KPIs, periods, columns)`: orthonormal columns that span level, trend, season and
        own past of each KPI over the periods it has an innovation for; rows of others are 0.
    levels
        `(periods, KPIs)`: values less level, trend and season, in standard deviations of
        the KPI; 0 where there is none.
    memory
        How many of its own past values each KPI is regressed on.
    persistence
        How much of a deviation is still there a period later: 0 nothing, 1 all of it.
    freedom
        Periods with an innovation less columns used; 0 where a KPI cannot be split,
        because it is constant or too short.
    """

    left: Floats
    bases: Floats
    levels: Floats
    memory: NDArray[np.int64]
    persistence: Floats
    freedom: NDArray[np.int64]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where there is an innovation: `(periods, KPIs)`."""
        return np.isfinite(self.left)

    @property
    def filled(self) -> Floats:
        """The innovations with 0, their mean, where there is none."""
        return np.where(self.known, self.left, 0.0)


def find_innovations(values: Floats, *, period: int) -> Innovations:
    """Return the innovations of many KPIs at once.

    Parameters
    ----------
    values
        `(periods, KPIs)`, over regular periods without gaps; missing values are NaN.
    period
        Periods in a season; 1 means no season.

    Notes
    -----
    Ordinary regression on a level, a line, the season and the KPI's own past values, as
    many as the corrected information criterion (Hurvich and Tsai 1989) asks for: at least
    one, at most six and one for every sixteen periods (two in short histories). A period
    is left out where it or one of these past values is missing. Each period of a season
    has a column; where a season of more than twelve periods has not come twice, it has
    waves, a pair for every six periods of history. A KPI with fewer than two seasons and a
    period (waves: one season) cannot be split.
    """
    values = np.asarray(values, dtype=np.float64)
    scaled = _standardise(values)
    fixed = fixed_columns(len(values), period)
    past = _past(scaled, LONGEST_MEMORY)
    memory = _memory(scaled, past, fixed)
    left = np.full(scaled.shape, np.nan)
    bases = np.zeros((scaled.shape[1], len(scaled), fixed.shape[1] + LONGEST_MEMORY))
    freedom = np.zeros(scaled.shape[1], dtype=np.int64)
    for order in np.unique(memory):
        chosen = np.flatnonzero(memory == order)
        columns, target = _stack(scaled[:, chosen], past[:order, :, chosen], fixed)
        used = columns[:, :, 0] != 0  # the level, which is 1 where a period counts
        basis, rank = orthonormal(columns)
        new = target - np.einsum("kij,kj->ki", basis, np.einsum("kij,ki->kj", basis, target))
        left[:, chosen] = np.where(used, new, np.nan).T
        bases[chosen, :, : basis.shape[2]] = basis
        freedom[chosen] = np.maximum(used.sum(axis=1) - rank, 0)
    enough = np.isfinite(scaled).sum(axis=0) >= _shortest(period)
    moves = np.where(np.isfinite(left), np.abs(left), 0.0).max(axis=0, initial=0.0) > EXACT
    levels = _levels(scaled, fixed)
    return Innovations(
        left=left,
        bases=bases,
        levels=levels,
        memory=memory,
        persistence=_persistence(levels, np.isfinite(scaled).sum(axis=0)),
        freedom=np.where(enough & moves, freedom, 0),
    )


def fixed_columns(count: int, period: int) -> Floats:
    """Return level, line and season over `count` periods, as columns."""
    times = np.arange(count)
    line = (times - times.mean()) / max(count, 1)
    return np.column_stack([np.ones(count), line, _season(times, period)])


def orthonormal(columns: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return orthonormal columns with the same span, for each of a stack, and its rank.

    A column that depends on those before it becomes 0.
    """
    basis, triangle = np.linalg.qr(columns)
    kept = independent(triangle)
    return basis * kept[..., None, :], kept.sum(axis=-1)


def independent(triangle: Floats) -> NDArray[np.bool_]:
    """Return which columns depend on none before them, from their triangle.

    Of more columns than rows the first are looked at: the others depend on them.
    """
    left = np.abs(np.diagonal(triangle, axis1=-2, axis2=-1))
    size = np.sqrt(np.einsum("...ij,...ij->...j", triangle, triangle))[..., : left.shape[-1]]
    return np.asarray((left > DEPENDENT * size) & (size > 0))


def _season(times: NDArray[np.int64], period: int) -> Floats:
    if period <= PROFILE or len(times) > 2 * period:
        return season_columns(times, period)
    pairs = max(min(period // 2, len(times) // ROWS_A_WAVE), 1)
    angles = 2 * np.pi * np.outer(times, np.arange(1, pairs + 1)) / period
    return np.hstack([np.cos(angles), np.sin(angles)])


def _shortest(period: int) -> int:
    """Return how many values it takes to tell a season from what was new."""
    return 2 * period + 1 if period <= PROFILE else period


def _standardise(values: Floats) -> Floats:
    """Return values less their mean, in standard deviations; a constant becomes 0."""
    seen = np.isfinite(values)
    count = np.maximum(seen.sum(axis=0), 1)
    filled = np.where(seen, values, 0.0)
    mean = filled.sum(axis=0) / count
    apart = np.where(seen, values - mean, 0.0)
    spread = np.sqrt((apart**2).sum(axis=0) / count)
    size = np.abs(filled).max(axis=0, initial=0.0)
    spread = np.where(spread > EXACT * size, spread, np.inf)
    return np.where(seen, apart / spread, np.nan)


def _levels(values: Floats, fixed: Floats) -> Floats:
    """Return values less level, line and season; 0 where there is none."""
    seen = np.isfinite(values).T
    filled = np.where(seen, values.T, 0.0)
    basis, _ = orthonormal(fixed[None] * seen[:, :, None])
    explained = np.einsum("kij,kj->ki", basis, np.einsum("kij,ki->kj", basis, filled))
    return np.where(seen, filled - explained, 0.0).T


def _persistence(levels: Floats, count: NDArray[np.int64]) -> Floats:
    """Return the lag-one autocorrelation, corrected for its bias in short histories."""
    squares = (levels**2).sum(axis=0)
    found = (levels[1:] * levels[:-1]).sum(axis=0) / np.where(squares > 0, squares, 1.0)
    corrected: Floats = np.clip(found + (1 + 4 * found) / np.maximum(count, 1), 0.0, 1.0)
    return corrected


def _past(values: Floats, most: int) -> Floats:
    """Return the values 1 to `most` periods before: `(lags, periods, KPIs)`."""
    past = np.full((most, *values.shape), np.nan)
    for lag in range(1, most + 1):
        past[lag - 1, lag:] = values[:-lag]
    return past


def _stack(values: Floats, past: Floats, fixed: Floats) -> tuple[Floats, Floats]:
    """Return each KPI's columns and values; periods in which one is missing are 0."""
    used = np.isfinite(values) & np.isfinite(past).all(axis=0)
    own = np.where(used, past, 0.0).transpose(2, 1, 0)
    columns = np.concatenate([fixed[None] * used.T[:, :, None], own], axis=2)
    return columns, np.where(used, values, 0.0).T


def _memory(values: Floats, past: Floats, fixed: Floats) -> NDArray[np.int64]:
    """Return how many past values each KPI needs, by the corrected information criterion."""
    seen = np.isfinite(values).sum(axis=0)
    most = np.clip(seen // ROWS_A_LAG, 2, LONGEST_MEMORY)
    memory = np.ones(values.shape[1], dtype=np.int64)
    for limit in np.unique(most):
        chosen = np.flatnonzero(most == limit)
        columns, target = _stack(values[:, chosen], past[:limit, :, chosen], fixed)
        rows = (columns[:, :, 0] != 0).sum(axis=1)
        # the last column of the triangle holds what each further column explains
        joined = np.concatenate([columns, target[:, :, None]], axis=2)
        explained: Floats = np.asarray(np.linalg.qr(joined, mode="r"))[:, :, -1] ** 2
        squares = np.cumsum(explained[:, ::-1], axis=1)[:, ::-1]
        width = fixed.shape[1] + np.arange(1, limit + 1)
        memory[chosen] = 1 + _criterion(squares, width, rows).argmin(axis=1)
    return memory


def _criterion(squares: Floats, width: NDArray[np.int64], rows: NDArray[np.int64]) -> Floats:
    count = rows[:, None].astype(np.float64)
    places = np.minimum(width, squares.shape[1] - 1)
    variance = np.maximum(squares[:, places], np.finfo(float).tiny) / np.maximum(count, 1)
    spare = count - width - 2
    penalty = 2 * (width + 1) * count / np.maximum(spare, 1)
    found = count * np.log(variance) + penalty
    found[:, 1:][spare[:, 1:] < 5] = np.inf  # too little is left to tell one more from chance
    return found

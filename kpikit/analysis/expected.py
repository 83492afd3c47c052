"""What a KPI's other periods lead one to expect of each of them.

Every period is told from all the others (its *deleted* residual), by an average over a
grid of models: a line, a season that may be strong, weak or none, and errors that
remember a little, much or nothing, with and without noise on top. A model counts as much
as the other periods speak for it, so that no single choice of a model is bet on.

For values y with covariance K, columns X with free coefficients and
P = K⁻¹ - K⁻¹X(X'K⁻¹X)⁻¹X'K⁻¹, the value in place i differs from what the others predict by
(Py)ᵢ / Pᵢᵢ, and 1 / Pᵢᵢ is the variance of that difference (Haslett and Haslett 2007;
Rasmussen and Williams 2006, section 5.4.2). A period is left out, or a level begins anew,
by one more column, which changes P by a product: no model is ever fitted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kpikit.analysis.panel import Floats

# how much of one period's error is left in the next, and the share that is noise on top
ERRORS = (
    (-0.3, 0.0),
    (0.0, 0.0),
    (0.2, 0.0),
    (0.4, 0.0),
    (0.6, 0.0),
    (0.8, 0.0),
    (0.9, 0.0),
    (0.98, 0.0),
    (0.9, 0.5),
    (0.98, 0.5),
    (0.98, 0.8),
)
SEASONS = (0.3, 1.0, 4.0, 16.0)  # variance of a season's places, in that of one period's surprise
LINE = 2  # columns of a level and a slope
# of the degrees of freedom; the rest is spent on weighing the models (simulated: 36 to 120 periods)
KEPT = 0.76
SEASON_COST = 0.5  # degrees of freedom that each place of a season takes
EXACT = 1e-9  # residuals this small beside the values are rounding
DETERMINED = 1e-6  # a period with less information than this is told by no other


@dataclass(frozen=True, kw_only=True, eq=False)
class Expectation:
    """What is expected of every period by the others.

    Attributes
    ----------
    center, spread
        Expected value, and the standard error of a new value around it; NaN where no
        other period tells.
    freedom
        Degrees of freedom of the spread.
    """

    center: Floats
    spread: Floats
    freedom: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Models:
    """The grid: `inverse` is P, `size` the log determinants, `prior` log weights."""

    seasonal: Floats  # 1 for a model with a season

    inverse: Floats
    size: Floats
    prior: Floats


def expect(
    values: Floats, period: int, *, apart: Sequence[int] = (), anew: Sequence[int] = ()
) -> Expectation:
    """Tell every value from the others.

    Parameters
    ----------
    values
        One a period, without gaps; what stands in a place that is left out is of no
        consequence.
    apart
        Places left out: they tell nothing, and are told by the rest.
    anew
        Places from which on the level is another, which nothing before tells.
    """
    models = _models(len(values), period)
    centered = values - np.median(values)
    free = len(values) - LINE - len(apart) - len(anew)
    if free < 2:
        nothing = np.full(len(values), np.nan)
        return Expectation(center=nothing, spread=nothing, freedom=1)
    pulled = models.inverse @ centered
    told = np.diagonal(models.inverse, axis1=1, axis2=2)
    squares = pulled @ centered
    size = models.size
    columns = _columns(len(values), apart, anew)
    if columns.shape[1]:
        across = models.inverse @ columns
        inside = np.linalg.inv(np.swapaxes(across, 1, 2) @ columns)
        weights = across @ inside
        shift = np.einsum("gqr,gr->gq", inside, pulled @ columns)
        squares = squares - np.einsum("gq,gq->g", shift, pulled @ columns)
        pulled = pulled - np.einsum("gnq,gq->gn", across, shift)
        told = told - np.einsum("gnq,gnq->gn", across, weights)
        size = size - np.linalg.slogdet(inside)[1]
    floor = free * (EXACT * float(np.abs(values).max())) ** 2 + np.finfo(float).tiny
    squares = np.maximum(squares, floor)
    evidence = models.prior - 0.5 * size - 0.5 * free * np.log(squares)
    told = np.where(told > DETERMINED, told, np.nan)
    offset = -pulled / told
    left = np.maximum(squares[:, None] - pulled**2 / told, floor)
    variance = left / (free - 1) / told
    # what a model says of the period itself is taken out of its evidence
    weight = evidence[:, None] + 0.5 * (np.log(variance) + free * np.log(squares[:, None] / left))
    if len(apart):
        outside = np.asarray(apart)
        count = len(outside)
        offset[:, outside] = -shift[:, :count]
        spread = np.diagonal(inside, axis1=1, axis2=2)[:, :count]
        variance[:, outside] = spread * squares[:, None] / free
        weight[:, outside] = evidence[:, None]
    center, spread = _average(offset, variance, weight)
    share = np.exp(evidence - evidence.max())
    lost = SEASON_COST * period * float(share @ models.seasonal / share.sum())
    return Expectation(
        center=values + center,
        spread=spread,
        freedom=max(1, round(KEPT * (free - 1 - lost))),
    )


def _columns(n: int, apart: Sequence[int], anew: Sequence[int]) -> Floats:
    """Return a column of its own for each place left out and each level that begins anew."""
    outside = np.zeros((n, len(apart)))
    outside[list(apart), np.arange(len(apart))] = 1.0
    steps = np.arange(n)[:, None] >= np.asarray(anew, dtype=int)[None, :]
    return np.hstack([outside, steps.astype(float)])


def _average(offset: Floats, variance: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Average the models' predictions; `weight` is a logarithm, NaN where nothing tells."""
    known = np.isfinite(weight).all(axis=0)
    center = np.full(offset.shape[1], np.nan)
    spread = center.copy()
    share = np.exp(weight[:, known] - weight[:, known].max(axis=0))
    share /= share.sum(axis=0)
    center[known] = (share * offset[:, known]).sum(axis=0)
    apart = (offset[:, known] - center[known]) ** 2
    spread[known] = np.sqrt((share * (variance[:, known] + apart)).sum(axis=0))
    return center, spread


@lru_cache(maxsize=8)
def _models(n: int, period: int) -> _Models:
    """Return the grid for `n` periods; a season takes part from two of them on."""
    line = np.column_stack([np.ones(n), np.linspace(-1, 1, n)])
    places = np.arange(n)[:, None] % period == np.arange(period)
    season = places - 1.0 / period if period > 1 and n >= 2 * period else None
    found = []
    for memory, noise in ERRORS:
        precision, size = _precision(n, memory, noise)
        found.append(_project(precision, size, line, None, 0.0))
        if season is not None:
            shared = -np.log(len(SEASONS))
            found += [
                _project(precision, size, np.hstack([line, season]), variance, shared)
                for variance in SEASONS
            ]
    inverse, sizes, prior = zip(*found, strict=True)
    return _Models(
        inverse=np.array(inverse),
        size=np.array(sizes),
        prior=np.array(prior),
        seasonal=(np.array(prior) < 0).astype(float),  # theirs is a share of the prior
    )


def _precision(n: int, memory: float, noise: float) -> tuple[Floats, float]:
    """Return the inverse of the errors' covariance, one surprise worth 1, and its log size."""
    if noise:
        lags = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        covariance = (1 - noise) * memory**lags / (1 - memory**2) + noise * np.eye(n)
        inverse = np.linalg.inv(covariance)
        size = float(np.linalg.slogdet(covariance)[1])
    else:
        inside = np.full(n, 1 + memory**2)
        inside[[0, -1]] = 1.0
        beside = np.full(n - 1, -memory)
        inverse = np.diag(inside) + np.diag(beside, 1) + np.diag(beside, -1)
        size = -float(np.log(1 - memory**2))
    scale = float(np.diagonal(inverse).mean())
    return np.asarray(inverse / scale, dtype=np.float64), size + n * float(np.log(scale))


def _project(
    precision: Floats, size: float, columns: Floats, variance: float | None, prior: float
) -> tuple[Floats, float, float]:
    """Take a line, and a season of the variance given, out of a precision."""
    held = np.zeros(columns.shape[1])
    if variance is not None:
        held[LINE:] = 1 / variance
        size = size + (columns.shape[1] - LINE) * np.log(variance)
    across = precision @ columns
    inside = columns.T @ across + np.diag(held)
    inverse = precision - across @ np.linalg.solve(inside, across.T)
    return inverse, size + float(np.linalg.slogdet(inside)[1]), prior

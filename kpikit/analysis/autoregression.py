"""Fit lines whose errors remember the period before: AR(1), by restricted likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats

MOST = 0.97  # a memory nearer to one cannot be told from a random walk at these lengths
MEMORIES: Floats = np.append(np.arange(0.0, 0.955, 0.025), MOST)
EXACT = 1e-13  # residuals this small beside the values are rounding, not noise
# degrees of freedom of the t reference that a full memory takes, since it is estimated itself
# (simulated: 24 to 120 periods), and what is left to it at least
MEMORY_COST, LEAST_FREEDOM = 25.0, 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """A regression with AR(1) errors.

    Attributes
    ----------
    phi
        The memory used: the likeliest of `MEMORIES`.
    freedom
        Degrees of freedom of the t reference: fewer, the longer the memory.
    """

    coefficients: Floats
    covariance: Floats
    phi: float
    freedom: float
    rank: int
    squares: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Memories:
    """The same regression under every memory in `MEMORIES`, one entry each.

    Attributes
    ----------
    squares
        Sums of squares left after whitening.
    weights
        How likely each memory is, by restricted likelihood and nothing else; they sum to 1.
    """

    squares: Floats
    weights: Floats
    rank: int


def fit_line(values: Floats, times: NDArray[np.int64], columns: Floats) -> Line:
    """Fit `columns` to `values` observed at whole `times`, which may leave gaps.

    Notes
    -----
    The memory maximises the restricted likelihood (Patterson and Thompson 1971), which
    takes account of what the columns use up, so that it is not too short in short series.
    The t reference has (n - k)(1 - phi^2) / (1 + phi^2) degrees of freedom, by which a
    variance is told (Bayley and Hammersley 1946), less 25 phi^3; two at least.
    Across a gap of g periods the memory is phi to the power g.
    """
    basis, back, rank = _basis(columns)
    exact = is_exact(values, values - basis @ (basis.T @ values))
    phi = 0.0 if exact else float(MEMORIES[weigh_memories(values, times, columns).weights.argmax()])
    white_values, white = whiten(values, times, basis, phi=phi)
    inverse = np.linalg.inv(white.T @ white)
    found = inverse @ (white.T @ white_values)
    left = white_values - white @ found
    squares = 0.0 if exact else float(left @ left)
    free = max(len(values) - rank, 1)
    return Line(
        coefficients=back @ found,
        covariance=back @ inverse @ back.T * squares / free,
        phi=phi,
        freedom=max(LEAST_FREEDOM, free * (1 - phi**2) / (1 + phi**2) - MEMORY_COST * phi**3),
        rank=rank,
        squares=squares,
    )


def weigh_memories(values: Floats, times: NDArray[np.int64], columns: Floats) -> Memories:
    """Fit `columns` under every memory, and say how likely each is."""
    basis, _, rank = _basis(columns)
    power, scale = _factors(times, MEMORIES[:, None])
    white = _whiten(np.column_stack([values, basis]), power, scale)
    products = np.swapaxes(white, 1, 2) @ white
    lower = np.linalg.cholesky(products[:, 1:, 1:])
    shared = np.linalg.solve(lower, products[:, 1:, :1])[:, :, 0]
    squares = np.maximum(products[:, 0, 0] - (shared**2).sum(axis=1), np.finfo(float).tiny)
    heights = np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    likelihood = np.log(scale).sum(axis=1) - heights - (len(values) - rank) / 2 * np.log(squares)
    width = np.gradient(MEMORIES)
    weights = np.exp(likelihood - likelihood.max()) * width
    return Memories(squares=squares, weights=weights / weights.sum(), rank=rank)


def whiten(
    values: Floats, times: NDArray[np.int64], columns: Floats, *, phi: float
) -> tuple[Floats, Floats]:
    """Take the memory out, so that what is left is alike and independent in every period."""
    white = _whiten(np.column_stack([values, columns]), *_factors(times, np.array(phi)))
    return white[:, 0], white[:, 1:]


def log_scale(times: NDArray[np.int64], phi: float) -> float:
    """Return the logarithm of the volume by which whitening stretches."""
    return float(np.log(_factors(times, np.array(phi))[1]).sum())


def is_exact(values: Floats, left: Floats) -> bool:
    """Return whether residuals are nothing but rounding."""
    size = float(np.abs(values).max())
    return float(np.abs(left).max()) <= EXACT * max(size, np.finfo(float).tiny)


def _factors(times: NDArray[np.int64], phi: Floats) -> tuple[Floats, Floats]:
    """Return what is kept of the period before, and the scale of each period."""
    power = phi ** np.diff(times).astype(float)
    first = np.sqrt(1 - phi**2) * np.ones(phi.shape[:-1] + (1,))
    return power, np.concatenate([first, first / np.sqrt(1 - power**2)], axis=-1)


def _whiten(table: Floats, power: Floats, scale: Floats) -> Floats:
    """Whiten the rows of a table, under one memory or under several at once."""
    white = np.repeat(table[None], len(power), axis=0) if power.ndim > 1 else table.copy()
    white[..., 1:, :] -= power[..., None] * table[:-1]
    return np.asarray(white * scale[..., None], dtype=np.float64)


def _basis(columns: Floats) -> tuple[Floats, Floats, int]:
    """Return an orthonormal basis of the columns, and the way back to their coefficients."""
    left, sizes, right = np.linalg.svd(columns, full_matrices=False)
    rank = int((sizes > sizes[0] * len(columns) * np.finfo(float).eps).sum())
    return left[:, :rank], right[:rank].T / sizes[:rank], rank

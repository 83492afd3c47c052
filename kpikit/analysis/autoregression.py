"""Fit lines whose errors remember the period before: AR(1), by Prais and Winsten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats

MOST = 0.97  # a memory nearer to one cannot be told from a random walk at these lengths
ROUNDS = 3  # the estimate of the memory and the line settle within three
EXACT = 1e-13  # residuals this small beside the values are rounding, not noise


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """A regression with AR(1) errors.

    Attributes
    ----------
    phi
        The memory used: bias-corrected, within 0 and `MOST`.
    raw_phi
        The corrected estimate before it was held within these limits.
    freedom
        Degrees of freedom worth `n` independent periods' less what memory takes.
    """

    coefficients: Floats
    covariance: Floats
    phi: float
    raw_phi: float
    freedom: float
    rank: int
    squares: float


def fit_line(values: Floats, times: NDArray[np.int64], columns: Floats) -> Line:
    """Fit `columns` to `values` observed at whole `times`, which may leave gaps.

    Notes
    -----
    The memory is the lag-one coefficient of the residuals, corrected for its bias in
    short series by (2 + 4 r) / n (Kendall 1954; Marriott and Pope 1954). The t reference
    has (n - k)(1 - phi) / (1 + phi) degrees of freedom, three at least. Across a gap of g
    periods the memory is phi to the power g.
    """
    n = len(values)
    coefficients = _least_squares(values, columns)[0]
    phi = raw = 0.0
    if not _is_exact(values, values - columns @ coefficients):
        for _ in range(ROUNDS):
            raw = _memory(values - columns @ coefficients, times)
            phi = float(np.clip(raw, 0.0, MOST))
            coefficients = _least_squares(*whiten(values, times, columns, phi=phi))[0]
    white_values, white_columns = whiten(values, times, columns, phi=phi)
    coefficients, rank = _least_squares(white_values, white_columns)
    left = white_values - white_columns @ coefficients
    squares = 0.0 if _is_exact(values, values - columns @ coefficients) else float(left @ left)
    free = max(n - rank, 1)
    return Line(
        coefficients=coefficients,
        covariance=np.linalg.pinv(white_columns.T @ white_columns) * squares / free,
        phi=phi,
        raw_phi=raw,
        freedom=max(3.0, free * (1 - phi) / (1 + phi)),
        rank=rank,
        squares=squares,
    )


def whiten(
    values: Floats, times: NDArray[np.int64], columns: Floats, *, phi: float
) -> tuple[Floats, Floats]:
    """Take the memory out, so that what is left is alike and independent in every period."""
    power = phi ** np.diff(times).astype(float)
    first = np.sqrt(1 - phi**2)
    scale = first / np.sqrt(1 - power**2)
    white = np.concatenate([[first * values[0]], scale * (values[1:] - power * values[:-1])])
    rows = scale[:, None] * (columns[1:] - power[:, None] * columns[:-1])
    return white, np.vstack([first * columns[:1], rows])


def _memory(left: Floats, times: NDArray[np.int64]) -> float:
    """Return the bias-corrected lag-one coefficient over neighbouring periods."""
    next_to = np.diff(times) == 1
    before, after = left[:-1][next_to], left[1:][next_to]
    squares = float(before @ before)
    if squares == 0.0:
        return 0.0
    found = float(after @ before) / squares
    return found + (2 + 4 * max(found, 0.0)) / len(left)


def _least_squares(values: Floats, columns: Floats) -> tuple[Floats, int]:
    coefficients, _, rank, _ = np.linalg.lstsq(columns, values, rcond=None)
    return np.asarray(coefficients, dtype=np.float64), int(rank)


def _is_exact(values: Floats, left: Floats) -> bool:
    size = float(np.abs(values).max())
    return float(np.abs(left).max()) <= EXACT * max(size, np.finfo(float).tiny)

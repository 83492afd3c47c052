"""Test whether a block of past values adds to a regression: many candidates at once.

Granger's test (1969) for one target and many candidates needs the target's own part of
the regression only once, and what each candidate adds comes from small triangles. So
there is no loop over candidates, and no regression is computed twice.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.innovations import independent
from kpikit.analysis.panel import Floats

SAFE = 1e-3  # a column of which less is new loses digits when it is squared
LOST = 1e-4  # of a square: where less is left, a difference of squares has lost too many


def explained(
    left: Floats, blocks: Floats, *, basis: Floats | None = None
) -> tuple[Floats, NDArray[np.int64]]:
    """Return by how much each block lowers the sum of squares, and its rank.

    Parameters
    ----------
    left
        `(periods,)`: what the target's own part of the regression leaves.
    blocks
        `(candidates, columns, periods)`.
    basis
        Orthonormal columns of the target's own part; none where blocks are orthogonal to it.
    """
    if basis is not None:
        within = blocks @ basis
        products = blocks @ blocks.transpose(0, 2, 1)
        rest = products - within @ within.transpose(0, 2, 1)
        whole, apart = (np.diagonal(one, axis1=1, axis2=2) for one in (products, rest))
        if (apart > LOST * whole).all():
            return _gain(left, blocks, rest)
        blocks = blocks - within @ basis.T
    return _gain(left, blocks, blocks @ blocks.transpose(0, 2, 1))


def _gain(left: Floats, blocks: Floats, products: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return what blocks explain, from the products of their columns."""
    size = np.sqrt(np.maximum(np.diagonal(products, axis1=1, axis2=2), 0.0))
    scale = np.where(size > 0, size, 1.0)
    shares = (blocks @ left) / scale
    with suppress(np.linalg.LinAlgError):
        lower = np.linalg.cholesky(products / (scale[:, :, None] * scale[:, None, :]))
        if np.diagonal(lower, axis1=1, axis2=2).min(initial=1.0) > SAFE:
            found = np.linalg.solve(lower, shares[:, :, None])[:, :, 0]
            return (found**2).sum(axis=1), np.full(len(blocks), blocks.shape[1])
    joined = np.concatenate([blocks, np.broadcast_to(left, (len(blocks), 1, len(left)))], axis=1)
    triangle = np.asarray(np.linalg.qr(joined.transpose(0, 2, 1), mode="r"))
    kept = independent(triangle[:, :-1, :-1])
    # the last column holds what each column explains, so that no basis is needed
    return (triangle[:, :-1, -1] ** 2 * kept).sum(axis=1), kept.sum(axis=1)


def granger_f(
    target: Floats, candidates: Floats, *, max_lag: int
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return Granger's F statistics for every candidate and every number of lags.

    Parameters
    ----------
    target
        `(periods,)`, without missing values.
    candidates
        `(periods, candidates)`, without missing values.
    max_lag
        One test for each number of lags from 1 to this; a test of p lags regresses on p
        own past values and p of the candidate's.

    Returns
    -------
    tuple
        F statistics and p-values, `(max_lag, candidates)`, and the degrees of freedom of
        the denominator for each number of lags.

    Notes
    -----
    The same regressions as `statsmodels.tsa.stattools.grangercausalitytests`
    (`ssr_ftest`), on raw values: no season, no trend. `find_leads` says why it should
    not be used on KPIs as they are.
    """
    from scipy import stats

    count, kpis = candidates.shape
    lags = np.arange(1, max_lag + 1)
    ratio = np.full((max_lag, kpis), np.nan)
    freedom = count - 3 * lags - 1
    series = np.ascontiguousarray((candidates - candidates.mean(axis=0)).T)
    for order in lags:
        rows = count - order
        past = [slice(order - lag, count - lag) for lag in range(1, order + 1)]
        own = np.column_stack([np.ones(rows), *(target[place] for place in past)])
        basis = np.linalg.qr(own)[0]
        left = target[order:] - basis @ (basis.T @ target[order:])
        blocks = np.stack([series[:, place] for place in past], axis=1)
        gain, _ = explained(left, blocks, basis=basis)
        rest = (left @ left - gain) / freedom[order - 1]
        ratio[order - 1] = gain / order / np.maximum(rest, np.finfo(float).tiny)
    p_value = stats.f.sf(ratio, lags[:, None], freedom[:, None])
    return ratio, p_value, freedom

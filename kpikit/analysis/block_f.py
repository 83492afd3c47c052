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


def explained(left: Floats, blocks: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return by how much each block lowers the sum of squares, and its rank.

    Parameters
    ----------
    left
        `(periods,)`: what the target's own part of the regression leaves.
    blocks
        `(candidates, periods, columns)`, orthogonal to the target's own part.
    """
    width = blocks.shape[2]
    joined = np.empty((*blocks.shape[:2], width + 1))
    joined[:, :, :width] = blocks
    joined[:, :, width] = left
    size = np.sqrt(np.einsum("kij,kij->kj", joined, joined))
    joined /= np.where(size > 0, size, 1.0)[:, None, :]
    triangle = _triangle(joined)
    kept = independent(triangle[:, :width, :width])
    # the last column holds what each column explains, so that no basis is needed
    gain = (triangle[:, :width, width] ** 2 * kept).sum(axis=1) * size[:, width] ** 2
    return gain, kept.sum(axis=1)


def _triangle(columns: Floats) -> Floats:
    """Return each stack's triangle: from its products, or where they lose digits, by QR."""
    with suppress(np.linalg.LinAlgError):
        lower = np.linalg.cholesky(columns.transpose(0, 2, 1) @ columns)
        if np.diagonal(lower, axis1=1, axis2=2).min(initial=1.0) > SAFE:
            return np.asarray(lower.transpose(0, 2, 1))
    return np.asarray(np.linalg.qr(columns, mode="r"))


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
    for order in lags:
        rows = count - order
        past = [slice(order - lag, count - lag) for lag in range(1, order + 1)]
        own = np.column_stack([np.ones(rows), *(target[place] for place in past)])
        basis = np.linalg.qr(own)[0]
        left = target[order:] - basis @ (basis.T @ target[order:])
        joined = np.concatenate([candidates[place] for place in past], axis=1)
        joined = joined - basis @ (basis.T @ joined)
        gain, _ = explained(left, joined.reshape(rows, order, kpis).transpose(2, 0, 1))
        rest = (left @ left - gain) / freedom[order - 1]
        ratio[order - 1] = gain / order / np.maximum(rest, np.finfo(float).tiny)
    p_value = stats.f.sf(ratio, lags[:, None], freedom[:, None])
    return ratio, p_value, freedom

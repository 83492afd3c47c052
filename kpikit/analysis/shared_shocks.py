"""Correlate what is new in KPIs, pair by pair, with what all of them share taken off.

A shock that hits the whole organisation moves every KPI, so that any two of them look tied. It
is not observed; the other KPIs only show it, each with noise of its own, and a regression on
what they show leaves part of it in. So the share of a correlation that goes back to the shock
is estimated, and taken off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.innovations import Innovations
from kpikit.analysis.panel import Floats

Places = NDArray[np.int64]

FEWEST = 5  # KPIs of which a shared shock can be told
MOST_SHARED = 0.95  # of a KPI's spread
LEAST_OWN = 0.15  # of a KPI's variance
TIED = (2.5, 4.0)  # standard errors: from the first on a pair weighs less, from the second nothing
HELD = 10.0  # over the number of periods: holds loadings that few KPIs tell near 0
UNEVEN = 0.1  # over the number of KPIs: variance of what is shared beside what loadings say
A_SHOCK = 3.0  # squared standard errors a KPI, by which a shared shock must explain more
NOISIEST = 3.0  # variance of what few KPIs show of a shock, beside the shock's own
LARGE = 60  # KPIs: on such a board one pair bends no loading but its own
CELLS = 4_000_000  # of a table held at once
BROAD = 0.25  # of the KPIs: what fewer share is no shock, but sums and their parts, as a rule
ROUNDS, STEPS, LAST_STEPS = 8, 15, 6


@dataclass(frozen=True, kw_only=True, eq=False)
class PairTests:
    """Every pair of KPIs, with its correlation.

    Attributes
    ----------
    first, second
        Places of the two KPIs.
    correlation
        Of what is new in both, shared shocks taken off.
    slope, slope_back
        How far the second moves with what is new in the first, in standard deviations of
        what is new in them; and the first with the second.
    freedom
        Periods less columns used.
    noise
        The factor by which the correlation's variance exceeds one without a shared shock.
    """

    first: Places
    second: Places
    correlation: Floats
    slope: Floats
    slope_back: Floats
    freedom: Floats
    noise: Floats

    def p_values(self, sign: Floats) -> Floats:
        """Return how often chance alone takes a correlation as far in a sign's direction.

        NaN where there is too little history.
        """
        from scipy import stats

        found = np.clip(sign * self.correlation / np.sqrt(self.noise), -1 + 1e-12, 1 - 1e-12)
        free = np.maximum(self.freedom, 1)
        p_value = stats.t.sf(found * np.sqrt(free / (1 - found**2)), free)
        return np.where(self.freedom >= 1, p_value, np.nan)


def correlate_pairs(new: Innovations, *, shared: bool) -> PairTests:
    """Correlate what is new in every pair of KPIs.

    Parameters
    ----------
    new
        The innovations of a board.
    shared
        Whether to take off what all KPIs share; of fewer than five it cannot be told.

    Notes
    -----
    One factor, where it makes the correlations likelier and is spread over a quarter of the
    KPIs or more: a correlation is the product of two KPIs' loadings, but for pairs with ties
    of their own. Loadings are fitted to the correlations off the diagonal (Harman and Jones
    1966), weighted by what is a KPI's own; pairs that stay apart from it by 2.5 standard
    errors weigh less, by 4 nothing (Hampel's weights), so that a true tie between two KPIs
    bends no loading. The loadings with which a pair is judged are fitted without that pair.
    """
    known = new.known.astype(float)
    cross, own = new.filled.T @ new.filled, (new.filled**2).T @ known
    size = np.sqrt(own * own.T)
    matrix = np.clip(cross / np.where(size > 0, size, np.inf), -1.0, 1.0)
    first, second = (np.asarray(part, dtype=np.int64) for part in np.triu_indices(len(matrix), 1))
    used = known.sum(axis=0) - new.freedom
    together = (known.T @ known)[first, second]
    freedom = together - np.maximum(used[first], used[second]) - 1
    usable = new.freedom > 0
    freedom = np.where(usable[first] & usable[second], freedom, 0.0)
    pairs = (first, second)
    if not shared or usable.sum() < FEWEST:
        correlation = matrix[pairs]
        return PairTests(
            first=first,
            second=second,
            correlation=correlation,
            slope=correlation,
            slope_back=correlation,
            freedom=freedom,
            noise=np.ones(len(first)),
        )
    matrix = matrix * np.outer(usable, usable)
    one, other, noise = _loadings(matrix, pairs, float(np.median(new.freedom[usable])))
    left = matrix[pairs] - one * other
    rest, other_rest = (np.maximum(1 - part**2, LEAST_OWN) for part in (one, other))
    error = (rest + one**2 * noise) * (other_rest + other**2 * noise)
    error += (one * other) ** 2 * (noise**2 + freedom * UNEVEN / usable.sum())
    return PairTests(
        first=first,
        second=second,
        correlation=np.clip(left / np.sqrt(rest * other_rest), -1 + 1e-12, 1 - 1e-12),
        slope=left / rest,
        slope_back=left / other_rest,
        freedom=np.maximum(freedom - 1, 0.0),
        noise=error / (rest * other_rest),
    )


def _loadings(matrix: Floats, pairs: tuple[Places, ...], freedom: float) -> Floats:
    """Return both loadings of every pair, fitted without it, and the noise in what shows them."""
    off = matrix - np.diag(np.diag(matrix))
    values, vectors = np.linalg.eigh(matrix)
    start = vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.1))
    loading = np.clip(start, -MOST_SHARED, MOST_SHARED)[None]
    weights = 1 - np.eye(len(matrix))
    held = HELD / freedom
    for _ in range(ROUNDS):
        for _ in range(STEPS):
            loading = (loading + _step(loading, off, weights, held)[0]) / 2
        weights = _weights(loading[0], off, freedom)
    found = loading[0]
    gained = _unlikeness(0 * found, off, freedom) - _unlikeness(found, off, freedom)
    if gained < A_SHOCK * len(matrix) or _breadth(found) < BROAD * len(matrix):
        return np.zeros((3, len(pairs[0])))
    if len(matrix) > LARGE:
        return _less_pair(found, off, weights, held, pairs)
    size = max(1, CELLS // len(matrix))
    parts = [
        _without_pair(loading, off, weights, held, tuple(part[at : at + size] for part in pairs))
        for at in range(0, len(pairs[0]), size)
    ]
    return np.hstack(parts)


def _without_pair(
    loading: Floats, off: Floats, weights: Floats, held: float, pairs: tuple[Places, ...]
) -> Floats:
    """Return both loadings of some pairs, fitted without that pair, and their noise."""
    fitted = np.repeat(loading, len(pairs[0]), axis=0)
    for _ in range(LAST_STEPS):
        fitted = (fitted + _step(fitted, off, weights, held, without=pairs)[0]) / 2
    found, told = _step(fitted, off, weights, held, without=pairs)
    rows, (one, other) = np.arange(len(found)), pairs
    noise = 1 / np.sqrt(np.maximum(told[rows, one] * told[rows, other], 1e-9))
    return np.stack([found[rows, one], found[rows, other], np.minimum(noise, NOISIEST)])


def _less_pair(
    loading: Floats, off: Floats, weights: Floats, held: float, pairs: tuple[Places, ...]
) -> Floats:
    """Return the same on a large board, where no other loading is bent by the pair.

    All pairs start from one fit then, so that each takes only its own term off.
    """
    share = loading / np.maximum(1 - loading**2, LEAST_OWN)
    told, size = share @ (off * weights), (share * loading) @ weights
    fits, sizes = [], []
    for one, other in (pairs, pairs[::-1]):
        weight = weights[one, other]
        sizes.append(size[one] - weight * (share * loading)[other])
        fits.append((told[one] - weight * off[one, other] * share[other]) / (sizes[-1] + held))
    noise = 1 / np.sqrt(np.maximum(sizes[0] * sizes[1], 1e-9))
    held_fits = np.clip(fits, -MOST_SHARED, MOST_SHARED)
    return np.vstack([held_fits, np.minimum(noise, NOISIEST)])


def _step(
    loading: Floats,
    off: Floats,
    weights: Floats,
    held: float,
    *,
    without: tuple[Places, ...] | None = None,
) -> tuple[Floats, Floats]:
    """Return loadings fitted to correlations with the others', and how well these tell them.

    Each row is a fit of its own, `without` one pair.
    """
    share = loading / np.maximum(1 - loading**2, LEAST_OWN)
    told, size = share @ (off * weights), (share * loading) @ weights
    if without is not None:
        rows = np.arange(len(loading))
        for one, other in (without, without[::-1]):
            weight = weights[one, other]
            told[rows, one] -= weight * off[one, other] * share[rows, other]
            size[rows, one] -= weight * (share * loading)[rows, other]
    return np.clip(told / (size + held), -MOST_SHARED, MOST_SHARED), size


def _weights(loading: Floats, off: Floats, freedom: float) -> Floats:
    """Return how much each pair counts, by how far it lies from what the loadings say."""
    apart = _apart(loading, off, freedom)
    less = TIED[0] / np.maximum(apart, TIED[0]) * (TIED[1] - apart) / (TIED[1] - TIED[0])
    weights = np.where(apart < TIED[0], 1.0, np.maximum(less, 0.0))
    np.fill_diagonal(weights, 0.0)
    return weights


def _unlikeness(loading: Floats, off: Floats, freedom: float) -> float:
    """Return how far all pairs lie from what the loadings say; tied ones count as at a limit."""
    apart = np.minimum(_apart(loading, off, freedom), TIED[1])
    return float((apart**2)[np.triu_indices(len(apart), 1)].sum())


def _breadth(loading: Floats) -> float:
    """Return how many KPIs loadings are spread over."""
    return float((loading**2).sum() ** 2 / max((loading**4).sum(), 1e-12))


def _apart(loading: Floats, off: Floats, freedom: float) -> Floats:
    """Return the distance of every pair's correlation from the loadings', in standard errors."""
    rest = np.maximum(1 - loading**2, LEAST_OWN)
    left = (off - np.outer(loading, loading)) / np.sqrt(np.outer(rest, rest))
    return np.asarray(np.abs(np.arctanh(np.clip(left, -0.99, 0.99))) * np.sqrt(freedom))

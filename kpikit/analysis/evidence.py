"""Say how much a lead tells, whether it does so throughout, and what could not have been seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats
from kpikit.periods import Grain

POWER = 0.84  # standard errors beyond the threshold, for four chances in five
NORMAL = 1.96  # of the 95 % interval
FOLDS = 3  # forecasts are checked on the last third, refitted for every part of it
SPARE = 10  # free periods that a fit needs before it may forecast
LEAST = 8  # periods on either side of a split


def partial_r2(t_values: Floats, freedom: int) -> tuple[Floats, Floats, Floats]:
    """Return what share of the new in a target a lead explains, with its 95 % interval.

    Fisher's transformation of the partial correlation. Of leads picked because they are
    strong the share is too high on average, as of all that is picked so.
    """
    free = max(freedom - 1, 1)
    found = t_values**2 / (t_values**2 + free)
    middle = np.arctanh(np.minimum(np.sqrt(found), 1 - 1e-12))
    reach = NORMAL / np.sqrt(max(free - 2, 1))
    lower = np.tanh(np.maximum(middle - reach, 0.0)) ** 2
    return found, lower, np.tanh(middle + reach) ** 2


def smallest_seen(freedom: int, p_limit: float, *, tails: int = 2) -> float:
    """Return the share that a lead must explain to be seen four times in five.

    Parameters
    ----------
    p_limit
        The p-value of one lag's test that is needed.
    """
    from scipy import stats

    free = max(freedom - 1, 1)
    needed = float(stats.t.isf(p_limit / tails, free)) + POWER
    return needed**2 / (needed**2 + free)


def forecast_gain(basis: Floats, rows: NDArray[np.bool_], left: Floats, lagged: Floats) -> Floats:
    """Return by which share one-step forecasts err less with each lead than without.

    Parameters
    ----------
    basis, left
        The target's own part of the regression, and what it leaves.
    rows
        The periods that count.
    lagged
        `(periods, candidates)`: each candidate at its lag.

    Notes
    -----
    The last third of the periods is forecast in three parts, each by what was known before
    it: both regressions are fitted again on the periods before. Root mean squared errors
    are compared; below 0 the lead made forecasts worse. NaN where too few periods remain.
    """
    own, new, past = basis[rows], left[rows], lagged[rows]
    width = int((np.abs(own).max(axis=0, initial=0.0) > 0).sum())
    count = len(new)
    edges = np.linspace(count - count // 3, count, FOLDS + 1).round().astype(int)
    if edges[0] - width < SPARE or count // 3 < FOLDS:
        return np.full(lagged.shape[1], np.nan)
    without, beside = np.zeros(lagged.shape[1]), np.zeros(lagged.shape[1])
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        joined = np.column_stack([new, past])
        fitted = np.linalg.lstsq(own[:start], joined[:start], rcond=None)[0]
        rest = joined - own @ fitted
        size = (rest[:start, 1:] ** 2).sum(axis=0)
        slope = rest[:start, 1:].T @ rest[:start, 0] / np.where(size > 0, size, np.inf)
        without += (rest[start:end, 0] ** 2).sum()
        beside += ((rest[start:end, :1] - rest[start:end, 1:] * slope) ** 2).sum(axis=0)
    return np.asarray(1 - np.sqrt(beside / np.where(without > 0, without, np.nan)))


def both_parts(
    left: Floats,
    lagged: Floats,
    rows: NDArray[np.bool_],
    *,
    split: NDArray[np.int64],
    freedom: int,
) -> tuple[Floats, Floats, NDArray[np.object_]]:
    """Return the partial correlation before and after a period, and where the link holds.

    Parameters
    ----------
    split
        For each candidate, the first period of the later part.
    freedom
        Of the whole; each part has its share of it.

    Notes
    -----
    `throughout` where both have one sign and differ by no more than chance would (Fisher's
    z, 5 %); else `earlier` or `later`, whichever is stronger. Empty where a part is short.
    """
    running = [
        np.vstack([np.zeros(lagged.shape[1]), np.cumsum(one, axis=0)])
        for one in (
            lagged * left[:, None],
            lagged**2,
            np.broadcast_to(left[:, None] ** 2, lagged.shape),
            np.broadcast_to(rows[:, None], lagged.shape).astype(float),
        )
    ]
    at = np.clip(split, 0, len(left))[None, :]
    first = [np.take_along_axis(one, at, axis=0)[0] for one in running]
    last = [one[-1] - part for one, part in zip(running, first, strict=True)]
    earlier, later = _correlation(first), _correlation(last)
    worth = [freedom * part[3] / np.maximum(running[3][-1], 1) - 3 for part in (first, last)]
    reach = np.sqrt(sum(1 / np.maximum(free, 1) for free in worth))
    apart = np.abs(np.arctanh(earlier) - np.arctanh(later)) > NORMAL * reach
    stronger = np.where(np.abs(earlier) > np.abs(later), "earlier", "later")
    holds = np.where((earlier * later > 0) & ~apart, "throughout", stronger).astype(object)
    short = np.minimum(first[3], last[3]) < LEAST
    holds[short] = ""
    return np.where(short, np.nan, earlier), np.where(short, np.nan, later), holds


def in_words(lag: int, grain: Grain | None) -> str:
    """Return a lag in the words of the calendar.

    Examples
    --------
    >>> in_words(1, "month"), in_words(3, "week")
    ('1 month', '3 weeks')
    """
    return f"{lag} {grain or 'period'}{'' if lag == 1 else 's'}"


def _correlation(sums: list[Floats]) -> Floats:
    size = np.sqrt(sums[1] * sums[2])
    return np.clip(sums[0] / np.where(size > 0, size, np.inf), -1 + 1e-12, 1 - 1e-12)

"""Test what each KPI's past adds to one target's own, at every lag and all lags together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.block_f import explained
from kpikit.analysis.innovations import Innovations, orthonormal
from kpikit.analysis.panel import Floats

Places = NDArray[np.int64]

FADE = 2  # innovations before the one of a lag that still count, ever less
MEMORY = 0.7  # of what is new, how much counts a period later, at most
ROWS_A_COLUMN = 8  # the block holds one lag for so many free periods, two at least
SPREAD = 0.25  # of the evidence: the block is for effects over several lags, which are fewer
MIN_FREEDOM = 8  # with fewer, one odd period decides
MIN_SHARED = 12  # periods in which both have an innovation
FLAT = 1e10  # beyond, a tangent is the inverse of its angle to all digits
EMPTY = 1e-9  # of the rows: a candidate of which this is left tells nothing new
ROUNDING = 1e-13  # less than this share of the squares is rounding


@dataclass(frozen=True, kw_only=True, eq=False)
class Lagged:
    """Innovations and how they lie against each other, ready for tests of many targets.

    Attributes
    ----------
    new
        What was new in every KPI.
    past
        `(lags, periods, KPIs)`: innovations 0, 1, ... periods before, as they were known; 0
        where there is none.
    max_lag
        The longest lag that is tested.
    """

    new: Innovations
    past: Floats
    levels: Floats
    max_lag: int


@dataclass(frozen=True, kw_only=True, eq=False)
class LagTests:
    """One target against all candidates.

    Attributes
    ----------
    t_values
        `(lags, candidates)`, of lags 1, 2, ...; positive where the target rises after a
        rise of the candidate.
    p_lags
        Their two-sided p-values.
    p_value
        `(candidates,)`, of all lags together; NaN where nothing can be said.
    together
        The correlation of the innovations of the same period.
    """

    candidates: Places
    t_values: Floats
    p_lags: Floats
    p_value: Floats
    together: Floats
    freedom: int

    @property
    def lag(self) -> Places:
        """The lag that tells most, for each candidate."""
        return np.asarray(1 + self.p_lags.argmin(axis=0))

    @property
    def p_together(self) -> Floats:
        """The p-value of moving in the same period, for each candidate."""
        from scipy import stats

        free = max(self.freedom - 2, 1)
        t_value = self.together * np.sqrt(free / np.maximum(1 - self.together**2, 1e-12))
        return np.asarray(2 * stats.t.sf(np.abs(t_value), free))

    @property
    def correlations(self) -> Floats:
        """The partial correlation at lags 0, 1, 2, ...: `(lags, candidates)`."""
        free = max(self.freedom - 1, 1)
        return np.vstack([self.together, self.t_values / np.sqrt(self.t_values**2 + free)])

    @property
    def chance(self) -> float:
        """What a partial correlation of unrelated KPIs exceeds in one of twenty."""
        return float(min(1.0, 2 / np.sqrt(max(self.freedom - 1, 1))))


def lay_lags(new: Innovations, *, max_lag: int, ahead: Places) -> Lagged:
    """Return innovations by lag; those known ahead of their period stand where they were known."""
    return Lagged(
        new=new,
        past=np.stack([_moved(new.filled, lag - ahead) for lag in range(max_lag + FADE + 1)]),
        levels=np.stack([_moved(new.levels, lag - ahead) for lag in range(max_lag + 1)]),
        max_lag=max_lag,
    )


def judge_lags(
    lagged: Lagged, target: int, candidates: Places, *, given: Floats | None = None
) -> LagTests:
    """Test every candidate's past for one target.

    Parameters
    ----------
    given
        `(periods, columns)` that are held fixed: what other KPIs are known to tell.

    Notes
    -----
    The target is regressed on level, line, season and its own past, and each candidate's
    innovation at a lag is added to that. What was new in a candidate moves it for longer,
    and so what follows it; the innovations of two periods before are added with weights
    that fade as the candidate itself does, 0.7 at most, times the share of the target's
    variance that a period brings: of a random walk nothing, where a memory on both sides
    would look like a relation. The best lag's p-value is corrected for the
    number of lags (Sidak 1967), an F test of the first lags as a block knows effects
    spread over several, and the two are combined (Cauchy combination, Liu and Xie 2020),
    with three quarters of the weight on the one lag: effects spread more rarely.
    """
    from scipy import stats

    new, longest = lagged.new, lagged.max_lag
    basis, left, freedom = _own_part(new, target, given)
    rows = new.known[:, target]
    past = lagged.past[:, :, candidates] * rows[None, :, None]
    shared = (past[1 : longest + 1] != 0).sum(axis=1).min(axis=0)
    # orthogonal to the target's own part; lags and candidates side by side
    flat = past.transpose(1, 0, 2).reshape(len(rows), -1)
    flat = flat - basis @ (basis.T @ flat)
    past = flat.reshape(len(rows), -1, len(candidates)).transpose(1, 0, 2)
    fade = _fade(new, target, candidates)
    weighted = sum(fade**step * past[1 + step : 1 + step + longest] for step in range(FADE + 1))
    assert not isinstance(weighted, int)
    sure = _sureness(fade, float(new.persistence[target]), int(rows.sum()))
    t_values = _t_values(weighted, left, freedom - 1) / np.sqrt(sure)
    p_lags = 2 * stats.t.sf(np.abs(t_values), max(freedom - 1, 1))
    p_best = of_several(p_lags.min(axis=0), longest)
    width = min(longest, max(2, freedom // ROWS_A_COLUMN))
    p_block = _p_block(past[1 : width + 1], left, freedom)
    enough = (shared >= MIN_SHARED) & (freedom >= MIN_FREEDOM) & (new.freedom[candidates] > 0)
    together = _t_values(past[:1], left, freedom - 1)[0]
    return LagTests(
        candidates=candidates,
        t_values=t_values,
        p_lags=p_lags,
        p_value=np.where(enough, combine(p_best, p_block, share=SPREAD), np.nan),
        together=together / np.sqrt(together**2 + max(freedom - 1, 1)),
        freedom=freedom,
    )


def at_lag(lagged: Lagged, target: int, candidates: Places, lag: Places) -> Floats:
    """Return what each candidate's past is at its lag, beside the target's own: a column each.

    The columns by which `judge_lags` tests, without anything else held fixed.
    """
    new = lagged.new
    fade = _fade(new, target, candidates)[:, None]
    columns = sum(fade**step * lagged.past[lag + step, :, candidates] for step in range(FADE + 1))
    assert not isinstance(columns, int)
    columns = columns.T * new.known[:, target][:, None]
    basis = new.bases[target]
    return np.asarray(columns - basis @ (basis.T @ columns))


def of_several(p_value: Floats, count: int) -> Floats:
    """Return how often the least of so many p-values is as small by chance (Sidak 1967)."""
    return np.asarray(-np.expm1(count * np.log1p(-np.minimum(p_value, 1 - 1e-16))))


def combine(first: Floats, second: Floats, *, share: float) -> Floats:
    """Return one p-value from two of the same data, whatever their dependence.

    The Cauchy combination of Liu and Xie (2020), with `share` of the weight on the second.
    """
    mean = (1 - share) * _cauchy(first) + share * _cauchy(second)
    small = 1 / (np.pi * np.maximum(mean, 1.0))
    return np.where(mean > FLAT, small, 0.5 - np.arctan(mean) / np.pi)


def _cauchy(p_value: Floats) -> Floats:
    """Return the quantile of a Cauchy variable that is exceeded so often."""
    held = np.clip(p_value, 1e-300, 1 - 1e-9)
    return np.where(held < 1 / FLAT, 1 / (np.pi * held), np.tan((0.5 - held) * np.pi))


def told_by(lagged: Lagged, candidate: int, lag: int) -> Floats:
    """Return what a candidate tells at a lag, as columns to hold fixed."""
    return np.column_stack([lagged.levels[lag, :, candidate], lagged.past[lag, :, candidate]])


def _own_part(new: Innovations, target: int, given: Floats | None) -> tuple[Floats, Floats, int]:
    """Return the basis of what is held fixed, what that leaves of the target, and its freedom."""
    basis, left, freedom = new.bases[target], new.filled[:, target], int(new.freedom[target])
    if given is None:
        return basis, left, freedom
    more = given * new.known[:, target][:, None]
    more, rank = orthonormal(more - basis @ (basis.T @ more))
    left = left - more @ (more.T @ left)
    return np.hstack([basis, more]), left, freedom - int(rank)


def _fade(new: Innovations, target: int, candidates: Places) -> Floats:
    """Return how much of a candidate's innovation still counts a period later."""
    brought = 1 - new.persistence[target] ** 2
    return np.asarray(np.minimum(new.persistence[candidates], MEMORY) * brought)


def _sureness(fade: Floats, persistence: float, rows: int) -> Floats:
    """Return by how much the variance of t statistics exceeds that of their distribution.

    Regression finds too little memory, by (2 + 4 persistence) / rows beside a level and a
    line (Kendall 1954, Orcutt and Winokur 1969), so that some of it stays in what it leaves
    of the target; innovations with weights that fade have a memory too, and meet it there.
    To first order, twice the product of the two is added.
    """
    weights = fade[:, None] ** np.arange(FADE + 1)
    shared = sum(
        persistence ** (lag - 1) * (weights[:, :-lag] * weights[:, lag:]).sum(axis=1)
        for lag in range(1, FADE + 1)
    )
    memory = shared / (weights**2).sum(axis=1)
    return np.asarray(1 + 2 * memory * (2 + 4 * persistence) / max(rows, 1))


def _t_values(columns: Floats, left: Floats, freedom: int) -> Floats:
    """Return the t statistic of each column alone, `(lags, candidates)`."""
    size = np.einsum("lik,lik->lk", columns, columns)
    share = np.einsum("lik,i->lk", columns, left)
    full = size > EMPTY * columns.shape[1]
    gain = np.where(full, share**2 / np.where(full, size, 1.0), 0.0)
    total = float(left @ left)
    least = ROUNDING * total + np.finfo(float).tiny  # of what is left where a column tells all
    rest = np.maximum(total - gain, least) / max(freedom, 1)
    return np.where(full, np.sign(share) * np.sqrt(gain / rest), 0.0)


def _p_block(past: Floats, left: Floats, freedom: int) -> Floats:
    from scipy import stats

    p_value = np.ones(past.shape[2])
    full = np.einsum("lik,lik->lk", past, past).min(axis=0) > EMPTY * past.shape[1]
    gain, rank = explained(left, np.ascontiguousarray(past[:, :, full].transpose(2, 0, 1)))
    free = freedom - rank
    ratio = (
        gain / np.maximum(rank, 1) / np.maximum((left @ left - gain) / np.maximum(free, 1), 1e-300)
    )
    p_value[full] = np.where(
        free > 2, stats.f.sf(ratio, np.maximum(rank, 1), np.maximum(free, 1)), 1.0
    )
    return p_value


def _moved(values: Floats, later: Places) -> Floats:
    """Return each KPI's values moved `later` periods on; 0 where none comes from."""
    count = len(values)
    source = np.arange(count)[:, None] - np.asarray(later)[None, :]
    inside = (source >= 0) & (source < count)
    taken = np.take_along_axis(values, np.clip(source, 0, count - 1), axis=0)
    return np.where(inside, taken, 0.0)

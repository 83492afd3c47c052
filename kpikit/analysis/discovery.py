"""Find leads among many pairs with the rate of false ones held."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.lag_tests import ROWS_A_COLUMN, Lagged, LagTests, judge_lags, told_by
from kpikit.analysis.panel import Floats

Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Target:
    """A target with its candidates, tested; and the leads that were held fixed in that.

    Attributes
    ----------
    alone
        The tests beside the target's own past only.
    beside
        The tests with the accepted leads held fixed, which for these themselves are those
        at the time they were accepted.
    held
        The accepted leads, as places among the candidates.
    """

    board: int
    index: int
    alone: LagTests
    beside: LagTests
    held: tuple[int, ...] = ()


def q_values(p_values: Floats) -> Floats:
    """Return Benjamini and Hochberg's (1995) adjusted p-values; NaN stays out.

    Examples
    --------
    >>> q_values(np.array([0.01, 0.04, np.nan, 0.03])).round(3).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    found = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(np.isfinite(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    steps = p_values[order] * len(order) / np.arange(1, len(order) + 1)
    found[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return found


def hold_leads(targets: list[Target], lagged: list[Lagged], *, fdr: float) -> list[Target]:
    """Test again, beside the leads of a target that were accepted.

    A KPI that shares shocks with a true lead, or is moved by it, also tells the target's
    future, as long as the true lead is not held fixed. Accepted candidates are taken in
    the order of their evidence, and each is held fixed from then on; the others' tests
    are those beside them. So proxies fall away, and what is left of the target varies less.
    """
    p_values = np.concatenate([one.alone.p_value for one in targets]) if targets else np.empty(0)
    accepted = q_values(p_values) <= fdr
    if not accepted.any():
        return targets
    limit = float(p_values[accepted].max())
    return [_hold(one, lagged[one.board], limit) for one in targets]


def _hold(target: Target, lagged: Lagged, limit: float) -> Target:
    """Return a target with its leads taken one after the other, strongest first."""
    found, held = target.alone, list[int]()
    columns = list[Floats]()
    most = max(1, target.alone.freedom // (2 * ROWS_A_COLUMN))
    taken = dict[int, LagTests]()
    while len(held) < most:
        p_value = np.where(np.isfinite(found.p_value), found.p_value, np.inf)
        p_value[held] = np.inf
        best = int(p_value.argmin()) if len(p_value) else -1
        if best < 0 or p_value[best] > limit:
            break
        held.append(best)
        taken[best] = found
        columns.append(told_by(lagged, int(found.candidates[best]), int(found.lag[best])))
        given = np.hstack(columns)
        found = judge_lags(lagged, target.index, found.candidates, given=given)
    return replace(target, beside=_with_entries(found, taken), held=tuple(held))


def _with_entries(found: LagTests, taken: dict[int, LagTests]) -> LagTests:
    """Put the tests of the accepted leads back: those at the time they were accepted."""
    t_values, p_lags = found.t_values.copy(), found.p_lags.copy()
    p_value, lags = found.p_value.copy(), found.lagged.copy()
    for place, then in taken.items():
        t_values[:, place], p_lags[:, place] = then.t_values[:, place], then.p_lags[:, place]
        p_value[place], lags[:, :, place] = then.p_value[place], then.lagged[:, :, place]
    return replace(found, t_values=t_values, p_lags=p_lags, p_value=p_value, lagged=lags)

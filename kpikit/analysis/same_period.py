"""Test a target's leads beside what moves with it in the same period."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kpikit.analysis.lag_tests import Lagged, LagTests, Places, combine, judge_lags, of_several
from kpikit.analysis.panel import Floats

AGREES = 0.2  # p-value that a lag must have by itself, before company may make it clearer
SHARE = 0.25  # of the evidence: most of it is what a lead tells by itself
ALIKE = 0.8  # two KPIs that share more than two thirds of what is new in them say the same
NONE = 1 - 1e-9  # the p-value of a lag that tells nothing by itself


def same_period(lagged: Lagged, tests: LagTests, together: Places) -> Floats:
    """Return what moves with a target, as a column: none, where nothing does.

    Parameters
    ----------
    tests
        The target's.
    together
        Places, among the candidates, of those that move with it.

    Notes
    -----
    The sum of their innovations, each with the weight of its correlation: the first
    component of partial least squares. A near-duplicate of the target stays out: beside
    it there is nothing left to tell.
    """
    apart = together[np.abs(tests.together[together]) < ALIKE]
    new = lagged.past[0][:, tests.candidates[apart]]
    return np.asarray(new @ tests.together[apart, None]) if len(apart) else new


def judge_beside(
    lagged: Lagged, target: int, candidates: Places, *, company: Floats, given: Floats | None = None
) -> LagTests:
    """Test every candidate's past for one target, by itself and beside its company.

    Parameters
    ----------
    company
        What moves with the target in the same period, as `same_period` returns it.
    given
        As for `judge_lags`.

    Notes
    -----
    A shock that the target shares with others in a period tells nothing of its leads, and
    hides them: held fixed, less is left of the target to explain, and what a lead tells
    stands out. But what others share with it need not be noise. Of two KPIs that share a
    shock, a lead of the one seems to tell the other once the first is held fixed, and
    what leads both at one lag seems to tell neither. So a lag counts beside company only
    where it tells something by itself with the same sign, and the test without company
    stays in, with three quarters of the weight (Cauchy combination, Liu and Xie 2020). Sizes
    are those without company: nobody knows of what comes in the same period beforehand.
    """
    alone = judge_lags(lagged, target, candidates, given=given)
    if not company.shape[1]:
        return alone
    held = company if given is None else np.hstack([given, company])
    beside = judge_lags(lagged, target, candidates, given=held)
    agrees = (alone.t_values * beside.t_values > 0) & (alone.p_lags < AGREES)
    p_lags = np.where(agrees, beside.p_lags, NONE)
    p_best = of_several(p_lags.min(axis=0), len(p_lags))
    told = np.isfinite(alone.p_value) & np.isfinite(beside.p_value)
    both = combine(alone.p_value, p_best, share=SHARE)
    clearer = told & (p_best < alone.p_value)
    return replace(
        alone,
        p_lags=np.where(clearer, p_lags, alone.p_lags),
        p_value=np.where(told, both, alone.p_value),
    )

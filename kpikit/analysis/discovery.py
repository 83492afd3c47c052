"""Find leads among many pairs with the rate of false ones held."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kpikit.analysis.lag_tests import ROWS_A_COLUMN, Lagged, LagTests, Places, told_by
from kpikit.analysis.panel import Floats
from kpikit.analysis.same_period import judge_beside, same_period

LOOKS = 2  # at a target with leads: beside its own past, and beside these as well
# the share of boards on which anything is found (simulated: 8 and 24 KPIs, 36 to 120 months)
FOUND = 0.6


@dataclass(frozen=True, kw_only=True, eq=False)
class Target:
    """A target with its candidates, tested alone and beside the leads it has.

    Attributes
    ----------
    alone
        The tests beside the target's own past, and its company where it has any.
    company
        What moves with the target in the same period: a column, or none.
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
    company: Floats
    held: tuple[int, ...] = ()

    @property
    def tests(self) -> LagTests:
        """The stronger evidence of the two, for each candidate.

        Who is looked at a second time pays for it: beside leads that were accepted, the
        evidence without them counts half.
        """
        if not self.held:
            return self.alone
        again = replace(self.alone, p_value=np.minimum(LOOKS * self.alone.p_value, 1.0))
        weaker = ~(self.beside.p_value <= again.p_value)
        return _exchange(self.beside, again, np.flatnonzero(weaker))


def q_values(p_values: Floats, *, family: Floats | None = None) -> Floats:
    """Return Benjamini and Hochberg's (1995) adjusted p-values; NaN stays out.

    Parameters
    ----------
    family
        The tests among which a p-value is looked at: themselves, unless given.

    Examples
    --------
    >>> q_values(np.array([0.01, 0.04, np.nan, 0.03])).round(3).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    ranked = p_values if family is None else family
    ranked = np.sort(ranked[np.isfinite(ranked)])
    steps = ranked * len(ranked) / np.arange(1, len(ranked) + 1)
    steps = np.append(np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0), 1.0)
    looked_at = np.nan_to_num(p_values, nan=2.0)
    below = np.searchsorted(ranked, looked_at, side="right")
    own = looked_at * len(ranked) / np.maximum(below, 1)  # of a limit at the p-value itself
    found = np.minimum(own, steps[np.searchsorted(ranked, looked_at)])
    return np.where(np.isfinite(p_values), found, np.nan)


def pair_q_values(targets: list[Target]) -> Floats:
    """Return the q-value of every pair.

    The family are the tests beside the accepted leads: proxies of a lead, which are many,
    would make room for false ones. A proxy that is as clear by itself is a lead as well.

    Benjamini and Hochberg count a board on which nothing is found as one without false
    leads. Who reads of leads has one on which something was: there the share of false
    ones is larger, by one over the chance to find anything (Storey 2002). So a q-value is
    divided by that chance.
    """
    beside = np.concatenate([one.beside.p_value for one in targets])
    return _among_found(np.concatenate([one.tests.p_value for one in targets]), family=beside)


def _among_found(p_values: Floats, *, family: Floats | None = None) -> Floats:
    return np.minimum(q_values(p_values, family=family) / FOUND, 1.0)


def find_targets(
    asked: list[tuple[int, int, LagTests]], lagged: list[Lagged], *, fdr: float
) -> list[Target]:
    """Return the targets, tested beside what moves with them in the same period.

    Parameters
    ----------
    asked
        Of each target its board, its place on that, and its tests by itself.
    fdr
        The share of false ones among what is said to move together.
    """
    if not asked:
        return []
    p_values = [
        np.where(np.isfinite(tests.p_value), tests.p_together, np.nan) for _, _, tests in asked
    ]
    edges = np.cumsum([len(one) for one in p_values])[:-1]
    found = np.split(q_values(np.concatenate(p_values)) <= fdr, edges)
    targets = []
    for (board, index, tests), together in zip(asked, found, strict=True):
        laid = lagged[board]
        company = same_period(laid, tests, np.flatnonzero(together))
        alone = tests
        if company.shape[1]:
            alone = judge_beside(laid, index, tests.candidates, company=company)
        targets.append(Target(board=board, index=index, alone=alone, beside=alone, company=company))
    return targets


def hold_leads(targets: list[Target], lagged: list[Lagged], *, fdr: float) -> list[Target]:
    """Test again, beside the leads of a target that were accepted.

    A KPI that shares shocks with a true lead, or is moved by it, also tells the target's
    future, as long as the true lead is not held fixed. Accepted candidates are taken in
    the order of their evidence, and each is held fixed from then on; the others' tests
    are those beside them. So proxies fall away, and what is left of the target varies less.
    """
    p_values = np.concatenate([one.alone.p_value for one in targets]) if targets else np.empty(0)
    accepted = _among_found(p_values) <= fdr
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
        found = judge_beside(
            lagged, target.index, found.candidates, company=target.company, given=given
        )
    for place, then in taken.items():
        found = _exchange(found, then, np.array([place]))
    return replace(target, beside=found, held=tuple(held))


def _exchange(tests: LagTests, other: LagTests, places: Places) -> LagTests:
    """Return tests in which those of some candidates are another's."""
    t_values, p_lags = tests.t_values.copy(), tests.p_lags.copy()
    p_value = tests.p_value.copy()
    t_values[:, places], p_lags[:, places] = other.t_values[:, places], other.p_lags[:, places]
    p_value[places] = other.p_value[places]
    return replace(tests, t_values=t_values, p_lags=p_lags, p_value=p_value)

import numpy as np
import pandas as pd

from kpikit import find_leads
from kpikit.analysis.discovery import FOUND, q_values
from kpikit.analysis.lag_tests import judge_lags, lay_lags
from kpikit.analysis.same_period import judge_beside, same_period
from kpikit.analysis.steady import steady_innovations

LEAD, TARGET = 0, 1


def shared(seed, *, periods=60, size=0.5, through=0.0):
    """A lead, its target two periods on, and three KPIs that share the target's shock."""
    rng = np.random.default_rng(seed)
    lead, shock = rng.normal(size=periods + 2), rng.normal(size=periods)
    target = size * lead[:periods] + shock + 0.4 * rng.normal(size=periods)
    mates = shock[:, None] + 0.5 * rng.normal(size=(periods, 3))
    mates[:, 0] += through * lead[:periods]
    return np.column_stack([lead[2:], target, mates])


def lay(values):
    new = steady_innovations(values, period=1)
    return lay_lags(new, max_lag=6, ahead=np.zeros(values.shape[1], dtype=np.int64))


def candidates(lagged, target=TARGET):
    return np.array([k for k in range(lagged.past.shape[2]) if k != target])


def test_a_shared_shock_held_fixed_makes_a_lead_clearer():
    clearer = []
    for seed in range(20):
        lagged = lay(shared(seed))
        others = candidates(lagged)
        alone = judge_lags(lagged, TARGET, others)
        company = same_period(lagged, alone, np.array([1, 2, 3]))
        beside = judge_beside(lagged, TARGET, others, company=company)
        clearer.append(beside.p_value[LEAD] < alone.p_value[LEAD] / 5)
        assert np.array_equal(beside.t_values, alone.t_values)  # sizes are those without company
    assert np.mean(clearer) > 0.7


def test_without_company_nothing_changes():
    lagged = lay(shared(0))
    others = candidates(lagged)
    alone = judge_lags(lagged, TARGET, others)
    company = same_period(lagged, alone, np.array([], dtype=np.int64))
    assert company.shape[1] == 0
    beside = judge_beside(lagged, TARGET, others, company=company)
    assert np.array_equal(beside.p_value, alone.p_value)


def test_company_is_a_sum_weighted_by_correlation():
    lagged = lay(shared(1))
    alone = judge_lags(lagged, TARGET, candidates(lagged))
    company = same_period(lagged, alone, np.array([1, 2]))
    by_hand = sum(
        alone.together[place] * lagged.new.filled[:, alone.candidates[place]] for place in (1, 2)
    )
    assert np.allclose(company[:, 0], by_hand)


def test_a_near_duplicate_is_no_company():
    values = shared(2)
    values[:, 2] = values[:, TARGET] + 0.1 * np.random.default_rng(3).normal(size=len(values))
    lagged = lay(values)
    alone = judge_lags(lagged, TARGET, candidates(lagged))
    assert alone.together[1] > 0.9
    assert same_period(lagged, alone, np.array([1])).shape[1] == 0


def test_a_lead_of_a_mate_is_none_of_the_target():
    # held fixed, the mate would make its own lead tell the target, the other way round
    small, trapped = [], []
    for seed in range(60):
        lagged = lay(shared(seed, size=0.0, through=2.0))
        others = candidates(lagged)
        alone = judge_lags(lagged, TARGET, others)
        company = same_period(lagged, alone, np.array([1]))
        beside = judge_lags(lagged, TARGET, others, given=company)
        trapped.append(beside.p_value[LEAD] < 0.01)
        small.append(judge_beside(lagged, TARGET, others, company=company).p_value[LEAD] < 0.01)
    assert np.mean(trapped) > 0.5
    assert np.mean(small) < 0.2


def test_q_values_are_among_boards_on_which_something_is_found():
    values = pd.DataFrame(np.random.default_rng(5).normal(size=(48, 4)), columns=list("abcd"))
    values.index = pd.date_range("2020-01-01", periods=48, freq="MS", name="period_start")
    long = values.reset_index().melt("period_start", var_name="kpi")
    frame = find_leads(long, period=1).to_frame()
    wanted = np.minimum(q_values(frame["p_value"].to_numpy()) / FOUND, 1.0)
    assert np.allclose(frame["q_value"], wanted)

import warnings

import numpy as np
import pytest

from kpikit.analysis.block_f import explained, granger_f


@pytest.mark.parametrize("walk", [False, True])
def test_statistics_equal_those_of_statsmodels(walk, capsys):
    from statsmodels.tsa.stattools import grangercausalitytests

    rng = np.random.default_rng(1)
    values = rng.normal(size=(60, 4))
    values[2:, 0] += 0.7 * values[:-2, 2]
    if walk:
        values = values.cumsum(axis=0)
    ratio, p_value, freedom = granger_f(values[:, 0], values[:, 1:], max_lag=5)
    for kpi in range(3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            known = grangercausalitytests(values[:, [0, kpi + 1]], 5)
        for lag in range(1, 6):
            expected = known[lag][0]["ssr_ftest"]
            assert ratio[lag - 1, kpi] == pytest.approx(expected[0], rel=1e-9)
            assert p_value[lag - 1, kpi] == pytest.approx(expected[1], rel=1e-9)
            assert freedom[lag - 1] == expected[2]


def test_a_block_explains_the_squares_of_its_projection():
    rng = np.random.default_rng(2)
    left, block = rng.normal(size=30), rng.normal(size=(1, 3, 30))
    gain, rank = explained(left, block)
    columns = block[0].T
    fitted = columns @ np.linalg.lstsq(columns, left, rcond=None)[0]
    assert gain[0] == pytest.approx(fitted @ fitted)
    assert rank.tolist() == [3]


def test_dependent_and_empty_columns_add_nothing():
    rng = np.random.default_rng(3)
    left, block = rng.normal(size=30), rng.normal(size=(2, 3, 30))
    block[0, 2] = 2 * block[0, 0] - block[0, 1]
    block[1, 1:] = 0.0
    gain, rank = explained(left, block)
    assert rank.tolist() == [2, 1]
    for kpi, columns in enumerate((2, 1)):
        alone, _ = explained(left, block[kpi : kpi + 1, :columns])
        assert gain[kpi] == pytest.approx(alone[0])


def test_a_level_far_from_zero_costs_no_digits():
    rng = np.random.default_rng(4)
    values = rng.normal(size=(80, 3)).cumsum(axis=0)
    near, _, _ = granger_f(values[:, 0], values[:, 1:], max_lag=4)
    far, _, _ = granger_f(values[:, 0], 1e6 + values[:, 1:], max_lag=4)
    np.testing.assert_allclose(near, far, rtol=1e-6)

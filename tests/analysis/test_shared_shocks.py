import numpy as np
import pytest
from scipy import stats

from kpikit.analysis.innovations import find_innovations
from kpikit.analysis.shared_shocks import correlate_pairs


def innovations(values, period=1):
    return find_innovations(np.asarray(values, dtype=float), period=period)


def pair(tests, one, other):
    place = np.flatnonzero((tests.first == one) & (tests.second == other))
    return int(place.item())


def board(n, count, seed, shock=0.0):
    rng = np.random.default_rng(seed)
    new = rng.normal(size=(n, count))
    signs = np.where(np.arange(count) % 2, 1.0, -1.0)
    return np.sqrt(1 - shock**2) * new + shock * np.outer(rng.normal(size=n), signs)


def test_without_shocks_it_is_the_correlation_of_what_is_new():
    new = innovations(board(60, 3, 0))
    tests = correlate_pairs(new, shared=False)
    one, other = new.left[:, [0, 2]][np.isfinite(new.left[:, [0, 2]]).all(axis=1)].T
    known = one @ other / np.sqrt((one @ one) * (other @ other))
    found = pair(tests, 0, 2)
    assert tests.correlation[found] == pytest.approx(known)
    free = tests.freedom[found]
    r = tests.correlation[found]
    expected = stats.t.sf(-r * np.sqrt(free / (1 - r**2)), free)
    assert tests.p_values(np.full(3, -1.0))[found] == pytest.approx(expected)


def test_a_shared_shock_is_taken_off():
    # every pair is correlated by 0.49, half of them negatively, by the shock alone
    values = board(120, 12, 1, shock=0.7)
    raw = correlate_pairs(innovations(values), shared=False)
    clean = correlate_pairs(innovations(values), shared=True)
    assert np.abs(raw.correlation).mean() > 0.35
    assert np.abs(clean.correlation).mean() < 0.12
    against = -np.ones(len(clean.first))
    assert (raw.p_values(against) < 0.01).mean() > 0.4
    assert (clean.p_values(against) < 0.01).mean() < 0.06


def test_a_true_tie_is_not_swallowed_with_the_shock():
    rng = np.random.default_rng(2)
    new = rng.normal(size=(120, 12))
    new[:, 3] = -0.7 * new[:, 2] + np.sqrt(0.51) * new[:, 3]
    shock = np.outer(rng.normal(size=120), np.full(12, 0.6))
    tests = correlate_pairs(innovations(0.8 * new + shock), shared=True)
    found = tests.correlation[pair(tests, 2, 3)]
    assert found == pytest.approx(-0.7, abs=0.15)
    assert found == tests.correlation.min()


def test_a_sum_and_its_parts_are_no_shared_shock():
    # holding a sum fixed ties its parts, which have nothing to do with each other
    rng = np.random.default_rng(3)
    values = rng.normal(size=(90, 24))
    values[:, 0] = values[:, 1] - values[:, 2]
    values[:, 3] = values[:, 0] + 0.05 * values[:, 3]
    tests = correlate_pairs(innovations(values), shared=True)
    assert abs(tests.correlation[pair(tests, 1, 2)]) < 0.3


def test_constant_and_short_kpis_are_left_out():
    values = board(60, 8, 4, shock=0.6)
    values[:, 5] = 7.0
    values[2:, 6] = np.nan
    p_values = correlate_pairs(innovations(values), shared=True)
    tested = np.isfinite(p_values.p_values(np.ones(len(p_values.first))))
    lacking = np.isin(p_values.first, (5, 6)) | np.isin(p_values.second, (5, 6))
    assert (tested == ~lacking).all()

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import GLS, OLS

from kpikit.analysis import averaging
from kpikit.analysis.averaging import Averaged, Design, average_fits


def design(n, places=0):
    times = np.arange(n)
    step = (times >= n // 2).astype(float)
    return Design(
        fixed=np.column_stack([np.ones(n), step]),
        bends=np.empty((n, 0)),
        places=(times[:, None] % max(places, 1) == np.arange(places)).astype(float),
    )


def values(n, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def one_memory(monkeypatch, memory):
    monkeypatch.setattr(averaging, "MEMORIES", np.array([memory]))
    monkeypatch.setattr(averaging, "BENDS", (1.0,))


def test_without_memory_and_season_it_is_least_squares(monkeypatch):
    one_memory(monkeypatch, 0.0)
    y, made = values(30), design(30)
    found, known = average_fits(y, np.arange(30), made), OLS(y, made.fixed).fit()
    assert found.estimate == pytest.approx(known.params[1])
    assert found.errors[0] == pytest.approx(known.bse[1])
    assert found.p_value() == pytest.approx(known.pvalues[1])
    lower, upper = known.conf_int()[1]
    assert (found.quantile(0.025), found.quantile(0.975)) == pytest.approx((lower, upper))


def test_with_memory_and_gaps_it_is_generalised_least_squares(monkeypatch):
    # across a gap the correlation of two errors is the memory to the power of their distance
    one_memory(monkeypatch, 0.6)
    times = np.array([t for t in range(40) if t not in (7, 8, 21)])
    y, made = values(len(times)), design(40).at(times)
    found = average_fits(y, times, made)
    known = GLS(y, made.fixed, sigma=0.6 ** np.abs(times[:, None] - times)).fit()
    assert found.estimate == pytest.approx(known.params[1])
    assert found.errors[0] == pytest.approx(known.bse[1])


def test_a_season_of_known_spread_is_part_of_the_errors(monkeypatch):
    one_memory(monkeypatch, 0.5)
    monkeypatch.setattr(averaging, "SEASONS", (1.5,))
    times, made = np.arange(36), design(36, places=12)
    y = values(36) + made.places @ values(12, seed=1)
    found = average_fits(y, times, made)
    sigma = 0.5 ** np.abs(times[:, None] - times) + 1.5**2 * made.places @ made.places.T
    known = GLS(y, made.fixed, sigma=sigma).fit()
    assert found.estimate == pytest.approx(known.params[1])
    assert found.errors[0] == pytest.approx(known.bse[1])


def test_likelier_memories_weigh_more(monkeypatch):
    # restricted likelihood of each memory, straight from its formula
    monkeypatch.setattr(averaging, "MEMORIES", np.array([0.1, 0.8]))
    monkeypatch.setattr(averaging, "BENDS", (1.0,))
    times, made = np.arange(50), design(50)
    y = values(50)
    for t in range(1, 50):
        y[t] += 0.8 * y[t - 1]
    known = []
    for memory in (0.1, 0.8):
        inverse = np.linalg.inv(memory ** np.abs(times[:, None] - times))
        gram = made.fixed.T @ inverse @ made.fixed
        left = y - made.fixed @ np.linalg.solve(gram, made.fixed.T @ inverse @ y)
        known.append(
            np.linalg.slogdet(inverse)[1] / 2
            - np.linalg.slogdet(gram)[1] / 2
            - 24 * np.log(left @ inverse @ left)
        )
    weights = average_fits(y, times, made).weights
    assert np.log(weights[1] / weights[0]) == pytest.approx(known[1] - known[0])
    assert weights[1] > 0.99


def test_an_average_of_two_fits_by_hand():
    mixed = Averaged(
        weights=np.array([0.25, 0.75]),
        estimates=np.array([1.0, 3.0]),
        errors=np.array([1.0, 2.0]),
        freedom=10,
        memory=0.0,
        ties=np.ones(0),
        noise=1.0,
        evidence=0.0,
    )
    below = 0.25 * stats.t.cdf(-1.0, 10) + 0.75 * stats.t.cdf(-1.5, 10)
    assert mixed.estimate == 2.5
    assert mixed.p_value() == pytest.approx(2 * below)
    assert mixed.quantile(below) == pytest.approx(0.0, abs=1e-9)

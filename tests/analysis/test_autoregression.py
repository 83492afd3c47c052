import numpy as np
import pytest

from kpikit.analysis.autoregression import MEMORIES, fit_line, weigh_memories, whiten


def line(times):
    return np.column_stack([np.ones(len(times)), times])


def test_an_exact_line_has_its_slope_and_no_error():
    times = np.arange(20)
    found = fit_line(3.0 + 2.0 * times, times, line(times))
    assert found.coefficients == pytest.approx([3.0, 2.0])
    assert found.covariance[1, 1] == 0.0


def test_small_noise_on_a_large_level_is_not_taken_for_rounding():
    times = np.arange(40)
    noise = np.random.default_rng(1).normal(size=40)
    found = fit_line(1e9 + noise, times, line(times))
    assert found.covariance[1, 1] > 0


def test_whitening_by_hand():
    # memory 0.5: the first value times sqrt(0.75), then each less half of the one before;
    # across a gap of two periods a quarter, scaled by sqrt(0.75 / (1 - 1/16))
    white, _ = whiten(np.array([4.0, 6.0, 8.0]), np.array([0, 1, 3]), line(np.arange(3)), phi=0.5)
    assert white == pytest.approx([4 * 0.75**0.5, 4.0, (8 - 1.5) * (0.75 / 0.9375) ** 0.5])


def test_memory_is_found():
    rng, n = np.random.default_rng(3), 400
    noise = np.zeros(n)
    for t in range(1, n):
        noise[t] = 0.6 * noise[t - 1] + rng.normal()
    found = fit_line(noise, np.arange(n), line(np.arange(n)))
    assert found.phi == pytest.approx(0.6, abs=0.12)
    square = found.phi**2
    cost = 25 * found.phi**3
    assert found.freedom == pytest.approx((n - 2) * (1 - square) / (1 + square) - cost)


def test_the_restricted_likelihood_agrees_with_a_dense_one():
    # Harville 1974: -(log|V| + log|X'VX| + (n - k) log r'Vr) / 2, with V inverted
    rng, times = np.random.default_rng(5), np.array([0, 1, 2, 4, 5, 8, 9, 10, 11, 14])
    values, columns = rng.normal(size=10), line(times).astype(float)
    heights = []
    for phi in (0.0, 0.5, 0.9):
        inverse = np.linalg.inv(phi ** np.abs(np.subtract.outer(times, times)).astype(float))
        inside = columns.T @ inverse @ columns
        left = values - columns @ np.linalg.solve(inside, columns.T @ inverse @ values)
        height = np.linalg.slogdet(inverse)[1] - np.linalg.slogdet(inside)[1]
        heights.append((height - 8 * np.log(left @ inverse @ left)) / 2)
    found = weigh_memories(values, times, columns)
    likelihood = np.log(found.weights / np.gradient(MEMORIES))
    at = [int(np.abs(MEMORIES - phi).argmin()) for phi in (0.0, 0.5, 0.9)]
    assert np.diff(likelihood[at]) == pytest.approx(np.diff(heights))


def test_columns_that_repeat_each_other_do_no_harm():
    times = np.arange(20)
    twice = np.hstack([line(times), line(times)]).astype(float)
    found = fit_line(3.0 + 2.0 * times, times, twice)
    assert found.rank == 2
    assert twice @ found.coefficients == pytest.approx(3.0 + 2.0 * times)

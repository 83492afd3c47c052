import numpy as np
import pytest

from kpikit.analysis.autoregression import fit_line, whiten


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


def test_memory_is_found_and_corrected_upwards():
    rng, n = np.random.default_rng(3), 400
    noise = np.zeros(n)
    for t in range(1, n):
        noise[t] = 0.6 * noise[t - 1] + rng.normal()
    found = fit_line(noise, np.arange(n), line(np.arange(n)))
    assert found.phi == pytest.approx(0.6, abs=0.12)
    assert found.freedom == pytest.approx((n - 2) * (1 - found.phi) / (1 + found.phi))

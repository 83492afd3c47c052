import numpy as np
import pytest
from scipy import stats

from kpikit.analysis.season import is_seasonal, season_columns, season_p_value


def noise(n, seed=0, memory=0.0):
    rng = np.random.default_rng(seed)
    values = np.zeros(n)
    for t in range(1, n):
        values[t] = memory * values[t - 1] + rng.normal()
    return values


def test_columns_add_up_to_zero_over_a_season():
    assert season_columns(np.arange(4), 4).sum(axis=0).tolist() == [0, 0, 0]
    assert season_columns(np.arange(4), 1).shape == (4, 0)


def test_a_strong_profile_is_seen_and_noise_is_not():
    times = np.arange(48)
    profile = 3 * np.sin(times * np.pi / 6)
    assert is_seasonal(noise(48) + profile, times, 12)
    assert not is_seasonal(noise(48), times, 12)


def test_a_profile_without_noise_is_certain():
    times = np.arange(36)
    assert season_p_value((times % 12).astype(float), times, 12) == 0.0


def test_a_constant_has_no_season():
    assert not is_seasonal(np.full(36, 0.1), np.arange(36), 12)


def test_less_than_two_seasons_is_too_short():
    assert np.isnan(season_p_value(noise(20), np.arange(20), 12))


def test_noise_with_memory_is_rarely_called_seasonal():
    # level 0.01; five of a hundred would be a test that memory fools
    times = np.arange(60)
    found = [is_seasonal(noise(60, seed, memory=0.6), times, 12) for seed in range(100)]
    assert sum(found) <= 5


def test_a_season_is_seen_beside_the_step_that_drowns_it():
    times = np.arange(60)
    step = (times >= 30).astype(float)
    values = noise(60) + np.sin(times * np.pi / 6) * 2 + 30 * step
    beside = np.column_stack([np.ones(60), step])
    assert is_seasonal(values, times, 12, beside)


def test_a_season_without_memory_and_gaps_agrees_with_the_f_test_of_a_textbook():
    # errors that alternate have no positive memory, so all weight is on memory 0
    times = np.arange(48)
    values = np.where(times % 2 == 0, 1.0, -1.0) * np.linspace(1, 2, 48)
    values = values + (times % 4 == 1) * 3
    line = np.column_stack([np.ones(48), times - times.mean()])
    full = np.hstack([line, season_columns(times, 4)])
    left = [values - x @ np.linalg.lstsq(x, values, rcond=None)[0] for x in (line, full)]
    before, after = (float(one @ one) for one in left)
    expected = stats.f.sf((before - after) / 3 / (after / 43), 3, 43)
    assert season_p_value(values, times, 4) == pytest.approx(expected, abs=0.02)

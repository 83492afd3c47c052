import numpy as np

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

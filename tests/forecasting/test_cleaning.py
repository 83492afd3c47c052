import numpy as np
import pytest

from kpikit.forecasting.cleaning import bridge, find_slips, find_step


def noise(n=60, level=100.0, spread=1.0, seed=5):
    return level + spread * np.random.default_rng(seed).normal(size=n)


def season(n, size):
    return size * np.sin(np.arange(n) * np.pi / 6)


def test_a_gap_is_bridged_along_a_line_by_hand():
    assert bridge(np.array([1.0, np.nan, np.nan, 4.0]), 1).tolist() == [1.0, 2.0, 3.0, 4.0]


def test_a_gap_is_bridged_with_its_season():
    values = 100 + season(60, 20.0)
    holed = values.copy()
    holed[30:34] = np.nan
    assert bridge(holed, 12)[30:34] == pytest.approx(values[30:34], abs=1.0)


@pytest.mark.parametrize("place", [0, 1, 30, 58, 59])
def test_one_value_far_out_is_a_slip_wherever_it_stands(place):
    values = noise()
    values[place] = 1000.0
    assert np.flatnonzero(find_slips(values, 12)).tolist() == [place]


def test_a_strong_season_in_a_growing_history_has_no_slips():
    times = np.arange(72)
    natural = 5 + 0.006 * times + season(72, 0.15) + noise(72, 0.0, 0.03)
    assert not find_slips(natural, 12).any()


def test_a_lasting_new_level_is_no_slip():
    values = noise()
    values[40:] += 50.0
    assert not find_slips(values, 12).any()


def test_a_flat_history_with_one_spike_has_one_slip():
    values = np.full(30, 5.0)
    values[12] = 50.0
    assert np.flatnonzero(find_slips(values, 1)).tolist() == [12]


def test_few_values_have_no_slips():
    assert not find_slips(np.array([1.0, 1.0, 1.0, 90.0]), 1).any()


@pytest.mark.parametrize("share", [0.5, 0.7, 0.95])
def test_a_step_is_found_where_it_is(share):
    values = noise() + season(60, 5.0)
    at = int(share * 60)
    values[at:] += 40.0
    found, size = find_step(values, 12)
    assert found == at
    assert size == pytest.approx(40.0, rel=0.1)


def test_neither_noise_nor_a_walk_nor_one_spike_is_a_step():
    spike = noise()
    spike[30] += 40.0
    assert find_step(spike, 1) == (0, 0.0)
    walks = [np.random.default_rng(s).normal(size=80).cumsum() for s in range(50)]
    assert sum(find_step(walk, 1)[0] > 0 for walk in walks) <= 1
    assert sum(find_step(noise(seed=s), 12)[0] > 0 for s in range(50)) == 0


def test_two_steps_alike_are_how_a_kpi_moves():
    values = noise()
    values[20:40] += 40.0
    assert find_step(values, 1) == (0, 0.0)

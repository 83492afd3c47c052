import numpy as np
import pytest

from kpikit.analysis.regimes import cut_spikes, find_regimes

TIMES = np.arange(48)


def test_a_spike_is_cut_down_to_its_neighbours_and_a_step_is_left():
    values = np.where(TIMES % 2 == 0, 1.0, 2.0)
    values[20] = 50.0
    assert cut_spikes(values, TIMES, 1)[20] <= 2.0
    step = np.where(TIMES % 2 == 0, 1.0, 2.0) + 50 * (TIMES >= 24)
    assert cut_spikes(step, TIMES, 1) == pytest.approx(step)


def test_a_peak_of_every_year_is_no_spike():
    values = np.random.default_rng(0).normal(size=48) + 30 * (TIMES % 12 == 11)
    assert cut_spikes(values, TIMES, 12)[[11, 23, 35, 47]].min() > 20


def test_where_most_values_are_alike_nothing_is_cut():
    values = np.zeros(48)
    values[[5, 30]] = 7.0
    assert cut_spikes(values, TIMES, 1).tolist() == values.tolist()


def test_a_season_is_asked_for_again_beside_a_change():
    values = np.random.default_rng(1).normal(size=48) + 2 * np.sin(TIMES * np.pi / 6)
    found = find_regimes(values + 40 * (TIMES >= 20), TIMES, 12)
    assert found.period == 12
    assert [one.place for one in found.breaks] == [20]

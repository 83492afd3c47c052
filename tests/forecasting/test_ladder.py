import numpy as np
import pytest

from kpikit.forecasting import ladder
from kpikit.forecasting.ladder import simulate_paths


def simulated(values, *, period=12, horizon=6, bounds=None):
    return simulate_paths(
        np.array(values, dtype=float), period=period, horizon=horizon, bounds=bounds, seed=(0, 1)
    )


def noise(n=60, level=100.0, spread=1.0):
    return level + spread * np.random.default_rng(5).normal(size=n)


def test_a_constant_is_repeated_exactly():
    found = simulated([5.0] * 60)
    assert (found.paths == 5.0).all()
    assert found.notes == (ladder.CONSTANT,)


@pytest.mark.parametrize("value", [0.0, 0.1, -3.0, 1.0, 1e12])
def test_any_constant_is_repeated_exactly(value):
    assert (simulated([value] * 60).paths == value).all()


def test_nothing_observed_forecasts_nothing_and_says_so():
    found = simulated([np.nan] * 30)
    assert np.isnan(found.paths).all()
    assert found.notes == (ladder.NOTHING,)


def test_three_points_step_on_from_the_last():
    # the steps seen are +2 and -1, so that one period on there are four values
    found = simulated([10.0, 12.0, 11.0], bounds=(None, None), horizon=1)
    assert sorted(np.unique(found.paths)) == [9.0, 10.0, 12.0, 13.0]
    assert found.notes == (ladder.SHORT,)


def test_short_history_with_gaps_everywhere_still_steps_on():
    found = simulated([10.0, np.nan, 12.0], horizon=1, bounds=(None, None))
    assert sorted(np.unique(found.paths)) == [10.0, 14.0]


def test_a_gap_is_bridged_and_named():
    values = noise()
    values[20:23] = np.nan
    found = simulated(values)
    assert np.isfinite(found.paths).all()
    assert ladder.GAPS in found.notes


def test_missing_newest_periods_move_the_start_of_the_forecast_not_its_dates():
    values = np.r_[np.arange(1.0, 41.0), np.nan, np.nan]
    found = simulated(values, period=1, horizon=1)
    assert ladder.LATE in found.notes
    assert np.median(found.paths) > 41.5  # three steps from 40, not one


def test_under_two_seasons_and_two_periods_there_is_no_season():
    assert ladder.NO_SEASON in simulated(noise(25)).notes
    assert ladder.NO_SEASON not in simulated(noise(26)).notes
    assert ladder.NO_SEASON not in simulated(noise(25), period=1).notes


def test_many_zeros_are_drawn_again_from_what_was():
    values = np.tile([0.0, 0.0, 7.0, 0.0], 12)
    found = simulated(values, period=4, horizon=4)
    assert found.notes == (ladder.INTERMITTENT,)
    assert (found.paths == [0.0, 0.0, 7.0, 0.0]).all()


def test_shares_near_one_stay_within_their_bounds():
    share = np.clip(0.985 + 0.01 * np.random.default_rng(2).normal(size=48), 0.95, 0.999)
    for bounds in [(0.0, 1.0), (None, 1.0)]:
        paths = simulated(share, bounds=bounds, horizon=12).paths
        assert paths.max() <= 1.0
        assert np.median(paths) == pytest.approx(0.985, abs=0.01)


def test_shares_that_touch_their_bounds_stay_within():
    share = np.clip(0.97 + 0.04 * np.random.default_rng(2).normal(size=48), 0, 1)
    assert share.max() == 1.0
    paths = simulated(share, bounds=(0.0, 1.0)).paths
    assert 0.0 <= paths.min() <= paths.max() <= 1.0


def test_falling_counts_never_turn_negative():
    counts = np.maximum(0, np.round(30 - 0.8 * np.arange(40)))
    assert (counts == 0).any()
    assert simulated(counts, period=1, horizon=24).paths.min() >= 0.0


def test_declared_bounds_without_a_limit_let_values_go_below_zero():
    counts = 30 - 0.75 * np.arange(40) + np.random.default_rng(1).normal(size=40)
    values = np.maximum(counts, 0.0)
    assert simulated(values, period=1, horizon=24, bounds=(None, None)).paths.min() < 0.0


def test_an_outlier_in_the_last_period_does_not_carry_the_forecast_away():
    values = noise(60, level=124.0)
    values[-1] = 10_000.0
    found = simulated(values, horizon=12)
    assert np.median(found.paths, axis=0) == pytest.approx(np.full(12, 124.0), rel=0.05)
    assert ladder.SLIPS in found.notes


def test_values_outside_the_bounds_are_named():
    assert ladder.OUTSIDE in simulated(noise(), bounds=(0.0, 50.0)).notes


@pytest.mark.parametrize("n", range(1, 40))
def test_every_length_gives_finite_paths(n):
    assert np.isfinite(simulated(noise(n)).paths).all()


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1e9, 1e15])
def test_any_size_of_numbers_gives_finite_paths(scale):
    values = noise(48) * scale
    paths = simulated(values).paths
    assert np.isfinite(paths).all()
    assert np.median(paths) == pytest.approx(100 * scale, rel=0.05)


def test_a_wild_series_does_not_run_away():
    wild = np.exp(np.random.default_rng(0).normal(size=40) * 3)
    paths = simulated(wild, horizon=24).paths
    assert np.quantile(paths, 0.975) <= 20 * wild.max()


def test_a_season_moves_the_forecast_only_where_there_is_one():
    profile = np.tile([5.0, 0, 0, -5, 0, 0, 0, 0, 0, 0, 0, 0], 5)
    middle = np.median(simulated(noise() + profile, horizon=12).paths, axis=0)
    assert middle[0] - middle[3] == pytest.approx(10, abs=1.5)
    flat = np.median(simulated(noise(), horizon=12).paths, axis=0)
    assert np.ptp(flat) < 0.5

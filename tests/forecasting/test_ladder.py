import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.forecasting import ladder
from kpikit.forecasting.batches import forecast_batch, outlook_of
from kpikit.forecasting.ladder import Ready, climb

STEPS = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])


def outlook(values, *, grain="month", horizon=6, bounds=None):
    found = climb(
        np.array(values, dtype=float), grain=grain, horizon=horizon, bounds=bounds, seed=(0, 1)
    )
    return outlook_of(found, forecast_batch([found])[0]) if isinstance(found, Ready) else found


def spread(values, **options):
    found = outlook(values, **options)
    return found.quantiles(np.eye(found.horizon), STEPS)


def middle(values, **options):
    return spread(values, **options)[:, 3]


def noise(n=60, level=100.0, size=1.0, seed=5):
    return level + size * np.random.default_rng(seed).normal(size=n)


@pytest.mark.parametrize("value", [5.0, 0.0, 0.1, -3.0, 1.0, 1e12])
def test_any_constant_is_repeated_exactly(value):
    found = outlook([value] * 60)
    assert (found.quantiles(np.eye(6), STEPS) == value).all()
    assert (found.centre(np.eye(6)) == value).all()
    assert found.notes == (ladder.CONSTANT,)


def test_nothing_observed_forecasts_nothing_and_says_so():
    found = outlook([np.nan] * 30)
    assert np.isnan(found.quantiles(np.eye(6), STEPS)).all()
    assert found.notes == (ladder.NOTHING,)


def test_three_points_step_on_from_the_last():
    # the steps seen are +2 and -1, so that one period on there are four values
    found = outlook([10.0, 12.0, 11.0], bounds=(None, None), horizon=1)
    assert sorted(np.unique(found.drawn)) == [9.0, 10.0, 12.0, 13.0]
    assert found.notes == (ladder.SHORT,)


def test_short_history_with_gaps_everywhere_still_steps_on():
    found = outlook([10.0, np.nan, 12.0], horizon=1, bounds=(None, None))
    assert sorted(np.unique(found.drawn)) == [10.0, 14.0]


def test_a_gap_is_bridged_and_named():
    values = noise()
    values[20:23] = np.nan
    assert ladder.GAPS in outlook(values).notes
    assert middle(values) == pytest.approx(np.full(6, 100.0), abs=2)


def test_missing_newest_periods_move_the_start_of_the_forecast_not_its_dates():
    values = np.r_[np.arange(1.0, 41.0), np.nan, np.nan]
    found = outlook(values, grain="year", horizon=1)
    assert ladder.LATE in found.notes
    assert found.quantiles(np.eye(1), STEPS)[0, 3] > 41.5  # three steps from 40, not one
    assert found.past_errors(np.ones(1), 42)[-2:].tolist() == pytest.approx(
        [np.nan] * 2, nan_ok=True
    )


def test_short_histories_have_no_season_or_last_seasons_values_and_say_so():
    assert ladder.NO_SEASON in outlook(noise(13)).notes
    assert ladder.ONE_SEASON in outlook(noise(14)).notes
    assert ladder.ONE_SEASON in outlook(noise(27)).notes
    assert outlook(noise(28)).notes == outlook(noise(27), grain="year").notes == ()


def test_a_season_and_a_half_tell_the_season():
    times = np.arange(26)
    found = middle(100 + 30 * np.sin(times * np.pi / 6), horizon=12)
    assert found.max() - found.min() > 25


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_many_zeros_are_drawn_again_from_what_was(share):
    rng = np.random.default_rng(0)
    values = np.where(rng.random(60) < share, 0.0, 7.0)
    found = outlook(values)
    assert found.notes == (ladder.INTERMITTENT,)
    assert set(np.unique(found.drawn)) <= {0.0, 7.0}
    pattern = outlook(np.tile([0.0, 0.0, 7.0, 0.0], 12), grain="quarter", horizon=4)
    assert (pattern.drawn == [0.0, 0.0, 7.0, 0.0]).all()


def test_shares_near_one_stay_within_their_bounds():
    share = np.clip(0.985 + 0.01 * np.random.default_rng(2).normal(size=48), 0.95, 0.999)
    for bounds in [(0.0, 1.0), (None, 1.0)]:
        found = spread(share, bounds=bounds, horizon=12)
        assert found.max() <= 1.0
        assert found[:, 3] == pytest.approx(np.full(12, 0.985), abs=0.01)
        # there is further to fall than to rise
        assert (found[:, 3] - found[:, 0] > found[:, 6] - found[:, 3]).all()


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.01, 0.99), st.floats(0.001, 0.5))
def test_shares_never_leave_their_bounds(seed, level, size):
    rng = np.random.default_rng(seed)
    share = np.clip(level + size * rng.normal(size=40), 0, 1)
    found = outlook(share, bounds=(0.0, 1.0))
    for values in (found.quantiles(np.eye(6), STEPS), found.centre(np.eye(6))):
        assert 0.0 <= values.min() <= values.max() <= 1.0
    assert np.all((found.paths(rng) >= 0) & (found.paths(rng) <= 1))


def test_falling_counts_never_turn_negative():
    counts = np.maximum(0, np.round(30 - 0.8 * np.arange(40)))
    assert (counts == 0).any()
    assert spread(counts, grain="year", horizon=24).min() >= 0.0


def test_declared_bounds_without_a_limit_let_values_go_below_zero():
    counts = 30 - 0.75 * np.arange(40) + noise(40, 0.0)
    values = np.maximum(counts, 0.0)
    assert spread(values, grain="year", horizon=24, bounds=(None, None)).min() < 0.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("value", [300.0, 10_000.0])
def test_an_outlier_in_the_last_period_hardly_moves_the_forecast(value, seed):
    values = noise(60, level=124.0, size=4.0, seed=seed)
    without = middle(values)
    values[-1] = value
    found = outlook(values)
    assert found.quantiles(np.eye(6), STEPS)[0, 3] - without[0] <= 0.25 * (value - 124)
    assert ladder.SLIPS in found.notes


@pytest.mark.parametrize("share", [0.5, 0.7, 0.8, 0.95])
def test_after_a_step_the_new_level_counts_and_is_named(share):
    values = noise(60, 100.0, 2.0)
    values[int(60 * share) :] += 60.0
    found = outlook(values)
    assert ladder.STEP in found.notes
    low, mid, high = found.quantiles(np.eye(6), np.array([0.1, 0.5, 0.9])).T
    assert mid == pytest.approx(np.full(6, 160.0), abs=6)
    assert (high - low < 30).all()  # the step itself is no error of the kind to expect


def test_values_outside_the_bounds_are_named():
    assert ladder.OUTSIDE in outlook(noise(), bounds=(0.0, 50.0)).notes


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_every_length_and_grain_gives_finite_ordered_quantiles(grain):
    for n in (1, 2, 3, 5, 6, 7, 9, 11, 12, 14, 22, 27, 28, 40, 54, 130):
        found = spread(noise(n), grain=grain)
        assert np.isfinite(found).all()
        assert (np.diff(found, axis=1) >= 0).all()


@pytest.mark.parametrize("size", [1e-12, 1e-3, 1e9, 1e15])
def test_the_unit_of_measure_changes_nothing(size):
    assert spread(noise(48) * size) == pytest.approx(spread(noise(48)) * size, rel=1e-6)


def test_a_wild_series_does_not_run_away():
    wild = np.exp(np.random.default_rng(0).normal(size=40) * 3)
    assert spread(wild, horizon=24).max() <= 20 * wild.max()


def test_a_season_moves_the_forecast_only_where_there_is_one():
    profile = np.tile([5.0, 0, 0, -5, 0, 0, 0, 0, 0, 0, 0, 0], 5)
    with_season = middle(noise() + profile, horizon=12)
    assert with_season[0] - with_season[3] == pytest.approx(10, abs=2)
    assert np.ptp(middle(noise(), horizon=12)) < 2.5

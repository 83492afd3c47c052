import numpy as np
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel

from kpikit.forecasting import ets, figures, members
from kpikit.forecasting.ets import ets_ahead
from kpikit.forecasting.figures import all_figures, slots, slots_ahead
from kpikit.forecasting.last_season import last_season_ahead
from kpikit.forecasting.members import Block, forecast_block, recipe_of
from kpikit.forecasting.regressions import differences_ahead, levels_ahead
from kpikit.forecasting.smoothing import Start, line_start, smooth
from kpikit.forecasting.theta import theta_ahead

ZERO = np.array([0])


def seasonal(n=60, seed=0, spread=0.03):
    times = np.arange(n)
    noise = spread * np.random.default_rng(seed).normal(size=n)
    return np.exp(0.005 * times + 0.2 * np.sin(times * np.pi / 6) + noise)


def block(rows, horizon=6, period=12, recipe="seasonal"):
    length = max(len(row) for row in rows)
    first = np.array([length - len(row) for row in rows])
    values = np.zeros((len(rows), length))
    for at, row in enumerate(rows):
        values[at, first[at] :] = row
    return Block(
        values=values,
        first=first,
        logs=np.array([row.min() > 0 for row in rows]),
        period=period,
        steps=np.broadcast_to(horizon, len(rows)),
        recipe=recipe,
    )


def test_places_count_from_the_end_and_run_on_ahead():
    assert slots(5, 3).tolist() == [1, 0, 2, 1, 0]
    assert slots_ahead(5, 3, 4)[-1].tolist() == [2, 1, 0, 2]


def test_a_pure_season_has_its_figure_and_noise_has_none():
    pattern = np.tile([3.0, 0.0, -1.0, -2.0], 10)
    figure = figures.tested_figures(pattern[None], ZERO, 4)[0]
    assert figure[slots(40, 4)[:4]] == pytest.approx([3.0, 0.0, -1.0, -2.0])
    noise = np.random.default_rng(1).normal(size=(40, 60))
    found = figures.tested_figures(noise, np.zeros(40, dtype=int), 12)
    assert np.mean(np.abs(found).max(axis=1) > 0) <= 0.15
    assert np.abs(all_figures(noise, np.zeros(40, dtype=int), 12)).max(axis=1).min() > 0


def test_smoothing_follows_its_own_equations_by_hand():
    # values 1, 2, 4 from level 1, slope 1, by whatever weights were fitted
    values = np.array([[1.0, 2.0, 4.0]])
    found = smooth(values, ZERO, Start(level=np.ones(1), slope=np.ones(1)), trend=True)
    level, slope = 1.0, 1.0
    alpha, beta, phi = found.alpha[0], found.beta[0], found.damping[0]
    for time, value in enumerate(values[0]):
        error = value - level - phi * slope
        level, slope = level + phi * slope + alpha * error, phi * slope + beta * error
        assert found.level[0, time] == pytest.approx(level)
        assert found.slope[0, time] == pytest.approx(slope)
    assert found.ahead(2)[0, -1].tolist() == pytest.approx(
        [level + phi * slope, level + (phi + phi**2) * slope]
    )


def test_least_squares_find_what_statsmodels_likelihood_finds():
    rows = np.stack([np.log(seasonal(72, seed)) for seed in range(4)])
    found = ets_ahead(rows, np.zeros(4, dtype=int), period=12, horizon=12)
    for row, own in zip(rows, found, strict=True):
        model = ETSModel(
            row,
            error="add",
            trend="add",
            damped_trend=True,
            seasonal="add",
            seasonal_periods=12,
            initialization_method="heuristic",
        )
        theirs = model.fit(disp=False)
        ours = np.sum((row[1:] - own[:-1, 0])[12:] ** 2)
        assert ours <= 1.02 * np.sum(np.asarray(theirs.resid)[13:] ** 2)
        assert own[-1] == pytest.approx(np.asarray(theirs.forecast(12)), abs=0.02)


def test_theta_agrees_with_statsmodels():
    values = 100 + 0.5 * np.arange(40) + np.random.default_rng(3).normal(size=40)
    fitted = ThetaModel(values, period=1, deseasonalize=False).fit(disp=False)
    ahead = theta_ahead(values[None], ZERO, horizon=6, early=4)[0, -1]
    assert ahead == pytest.approx(np.asarray(fitted.forecast(6)), rel=0.01)


def test_theta_of_a_constant_is_the_constant():
    # statsmodels' own adds a slope to it
    assert theta_ahead(np.full((1, 20), 5.0), ZERO, horizon=3, early=4)[0, -1] == pytest.approx(5.0)


def test_autoregressions_carry_on_a_pure_season():
    values = np.tile(10 * np.sin(np.arange(12) * np.pi / 6), 6)[None]
    for ahead in (differences_ahead, levels_ahead):
        found = ahead(values, ZERO, period=12, horizon=12)[0, -1]
        assert found == pytest.approx(values[0, :12], abs=0.5)


def test_a_line_is_the_state_before_its_first_value():
    start = line_start(np.array([[3.0, 5.0, 7.0]]), ZERO, 3, trend=True)
    assert (start.level[0], start.slope[0]) == pytest.approx((1.0, 2.0))


def test_company_and_padding_change_no_byte():
    long, short = seasonal(72, 1), seasonal(50, 2)
    together = forecast_block(block([long, short, seasonal(61, 4)]))
    alone = forecast_block(block([short]))
    assert together.ahead[1, -50:].tobytes() == alone.ahead[0].tobytes()
    assert together.last[:, 1].tobytes() == alone.last[:, 0].tobytes()


def test_how_far_ahead_others_are_forecast_changes_no_byte():
    rows = [seasonal(72, 1), seasonal(60, 2)]
    together, alone = forecast_block(block(rows, (6, 2))), forecast_block(block(rows[1:], 2))
    assert together.ahead[1, -60:, :2].tobytes() == alone.ahead[0].tobytes()
    assert together.last[:, 1, :2].tobytes() == alone.last[:, 0].tobytes()


def test_a_member_that_runs_away_beyond_a_series_own_steps_is_kept(monkeypatch):
    def late_runaway(own):
        found = np.ones((*own.values.shape, own.horizon))
        found[:, :, 2:] = 1e9
        return found

    makers = (late_runaway, *members._MAKERS["seasonal"][1:])
    monkeypatch.setitem(members._MAKERS, "seasonal", makers)
    found = forecast_block(block([seasonal(), seasonal()], (6, 2)))
    assert np.isnan(found.last[0, 0]).all()
    assert found.last[0, 1, :2].tolist() == [1.0, 1.0]


def test_a_forecast_from_a_time_reads_nothing_later():
    # the weights are told from the whole; with them fixed, later values must not matter
    values = seasonal(60)
    found = smooth(values[None], ZERO, line_start(values[None], ZERO, 8, trend=True), trend=True)
    assert found.level[0, 30] == pytest.approx(
        _by_hand(values[:31], found, line_start(values[None], ZERO, 8, trend=True))
    )


def _by_hand(values, found, start):
    level, slope = start.level[0], start.slope[0]
    for value in values:
        step = found.damping[0] * slope
        error = value - level - step
        level, slope = level + step + found.alpha[0] * error, step + found.beta[0] * error
    return level


@pytest.mark.parametrize(
    "fault",
    [ValueError, ArithmeticError, ZeroDivisionError, OverflowError, FloatingPointError]
    + [IndexError, np.linalg.LinAlgError],
)
def test_a_model_that_raises_is_replaced_and_named(fault, monkeypatch):
    def broken(*_, **__):
        raise fault("no")

    monkeypatch.setattr(ETSModel, "smooth", broken)
    found = forecast_block(block([seasonal()]))
    assert found.unsettled.tolist() == [True]
    assert np.isfinite(found.ahead[0, -1]).all()
    monkeypatch.setattr(ETSModel, "__init__", broken)
    assert forecast_block(block([seasonal()])).unsettled.tolist() == [True]


def test_a_member_that_runs_away_is_left_out(monkeypatch):
    def runaway(own):
        return np.full((*own.values.shape, own.horizon), 1e9)

    makers = (runaway, *members._MAKERS["seasonal"][1:])
    monkeypatch.setitem(members._MAKERS, "seasonal", makers)
    found = forecast_block(block([seasonal()]))
    assert np.isnan(found.last[0]).all()
    assert found.ahead[0, -1].max() < 5


def test_the_fewest_values_are_those_that_statsmodels_takes():
    for period in (1, 4, 7, 12):
        n = ets.fewest_values(period)
        values = np.random.default_rng(0).normal(size=(1, n)) + 10
        assert ets_ahead(values, ZERO, period=period, horizon=2)[0] is not None


def test_last_season_is_repeated_and_gains_what_the_level_gained_by_hand():
    # quarters 1 2 3 4, then 3 4: a gain of 2 over two periods, held to 2 x 2 / (2 + 6) = 0.5
    values = np.array([[1.0, 2.0, 3.0, 4.0, 3.0, 4.0]])
    found = last_season_ahead(values, ZERO, period=4, horizon=6)
    assert found[0, -1].tolist() == [3.5, 4.5, 3.5, 4.5, 4.0, 5.0]
    assert np.isnan(found[0, :3]).all()
    assert found[0, 3].tolist() == [1.0, 2.0, 3.0, 4.0, 1.0, 2.0]
    padded = last_season_ahead(np.c_[np.zeros((1, 3)), values], ZERO + 3, period=4, horizon=6)
    assert padded[0, -1].tolist() == found[0, -1].tolist()


def test_the_length_decides_which_members_a_history_carries():
    recipes = [recipe_of(n, 12) for n in (13, 14, 27, 28)]
    assert recipes == ["plain", "last season", "last season", "seasonal"]
    assert {recipe_of(n, 52) for n in (10, 100, 300)} == {recipe_of(30, 1)} == {"plain"}

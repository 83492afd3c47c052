import numpy as np
import pandas as pd
import pytest

from kpikit.errors import DataError, UnknownNameError
from kpikit.forecasting.forecast import forecast
from kpikit.forecasting.outcomes import Run, forecast_outcomes, forecast_runs


def history(values, **columns):
    days = pd.date_range("2020-01-01", periods=len(values), freq="MS")
    table = pd.DataFrame({"period_start": days, "value": np.asarray(values, dtype=float)})
    return table.assign(**columns)


def walk(n=72, seed=0):
    rng = np.random.default_rng(seed)
    return 100 + np.cumsum(0.5 * rng.normal(size=n)) + rng.normal(size=n)


def quotient(n=60, seed=4):
    rng = np.random.default_rng(seed)
    below = np.round(200 * (1 + 0.3 * np.sin(np.arange(n) * np.pi / 6)) + 10 * rng.normal(size=n))
    above = np.round(below * (0.6 + 0.02 * rng.normal(size=n)))
    return history(above / below, numerator=above, denominator=below)


def only(table, **options):
    found, _ = forecast_outcomes(table, **options)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("aggregate", "held", "whole"),
    [("sum", (4.0, 1), 14.0), ("mean", (4.0, 1), 14 / 3), ("last", (0.0, 0), 5.0)],
)
def test_a_constant_is_put_together_by_hand(aggregate, held, whole):
    found = only(history([5.0] * 24), steps=2, aggregate=aggregate, to_date={("", ""): held})
    assert found.draws == pytest.approx(np.full(2000, whole), abs=1e-12)


def test_a_constant_quotient_is_put_together_by_hand():
    # so far 30 of 100; then half of 10 in each of two months: (30 + 10) / (100 + 20)
    table = history([0.5] * 24, numerator=5.0, denominator=10.0)
    found = only(table, steps=2, aggregate="ratio", to_date={("", ""): (30.0, 100.0)})
    assert found.draws == pytest.approx(np.full(2000, 1 / 3))
    assert found.to_come == pytest.approx(np.full(2000, 20.0))


def test_draws_have_the_quantiles_of_the_calibrated_total():
    found = only(history(walk()), steps=6, aggregate="sum")
    total = forecast(history(walk()), horizon=6, quantiles=(0.1, 0.5, 0.9)).total(6).iloc[0]
    drawn = np.quantile(found.draws, (0.1, 0.5, 0.9))
    assert drawn == pytest.approx(total[["q0.1", "q0.5", "q0.9"]].tolist(), rel=1e-5)
    assert only(history(walk()), steps=6, aggregate="mean").draws == pytest.approx(found.draws / 6)


def test_steps_that_do_not_count_are_skipped():
    quantiles = (0.1, 0.5, 0.9)
    found = only(history(walk()), steps=3, skip=2, aggregate="sum")
    total = forecast(history(walk()), horizon=5, quantiles=quantiles).total([3, 4, 5]).iloc[0]
    drawn = np.quantile(found.draws, quantiles)
    assert drawn == pytest.approx(total[["q0.1", "q0.5", "q0.9"]].tolist(), rel=1e-5)


def test_a_quotient_weighs_each_month_with_its_denominator():
    # nine in ten of the year's base fall into months 1 to 6, where the quotient is 0.2, else 0.8
    month = np.arange(72) % 12
    below = np.where(month < 6, 900.0, 100.0)
    share = np.where(month < 6, 0.2, 0.8)
    jitter = 1 + 0.01 * np.random.default_rng(0).normal(size=72)
    table = history(share, numerator=share * below * jitter, denominator=below)
    found = only(table, steps=12, aggregate="ratio", bounds=(0.0, 1.0))
    assert np.median(found.draws) == pytest.approx(0.9 * 0.2 + 0.1 * 0.8, abs=0.02)


def test_the_more_a_period_holds_the_surer_its_quotient():
    def width(so_far):
        held = {("", ""): (0.6 * so_far, so_far)}
        draws = only(quotient(), steps=1, aggregate="ratio", to_date=held).draws
        return np.ptp(np.quantile(draws, (0.1, 0.9)))

    assert width(10_000.0) < 0.1 * width(0.0)


def test_no_denominator_to_come_leaves_the_quotient_so_far_or_missing():
    table = history([np.nan] * 24, numerator=0.0, denominator=0.0)
    assert np.isnan(only(table, steps=2, aggregate="ratio").draws).all()


def test_errors_of_two_parts_tell_how_they_go_together():
    shared = walk(72, 1)
    rng = np.random.default_rng(5)
    table = pd.concat(
        [
            history(shared, kpi="a"),
            history(shared + 0.1 * rng.normal(size=72), kpi="b"),
            history(walk(72, 9), kpi="c"),
        ]
    )
    found, _ = forecast_outcomes(table, steps=3, aggregate="sum")
    a, b, c = (one.errors for one in found)
    seen = np.isfinite(a) & np.isfinite(b) & np.isfinite(c)
    assert len(a) == len(found[0].starts) == 72
    assert np.isnan(a[-3:]).all()  # what has not come has no error
    assert seen.sum() > 20
    assert np.corrcoef(a[seen], b[seen])[0, 1] > 0.9
    assert abs(np.corrcoef(a[seen], c[seen])[0, 1]) < 0.6


def test_shares_and_their_mirror_images_have_mirrored_outcomes():
    share = np.clip(0.03 + 0.01 * np.random.default_rng(0).normal(size=60), 0.005, 1)
    low = only(history(share), steps=3, aggregate="mean", bounds=(0.0, 1.0)).draws
    high = only(history(1 - share), steps=3, aggregate="mean", bounds=(0.0, 1.0)).draws
    assert np.sort(1 - high) == pytest.approx(np.sort(low), abs=1e-9)


def test_draws_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        only(history(walk()), steps=1, aggregate="sum").draws[0] = 0


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(DataError, match=r"aggregate is 'median'.*sum, mean, last, ratio"):
        only(history(walk()), steps=1, aggregate="median")
    with pytest.raises(DataError, match="'ratio' needs a column 'numerator' and a column"):
        only(history(walk()), steps=1, aggregate="ratio")
    with pytest.raises(UnknownNameError, match="to_date: there is no series 'b'"):
        only(history(walk()), steps=1, aggregate="sum", to_date={("b", ""): (1.0, 1)})


def test_many_runs_at_once_say_what_each_says_alone():
    asked = [
        {"panel": history(walk()), "steps": 3, "aggregate": "sum"},
        {"panel": history(walk(40, 1)), "steps": 1, "skip": 4, "aggregate": "last"},
        {"panel": quotient(), "steps": 2, "aggregate": "ratio", "bounds": (0.0, 1.0)},
        {"panel": history([5.0] * 24), "steps": 2, "aggregate": "mean"},
    ]
    together = forecast_runs([Run(**one) for one in asked])
    for one, ((found,), notes) in zip(asked, together, strict=True):
        (alone,), said = forecast_outcomes(**one)
        assert found.draws.tobytes() == alone.draws.tobytes()
        assert found.errors.tobytes() == alone.errors.tobytes()
        assert notes == said


def test_a_hotels_room_rate_is_forecast_as_revenue_over_nights(hotel):
    import kpikit as kk

    strategy = kk.load_strategy(hotel)
    quotients = [name for name, kpi in strategy.kpis.items() if "/" in kpi.formula]
    observations = kk.build_observations(strategy, grain="month", kpis=quotients[:1])
    panel = observations.to_frame()
    found, _ = forecast_outcomes(panel, steps=3, aggregate="ratio")
    last = panel.dropna(subset=["value"])["value"].iloc[-12:]
    for one in found:
        low, high = np.quantile(one.draws[np.isfinite(one.draws)], (0.01, 0.99))
        assert low >= 0.2 * last.min()
        assert high <= 5 * last.max()

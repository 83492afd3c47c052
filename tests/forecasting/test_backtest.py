import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from kpikit.errors import DataError
from kpikit.forecasting.backtest import backtest
from kpikit.forecasting.forecast import forecast

mpl.use("Agg")

COLUMNS = ["kpi", "segment", "step", "mase", "cover80", "cover95", "quantile_loss", "relative"]


def history(values, start="2018-01-01", **columns):
    days = pd.date_range(start, periods=len(values), freq="MS")
    return pd.DataFrame({"period_start": days, "value": np.asarray(values, dtype=float)}).assign(
        **columns
    )


def noisy(n=60, seed=0):
    return 100 + np.random.default_rng(seed).normal(size=n)


def test_columns_are_those_of_the_contract():
    table = backtest(history(noisy()), horizon=2, origins=3).to_frame()
    assert list(table.columns) == COLUMNS
    assert table["step"].tolist() == [1, 2]


def test_each_origin_makes_the_forecast_that_would_have_been_made():
    values = noisy()
    found = backtest(history(values), horizon=3, origins=2)
    for cut in (56, 57):
        then = forecast(history(values[:cut]), horizon=3).to_frame()
        origin = history(values)["period_start"][cut - 1]
        promised = found.promises[found.promises["origin"] == origin]
        names = ["period_start", "step", "mean", "q0.1", "q0.9"]
        pd.testing.assert_frame_equal(
            promised[names].reset_index(drop=True), then[names], check_exact=True, check_dtype=False
        )


def test_nothing_later_leaks_into_a_forecast():
    values = noisy()
    poisoned = values.copy()
    poisoned[50:] = 1e6
    clean, other = (backtest(history(v[:55]), horizon=5, origins=1) for v in (values, poisoned))
    names = ["mean", "q0.025", "q0.5", "q0.975"]
    assert clean.promises[names].equals(other.promises[names])


def test_scores_agree_with_the_arithmetic_by_hand():
    values = noisy(40)
    found = backtest(history(values), horizon=1, origins=4)
    made, row = found.promises, found.to_frame().iloc[0]
    scales = [np.abs(values[12:cut] - values[: cut - 12]).mean() for cut in (36, 37, 38, 39)]
    off = np.abs(made["value"] - made["mean"]).to_numpy()
    assert row["mase"] == pytest.approx((off / scales).mean())
    naive = np.abs(values[36:40] - values[24:28])
    assert row["relative"] == pytest.approx(off.sum() / naive.sum())
    inside = (made["value"] >= made["q0.1"]) & (made["value"] <= made["q0.9"])
    assert row["cover80"] == inside.mean()
    levels = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])
    under = made["value"].to_numpy()[:, None] - made[[f"q{level:g}" for level in levels]].to_numpy()
    loss = 2 * np.maximum(levels * under, (levels - 1) * under).mean(axis=1)
    assert row["quantile_loss"] == pytest.approx((loss / scales).mean())


def test_a_constant_is_always_met_and_has_no_scale():
    row = backtest(history([5.0] * 30), horizon=2, origins=3).to_frame().iloc[0]
    assert (row["cover80"], row["cover95"]) == (1.0, 1.0)
    assert np.isnan(row["mase"])
    assert np.isnan(row["relative"])


def test_missing_outcomes_are_not_scored():
    values = noisy(40)
    values[-1] = np.nan
    found = backtest(history(values), horizon=1, origins=2)
    assert found.promises["value"].isna().sum() == 1
    assert "of 1 outcomes" in found.summary()


def test_short_series_have_fewer_origins_or_are_named():
    table = pd.concat(
        [history(noisy(5), kpi="a"), history(noisy(3), kpi="b"), history(noisy(2), kpi="c")]
    )
    found = backtest(table, horizon=1, origins=9, grain="month")
    assert found.promises.groupby("kpi").size().to_dict() == {"a": 3, "b": 1}
    assert "c: too short to look back at." in found.notes
    nothing = backtest(history(noisy(2)), horizon=3, origins=1)
    assert nothing.to_frame().empty
    assert nothing.summary() == "No forecast could be looked back at."


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(DataError, match=r"horizon is 0; .* origins is 1\.5; it is a whole"):
        backtest(history(noisy()), horizon=0, origins=1.5)


def test_it_says_and_draws_what_was_promised_and_what_came():
    found = backtest(history(noisy(), kpi="Orders"), horizon=3, origins=7)
    assert found.summary().startswith("Orders: 80 % intervals held")
    axes = found.plot()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[:4] == ["95 % promised", "80 % promised", "median promised", "came"]
    # forecasts made 0, 3 and 6 periods before the last origin do not overlap
    assert found.promises["origin"].nunique() == 7
    upright = [line for line in axes.lines if line.get_linewidth() == 0.8]
    assert len(upright) == 3
    assert "<img" in found._repr_html_()

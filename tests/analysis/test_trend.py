import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.analysis.trend import fit_trend

mpl.use("Agg")

COLUMNS = ["kpi", "segment", "slope", "slope_lower", "slope_upper", "p_value", "verdict"]
COLUMNS += ["since", "periods", "of_level"]


def history(values, freq="MS"):
    start = pd.date_range("2022-01-01", periods=len(values), freq=freq)
    return pd.DataFrame({"period_start": start, "value": np.asarray(values, dtype=float)})


def noisy(n=36, slope=0.0, seed=0):
    return 100 + slope * np.arange(n) + np.random.default_rng(seed).normal(size=n)


def only(panel, **options):
    return fit_trend(panel, **options).to_frame().iloc[0]


def test_a_straight_line_by_hand():
    # 2, 5, 8, ... rises by 3 a month, 36 a year, and nothing is left to doubt
    found = fit_trend(history([2 + 3 * t for t in range(24)]))
    row = found.to_frame().iloc[0]
    assert list(found.to_frame().columns) == COLUMNS
    assert (row["slope"], row["slope_lower"], row["slope_upper"]) == pytest.approx((3, 3, 3))
    assert (row["p_value"], row["verdict"]) == (0.0, "rising")
    assert found.summary() == (
        "The KPI: rising; +36.0 a year (95 % interval +36.0 to +36.0), +98.6 % of its level."
    )


def test_independent_noise_agrees_with_ordinary_regression():
    # residuals that turn at every step leave no memory, and then the slope is least squares'
    values = [10 + 0.5 * t + (-1) ** t for t in range(24)]
    row = only(history(values), period=1)
    assert row["slope"] == pytest.approx(np.polyfit(range(24), values, 1)[0])
    assert row["verdict"] == "rising"


def test_a_falling_kpi_falls_below_its_season():
    season = 5 * np.sin(np.arange(48) * np.pi / 6)
    row = only(history(noisy(48, slope=-0.2) + season))
    assert row["verdict"] == "falling"
    assert row["slope_lower"] < -0.2 < row["slope_upper"]


def test_a_random_walk_is_drifting_more_often_than_trending():
    walks = [np.cumsum(np.random.default_rng(seed).normal(size=60)) for seed in range(60)]
    verdicts = pd.Series([only(history(walk))["verdict"] for walk in walks])
    assert (verdicts == "drifting").mean() > 0.5
    assert verdicts.isin(["rising", "falling"]).mean() < 0.25


def test_a_dozen_periods_are_needed():
    short = fit_trend(history(range(11)))
    assert short.to_frame()["verdict"].item() == "too short"
    assert np.isnan(short.to_frame()["slope"].item())
    assert (
        short.summary() == "The KPI: too short to tell a trend; it takes 12 periods with a value."
    )
    assert only(history(range(12)))["verdict"] == "rising"


def test_a_single_period_and_nothing_at_all_are_too_short():
    assert only(history([1.0]))["verdict"] == "too short"
    assert fit_trend(history([])).to_frame().columns.tolist() == COLUMNS
    assert fit_trend(history([])).summary() == "Trends of 0 series: none."


def test_a_flat_kpi_has_no_trend():
    row = only(history([0.1] * 30))
    assert (row["slope"], row["p_value"], row["verdict"]) == (0.0, 1.0, "no clear trend")


def test_a_gap_stays_out_and_time_runs_on_across_it():
    values = [2 + 3.0 * t for t in range(24)]
    values[10:14] = [np.nan] * 4
    found = fit_trend(history(values))
    assert found.to_frame()["slope"].item() == pytest.approx(3)
    assert found.notes == ("the KPI: periods without a value, left out: 4.",)


def test_nothing_observed_is_too_short():
    assert only(history([np.nan] * 30))["verdict"] == "too short"


def test_keys_come_back_as_given():
    panel = pd.concat(
        [
            history(noisy()).assign(kpi=kpi, segment=segment)
            for kpi, segment in [("b", "EU"), ("a", "")]
        ]
    )
    found = fit_trend(panel).to_frame()
    assert found[["kpi", "segment"]].to_numpy().tolist() == [["a", ""], ["b", "EU"]]


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.lists(st.integers(-1000, 1000), min_size=12, max_size=40), st.sampled_from([0.01, 100.0]))
def test_the_slope_follows_the_unit_of_measure(values, unit):
    one, other = only(history(values)), only(history(np.array(values) * unit))
    size = max(1.0, float(np.abs(values).max()))
    assert other["slope"] == pytest.approx(one["slope"] * unit, abs=1e-9 * unit * size)
    assert other["verdict"] == one["verdict"]


@settings(derandomize=True, deadline=None, max_examples=15)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random):
    panel = pd.concat([history(noisy(seed=s)).assign(kpi=f"k{s}") for s in range(2)])
    rows = list(range(len(panel)))
    random.shuffle(rows)
    pd.testing.assert_frame_equal(
        fit_trend(panel.iloc[rows]).to_frame(), fit_trend(panel).to_frame()
    )


def test_the_callers_table_is_left_alone():
    table = history(noisy()).sample(frac=1, random_state=7)
    before = table.copy()
    fit_trend(table)
    pd.testing.assert_frame_equal(table, before)


def test_two_workers_find_the_same_bytes_as_one():
    panel = pd.concat([history(noisy(seed=s)).assign(kpi=f"k{s}") for s in range(5)])
    one, two = fit_trend(panel), fit_trend(panel, workers=2)
    assert one.to_frame().to_csv() == two.to_frame().to_csv()


def test_false_trends_stay_rare_where_errors_remember():
    # level 0.05; ordinary regression calls one in three of these a trend
    found = []
    for seed in range(120):
        rng, values = np.random.default_rng(seed), np.zeros(90)
        for t in range(1, 90):
            values[t] = 0.6 * values[t - 1] + rng.normal()
        found.append(only(history(values[42:]))["verdict"] in ("rising", "falling"))
    assert np.mean(found) <= 0.11


def test_a_trend_is_judged_since_the_last_step():
    # ten up in 2024-01; one line through all of it would rise
    values = noisy(72) + 10 * (np.arange(72) >= 24)
    found = fit_trend(history(values))
    row = found.to_frame().iloc[0]
    assert (row["since"], row["periods"]) == (pd.Timestamp("2024-01-01"), 48)
    assert row["slope_lower"] < 0 < row["slope_upper"]
    assert "no clear trend since the change in 2024-01; " in found.summary()
    assert found.notes == ("the KPI: changed in the period of 2024-01-01; judged since.",)
    line = found.line()
    assert line["expected"].notna().sum() == 48
    assert (line["lower"] <= line["expected"])[24:].all()


def test_a_step_up_may_be_followed_by_a_fall():
    after = np.arange(72) >= 24
    row = only(history(noisy(72) + after * (30 - 0.3 * (np.arange(72) - 24))))
    assert row["since"] >= pd.Timestamp("2024-01-01")
    assert row["verdict"] == "falling"
    assert row["slope"] == pytest.approx(-0.3, abs=0.06)


def test_after_a_bend_the_slope_is_that_of_the_last_stretch():
    times = np.arange(72)
    values = noisy(72) + np.minimum(times, 40) - 0.4 * np.maximum(times - 40, 0)
    row = only(history(values))
    assert row["verdict"] == "falling"
    assert row["slope"] == pytest.approx(-0.4, abs=0.1)


def test_a_change_a_moment_ago_leaves_too_little_to_tell():
    values = noisy(48) + 30 * (np.arange(48) >= 42)
    found = fit_trend(history(values))
    assert found.to_frame()["verdict"].item() == "too short"
    assert found.summary().startswith(
        "The KPI: too short to tell a trend since the change in 2025-"
    )


def test_a_straight_rise_is_not_cut():
    rising = [only(history(noisy(60, slope=0.1, seed=seed))) for seed in range(30)]
    assert sum(row["since"] > pd.Timestamp("2022-01-01") for row in rising) == 0


def test_every_second_period_missing_leaves_a_trend_to_be_told():
    values = noisy(72, slope=0.2)
    values[::2] = np.nan
    values[40:50] = np.nan
    row = only(history(values))
    assert row["verdict"] == "rising"
    assert row["slope_lower"] < 0.2 < row["slope_upper"]


def test_the_slope_is_a_share_of_the_level_where_that_has_a_sign():
    assert only(history(noisy(slope=1)))["of_level"] == pytest.approx(1 / 117.5, rel=0.05)
    assert np.isnan(only(history(noisy(slope=1) - 110))["of_level"])


def test_one_kpi_is_drawn_with_its_line_and_many_as_dots():
    one = fit_trend(history(noisy(slope=1))).plot()
    assert [line.get_label() for line in one.lines] == ["value", "trend"]
    panel = pd.concat([history(noisy(seed=s)).assign(kpi=f"k{s}") for s in range(3)])
    many = fit_trend(panel)
    assert "3 series" in many.summary()
    labels = [text.get_text() for text in many.plot().get_yticklabels()]
    assert sorted(labels) == ["k0", "k1", "k2"]
    assert "<img" in many._repr_html_()

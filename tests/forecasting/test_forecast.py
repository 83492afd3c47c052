import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.errors import DataError, PeriodError
from kpikit.forecasting.forecast import forecast

mpl.use("Agg")

QUANTILES = ["q0.025", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.975"]


def history(values, freq="MS", start="2022-01-01"):
    days = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"period_start": days, "value": np.asarray(values, dtype=float)})


def noisy(n=40, seed=0):
    return 100 + np.random.default_rng(seed).normal(size=n)


def panel(count=3):
    return pd.concat([history(noisy(seed=s)).assign(kpi=f"k{s}", segment="") for s in range(count)])


def test_columns_and_dates_are_those_of_the_contract():
    table = forecast(history(noisy(36)), horizon=2).to_frame()
    assert list(table.columns) == ["kpi", "segment", "period_start", "step", "mean", *QUANTILES]
    assert table["period_start"].tolist() == [
        pd.Timestamp("2025-01-01"),
        pd.Timestamp("2025-02-01"),
    ]
    assert table["step"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("freq", "start", "following"),
    [
        ("D", "2022-01-01", "2022-02-10"),
        ("W-MON", "2022-01-03", "2022-10-10"),
        ("QS", "2012-01-01", "2022-01-01"),
        ("YS", "1982-01-01", "2022-01-01"),
    ],
)
def test_the_grain_is_told_from_the_dates(freq, start, following):
    table = forecast(history(noisy(), freq, start), horizon=1).to_frame()
    assert table["period_start"].tolist() == [pd.Timestamp(following)]


def test_sixty_fives_forecast_five_exactly():
    table = forecast(history([5.0] * 60), horizon=12).to_frame()
    assert (table[["mean", *QUANTILES]] == 5.0).all(axis=None)


def test_nothing_observed_is_missing_with_a_note():
    found = forecast(history([np.nan] * 24), horizon=2)
    assert found.to_frame()[["mean", *QUANTILES]].isna().all(axis=None)
    assert found.notes == ("the KPI: nothing observed, so nothing is forecast.",)
    assert found.summary().startswith("The KPI: about –")


def test_notes_name_the_series_they_speak_of():
    table = panel(2)
    table.loc[(table["kpi"] == "k1") & (table["period_start"] == "2023-01-01"), "value"] = np.nan
    notes = forecast(table, horizon=1).notes
    assert "k1: gaps are bridged by straight lines, for fitting only." in notes


def test_partial_periods_are_not_history():
    whole = history(noisy())
    last = history([3.0], start="2025-05-01")
    table = pd.concat([whole.assign(complete=True), last.assign(complete=False)])
    found = forecast(table, horizon=1)
    pd.testing.assert_frame_equal(found.to_frame(), forecast(whole, horizon=1).to_frame())


def test_totals_are_neither_sums_of_quantiles_nor_of_independent_steps():
    found = forecast(history(noisy()), horizon=3)
    total, steps = found.total(3).iloc[0], found.to_frame()
    width = total["q0.9"] - total["q0.1"]
    alone = steps["q0.9"] - steps["q0.1"]
    assert width < 0.95 * alone.sum()
    assert width > 0.8 * np.sqrt((alone**2).sum())
    assert total["mean"] == pytest.approx(steps["mean"].sum())
    one = found.total([2]).iloc[0]
    assert one[QUANTILES].tolist() == pytest.approx(steps.iloc[1][QUANTILES].tolist())


def test_paths_agree_with_the_calibrated_steps_and_sums():
    rng = np.random.default_rng(2)
    walk = history(200 + np.cumsum(rng.normal(size=90)) + rng.normal(size=90))
    found = forecast(walk, horizon=6)
    paths = found.paths(2000)
    steps = [np.quantile(own["value"], [0.1, 0.5, 0.9]) for _, own in paths.groupby("step")]
    assert np.array(steps) == pytest.approx(
        found.to_frame()[["q0.1", "q0.5", "q0.9"]].to_numpy(), rel=1e-3
    )
    sums = paths.groupby("path")["value"].sum().quantile([0.1, 0.9])
    total = found.total(6).iloc[0][["q0.1", "q0.9"]]
    assert np.ptp(sums) == pytest.approx(np.ptp(total.to_numpy(dtype=float)), rel=0.2)


def test_paths_are_long_and_as_many_as_asked_for():
    paths = forecast(panel(2), horizon=2).paths(3)
    assert list(paths.columns) == ["kpi", "segment", "path", "period_start", "step", "value"]
    assert len(paths) == 2 * 3 * 2
    with pytest.raises(DataError, match="n is 2001; there are 2000 paths"):
        forecast(history([5.0] * 20), horizon=1).paths(2001)


def test_steps_beyond_the_horizon_are_refused():
    found = forecast(history([5.0] * 20), horizon=2)
    with pytest.raises(DataError, match="steps is 3; the forecast has steps 1 to 2"):
        found.total(3)


@settings(derandomize=True, deadline=None, max_examples=15)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30))
def test_eighty_percent_lie_inside_ninety_five(values):
    table = forecast(history(values), horizon=3, grain="month").to_frame()
    spread = table[QUANTILES].to_numpy()
    assert np.isfinite(spread).all()
    assert (np.diff(spread, axis=1) >= 0).all()


def test_the_order_of_rows_and_the_company_do_not_matter():
    table = panel(3)
    alone = forecast(table[table["kpi"] == "k1"], horizon=2).to_frame()
    shuffled = forecast(table.sample(frac=1, random_state=3), horizon=2).to_frame()
    together = forecast(table, horizon=2).to_frame()
    pd.testing.assert_frame_equal(shuffled, together)
    own = together[together["kpi"] == "k1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone)


def test_the_seed_decides_paths_and_calibrated_quantiles_need_none():
    one, again, other = (forecast(history(noisy()), horizon=1, seed=s) for s in (1, 1, 2))
    assert one.paths().equals(again.paths())
    assert not one.paths().equals(other.paths())
    assert one.to_frame().equals(other.to_frame())


def test_the_callers_table_is_left_alone():
    table = panel(2).sample(frac=1, random_state=7)
    before = table.copy()
    forecast(table, horizon=2)
    pd.testing.assert_frame_equal(table, before)


def test_bounds_may_differ_by_kpi():
    table = panel(2)
    table["value"] = table["value"] / 101
    found = forecast(table, horizon=12, bounds={"k0": (0.0, 1.0)}).paths()
    highest = found.groupby("kpi")["value"].max()
    assert highest["k0"] <= 1.0 < highest["k1"]


def test_what_cannot_be_asked_is_refused_with_the_value():
    table = history(noisy())
    with pytest.raises(DataError, match=r"horizon is 0; .* quantiles hold \[1\.5\]"):
        forecast(table, horizon=0, quantiles=(0.5, 1.5))
    with pytest.raises(DataError, match=r"bounds are \(1, 0\)"):
        forecast(table, horizon=1, bounds=(1, 0))
    with pytest.raises(DataError, match="workers is 0"):
        forecast(table, horizon=1, workers=0)
    with pytest.raises(PeriodError, match="Pass grain="):
        forecast(table.head(1), horizon=1)


def test_other_quantiles_have_their_own_columns():
    table = forecast(history(noisy()), horizon=1, quantiles=[0.05, 0.5]).to_frame()
    assert list(table.columns[-2:]) == ["q0.05", "q0.5"]


def test_it_is_drawn_with_bands_whatever_quantiles_the_table_has():
    found = forecast(history(noisy()), horizon=3, quantiles=[0.4])
    labels = [text.get_text() for text in found.plot().get_legend().get_texts()]
    bands = [f"{share} % of outcomes" for share in (95, 80, 50)]
    assert labels == ["value", *bands, "median forecast"]
    assert "<img" in found._repr_html_()
    assert forecast(panel(2), horizon=3).summary() == "Forecasts of 2 series, 3 periods ahead."


def test_importing_the_room_stays_light():
    code = "import sys, kpikit.forecasting.forecast; print('statsmodels' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_levels_order_changes_only_the_columns_order():
    table = forecast(history(noisy()), horizon=1, quantiles=[0.9, 0.001, 0.5]).to_frame()
    assert list(table.columns[-3:]) == ["q0.9", "q0.001", "q0.5"]
    assert table["q0.001"].item() < table["q0.5"].item() < table["q0.9"].item()


def test_a_known_event_left_out_leaves_the_forecast_alone():
    values = noisy(60)
    values[40:43] = 5.0  # the three months of an event
    holed = history(np.r_[values[:40], [np.nan] * 3, values[43:]])
    calm = forecast(holed, horizon=3).to_frame()["mean"]
    assert calm.tolist() == pytest.approx([100.0] * 3, abs=1.5)


def test_nothing_forecasts_nothing():
    table = forecast(history([]), horizon=2).to_frame()
    assert table.empty
    assert list(table.columns) == ["kpi", "segment", "period_start", "step", "mean", *QUANTILES]


def test_eighty_percent_of_simulated_totals_lie_inside_eighty_percent_intervals():
    # 60 KPIs of 60 months, a level that wanders and noise: 80 % intervals of a quarter's total
    rng = np.random.default_rng(11)
    walks = 100 + 0.7 * rng.normal(size=(60, 63)).cumsum(axis=1) + rng.normal(size=(60, 63))
    table = pd.concat([history(walk[:60]).assign(kpi=f"k{n:02}") for n, walk in enumerate(walks)])
    total = forecast(table, horizon=3).total(3)
    came = walks[:, 60:].sum(axis=1)
    held = (came >= total["q0.1"]) & (came <= total["q0.9"])
    assert 0.65 <= held.mean() <= 0.92

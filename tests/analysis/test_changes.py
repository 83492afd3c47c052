import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.analysis.changes import find_changes, last_change

mpl.use("Agg")

COLUMNS = ["kpi", "segment", "period_start", "kind", "size", "size_lower", "size_upper"]
COLUMNS += ["before", "after"]


def history(values, freq="MS"):
    start = pd.date_range("2022-01-01", periods=len(values), freq=freq)
    return pd.DataFrame({"period_start": start, "value": np.asarray(values, dtype=float)})


def noise(n=60, seed=0, memory=0.0):
    rng, values = np.random.default_rng(seed), np.zeros(n)
    for t in range(n):
        values[t] = (memory * values[t - 1] if t else 0) + rng.normal()
    return 100 + values


def changes(values, freq="MS", **options):
    return find_changes(history(values, freq), **options).to_frame()


def test_a_step_has_its_date_its_size_and_both_levels():
    found = find_changes(history(noise() + 6 * (np.arange(60) >= 33)))
    (row,) = found.to_frame().to_dict("records")
    assert list(found.to_frame().columns) == COLUMNS
    assert (row["period_start"], row["kind"]) == (pd.Timestamp("2024-10-01"), "step")
    assert row["size_lower"] < 6 < row["size_upper"]
    assert row["size_lower"] < row["size"] < row["size_upper"]
    assert row["after"] - row["before"] == pytest.approx(row["size"])
    assert row["before"] == pytest.approx(100, abs=0.5)
    assert found.summary().startswith("The KPI: a step in 2024-10 of +")


def test_a_bend_has_the_slopes_before_and_after():
    found = find_changes(history(noise() + 0.8 * np.maximum(np.arange(60) - 30, 0)))
    (row,) = found.to_frame().to_dict("records")
    assert row["kind"] == "slope"
    assert abs((row["period_start"] - pd.Timestamp("2024-07-01")).days) < 125
    assert row["after"] - row["before"] == pytest.approx(row["size"])
    assert row["size"] == pytest.approx(0.8, abs=0.15)
    assert "a bend in 2024-" in found.summary()


def test_two_steps_that_cancel_are_found_together():
    times = np.arange(60)
    found = changes(noise() + 5 * ((times >= 20) & (times < 40)))
    assert found["period_start"].tolist() == [pd.Timestamp(2023, 9, 1), pd.Timestamp(2025, 5, 1)]
    assert np.sign(found["size"]).tolist() == [1, -1]


def test_more_than_two_steps_are_found_one_by_one():
    times = np.arange(120)
    stairs = sum(8 * (times >= place) for place in (25, 50, 75, 100))
    found = changes(noise(120) + stairs)
    place = (found["period_start"].dt.year - 2022) * 12 + found["period_start"].dt.month - 1
    assert place.tolist() == [25, 50, 75, 100]


def test_a_spike_is_no_change():
    values = noise()
    values[[20, 44]] += (12, -15)
    assert changes(values).empty


def test_a_straight_rise_and_a_season_are_no_change():
    times = np.arange(60)
    assert changes(noise() + 0.2 * times + 4 * np.sin(times * np.pi / 6)).empty


def test_noise_rarely_changes():
    found = [len(changes(noise(48, seed, memory=0.3))) > 0 for seed in range(40)]
    assert sum(found) <= 4


@pytest.mark.parametrize(("freq", "period", "n"), [("D", 7, 90), ("W-MON", 52, 170), ("QS", 4, 32)])
def test_a_step_beside_a_season_at_every_grain(freq, period, n):
    times = np.arange(n)
    profile = 3 * np.random.default_rng(9).normal(size=period)
    found = changes(noise(n) + profile[times % period] + 8 * (times >= n // 2), freq)
    starts = history(np.zeros(n), freq)["period_start"]
    assert found["period_start"].tolist() == [starts[n // 2]]
    assert found["size_lower"].item() < 8 < found["size_upper"].item()


def test_a_step_after_a_gap_is_dated_by_the_first_value_after_it():
    values = noise() + 9 * (np.arange(60) >= 30)
    values[28:34] = np.nan
    values[5] = np.nan
    assert changes(values)["period_start"].tolist() == [pd.Timestamp(2024, 11, 1)]


def test_below_a_dozen_periods_is_too_short_to_tell():
    found = find_changes(history(range(11)))
    assert found.summary() == (
        "The KPI: too short to tell a change; it takes 12 periods with a value."
    )
    assert found.notes == ("Too short to tell, below 12 periods with a value: 1.",)
    assert found.to_frame().empty


def test_nothing_at_all():
    found = find_changes(history([]))
    assert found.summary() == "Changes in 0 of 0 series, 0 in all."
    assert found.to_frame().columns.tolist() == COLUMNS
    assert str(found.to_frame()["period_start"].dtype).startswith("datetime64")


@pytest.mark.parametrize("values", [[0.1] * 40, range(40), [1, 2, 3, 4] * 10, [np.nan] * 40])
def test_what_is_exact_has_no_change(values):
    assert changes(values).empty


def test_many_series_are_counted():
    panel = pd.concat(
        [
            history(noise(60, 1) + 9 * (np.arange(60) > 30)).assign(kpi="a", segment="EU"),
            history(noise(60, 2)).assign(kpi="b", segment=""),
            history(range(5)).assign(kpi="c", segment=""),
        ]
    )
    found = find_changes(panel)
    assert found.to_frame()[["kpi", "segment"]].to_numpy().tolist() == [["a", "EU"]]
    assert found.summary() == "Changes in 1 of 3 series, 1 in all; 1 too short to tell."
    assert found.searched["changes"].tolist()[:2] == [1, 0]
    assert found.notes[-1] == "Series without a change: 1."
    assert [text.get_text() for text in found.plot().get_yticklabels()] == ["a EU"]


@settings(derandomize=True, deadline=None, max_examples=6)
@given(st.integers(0, 10_000), st.sampled_from([0.01, 1000.0]), st.sampled_from([-500.0, 3.0]))
def test_dates_stay_and_sizes_follow_the_unit(seed, unit, zero):
    values = noise(48, seed) + 4 * (np.arange(48) >= 20)
    one, other = changes(values), changes(values * unit + zero)
    assert other["period_start"].tolist() == one["period_start"].tolist()
    assert other["size"].tolist() == pytest.approx((one["size"] * unit).tolist(), rel=1e-6)


def test_the_callers_table_is_left_alone():
    table = history(noise()).sample(frac=1, random_state=3)
    before = table.copy()
    find_changes(table)
    pd.testing.assert_frame_equal(table, before)


def test_the_last_certain_change_is_given_as_a_place():
    times = np.arange(60)
    assert last_change(noise() + 9 * (times >= 20) - 9 * (times >= 45), times, 12) == 45
    assert last_change(noise(), times, 12) is None
    assert last_change(noise(8), np.arange(8), 12) is None


def test_one_kpi_is_drawn_with_its_dates_and_sizes():
    found = find_changes(history(noise() + 6 * (np.arange(60) >= 33)))
    ax = found.plot()
    assert [text.get_text().startswith("2024-10: +") for text in ax.texts] == [True]
    assert len(ax.lines) == 4  # the values, two levels, the date
    assert "<img" in found._repr_html_()
    assert find_changes(history(noise())).plot().texts[:] == []

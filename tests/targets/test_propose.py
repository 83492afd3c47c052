import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.errors import DataError, UnknownNameError
from kpikit.forecasting.forecast import forecast
from kpikit.targets.propose import propose_targets

mpl.use("Agg")


def history(values, **columns):
    days = pd.date_range("2022-01-01", periods=len(values), freq="MS")
    table = pd.DataFrame({"period_start": days, "value": np.asarray(values, dtype=float)})
    return table.assign(**columns)


def noisy(n=40, seed=0, **columns):
    return history(100 + np.random.default_rng(seed).normal(size=n), **columns)


def quotient(n=40):
    rng = np.random.default_rng(4)
    below = np.round(200 + 40 * rng.normal(size=n))
    above = np.round(below * (0.9 + 0.02 * rng.normal(size=n)))
    return history(above / below, numerator=above, denominator=below)


def only(table, **options):
    return propose_targets(table, **options).to_frame().iloc[0]


def test_columns_are_those_of_the_contract():
    found = propose_targets(noisy(kpi="orders"), horizon=3, aggregate="sum", quantiles=(0.1, 0.5))
    names = ["kpi", "segment", "aggregate", "horizon", "floor", "committed", "stretch"]
    assert list(found.to_frame().columns) == [*names, "q0.1", "q0.5"]
    assert found.to_frame().iloc[0, :4].tolist() == ["orders", "", "sum", 3]


@pytest.mark.parametrize(("aggregate", "whole"), [("sum", 15.0), ("mean", 5.0), ("last", 5.0)])
def test_a_constant_adds_up_by_hand(aggregate, whole):
    row = only(history([5.0] * 24), horizon=3, aggregate=aggregate)
    assert row[["floor", "committed", "stretch"]].tolist() == [whole] * 3


def test_what_the_period_holds_is_added_by_hand():
    # sum: 4 + 2 x 5; mean: (4 + 2 x 5) / 3; last: nothing to add
    table, gone = history([5.0] * 24), pd.DataFrame({"value": [4.0]})
    assert only(table, horizon=2, aggregate="sum", to_date=gone)["committed"] == 14
    assert only(table, horizon=2, aggregate="sum", to_date={"": 4.0})["committed"] == 14
    assert only(table, horizon=2, aggregate="mean", to_date=gone)["committed"] == pytest.approx(
        14 / 3
    )
    assert only(table, horizon=2, aggregate="mean", to_date={"": (4.0, 1)})[
        "committed"
    ] == pytest.approx(14 / 3)
    assert only(table, horizon=2, aggregate="last", to_date={"": 4.0})["committed"] == 5


def test_a_ratio_is_a_quotient_of_sums_and_not_a_mean_of_ratios():
    # 50 of 100 every month, and 0 of 800 so far: (0 + 2 x 50) / (800 + 2 x 100)
    months = history([0.5] * 24, numerator=50.0, denominator=100.0)
    row = only(months, horizon=2, aggregate="ratio", to_date={"": (0, 800)})
    assert row["committed"] == pytest.approx(0.1)


def test_a_ratio_stays_within_its_bounds_and_about_where_it_was():
    row = only(quotient(), horizon=3, aggregate="ratio", bounds=(0.0, 1.0))
    assert 0.8 < row["q0.025"] < row["q0.5"] < row["q0.975"] <= 1.0
    assert row["q0.5"] == pytest.approx(0.9, abs=0.02)


def test_chances_are_kept_by_construction_in_both_directions():
    higher = propose_targets(noisy(), horizon=3, aggregate="sum")
    lower = propose_targets(noisy(), horizon=3, aggregate="sum", direction="lower_is_better")
    for found in (higher, lower):
        row = found.to_frame().iloc[0]
        for name, chance in {"floor": 0.9, "committed": 0.8, "stretch": 0.3}.items():
            assert found.attainment("", row[name]) == pytest.approx(chance, abs=0.001)
    up, down = higher.to_frame().iloc[0], lower.to_frame().iloc[0]
    assert up["floor"] < up["committed"] < up["stretch"]
    assert down["floor"] > down["committed"] > down["stretch"]


def test_a_band_holds_eighty_percent_in_its_middle():
    found = propose_targets(noisy(), horizon=3, aggregate="mean", direction="on_target")
    row = found.to_frame().iloc[0]
    assert (row["lower"], row["upper"]) == pytest.approx((row["q0.1"], row["q0.9"]))
    assert np.isnan(row["committed"])
    assert found.attainment("", (row["lower"], row["upper"])) == pytest.approx(0.8, abs=0.001)
    assert found.attainment("", (None, row["q0.5"])) == pytest.approx(0.5, abs=0.001)
    assert "a band from" in found.summary()
    with pytest.raises(DataError, match="has a band"):
        found.attainment("", 100.0)


def test_directions_may_differ_by_kpi():
    table = pd.concat([noisy(kpi="sales"), noisy(kpi="churn")])
    ways = {"sales": "higher_is_better", "churn": "lower_is_better"}
    found = propose_targets(table, horizon=3, aggregate="mean", direction=ways)
    rows = found.to_frame().set_index("kpi")
    assert rows.loc["churn", "committed"] > rows.loc["sales", "committed"]
    assert "lower" not in rows.columns
    with pytest.raises(UnknownNameError, match="no direction of 'churn'"):
        propose_targets(table, horizon=3, aggregate="mean", direction={"sales": "on_target"})


def test_the_sum_is_read_off_added_paths():
    row = only(noisy(), horizon=3, aggregate="sum")
    total = forecast(noisy(), horizon=3).total(3).iloc[0]
    names = ["q0.1", "q0.5", "q0.9"]
    assert row[names].tolist() == pytest.approx(total[names].tolist(), rel=1e-4)


def test_nothing_observed_proposes_nothing():
    found = propose_targets(history([np.nan] * 24), horizon=3, aggregate="sum")
    assert found.to_frame()[["floor", "committed", "stretch", "q0.5"]].isna().all(axis=None)
    assert np.isnan(found.attainment("", 1.0))
    assert found.summary() == "The KPI: no target can be proposed, since nothing was observed."
    assert found.plot() is not None


def test_what_cannot_be_asked_is_refused_with_the_value():
    table = noisy(kpi="orders")
    with pytest.raises(DataError, match="aggregate is 'total', not one of sum, mean, last, ratio"):
        propose_targets(table, horizon=1, aggregate="total")
    with pytest.raises(DataError, match="direction is 'up'"):
        propose_targets(table, horizon=1, aggregate="sum", direction="up")
    with pytest.raises(DataError, match=r"attainment is \(0\.9, 80, 0\.3\)"):
        propose_targets(table, horizon=1, aggregate="sum", attainment=(0.9, 80, 0.3))
    with pytest.raises(DataError, match="no column 'numerator'|needs a column 'numerator'"):
        propose_targets(table, horizon=1, aggregate="ratio")
    with pytest.raises(UnknownNameError, match="Did you mean 'orders'"):
        propose_targets(table, horizon=1, aggregate="sum", to_date={"order": 3})
    with pytest.raises(DataError, match="aggregate 'mean' needs a pair"):
        propose_targets(table, horizon=1, aggregate="mean", to_date={"orders": 3})
    with pytest.raises(UnknownNameError, match="no proposal for 'order'"):
        propose_targets(table, horizon=1, aggregate="sum").attainment("order", 3)


@settings(derandomize=True, deadline=None, max_examples=10)
@given(st.sampled_from([0.01, 10.0, 1000.0]), st.integers(0, 50))
def test_targets_follow_the_unit_of_measure(unit, seed):
    one = only(noisy(seed=seed), horizon=3, aggregate="sum")
    scaled = noisy(seed=seed)
    other = only(scaled.assign(value=scaled["value"] * unit), horizon=3, aggregate="sum")
    assert other["committed"] == pytest.approx(one["committed"] * unit, rel=1e-3)


def test_the_callers_tables_are_left_alone():
    table, gone = quotient(), quotient().head(2)
    before, gone_before = table.copy(), gone.copy()
    propose_targets(table, horizon=2, aggregate="ratio", to_date=gone)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(gone, gone_before)


def test_two_workers_find_the_same_bytes_as_one():
    table = pd.concat([noisy(seed=s, kpi=f"k{s}") for s in range(3)])
    one = propose_targets(table, horizon=3, aggregate="sum")
    two = propose_targets(table, horizon=3, aggregate="sum", workers=2)
    assert one.to_frame().to_csv() == two.to_frame().to_csv()


def test_the_curve_falls_from_sure_to_unlikely():
    found = propose_targets(noisy(), horizon=3, aggregate="sum")
    chances = found.plot().lines[0].get_ydata()
    assert chances[0] > 0.99 > 0.01 > chances[-1]
    assert "is reached with a chance of 80 %" in found.summary()
    assert "<img" in found._repr_html_()


def test_keys_that_are_numbers_or_missing_come_back():
    table = history([5.0] * 24, kpi=7, segment=None)
    found = propose_targets(table, horizon=2, aggregate="sum", to_date={7: 4.0})
    assert found.to_frame()[["kpi", "segment", "committed"]].to_numpy().tolist() == [[7, "", 14.0]]
    assert forecast(table, horizon=1).paths(1)["kpi"].tolist() == [7]

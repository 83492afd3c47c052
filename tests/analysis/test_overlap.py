import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from kpikit.analysis.overlap import find_overlap
from kpikit.errors import DataError

mpl.use("Agg")

COLUMNS = ["kpi", "other", "correlation", "lower", "upper", "q_value", "verdict", "segment"]


def panel(columns):
    length = len(next(iter(columns.values())))
    starts = pd.date_range("2018-01-01", periods=length, freq="MS", name="period_start")
    return pd.DataFrame(columns, index=starts).reset_index().melt("period_start", var_name="kpi")


def noise(n, seed):
    return np.random.default_rng(seed).normal(size=n)


def test_the_same_in_another_unit_is_a_near_duplicate():
    orders = noise(60, 1)
    columns = {
        "orders": 100 + orders,
        "baskets": 7 - 3 * orders + noise(60, 2) / 5,
        "k": noise(60, 3),
    }
    found = find_overlap(panel(columns))
    frame = found.to_frame()
    assert list(frame.columns) == COLUMNS
    assert frame["verdict"].tolist() == ["near-duplicate", "apart", "apart"]
    assert frame.iloc[0][["kpi", "other"]].tolist() == ["baskets", "orders"]
    assert frame.iloc[0]["correlation"] < -0.95
    assert found.summary().startswith("KPIs that say the same: 1 of 3 pairs compared: baskets and")


def test_growth_and_season_in_common_are_no_overlap():
    months = np.arange(72)
    shape = 0.5 * months + 8 * np.sin(months * np.pi / 6)
    columns = {f"k{place}": shape + noise(72, place) for place in range(4)}
    assert pd.DataFrame(columns).corr().to_numpy().min() > 0.97
    assert find_overlap(panel(columns)).summary() == (
        "KPIs that say the same: none among 6 pairs compared."
    )


def test_a_correlation_at_the_limit_is_seldom_called_the_same():
    called = []
    for seed in range(40):
        one = noise(60, seed)
        other = 0.8 * one + 0.6 * noise(60, 100 + seed)
        called.append(len(find_overlap(panel({"a": one, "b": other})).found()))
    assert np.mean(called) <= 0.2  # at 0.10, and two standard errors


def test_too_short_is_said():
    found = find_overlap(panel({"a": noise(20, 1), "b": noise(20, 1)}))
    assert found.to_frame()["verdict"].tolist() == ["too short"]
    assert found.to_frame()["correlation"].isna().all()


def test_one_kpi_alone_overlaps_with_none():
    found = find_overlap(panel({"a": noise(40, 1)}))
    assert found.to_frame().empty
    assert found.summary() == "KPIs that say the same: none among 0 pairs compared."


def test_the_limit_lies_between_nothing_and_all():
    with pytest.raises(DataError, match="alike is 1.0; it lies between 0 and 1"):
        find_overlap(panel({"a": noise(40, 1), "b": noise(40, 2)}), alike=1.0)


def test_the_picture_names_the_pairs():
    one = noise(60, 1)
    found = find_overlap(panel({"a": one, "b": one + noise(60, 2) / 9}))
    assert [text.get_text() for text in found.plot().get_yticklabels()] == ["a\nb"]
    assert "<img" in found._repr_html_()

import matplotlib as mpl
import numpy as np
import pytest
from plans import Facts, kpi, rows, strategy

from kpikit.errors import UnknownNameError
from kpikit.targets.recall import recall_targets

mpl.use("Agg")

SEASON = 10 * np.sin(np.arange(48) * np.pi / 6)


def table():
    return Facts(rows(100 + SEASON + np.random.default_rng(0).normal(size=48)))


def test_past_periods_show_what_was_promised_and_what_came():
    declared = [{"period": f"2026Q{n}", "committed": 250.0} for n in (1, 2, 3)]
    found = recall_targets(
        strategy(sales=kpi(targets=[*declared, {"period": "2027Q1", "committed": 1}])),
        table(),
        as_of="2026-12-31",
    )
    rows_ = found.to_frame()
    assert rows_["period"].tolist() == ["2026Q1", "2026Q2", "2026Q3"]
    # by hand: the actual of the first quarter is the sum of its months
    assert rows_["actual"].iloc[0] == pytest.approx(table().frame["value"].iloc[36:39].sum())
    assert rows_["reached"].tolist() == [1, 1, 1]
    assert (rows_["attainment"] > 0.9).all()
    assert (rows_["excess"] > rows_["surprise"]).all()
    assert rows_["kept"].tolist() == (rows_["actual"] >= rows_["committed"]).astype(float).tolist()
    assert "targets reached: 3 of 3" in found.summary()
    assert "<img" in found._repr_html_()


def test_nothing_later_than_the_eve_is_seen():
    moved = table().frame.copy()
    moved.loc[36:, "value"] *= 5
    declared = strategy(sales=kpi(targets=[{"period": "2026Q1", "committed": 250.0}]))
    now, then = (
        recall_targets(declared, facts, as_of="2026-12-31").to_frame().iloc[0]
        for facts in (Facts(moved), table())
    )
    assert now["committed"] == then["committed"]
    assert now["actual"] == pytest.approx(5 * then["actual"])


def test_named_periods_need_no_target():
    found = recall_targets(
        strategy(), table(), as_of="2026-12-31", periods=["2026Q2", "2022Q1"], kpis=["sales"]
    )
    assert found.to_frame()["period"].tolist() == ["2026Q2"]
    assert found.to_frame()["target"].isna().all()
    assert "Periods left out for want of values: 1." in found.notes
    with pytest.raises(UnknownNameError, match="no KPI 'sale'"):
        recall_targets(strategy(), table(), as_of="2026-12-31", kpis=["sale"])


def test_a_band_is_kept_inside_its_interval():
    band = strategy(sales=kpi("avg(amount)", direction="on_target", over_periods="mean"))
    row = recall_targets(band, table(), as_of="2026-12-31", periods=["2026Q2"]).to_frame().iloc[0]
    assert row["kept"] == float(row["q0.1"] <= row["actual"] <= row["q0.9"])
    assert np.isnan(row["excess"])

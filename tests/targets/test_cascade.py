import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from plans import Facts, kpi, rows, strategy

from kpikit.errors import DataError, UnknownNameError
from kpikit.targets.cascade import cascade_targets

mpl.use("Agg")

MONTHS = 36


def noisy(level, spread, seed):
    return level + spread * np.random.default_rng(seed).normal(size=MONTHS)


def regions(names=("east", "north", "south"), spreads=(1.0, 4.0, 8.0)):
    parts = [noisy(100, spread, seed) for seed, spread in enumerate(spreads)]
    segments = [rows(part, segment=name) for name, part in zip(names, parts, strict=True)]
    return Facts(pd.concat([rows(np.sum(parts, axis=0)), *segments]))


def split(table=None, plan=None, **options):
    asked = {"kpi": "sales", "period": "2026Q1", "target": 950.0} | options
    return cascade_targets(plan or strategy(), table or regions(), **asked)


def test_a_sum_adds_up_and_the_least_certain_gives_most():
    found = split()
    table = found.to_frame().set_index("segment")
    assert list(found.to_frame().columns) == [
        "kpi",
        "segment",
        "forecast",
        "target",
        "change",
        "locked",
        "attainment",
    ]
    assert abs(table["target"].sum() - 950.0) <= 1e-9
    assert table["change"].is_monotonic_increasing
    assert 0 <= table["change"]["east"] < table["change"]["south"]
    assert "south gives the most." in found.summary()
    assert "<img" in found._repr_html_()


def test_the_rounded_parts_make_the_rounded_whole():
    found = split(target=1000.0)
    for decimals in (0, 1, 2):
        assert found.rounded(decimals)["target"].sum() == pytest.approx(1000.0, abs=1e-9)


def test_all_parts_together_are_less_likely_than_each():
    found = split(target=900.0)
    alone = found.to_frame()["attainment"]
    assert found.joint_attainment < alone.min()
    assert found.joint_attainment == pytest.approx(alone.prod(), abs=0.25)
    assert 0 < found.attainment < 1


def test_locks_fix_and_limit():
    found = split(locks={"south": 320.0, "north": (None, 301.0)}).to_frame().set_index("segment")
    assert found.loc["south", ["target", "locked"]].tolist() == [320.0, True]
    assert found.loc["north", "target"] <= 301.0
    assert not found.loc["north", "locked"]
    assert abs(found["target"].sum() - 950.0) <= 1e-9


def test_what_the_locks_do_not_allow_is_said_with_what_they_do():
    locks = {"east": 300.0, "north": 300.0, "south": (0, 310.0)}
    with pytest.raises(DataError, match="950 cannot be met.*between 600 and 910.*Loosen a lock"):
        split(locks=locks)
    with pytest.raises(UnknownNameError, match="no part 'suoth'.*Did you mean 'south'"):
        split(locks={"suoth": 1})
    with pytest.raises(DataError, match="east is to lie between 5 and 4"):
        split(locks={"east": (5, 4)})


def test_a_floor_is_what_a_running_period_holds_already():
    # one of three months is gone: nobody can end below what it sold in it
    table = regions().frame
    running = Facts(table[table["period_start"] < "2025-12-01"])
    found = split(running, period="2025Q4", target=0.0 + 620.0).to_frame()
    held = table[
        (table["segment"] != "") & table["period_start"].between("2025-10-01", "2025-11-01")
    ]
    assert (found["target"].to_numpy() >= held.groupby("segment")["value"].sum().to_numpy()).all()
    assert abs(found["target"].sum() - 620.0) <= 1e-9


def shops():
    below = [np.full(MONTHS, 100.0), np.full(MONTHS, 300.0)]
    above = [base * noisy(0.5, 0.02, seed) for seed, base in enumerate(below)]
    parts = [
        rows(top / base, segment=name, above=top, below=base)
        for name, top, base in zip(("big", "small"), above[::-1], below[::-1], strict=True)
    ]
    top, base = np.sum(above, axis=0), np.sum(below, axis=0)
    return Facts(pd.concat([rows(top / base, above=top, below=base), *parts]))


@pytest.mark.parametrize("period", ["2026Q1", "2026-01"])
def test_a_ratio_adds_up_by_its_denominators(period):
    plan = strategy(sales=kpi("sum(amount) / count(*)", unit="share", title="Share"))
    found = split(shops(), plan, target=0.52, period=period)
    assert found.weights == pytest.approx((0.75, 0.25))
    wanted = found.to_frame()["target"].to_numpy()
    assert abs(0.75 * wanted[0] + 0.25 * wanted[1] - 0.52) <= 1e-9
    with pytest.raises(DataError, match="cannot be met"):
        split(shops(), plan, target=1.01)  # a share ends at 1


def product():
    nights, rate = noisy(1000, 50, 1), noisy(80, 2, 2)
    parts = {"sales": nights * rate, "nights": nights, "rate": rate}
    table = pd.concat(rows(values, kpi=name) for name, values in parts.items())
    plan = strategy(
        sales=kpi(identity="{nights} * {rate}"),
        nights=kpi(title="Nights"),
        rate=kpi("avg(amount)", over_periods="mean", title="Rate"),
    )
    return Facts(table), plan


def test_a_product_is_split_by_relative_changes():
    table, plan = product()
    found = split(table, plan, target=260_000.0)
    wanted = found.to_frame().set_index("kpi")["target"]
    assert wanted["nights"] * wanted["rate"] == pytest.approx(260_000, rel=1e-12)
    locked = split(table, plan, target=260_000.0, locks={"rate": 80.0}).to_frame()
    assert locked.set_index("kpi")["target"].to_dict() == pytest.approx(
        {"nights": 3250.0, "rate": 80.0}
    )
    assert found.rounded(0)["target"].tolist() == np.round(wanted).tolist()
    assert "gives the most" in found.summary()


def test_departments_that_add_up_are_split_by_the_identity():
    parts = {"north": noisy(50, 1, 3), "south": noisy(70, 3, 4)}
    whole = rows(sum(parts.values()))
    table = pd.concat([whole, *(rows(values, kpi=name) for name, values in parts.items())])
    plan = strategy(sales=kpi(identity="{north} + {south}"), north=kpi(), south=kpi())
    found = split(Facts(table), plan, target=400.0)
    assert found.to_frame()["kpi"].tolist() == ["north", "south"]
    assert abs(found.to_frame()["target"].sum() - 400.0) <= 1e-9


def test_what_cannot_be_split_is_refused_with_a_next_step():
    table = regions().frame
    whole = Facts(table[table["segment"] == ""])
    with pytest.raises(DataError, match="nothing to split its target over.*with by="):
        split(whole)
    with pytest.raises(DataError, match="do not add up to it: value"):
        split(Facts(table[table["segment"] != "south"]))
    with pytest.raises(DataError, match="2025Q4: is over"):
        split(period="2025Q4")
    with pytest.raises(UnknownNameError, match="no KPI 'sale'"):
        split(kpi="sale")
    mixed = strategy(sales=kpi(identity="{a} * {b} + {a}"), a=kpi(), b=kpi())
    with pytest.raises(DataError, match="neither a sum nor a product"):
        split(whole, mixed)
    with pytest.raises(DataError, match="a band cannot be split"):
        split(plan=strategy(sales=kpi(direction="on_target")))


def test_lower_is_better_is_reached_from_below():
    plan = strategy(sales=kpi(direction="lower_is_better"))
    low, high = split(plan=plan, target=800.0), split(plan=plan, target=1000.0)
    assert low.attainment < 0.1 < 0.9 < high.attainment
    assert low.joint_attainment < high.joint_attainment

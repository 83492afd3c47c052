import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from kpikit import build_observations, load_strategy
from kpikit.analysis.tradeoffs import find_tradeoffs
from kpikit.errors import DataError

mpl.use("Agg")

COLUMNS = [
    "kpi",
    "other",
    "owner",
    "other_owner",
    "correlation",
    "q_value",
    "exchange_rate",
    "verdict",
]
UP, DOWN = "higher_is_better", "lower_is_better"


def panel(columns, freq="MS"):
    length = len(next(iter(columns.values())))
    starts = pd.date_range("2018-01-01", periods=length, freq=freq, name="period_start")
    table = pd.DataFrame(columns, index=starts)
    return table.reset_index().melt("period_start", var_name="kpi")


def noise(n, *seeds):
    return np.random.default_rng(seeds).normal(size=n)


def tied(n=60, cost=2.0):
    """Releases cost incidents: `cost` more for each one more; the rest are unrelated."""
    speed = noise(n, 1)
    others = {f"k{place}": noise(n, 2, place) for place in range(4)}
    return {"incidents": 50 + cost * speed + noise(n, 3), "releases": 20 + speed, **others}


SIDES = {"incidents": DOWN, "releases": UP, **{f"k{place}": UP for place in range(4)}}
OWNERS = {"incidents": "it", "releases": "product", **{f"k{place}": "it" for place in range(4)}}


def test_a_planted_tradeoff_is_found_with_its_rate_and_its_owners():
    found = find_tradeoffs(panel(tied(120)), directions=SIDES, owners=OWNERS)
    frame = found.to_frame()
    assert list(frame.columns)[: len(COLUMNS)] == COLUMNS
    first = frame.iloc[0]
    assert first[["kpi", "other"]].tolist() == ["releases", "incidents"]
    assert first[["owner", "other_owner"]].tolist() == ["product", "it"]
    assert first["verdict"] == "trade-off"
    assert first["exchange_rate"] == pytest.approx(2.0, abs=0.3)
    assert first["lower"] < first["correlation"] < first["upper"]
    assert len(found.found()) == 1
    assert "releases against incidents" in found.summary()
    assert "(product, it)" in found.summary()


def test_a_gain_in_both_is_no_tradeoff():
    sides = {**SIDES, "incidents": UP}
    found = find_tradeoffs(panel(tied()), directions=sides)
    assert found.found().empty
    assert found.summary() == "Trade-offs found: none among 15 pairs tested."


def test_pairs_of_one_owner_are_not_tested():
    frame = find_tradeoffs(
        panel(tied()), directions=SIDES, owners=dict.fromkeys(SIDES, "one")
    ).to_frame()
    assert frame.empty
    pairs = find_tradeoffs(panel(tied()), directions=SIDES, owners=OWNERS).to_frame()
    assert set(pairs["kpi"]) | set(pairs["other"]) >= {"releases"}
    assert len(pairs) == 5


def test_parts_of_one_another_may_be_left_out():
    found = find_tradeoffs(
        panel(tied(120)), directions=SIDES, exclude=[("incidents", "releases")]
    ).to_frame()
    assert len(found) == 14
    assert not ((found["kpi"] == "releases") & (found["other"] == "incidents")).any()


def test_growth_and_season_in_common_are_no_tradeoff():
    n = 72
    months = np.arange(n)
    shape = 0.3 * months + 6 * np.sin(months * np.pi / 6)
    columns = {f"k{place}": 100 + shape + noise(n, 6, place) for place in range(6)}
    sides = {f"k{place}": UP if place % 2 else DOWN for place in range(6)}
    raw = pd.DataFrame(columns).corr().to_numpy()[np.triu_indices(6, 1)]
    assert raw.min() > 0.9
    assert find_tradeoffs(panel(columns), directions=sides).found().empty


def test_kpis_with_a_band_are_left_out_and_named():
    found = find_tradeoffs(panel(tied()), directions={**SIDES, "k0": "on_target"})
    frame = found.to_frame()
    assert "k0" not in set(frame["kpi"]) | set(frame["other"])
    assert "Left out, because they have no better side: k0." in found.notes


def test_segments_are_judged_apart():
    one, other = panel(tied()).assign(segment="EU"), panel(tied(60, cost=0)).assign(segment="US")
    found = find_tradeoffs(pd.concat([one, other]), directions=SIDES).found()
    assert found["segment"].tolist() == ["EU"]


def test_too_short_is_said():
    frame = find_tradeoffs(panel(tied(20)), directions=SIDES).to_frame()
    assert set(frame["verdict"]) == {"too short"}
    assert frame["correlation"].isna().all()


def test_missing_values_and_partial_periods_stay_out():
    table = panel(tied(120)).assign(complete=True)
    table.loc[table["period_start"] == table["period_start"].max(), ["value", "complete"]] = [
        9e6,
        False,
    ]
    table.loc[[3, 40, 200], "value"] = np.nan
    found = find_tradeoffs(table, directions=SIDES)
    assert found.found()[["kpi", "other"]].to_numpy().tolist() == [["releases", "incidents"]]
    assert any("Partial periods are left out" in note for note in found.notes)


def test_units_of_measure_change_the_rate_only():
    columns = tied()
    one = find_tradeoffs(panel(columns), directions=SIDES).to_frame().iloc[0]
    scaled = {**columns, "releases": columns["releases"] / 100}
    other = find_tradeoffs(panel(scaled), directions=SIDES).to_frame().iloc[0]
    assert other["exchange_rate"] == pytest.approx(100 * one["exchange_rate"])
    assert other["q_value"] == pytest.approx(one["q_value"])


def test_the_callers_table_is_left_alone_and_its_order_does_not_matter():
    table = panel(tied()).sample(frac=1, random_state=4)
    before = table.copy()
    found = find_tradeoffs(table, directions=SIDES)
    pd.testing.assert_frame_equal(table, before)
    again = find_tradeoffs(panel(tied()), directions=SIDES)
    pd.testing.assert_frame_equal(found.to_frame(), again.to_frame())


def test_a_kpi_without_direction_or_owner_is_named():
    with pytest.raises(DataError, match="directions: there is none for k3"):
        find_tradeoffs(panel(tied()), directions={k: v for k, v in SIDES.items() if k != "k3"})
    with pytest.raises(DataError, match="owners: there is none for incidents, k0"):
        find_tradeoffs(
            panel(tied()),
            directions=SIDES,
            owners=dict.fromkeys(["k1", "k2", "k3", "releases"], "x"),
        )
    with pytest.raises(DataError, match="directions: 'up' is none. Use higher_is_better"):
        find_tradeoffs(panel(tied()), directions={**SIDES, "k1": "up"})


def test_the_picture_names_pairs_and_rates():
    found = find_tradeoffs(panel(tied(120)), directions=SIDES, owners=OWNERS)
    ax = found.plot()
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        "releases (product)\nincidents (it)"
    ]
    assert "for +1 of the former" in ax.texts[0].get_text()
    none = find_tradeoffs(panel(tied(60, cost=0)), directions=SIDES)
    assert "none found" in [text.get_text() for text in none.plot().texts]
    assert "<img" in found._repr_html_()


def test_the_planted_tradeoff_of_brightdesk_and_no_other():
    strategy = load_strategy("data/brightdesk/strategy.yaml")
    observed = build_observations(strategy, grain="month", as_of="2026-09-30").panel()
    found = find_tradeoffs(
        observed,
        directions={name: kpi.direction for name, kpi in strategy.kpis.items()},
        owners={name: kpi.owner for name, kpi in strategy.kpis.items()},
    )
    assert found.found()[["kpi", "other"]].to_numpy().tolist() == [["releases", "incidents"]]

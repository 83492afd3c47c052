import numpy as np
import pandas as pd
import pytest

from kpikit.analysis.market import compare_with_market, net_of_market
from kpikit.analysis.signals import find_signals
from kpikit.errors import DataError


def history(values):
    months = pd.date_range("2022-01-01", periods=len(values), freq="MS")
    return pd.DataFrame({"period_start": months, "value": np.asarray(values, dtype=float)})


def both(seed=1, n=48):
    rng = np.random.default_rng(seed)
    market = 100 * np.exp(0.1 * rng.normal(size=n))
    return market, 50 * (market / 100) ** 0.8 * np.exp(0.01 * rng.normal(size=n))


def test_the_share_of_the_market_is_found():
    market, ours = both()
    net = net_of_market(history(ours), history(market))
    assert net.share == pytest.approx(0.8, abs=0.05)
    assert net.relative
    assert net.history["value"].std() < 0.2 * ours.std()


def test_the_market_moved_and_we_did_not():
    market, ours = both(seed=2)
    market[30] *= 1.6
    net = find_signals(net_of_market(history(ours), history(market)).history).to_frame()
    words = [
        found["signal"].iloc[30]
        for found in (
            find_signals(history(ours)).to_frame(),
            net,
            find_signals(history(market)).to_frame(),
        )
    ]
    assert words == ["none", "exceptional", "exceptional"]
    assert compare_with_market(*words) == "the market moved and we did not"


def test_levels_that_merely_rise_together_share_nothing():
    rng = np.random.default_rng(3)
    market, ours = (100 + 3 * np.arange(60) + rng.normal(size=60) for _ in range(2))
    assert abs(net_of_market(history(ours), history(market)).share) < 0.4


def test_values_of_both_signs_are_taken_as_they_are():
    rng = np.random.default_rng(5)
    market = rng.normal(size=40)
    net = net_of_market(history(2 * market), history(market))
    assert not net.relative
    assert net.share == pytest.approx(2)
    assert net.history["value"].std() < 1e-9


def test_too_little_in_common_and_a_market_that_stands_still_are_told():
    with pytest.raises(DataError, match="11 periods have a value in both, 12 are needed"):
        net_of_market(history(range(11)), history(range(40)))
    with pytest.raises(DataError, match="it never moves"):
        net_of_market(history(range(1, 30)), history([5.0] * 29))
    two = pd.concat([history(range(20)).assign(kpi=kpi) for kpi in "ab"])
    with pytest.raises(DataError, match="market: it holds 2 series"):
        net_of_market(history(range(20)), two)

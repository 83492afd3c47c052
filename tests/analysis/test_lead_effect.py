"""The size of a lead: given that it passed a test, and of what is real in its candidate."""

import numpy as np
import pandas as pd
import pytest

import kpikit
from kpikit import build_observations
from kpikit.analysis.lead_effect import _given_selection, _of_real_changes, lead_effects

PASSED = 1.65  # standard errors that an estimate has to reach to be let through


def share_held(effect, *, real, runs=1500):
    """Return how often a 90 % interval holds an effect, whose candidate is partly error."""
    estimates = np.random.default_rng(7).normal(real * effect, 1, runs)
    passed = estimates[estimates > PASSED]
    found = [_of_real_changes(_given_selection(one, one - PASSED)) for one in passed[:150]]
    low, high = np.quantile(found, (0.05, 0.95), axis=1)
    return ((low <= effect) & (effect <= high)).mean()


@pytest.mark.parametrize("real", [0.6, 1.0])
@pytest.mark.parametrize("effect", [1.0, 3.0, 6.0])
def test_intervals_hold_the_effect_of_real_changes_however_much_of_them_is_seen(effect, real):
    assert share_held(effect, real=real) >= 0.82  # 0.85 less a standard error


def test_half_of_the_effects_are_those_of_all_that_is_new_the_rest_up_to_two_and_a_half_times():
    found = _of_real_changes(np.ones(2000))
    assert (found == 1).mean() == pytest.approx(0.5, abs=0.02)
    assert found.max() == pytest.approx(2.5, abs=0.12)
    assert np.median(found[found > 1]) == pytest.approx(1 / 0.7, abs=0.02)
    assert np.allclose(_of_real_changes(-np.ones(2000)), -found[::-1])


def test_an_estimate_that_barely_passed_is_brought_down_and_a_sure_one_is_left():
    assert np.median(_given_selection(1.7, 0.05)) < 1.0
    assert np.median(_given_selection(9.0, 7.35)) == pytest.approx(9, abs=0.01)
    assert _given_selection(1.7, 0.05).min() >= 0


def test_it_is_in_the_kpis_own_scales_and_has_the_claimed_sign(company):
    rng = np.random.default_rng(5)
    months = 120
    hours, mood = rng.normal(5, 1, months), rng.normal(0, 0.1, months)
    score = 4 - 0.5 * np.concatenate([[5.0], hours[:-1]]) + mood + 5
    days = pd.date_range("2015-01-01", periods=months, freq="MS")
    lead = {"leads": [{"kpi": "score", "lag": 1, "sign": "negative"}]}
    strategy = company(
        pd.DataFrame({"day": days, "hours": hours, "score": score}),
        columns={"day": "date", "hours": "number", "score": "number"},
        kpis={
            "hours": {"formula": "avg(hours)", "unit": "share"} | lead,
            "score": {"formula": "avg(score)", "unit": "share"},
        },
    )
    observations = build_observations(strategy, as_of="2026-12-31")
    evidence = kpikit.test_links(strategy, observations)
    (effect,), left_out = lead_effects(strategy, observations, evidence=evidence)
    assert left_out == {}
    assert (effect.candidate, effect.target, effect.lag) == ("hours", "score", 1)
    assert (effect.candidate_logs, effect.target_logs) == (False, False)
    assert np.quantile(effect.sizes, 0.75) == pytest.approx(-0.5, abs=0.05)  # as it is measured
    assert effect.sizes.max() <= 0
    assert np.all(np.diff(effect.sizes) >= 0)

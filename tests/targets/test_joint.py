import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm

from kpikit.forecasting.outcomes import Outcome
from kpikit.targets.joint import correlation_of, joint_chance


def test_independent_targets_are_a_product():
    found = joint_chance(np.array([0.8, 0.5]), np.ones(2), np.eye(2))
    assert found == pytest.approx(0.4, abs=0.01)


def test_two_targets_that_move_together_agree_with_the_known_orthant():
    # both medians: 1/4 + arcsin(r) / 2 pi (Sheppard 1899)
    tied = np.array([[1.0, 0.6], [0.6, 1.0]])
    expected = 0.25 + np.arcsin(0.6) / (2 * np.pi)
    assert joint_chance(np.full(2, 0.5), np.ones(2), tied) == pytest.approx(expected, abs=0.01)
    # where less is better for one of them, they move apart
    apart = joint_chance(np.full(2, 0.5), np.array([1.0, -1.0]), tied)
    assert apart == pytest.approx(0.5 - expected, abs=0.01)


def test_many_targets_agree_with_the_normal_distribution():
    tied = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    chances = np.array([0.9, 0.8, 0.7, 0.6])
    exact = multivariate_normal(np.zeros(4), tied).cdf(norm.ppf(chances))
    assert joint_chance(chances, np.ones(4), tied) == pytest.approx(float(exact), abs=0.01)


def test_what_is_sure_or_hopeless_decides():
    assert joint_chance(np.array([1.0, 1.0]), np.ones(2), np.eye(2)) == 1.0
    assert joint_chance(np.array([1.0, 0.0]), np.ones(2), np.eye(2)) == 0.0


def outcome(errors, name):
    days = pd.date_range("2015-01-01", periods=len(errors), freq="MS")
    return Outcome(
        kpi=name,
        segment="",
        draws=np.zeros(1),
        to_come=None,
        errors=errors,
        starts=days,
        model="none",
    )


def test_errors_that_went_together_tie_outcomes():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=120)
    both = [outcome(shared + 0.5 * rng.normal(size=120), name) for name in "ab"]
    found = correlation_of(both, steps=1)
    assert 0.65 < found[0, 1] < 0.9
    assert found[0, 1] == found[1, 0]
    assert correlation_of(both, steps=40)[0, 1] < found[0, 1], "few runs tell less"


def test_too_few_errors_tie_nothing():
    few = [outcome(np.array([1.0, 2.0, np.nan]), name) for name in "ab"]
    assert correlation_of(few, steps=1).tolist() == [[1, 0], [0, 1]]

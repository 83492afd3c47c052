import numpy as np
import pytest

from kpikit.targets.anchors import find_anchor
from kpikit.targets.growth import Run, asked_growth, run_values


def run(span, *, aggregate="sum", ahead=None, season=4):
    return Run(span=span, aggregate=aggregate, ahead=ahead or span, season=season)


def growth(values, target, direction="higher_is_better", **options):
    values = np.array(values, dtype=float)
    return asked_growth(
        (values, np.ones(len(values))), run(1, **options), target=target, direction=direction
    )


def test_growth_is_reckoned_from_the_same_period_a_season_before_by_hand():
    # three years of quarters: 10, then 11 (+10 %), then 13.2 (+20 %)
    values = [10] * 4 + [11] * 4 + [13.2] * 4
    found = growth(values, 14.52)
    assert found.reference == pytest.approx(13.2)
    assert found.asked == pytest.approx(0.1)
    assert (found.typical, found.best) == pytest.approx((0.15, 0.2))
    assert (found.as_often, found.windows) == (1.0, 8)


def test_where_less_is_better_the_best_growth_is_the_least():
    found = growth([10] * 4 + [9] * 4 + [9] * 4, 8, direction="lower_is_better")
    assert found.best == pytest.approx(-0.1)
    assert found.as_often == 0.0


def test_a_run_that_began_is_compared_as_a_whole():
    # two of three months are still open: the run ends 2 ahead and spans 3
    values = np.arange(1.0, 13.0)
    made = run_values((values, np.ones(12)), run(3, ahead=2))
    assert made[-1] == 33
    found = asked_growth(
        (values, np.ones(12)), run(3, ahead=2), target=36, direction="higher_is_better"
    )
    assert found.reference == 8 + 9 + 10  # ends four quarters before the run does


def test_a_ratio_is_a_quotient_of_sums():
    above, below = np.array([1.0, 90.0]), np.array([2.0, 100.0])
    assert run_values((above, below), run(2, aggregate="ratio"))[-1] == pytest.approx(91 / 102)


def test_nothing_is_told_of_what_is_not_above_zero_or_too_short():
    assert np.isnan(growth([-1] * 12, 1).asked)
    assert np.isnan(growth([5] * 3, 6).typical)
    assert np.isnan(growth([5] * 12, 6, direction="on_target").asked)


def noisy(seed, *, off=0.0, until=None):
    rng = np.random.default_rng(seed)
    values = 100 + rng.normal(size=60) + 5 * np.sin(np.arange(60) * np.pi / 6)
    values[48 : until or 51] += off
    return values


def test_an_unusual_quarter_is_told_with_what_would_have_been_usual():
    found = find_anchor(noisy(1, off=8), first=48, span=3, season=12)
    assert found.is_unusual
    assert found.spreads > 0
    assert found.value - found.usual == pytest.approx(8, abs=2)


def test_a_change_that_stays_is_no_anchor_to_warn_of():
    stays = [
        find_anchor(noisy(seed, off=8, until=60), first=48, span=3, season=12) for seed in range(20)
    ]
    usual = [find_anchor(noisy(seed), first=48, span=3, season=12) for seed in range(20)]
    assert sum(one.is_unusual for one in stays) <= 3
    assert sum(one.is_unusual for one in usual) <= 1


def test_too_little_around_it_says_nothing():
    assert find_anchor(np.arange(8.0), first=5, span=3, season=4) is None
    assert find_anchor(np.full(40, 5.0), first=30, span=3, season=4) is None
    assert find_anchor(noisy(0), first=-1, span=3, season=12) is None

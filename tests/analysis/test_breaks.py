import numpy as np
import pytest

from kpikit.analysis import breaks
from kpikit.analysis.course import Break

TIMES = np.arange(30)


def noise(n=30, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def test_an_account_agrees_with_the_evidence_written_out():
    # one memory, 0, and one step: Zellner's g = n, with the mean as what both have in common
    values = noise() + 2 * (TIMES >= 12)
    values -= values.mean()
    step = (TIMES >= 12) - 18 / 30
    told = (step @ values) ** 2 / (step @ step) / (values @ values)
    expected = -np.log(31) / 2 - 29 / 2 * np.log(1 - told * 30 / 31)
    assert breaks._gain(np.array([told]), 1, 30, 29)[0] == pytest.approx(expected)


def test_pairs_looked_up_in_tables_are_those_fitted_one_by_one():
    values = noise(seed=3) + 4 * ((TIMES >= 8) & (TIMES < 20))
    values -= values.mean()
    design = breaks._design(TIMES.tobytes(), 1, breaks._thinned(30))
    _, _, two = breaks._up_to_two(values, TIMES, design, 0.0)
    one, other = two.breaks
    evidence = breaks._weigh(values, TIMES, design.base, [one], list(design.candidates))
    together = breaks._add(evidence)[1:]
    apart = [abs(each.place - one.place) >= 3 for each in design.candidates]
    same_kind = [each.kind == other.kind for each in design.candidates]
    best = int(np.where(np.array(apart) & np.array(same_kind), together, -np.inf).argmax())
    assert design.candidates[best] == other


def test_a_step_in_a_long_series_is_dated_to_the_period():
    values = noise(900) + 3 * (np.arange(900) >= 517)
    found = breaks.search_breaks(values, np.arange(900), 1)
    assert [one.kind for one in found.breaks] == ["step"]
    assert abs(found.breaks[0].place - 517) <= 2


def test_a_change_has_to_be_worth_more_to_be_certain():
    times = np.arange(36)
    odds = (breaks.LIKELY, breaks.CERTAIN)
    counts = np.zeros(2)
    for seed in range(20):
        values = noise(36, seed) + 2.2 * (times >= 18)
        counts += [len(breaks.search_breaks(values, times, 1, log_odds=one).breaks) for one in odds]
    assert counts[0] > counts[1]


def test_breaks_keep_their_distance():
    values = noise(60, 7) + 9 * (np.arange(60) >= 30) - 9 * (np.arange(60) >= 34)
    places = [one.place for one in breaks.search_breaks(values, np.arange(60), 1).breaks]
    assert places == [30, 34]
    assert Break(place=30, kind="step") in breaks.search_breaks(values, np.arange(60), 1).breaks

"""The choice is compared with all subsets, one by one."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.alignment.choice import Candidate, Limit, choose


def covered(chosen, weights):
    return sum(weights[duty] for duty in {duty for one in chosen for duty in one.covers})


def is_allowed(places, candidates, apart, limits):
    names = {candidates[n].name for n in places}
    return (
        all(n in places for n, one in enumerate(candidates) if one.fixed)
        and not any(set(pair) <= set(places) for pair in apart)
        and all(len(names & limit.among) <= limit.most for limit in limits)
    )


def by_trying_all(candidates, weights, coverage, apart, limits):
    """Return size, merit and coverage of the best set, or None where none covers enough."""
    best = None
    for size in range(len(candidates) + 1):
        for places in combinations(range(len(candidates)), size):
            chosen = [candidates[n] for n in places]
            share = covered(chosen, weights)
            if share < coverage - 1e-9 or not is_allowed(places, candidates, apart, limits):
                continue
            found = (size, -sum(one.merit for one in chosen), -round(share, 9))
            best = found if best is None else min(best, found)
        if best is not None:
            return best
    return best


def rank(found, candidates, weights):
    chosen = [one for one in candidates if one.name in found.chosen]
    share = round(covered(chosen, weights), 9)
    return (len(chosen), -sum(one.merit for one in chosen), -share)


@st.composite
def problems(draw, most=10):
    duties = draw(st.integers(1, 6))
    raw = draw(st.lists(st.integers(1, 20), min_size=duties, max_size=duties))
    weights = {f"d{n}": value / sum(raw) for n, value in enumerate(raw)}
    count = draw(st.integers(1, most))
    candidates = [
        Candidate(
            f"k{n}",
            frozenset(draw(st.sets(st.sampled_from(sorted(weights)), max_size=3))),
            draw(st.integers(0, 3)),
        )
        for n in range(count)
    ]
    pairs = list(combinations(range(count), 2))
    apart = draw(st.lists(st.sampled_from(pairs), max_size=5)) if pairs else []
    limit = Limit("team", frozenset(one.name for one in candidates), draw(st.integers(1, 7)))
    own = draw(st.sets(st.sampled_from(sorted(limit.among))))
    return (
        candidates,
        weights,
        apart,
        [limit, Limit("ada", frozenset(own), draw(st.integers(0, 4)))],
    )


@settings(max_examples=60, deadline=None)
@given(problems(), st.sampled_from([0.5, 0.8, 1.0]))
def test_the_choice_is_the_best_of_all_subsets(problem, coverage):
    candidates, weights, apart, limits = problem
    found = choose(candidates, weights=weights, coverage=coverage, apart=apart, limits=limits)
    wanted = by_trying_all(candidates, weights, coverage, apart, limits)
    if wanted is None:
        assert any("No set within the limits" in note for note in found.notes)
    else:
        assert rank(found, candidates, weights) == wanted
        assert found.notes == ()
    places = [n for n, one in enumerate(candidates) if one.name in found.chosen]
    assert is_allowed(places, candidates, apart, limits)


@pytest.mark.parametrize("seed", range(3))
def test_eighteen_candidates_are_chosen_from_as_all_subsets_say(seed):
    rng = np.random.default_rng(seed)
    raw = rng.integers(1, 10, 9)
    weights = {f"d{n}": float(value / raw.sum()) for n, value in enumerate(raw)}
    candidates = [
        Candidate(
            f"k{n}",
            frozenset(rng.choice(sorted(weights), rng.integers(1, 4), replace=False).tolist()),
            int(rng.integers(0, 4)),
            fixed=n == 0,
        )
        for n in range(18)
    ]
    apart = [tuple(rng.choice(18, 2, replace=False).tolist()) for _ in range(12)]
    limits = [Limit("team", frozenset(one.name for one in candidates), 7)]
    found = choose(candidates, weights=weights, coverage=0.8, apart=apart, limits=limits)
    wanted = by_trying_all(candidates, weights, 0.8, apart, limits)
    assert wanted is not None
    assert rank(found, candidates, weights) == wanted


def test_exactly_eighty_per_cent_is_enough():
    some = [Candidate(f"k{n}", frozenset({f"d{n}"}), 0) for n in range(3)]
    weights = {"d0": 0.5, "d1": 0.3, "d2": 0.2}
    assert choose(some, weights=weights, coverage=0.8).chosen == ("k0", "k1")


def test_what_is_fixed_stays_and_breaks_no_limit_silently():
    some = [Candidate(f"k{n}", frozenset({"d"}), 0, fixed=True) for n in range(3)]
    limits = [Limit("Ada", frozenset({"k0", "k1", "k2"}), 2)]
    found = choose(some, weights={"d": 1.0}, coverage=0.8, limits=limits)
    assert found.chosen == ("k0", "k1", "k2")
    assert found.notes == ("Ada must keep 3 KPIs, 2 are the most.",)


def test_where_enough_cannot_be_covered_the_most_is_and_it_is_said():
    some = [Candidate("k0", frozenset({"d0"}), 0), Candidate("k1", frozenset(), 3)]
    found = choose(some, weights={"d0": 0.6, "d1": 0.4}, coverage=0.8)
    assert found.chosen == ("k0",)
    assert found.notes == ("No set within the limits covers 80.0 %; the most is 60.0 %.",)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from kpikit.targets.allocate import InfeasibleError, Parts, allocate

FREE = np.inf


def parts(start, *, weight=None, give=None, lower=None, upper=None):
    count = len(start)
    return Parts(
        start=np.array(start, dtype=float),
        weight=np.array(weight or [1.0] * count, dtype=float),
        give=np.array(give or [1.0] * count, dtype=float),
        lower=np.array(lower or [-FREE] * count, dtype=float),
        upper=np.array(upper or [FREE] * count, dtype=float),
    )


def test_who_is_least_certain_gives_most_by_hand():
    # 30 are to become 36; the variances are 1, 2 and 3, so each gives 1, 2 and 3
    assert allocate(parts([10, 10, 10], give=[1, 2, 3]), 36).tolist() == [11, 12, 13]


def test_a_lock_leaves_the_rest_to_the_others():
    found = allocate(parts([10, 10, 10], lower=[10, -FREE, -FREE], upper=[10, FREE, FREE]), 36)
    assert found.tolist() == [10, 13, 13]


def test_a_floor_is_kept_and_the_others_give_more():
    # 24 from 30: 2 less each, but the first cannot go below 9, so the others give 2.5
    found = allocate(parts([10, 10, 10], lower=[9, -FREE, -FREE]), 24)
    assert found.tolist() == [9, 7.5, 7.5]


def test_what_cannot_be_met_says_what_can():
    with pytest.raises(InfeasibleError) as error:
        allocate(parts([10, 10], lower=[5, 5], upper=[12, 12]), 30)
    assert (error.value.least, error.value.most) == (10, 24)


def problem(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 8))
    start, weight = rng.normal(10, 5, count), rng.choice([-1.0, 0.3, 1.0, 2.0], count)
    lower = np.where(rng.random(count) < 0.5, -FREE, start - rng.uniform(-1, 3, count))
    upper = np.maximum(
        np.where(rng.random(count) < 0.5, FREE, start + rng.uniform(0, 3, count)), lower
    )
    locked = rng.random(count) < 0.2
    lower, upper = (np.where(locked, start + 1, end) for end in (lower, upper))
    made = Parts(
        start=start, weight=weight, give=rng.uniform(0.01, 4, count), lower=lower, upper=upper
    )
    return made, float(weight @ start + 3 * rng.normal())


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 10_000))
def test_no_other_answer_costs_less(seed):
    made, whole = problem(seed)
    ends = np.array([made.weight * made.lower, made.weight * made.upper])
    if not ends.min(axis=0).sum() <= whole <= ends.max(axis=0).sum():
        with pytest.raises(InfeasibleError):
            allocate(made, whole)
        return
    found = allocate(made, whole)
    assert made.weight @ found == pytest.approx(whole, abs=1e-9)
    assert ((found >= made.lower) & (found <= made.upper)).all()

    def cost(values):
        return float(((values - made.start) ** 2 / made.give).sum())

    other = minimize(
        cost,
        np.clip(made.start, made.lower, made.upper),
        jac=lambda values: 2 * (values - made.start) / made.give,
        bounds=list(zip(made.lower, made.upper, strict=True)),
        constraints={"type": "eq", "fun": lambda values: made.weight @ values - whole},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert cost(found) <= other.fun * (1 + 1e-6) + 1e-9


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.floats(0.01, 1e9), min_size=2, max_size=50), st.floats(0.2, 5))
def test_sums_of_any_size_are_exact(start, grow):
    whole = sum(start) * grow
    found = allocate(parts(start, give=start, lower=[0.0] * len(start)), whole)
    assert abs(float(found.sum()) - whole) <= 1e-9 * max(1.0, whole)

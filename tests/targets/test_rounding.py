import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.targets.rounding import decimals_for, round_together


def test_the_largest_remainders_are_raised_by_hand():
    # 3.3 + 3.3 + 3.4 = 10: one by one they round to 9
    found = round_together(np.array([3.3, 3.3, 3.4]), np.ones(3), 10.0, 0)
    assert found.tolist() == [3, 3, 4]


def test_the_smallest_value_keeps_three_digits():
    assert decimals_for(np.array([1234.5, 0.01234])) == 4
    assert decimals_for(np.array([1_200_000.0])) == 0
    assert decimals_for(np.array([0.0])) == 0


@settings(derandomize=True, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.integers(0, 2))
def test_rounded_parts_make_the_rounded_whole(values, decimals):
    numbers = np.array(values)
    found = round_together(numbers, np.ones(len(values)), float(numbers.sum()), decimals)
    assert np.isclose(
        found.sum(), round(float(numbers.sum()), decimals), atol=1.01e-2 / 10**decimals
    )
    assert np.abs(found - numbers).max() <= 1.0 / 10**decimals + 1e-6

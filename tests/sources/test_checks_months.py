"""The arithmetic behind the checks of months."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.sources.checks.months import find_breaks


def series(values):
    index = pd.period_range("2023-01", periods=len(values), freq="M")
    return pd.Series(values, index=index, dtype=float)


def test_the_size_of_an_odd_month_is_its_distance_from_the_nearer_side():
    found = find_breaks(series([1.0] * 6 + [5.0] + [2.0] * 6), smallest=0.5)
    assert found.odd.to_dict() == {pd.Period("2023-07", "M"): 3.0}  # the level stays at 2


def test_a_shift_is_named_by_the_first_month_of_the_new_level():
    found = find_breaks(series([1.0] * 8 + [4.0] * 8), smallest=1.0)
    assert found.shifts.to_dict() == {pd.Period("2023-09", "M"): 3.0}
    assert found.odd.empty


def test_a_slope_is_neither():
    found = find_breaks(series(np.arange(36) * 0.3), smallest=1.0)
    assert found.odd.empty
    assert found.shifts.empty


@pytest.mark.parametrize("length", [1, 3, 6, 8])
def test_a_fault_as_long_as_up_to_three_months_is_odd_and_a_longer_one_a_shift(length):
    values = [0.0] * 12 + [3.0] * length + [0.0] * 12
    found = find_breaks(series(values), smallest=1.0)
    assert len(found.odd) == (length if length <= 3 else 0)
    assert len(found.shifts) == (0 if length <= 3 else 2)


def test_too_few_months_say_nothing():
    assert find_breaks(series([1, 1, 9, 1, 1]), smallest=1.0).odd.empty


def test_the_newest_month_needs_half_as_much_again():
    assert find_breaks(series([0.0] * 12 + [1.4]), smallest=1.0).odd.empty
    assert len(find_breaks(series([0.0] * 12 + [1.6]), smallest=1.0).odd) == 1


def test_missing_months_are_passed_over():
    found = find_breaks(series([1, 1, None, 1, 9, 1, None, 1, 1, 1]), smallest=1.0)
    assert [str(month) for month in found.odd.index] == ["2023-05"]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.one_of(st.none(), st.floats(-50, 50)), max_size=40),
    st.floats(-1000, 1000),
)
def test_what_is_odd_does_not_depend_on_the_level(values, level):
    one = find_breaks(series(values), smallest=1.0)
    moved = find_breaks(series(values).round(3) + round(level), smallest=1.0)
    same = find_breaks(series(values).round(3), smallest=1.0)
    assert set(moved.odd.index) ^ set(same.odd.index) <= set(one.odd.index) | set(same.odd.index)
    assert (one.odd.abs() >= 1.0 - 1e-9).all()
    assert (one.shifts.abs() >= 1.0 - 1e-9).all()

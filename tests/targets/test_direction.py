import numpy as np
import pytest

from kpikit.errors import DataError, UnknownNameError
from kpikit.targets.direction import direction_of, quantile_level, reached

VALUES = np.array([1.0, 2.0, 3.0])


def test_what_is_reached_by_hand():
    assert reached(VALUES, 2, "higher_is_better").tolist() == [False, True, True]
    assert reached(VALUES, 2, "lower_is_better").tolist() == [True, True, False]
    assert reached(VALUES, (2, 2.5), "on_target").tolist() == [False, True, False]
    assert reached(VALUES, (None, 2), "on_target").tolist() == [True, True, False]


def test_rounding_does_not_decide():
    assert reached(np.array([0.7 + 0.1]), 0.8, "higher_is_better").all()
    assert reached(np.array([0.1 + 0.2]), 0.3, "lower_is_better").all()
    assert not reached(np.array([0.79999]), 0.8, "higher_is_better").any()


def test_nan_reaches_nothing():
    assert not reached(np.array([np.nan]), 0.0, "higher_is_better").any()


def test_only_a_band_has_two_ends():
    with pytest.raises(DataError, match="has a band"):
        reached(VALUES, 2.0, "on_target")
    with pytest.raises(DataError, match="only a KPI that is on_target"):
        reached(VALUES, (1, 2), "higher_is_better")


def test_the_quantile_that_is_reached_eight_times_in_ten():
    assert quantile_level(0.8, "higher_is_better") == pytest.approx(0.2)
    assert quantile_level(0.8, "lower_is_better") == 0.8


def test_an_unknown_direction_is_refused():
    with pytest.raises(DataError, match="direction is 'higher', not one of"):
        direction_of("a", "higher")
    with pytest.raises(UnknownNameError, match="Did you mean 'churn'"):
        direction_of("chrn", {"churn": "on_target"})

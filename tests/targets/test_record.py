import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from kpikit.errors import DataError
from kpikit.targets.record import score_record

mpl.use("Agg")


def given(chance, reached, **columns):
    return pd.DataFrame({"chance": chance, "reached": reached} | columns)


def test_scores_by_hand():
    # 0.8 four times and 0.3 twice: reached are 3 of 4 and 1 of 2
    found = score_record(given([0.8] * 4 + [0.3] * 2, [1, 1, 1, 0, 1, 0]))
    assert found.promises == 6
    assert found.reached == pytest.approx(4 / 6)
    assert found.calibration_error == pytest.approx((4 * 0.05 + 2 * 0.2) / 6)
    assert found.brier == pytest.approx((3 * 0.04 + 0.64 + 0.49 + 0.09) / 6)
    assert found.to_frame()[["least", "promises", "reached"]].to_numpy().tolist() == [
        [0.3, 2, 0.5],
        [0.8, 4, 0.75],
    ]
    assert "too few to judge by" in found.summary()


def test_chances_that_are_true_score_near_zero():
    rng = np.random.default_rng(0)
    chance = rng.uniform(size=5000)
    found = score_record(given(chance, (rng.uniform(size=5000) < chance).astype(float)))
    assert found.calibration_error < 0.02
    assert "came true" in found.summary()
    assert found.plot() is not None


def test_what_is_open_is_left_out_and_nothing_is_no_error():
    assert score_record(given([0.8, 0.8], [True, None])).promises == 1
    empty = score_record(given([], []))
    assert empty.summary() == "No chance given earlier can be scored yet."
    assert "<img" in empty._repr_html_()


def test_intervals_are_scored_where_there_are_any():
    records = given([0.8] * 4, [1, 1, 0, 1], actual=[1, 5, 9, 20])
    found = score_record(records.assign(**{"q0.1": 2, "q0.9": 10, "q0.5": 5}))
    assert found.coverage == {0.8: 0.5}


def test_what_is_no_chance_is_refused():
    with pytest.raises(DataError, match=r"chance holds \[80\.0\]; each lies between 0 and 1"):
        score_record(given([80], [1]))
    with pytest.raises(DataError, match="no column 'reached'"):
        score_record(pd.DataFrame({"chance": [0.5]}))

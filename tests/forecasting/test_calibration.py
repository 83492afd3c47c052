import numpy as np
import pytest

from kpikit.forecasting.calibration import (
    Calibration,
    History,
    Spans,
    at_levels,
    blend,
    calibration_of,
)
from kpikit.forecasting.outlook import Frame, Moments, Outlook, spans_of

GRAINS = ("day", "week", "month", "quarter", "year")


def learned(**changed):
    plain = {
        "season": 12,
        "power": 1.0,
        "together": 0.5,
        "fading": 0.0,
        "hold": 2.0,
        "coefficients": np.zeros(10),
        "levels": np.array([0.1, 0.5, 0.9]),
        "steps": np.array([1.0, 4.0]),
        "step_table": np.array([[-1.0, 0.0, 1.0], [-3.0, 0.0, 3.0]]),
        "spans": np.array([3.0]),
        "span_table": np.array([[-5.0, 0.0, 5.0]]),
    }
    return Calibration(**(plain | changed))


def test_the_shape_is_a_power_of_the_step_by_hand():
    # mean squares 1, 2, 3 and correlations of a half
    shape = learned().shape(3)
    assert np.diag(shape) == pytest.approx([1, 2, 3])
    assert shape[0, 2] == pytest.approx(0.5 * np.sqrt(3))


def test_own_errors_are_held_towards_the_shape_by_hand():
    # one step seen 6 times with a mean square of 4: (6 x 4 + 2 x 4) / 8
    blended, first = blend(np.array([[4.0]]), np.array([[6.0]]), change=1.0, learned=learned())
    assert (blended.item(), first) == (4.0, 4.0)
    # nothing seen: the changes from period to period say how large the first step's errors are
    blended, first = blend(np.zeros((2, 2)), np.zeros((2, 2)), change=3.0, learned=learned())
    assert first == 9.0
    assert np.diag(blended) == pytest.approx([9.0, 18.0])


def test_tables_are_read_between_their_rows():
    spans = Spans(count=np.array([1.0, 1.0, 1.0, 7.0]), last=np.array([1.0, 2.0, 9.0, 7.0]))
    found = learned().quantiles(spans)
    assert found[:, 2].tolist() == pytest.approx([1.0, 2.0, 3.0, 5.0])


def test_levels_between_and_beyond_lie_on_lines_between_normal_scores():
    known, normal = np.array([0.1, 0.5, 0.9]), np.array([[-1.2815516, 0.0, 1.2815516]])
    wanted = np.array([0.025, 0.1, 0.25, 0.5, 0.975])
    assert at_levels(known, normal, wanted)[0] == pytest.approx(
        [-1.959964, -1.2815516, -0.6744898, 0.0, 1.959964], abs=1e-6
    )


def test_spans_count_steps_and_know_their_last():
    weights = np.array([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [0.25, 0.25, 0.5]])
    found = spans_of(weights)
    assert found.count.tolist() == pytest.approx([1.0, 2.0, 1 / 0.375])
    assert found.last.tolist() == [2.0, 2.0, 3.0]


@pytest.mark.parametrize("grain", GRAINS)
def test_the_shipped_table_is_whole_and_sane(grain):
    table = calibration_of(grain)
    for rows in (table.step_table, table.span_table):
        assert rows.shape[1] == len(table.levels)
        assert (np.diff(rows, axis=1) >= 0).all()
        assert (rows[:, 0] < -1).all()
        assert (rows[:, -1] > 1).all()
    assert (np.diff(table.levels) > 0).all()
    values = np.linalg.eigvalsh(table.shape(24))
    assert values.min() > 0  # errors that may be, together


def moments(steps=4):
    return Moments(
        mean=np.full(steps, 10.0),
        level=10.0,
        products=np.zeros((steps, steps)),
        counts=np.zeros((steps, steps)),
        apart=np.zeros((steps, steps)),
        errors=np.zeros((0, steps)),
        history=History(periods=40, seasonal=True, change=0.1, growth=0.0),
        grain="month",
    )


def test_later_steps_and_longer_spans_are_less_sure():
    outlook = Outlook(frame=Frame(), horizon=4, model="", notes=(), moments=moments())
    low, high = outlook.quantiles(np.eye(4), np.array([0.1, 0.9])).T
    assert (np.diff(high - low) > 0).all()
    total = outlook.quantiles(np.full((1, 4), 0.25), np.array([0.1, 0.9]))[0]
    assert high[0] - low[0] < np.ptp(total) < high[3] - low[3]


def test_a_mirrored_frame_mirrors_the_outlook():
    plain = Outlook(frame=Frame(), horizon=4, model="", notes=(), moments=moments())
    frame = Frame(anchor=20.0, sign=-1.0)
    mirrored = Outlook(frame=frame, horizon=4, model="", notes=(), moments=moments())
    levels = np.array([0.1, 0.5, 0.9])
    assert mirrored.quantiles(np.eye(4), levels) == pytest.approx(
        20 - plain.quantiles(np.eye(4), levels)[:, ::-1]
    )
    ahead = mirrored.paths(np.random.default_rng(0))
    assert ahead == pytest.approx(20 - plain.paths(np.random.default_rng(0)))

import numpy as np

from kpikit.analysis.course import Break, Course, free_places, shortest_level

STEP, BEND = Break(place=2, kind="step"), Break(place=3, kind="slope")


def test_columns_by_hand():
    course = Course(breaks=(STEP, BEND), has_trend=True)
    times = np.array([0, 1, 2, 4, 8])  # a gap counts as the time that it takes
    assert course.columns(times).T.tolist() == [
        [1, 1, 1, 1, 1],
        [-3, -2, -1, 1, 5],
        [0, 0, 1, 1, 1],
        [0, 0, 0, 0, 4],
    ]
    assert Course().columns(times).tolist() == [[1]] * 5


def test_a_level_lasts_a_twentieth_within_limits():
    assert [shortest_level(count) for count in (12, 60, 100, 160, 900)] == [3, 3, 5, 8, 8]


def test_places_leave_every_level_its_length():
    assert free_places(np.arange(12), [Break(place=6, kind="step")], 12).tolist() == [3, 9]

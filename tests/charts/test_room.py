"""Room around axes: nothing is cut off, nothing overlaps, other arrangements are left alone."""

import pandas as pd
import pytest

from kpikit.charts.behaviour import behaviour_chart
from kpikit.charts.room import make_room
from kpikit.charts.style import dress

MONTHS = pd.date_range("2024-01-01", periods=30, freq="MS")


def column(figure):
    values = pd.Series(range(30), dtype=float) * 1e5
    frame = pd.DataFrame({"period_start": MONTHS, "value": values, "expected": values})
    frame = frame.assign(lower=values - 1e5, upper=values + 1e5, signal="none")
    marks = pd.DataFrame({"period_start": [], "kind": [], "text": []})
    behaviour_chart(frame, marks=marks, ax=figure.subplots(), title="A title above it all")
    return figure.axes


def test_all_that_belongs_to_a_column_lies_inside_the_picture_and_apart(figure):
    upper, lower = column(figure)
    make_room(figure)
    seen = [ax.get_tightbbox() for ax in (upper, lower)]
    width, height = figure.bbox.width, figure.bbox.height
    for box in seen:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
    assert seen[0].y0 >= seen[1].y1
    assert upper.get_position().x0 == lower.get_position().x0
    assert upper.get_position().width == lower.get_position().width


def test_heights_keep_their_proportion_and_the_room_is_used(figure):
    upper, lower = column(figure)
    make_room(figure)
    assert upper.get_position().height == pytest.approx(3 * lower.get_position().height)
    key = max(text.get_window_extent().x1 for text in upper.texts)
    assert 0 <= figure.bbox.width - key < 10  # points left over beside it


def test_what_is_no_column_is_left_to_matplotlib(figure):
    for ax in figure.subplots(1, 2):
        dress(ax)
    before = [ax.get_position().bounds for ax in figure.axes]
    make_room(figure)
    assert [ax.get_position().bounds for ax in figure.axes] == before
    assert figure.get_layout_engine().adjust_compatible is False  # it still is constrained


def test_dates_are_found_again_where_the_stretch_of_time_is_another(figure):
    ax = figure.subplots()
    ax.plot(MONTHS, range(30))
    dress(ax)
    few = ax.xaxis.get_majorticklocs()
    ax.set_xlim(MONTHS[0], MONTHS[5])
    near = ax.xaxis.get_majorticklocs()
    assert max(near) < max(few)
    assert len(near) >= 4

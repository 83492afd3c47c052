"""The key of a picture: every name once, with a sample that looks like what is drawn."""

import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from kpikit.charts.key import SAMPLE, draw_key
from kpikit.charts.marks import settle_marks
from kpikit.charts.room import make_room
from kpikit.charts.style import dress

DAYS = pd.date_range("2026-02-01", periods=20, freq="D")


def drawn(figure):
    ax = figure.subplots()
    ax.fill_between(DAYS, 0, 5, color="red", alpha=0.25, linewidth=0, label="band")
    ax.plot(DAYS, range(20), color="blue", linestyle="--", label="line")
    ax.plot(DAYS[:3], [1, 2, 3], color="blue", marker="D", linestyle="none", label="mark")
    ax.axvspan(DAYS[2], DAYS[3], hatch="///", facecolor="white", label="event")
    for day in DAYS[4:6]:
        ax.axvline(day, label="change")
    return dress(ax, title="All kinds")


def samples(ax):
    """Return the samples by what they are: things drawn at places of the key, not of the data."""
    found = [one for one in (*ax.lines, *ax.patches) if one.get_transform() != ax.transData]
    lines = [one for one in found if isinstance(one, Line2D) and len(one.get_xdata()) == 3]
    patches = [one for one in found if isinstance(one, Rectangle) and one.get_width() == SAMPLE]
    return lines, patches


@pytest.mark.parametrize("columns", [0, 2, 4])
def test_each_name_stands_once_and_inside_the_picture(figure, columns):
    ax = drawn(figure)
    draw_key(ax, columns=columns)
    (key,) = ax.texts
    assert sorted(key.words) == ["band", "change", "event", "line", "mark"]
    settle_marks(figure)
    make_room(figure)
    boxes = [Bbox(box.reshape(2, 2)) for one in ax.texts for box in one.boxes()]
    assert len(boxes) > 10
    for box in boxes:
        assert 0 <= box.x0 < box.x1 <= figure.bbox.width
        assert 0 <= box.y0 < box.y1 <= figure.bbox.height
    for place, one in enumerate(boxes):
        for other in boxes[:place]:
            assert not one.overlaps(other)


def test_samples_look_like_what_they_stand_for(figure):
    ax = drawn(figure)
    draw_key(ax)
    (line, mark, _), (band, event) = samples(ax)
    assert (line.get_color(), line.get_linestyle()) == ("blue", "--")
    assert (mark.get_marker(), mark.get_linestyle()) == ("D", "None")
    assert band.get_facecolor() == to_rgba("red", 0.25)
    assert event.get_hatch() == "///"


def test_a_key_changes_neither_the_limits_nor_the_names_that_a_legend_would_have(figure):
    ax = drawn(figure)
    before = ax.get_xlim(), ax.get_ylim(), ax.get_legend_handles_labels()[1]
    draw_key(ax, columns=2)
    assert (ax.get_xlim(), ax.get_ylim(), ax.get_legend_handles_labels()[1]) == before


def test_nothing_to_name_is_nothing_drawn(figure):
    ax = figure.subplots()
    draw_key(ax)
    assert not ax.texts

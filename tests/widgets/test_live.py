"""Pictures drawn again and again: the same as drawn once, on axes that stay."""

from io import BytesIO

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from kpikit.charts.style import SIZE, look
from kpikit.widgets.live import DOTS, LivePicture

MARGINS = {"left": 0.1, "right": 0.8, "top": 0.9, "bottom": 0.1}


def line(values):
    def part(ax):
        ax.plot(values, label=f"up to {max(values)}", marker="o")
        ax.fill_between(range(len(values)), 0, values, alpha=0.3)
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        ax.set_title(f"{len(values)} values")

    return part


def dots(content):
    return np.asarray(Image.open(BytesIO(content)), dtype=int)


def drawn_once(part, ends):
    with look(), mpl.rc_context({"axes.titley": 1.0}):
        figure = Figure(figsize=SIZE, dpi=DOTS, layout="none")
        canvas = FigureCanvasAgg(figure)
        figure.subplots_adjust(**MARGINS)
        ax = figure.subplots()
        part(ax)
        ax.set_xlim(ends[:2])
        ax.set_ylim(ends[2:])
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].astype(int)


def test_a_picture_drawn_again_is_the_one_drawn_once():
    live = LivePicture(1, margins=MARGINS)
    live.draw([line([0, 5, 2])])
    again = dots(live.draw([line([1, 3, 4])]))
    expected = drawn_once(line([1, 3, 4]), live._ends[0])
    # lines lie above the frame here, and beside it there: a few dots where they touch
    assert (np.abs(again - expected).max(axis=2) > 30).mean() < 0.002
    assert (np.abs(again - dots(live.draw([line([0, 5, 2])]))).max(axis=2) > 30).mean() > 0.005


def test_frames_are_drawn_once_and_stretch_where_content_leaves_them():
    live = LivePicture(2, margins=MARGINS)
    for values in ([0, 5], [1, 4], [0, 5]):
        live.draw([line(values), line([0, 1])])
    assert live.grounds == 1
    live.draw([line([0, 9]), line([0, 1])])
    assert live.grounds == 2
    assert live._ends[0][3] > 9
    live.draw([line([0, 9.5]), line([0, 1])])
    assert live.grounds == 2, "some room was left, so that it does not move with each step"


def test_a_chart_that_fails_leaves_a_picture_that_works():
    live = LivePicture(1, margins=MARGINS)
    live.draw([line([0, 5])])
    with pytest.raises(ZeroDivisionError):
        live.draw([lambda ax: ax.plot([1]) and 1 / 0])
    first = live.draw([line([0, 5])])
    assert first == live.draw([line([0, 5])])

"""Words stand where matplotlib's own texts would, and take the room they need."""

import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from kpikit.charts.style import LOOK, look
from kpikit.charts.words import Words, text_width

ALIKE = [  # of words, of matplotlib's texts
    (("left", "middle"), {"ha": "left", "va": "center_baseline"}),
    (("center", "top"), {"ha": "center", "va": "top"}),
    (("right", "middle"), {"ha": "right", "va": "center_baseline"}),
]


@pytest.fixture
def figure():
    with look():
        figure = Figure(figsize=(4, 1), dpi=144, layout="none")
        FigureCanvasAgg(figure)
        yield figure


def words(figure, across="left", along="middle", said=("value", "95 %")):
    places = [(0.5, 0.8 - 0.5 * line) for line in range(len(said))]
    return Words(said, places, transform=figure.transFigure, size=8, across=across, along=along)


def ink(figure):
    """Return where the picture is not white: first and last column and row, in pixels."""
    figure.canvas.draw()
    dark = np.asarray(figure.canvas.buffer_rgba())[..., 0] < 128
    columns, rows = (np.flatnonzero(dark.any(axis=axis)) for axis in (0, 1))
    return [columns[0], columns[-1], rows[0], rows[-1]]


@pytest.mark.parametrize(("own", "given"), ALIKE)
def test_words_stand_where_a_text_would(own, given, figure):
    figure.add_artist(words(figure, *own))
    found = ink(figure)
    figure.clear()
    for place, said in ((0.8, "value"), (0.3, "95 %")):
        figure.text(0.5, place, said, fontsize=8, color=LOOK["text.color"], **given)
    assert found == pytest.approx(ink(figure), abs=2)  # pixels, two to a point


def test_the_box_holds_all_ink_and_little_more(figure):
    one = words(figure, "center", "top")
    figure.add_artist(one)
    left, right, top, bottom = ink(figure)
    box = one.get_window_extent()
    height = figure.bbox.height
    assert box.x0 <= left + 1
    assert box.x1 >= right - 1
    assert box.y0 <= height - bottom
    assert box.y1 >= height - top - 1
    assert box.width < 1.1 * (right - left) + 4
    assert one.get_tightbbox().bounds == box.bounds


def test_a_file_holds_the_words_with_their_side(figure):
    figure.add_artist(words(figure, "right"))
    FigureCanvasSVG(figure).print_svg(stream := io.StringIO())
    svg = stream.getvalue()
    assert ">value</text>" in svg
    assert svg.count("text-anchor: end") == 2


def test_no_words_are_no_ink_and_need_no_room(figure):
    none = words(figure, said=())
    figure.add_artist(none)
    figure.canvas.draw()
    assert np.asarray(figure.canvas.buffer_rgba())[..., :3].min() == 255
    assert not np.isfinite(none.get_window_extent().width) or none.get_window_extent().width <= 0


@pytest.mark.parametrize("text", ["value", "95 % of outcomes", "Größe −1.6 µ", ""])
def test_the_width_of_a_line_is_what_it_takes_in_the_picture(figure, text):
    shown = figure.text(0, 0, text, fontsize=8)
    wide = shown.get_window_extent().width * 72 / figure.dpi
    assert text_width(text, 8) == pytest.approx(wide, abs=1)

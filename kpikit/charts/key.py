"""The key of a picture: a sample of each thing drawn, with its name.

It is plain artists at places counted in points. matplotlib's legend nests boxes, and
measures what is in them anew on every level: a third of the time that a picture takes.
"""

from __future__ import annotations

from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import Collection
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.transforms import Affine2D, ScaledTranslation

from kpikit.charts.style import LOOK

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

SIZE = float(LOOK["legend.fontsize"])  # points, as all that follows
ROW, SAMPLE, HIGH, GAP, APART = 12.5, 16.0, 5.6, 6.4, 16.0
BELOW, BESIDE = 28.0, 12.0  # from the axes to the first row; from the axes to the key


def draw_key(ax: Axes, *, columns: int = 0) -> None:
    """Name what is drawn, each name once: below the axes in columns, beside them where none."""
    shown = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    if not shown:
        return
    names = list(shown)
    rows = -(-len(names) // columns) if columns else len(names)
    wide = [max(text_width(name, SIZE) for name in names[start : start + rows])
            for start in range(0, len(names), rows)]  # fmt: skip
    lefts = list(accumulate((SAMPLE + GAP + one + APART for one in wide), initial=0.0))
    points = _points(ax, 0, 0) if columns else _points(ax, 1, 1)
    first = (0.0, -BELOW) if columns else (BESIDE, -ROW / 2)
    for place, (name, handle) in enumerate(shown.items()):
        column, row = divmod(place, rows)
        left, middle = first[0] + lefts[column], first[1] - row * ROW
        _draw_sample(ax, handle, left, middle, points)
        text = ax.text(
            left + SAMPLE + GAP, middle, name, transform=points, va="center_baseline", fontsize=SIZE
        )
        # of a column the longest says how wide it is, and the last row how low the key
        text.set_in_layout(row == rows - 1 or text_width(name, SIZE) == wide[column])


def text_width(text: str, size: float) -> float:
    """Return how many points a line of text takes, letter by letter."""
    return size * sum(map(_advance, text))


@cache
def _advance(letter: str) -> float:
    font = get_font(findfont(FontProperties(family=LOOK["font.family"])))
    font.set_size(1, 72 * 1000)
    return font.load_char(ord(letter)).linearHoriAdvance / 65536 / 1000


def _points(ax: Axes, x: float, y: float) -> Transform:
    """Return places counted in points from a corner of the axes."""
    inches = Affine2D().scale(1 / 72) + ax.figure.dpi_scale_trans
    return inches + ScaledTranslation(x, y, ax.transAxes)  # type: ignore[arg-type]  # it is affine


def _draw_sample(ax: Axes, handle: Artist, left: float, middle: float, points: Transform) -> None:
    """Draw a short piece of what a handle draws: a line with its mark, or a patch."""
    sample: Line2D | Rectangle
    if isinstance(handle, Line2D):
        sample = Line2D([left, left + SAMPLE / 2, left + SAMPLE], [middle] * 3)
        sample.update_from(handle)
        sample.set_markevery([1])
    else:
        assert isinstance(handle, (Collection, Patch))
        sample = Rectangle(
            (left, middle - HIGH / 2),
            SAMPLE,
            HIGH,
            facecolor=np.atleast_2d(handle.get_facecolor())[0],
            edgecolor=np.atleast_2d(handle.get_edgecolor())[0],
            linewidth=float(np.atleast_1d(handle.get_linewidth())[0]),
            hatch=handle.get_hatch(),
        )
    sample.set_label("_sample")  # of a line it would be named again
    sample.set_transform(points)
    ax.add_artist(sample)
    sample.set_clip_on(False)
    sample.set_in_layout(False)

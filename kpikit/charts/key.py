"""The key of a picture: a sample of each thing drawn, with its name.

It is plain artists at places counted in points. matplotlib's legend nests boxes, and
measures what is in them anew on every level: a third of the time that a picture takes.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import Collection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.transforms import Affine2D, ScaledTranslation

from kpikit.charts.style import LOOK
from kpikit.charts.words import Words, text_width

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
    places = [
        (first[0] + lefts[place // rows], first[1] - place % rows * ROW)
        for place in range(len(names))
    ]
    for handle, (left, middle) in zip(shown.values(), places, strict=True):
        _draw_sample(ax, handle, left, middle, points)
    beside = [(left + SAMPLE + GAP, middle) for left, middle in places]
    ax.add_artist(Words(names, beside, transform=points, size=SIZE))


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

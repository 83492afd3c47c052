"""Room for what stands around axes: names of ticks, titles, legends.

Constrained layout measures everything twice, in any arrangement. Most pictures are one axes,
or a column of them: measuring once is enough there, and takes half the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.text import Text
from matplotlib.transforms import Bbox, BboxBase

from kpikit.charts.marks import LENGTH, are_settled
from kpikit.charts.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAD = 0.04  # inches around everything


def make_room(figure: Figure) -> None:
    """Place a column of axes so that all around them is seen; leave others to matplotlib."""
    column = sorted(figure.axes, key=lambda ax: -ax.get_position(original=True).y0)
    if not column or not all(_is_plain(ax) for ax in column):
        return
    figure.set_layout_engine("none")
    margins = np.array(
        [_margins(ax, figure) for ax in column]
    )  # left, below, right, above; in inches
    width, height = figure.get_size_inches()
    left, right = margins[:, 0].max(), margins[:, 2].max()
    shares = np.array([ax.get_position(original=True).height for ax in column])
    free = height - (margins[:, 1] + margins[:, 3]).sum()
    heights = np.maximum(free, PAD) * shares / shares.sum()
    wide = max(width - left - right, PAD)
    top = height
    for ax, (_, below, _, above), own in zip(column, margins, heights, strict=True):
        foot = top - above - own
        ax.set_position((left / width, foot / height, wide / width, own / height))
        top = foot - below


def _is_plain(ax: Axes) -> bool:
    """Tell whether axes fill the width of their figure, in any shape."""
    place = ax.get_subplotspec()
    return place is not None and place.get_gridspec().ncols == 1 and ax.get_aspect() == "auto"


def _margins(ax: Axes, figure: Figure) -> tuple[float, ...]:
    """Return how far what belongs to the axes reaches beyond them, in inches."""
    own = ax.get_position(original=True).transformed(figure.transFigure)
    seen = _box_of_words(ax, own) if are_settled(ax) else ax.get_tightbbox(for_layout_only=True)
    seen = seen or own
    found = (own.x0 - seen.x0, own.y0 - seen.y0, seen.x1 - own.x1, seen.y1 - own.y1)
    return tuple(max(side, 0.0) / figure.dpi + PAD for side in found)


def _box_of_words(ax: Axes, own: BboxBase) -> BboxBase:
    """Return the box around axes whose marks are settled: nothing but words lies beyond them."""
    written = [child for child in ax.get_children() if isinstance(child, Text)]
    written += [ax.xaxis.label, ax.yaxis.label]
    boxes = [text.get_window_extent() for text in written if _is_seen(text)]
    return Bbox.union([own.padded(LENGTH * ax.figure.dpi / 72), *boxes])


def _is_seen(text: Text) -> bool:
    return text.get_visible() and bool(text.get_text() or isinstance(text, Words))

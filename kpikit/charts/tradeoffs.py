"""Draw pairs of KPIs that move against each other's direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from kpikit.charts.style import BLUE, INK, MUTED, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT, LOWEST = 0.5, 1.8  # inches for a pair, and at least


def pair_chart(
    names: Sequence[str],
    ranges: Sequence[tuple[float, float, float]],
    *,
    said: Sequence[str],
    ax: Axes | None = None,
    title: str = "",
) -> Axes:
    """Draw correlations with their intervals, one row a pair.

    Parameters
    ----------
    names
        A pair in words; a line break parts its two lines.
    ranges
        Correlation, lower and upper end of each.
    said
        What stands beside each.
    """
    ax = axes(ax)
    ax.set_title(title, parse_math=False)
    if not names:
        ax.text(0.5, 0.5, "none found", ha="center", color=MUTED, transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_figheight(max(LOWEST, HEIGHT * (len(names) + 2)))
    places = np.arange(len(names))[::-1]
    for place, (middle, lower, upper), words in zip(places, ranges, said, strict=True):
        ax.plot((lower, upper), (place, place), color=BLUE, linewidth=1.4)
        ax.plot(middle, place, marker="o", markersize=6, color=BLUE)
        ax.annotate(words, (1.08, place), va="center", fontsize=8, annotation_clip=False)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_xlim(-1, 1)
    ax.set_ylim(-0.7, len(names) - 0.3)
    ax.set_yticks(places, names)
    ax.set_xlabel("correlation, 95 % interval")
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    return ax

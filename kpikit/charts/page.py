"""Draw a page of text in parts: what is said, what stands behind it, and who answers for it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.charts.style import BLUE, GRID, MUTED, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE = 0.19  # inches
TEXT, MORE, WHO = 0.13, 0.56, 0.99  # where the columns stand, of the width
WIDE, NARROW = 54, 40  # characters of a line


def page_chart(
    frame: pd.DataFrame, *, parts: Sequence[str], title: str = "", ax: Axes | None = None
) -> Axes:
    """Draw the parts below each other, each with its rows, wrapped.

    Parameters
    ----------
    frame
        `part, text, more, who`.
    parts
        The parts, in their order; one without rows is shown empty.
    """
    from matplotlib.figure import Figure

    ax = axes(ax)
    height = 0.0
    for part in parts:
        ax.axhline(height - 0.75, color=GRID, linewidth=0.8)
        ax.text(0.0, height, part, weight="bold", color=BLUE, va="center", fontsize=9.5)
        rows = frame[frame["part"] == part]
        if rows.empty:
            ax.text(TEXT, height, "none written", va="center", color=MUTED, style="italic")
            height += 1.0
        for row in rows.itertuples(index=False):
            text, more = wrap(str(row.text), WIDE) or [""], wrap(str(row.more), NARROW)
            for n, line in enumerate(text):
                ax.text(TEXT, height + n, line, va="center", fontsize=9)
            for n, line in enumerate(more):
                ax.text(MORE, height + n, line, va="center", fontsize=8, color=MUTED)
            ax.text(WHO, height, str(row.who), va="center", ha="right", fontsize=8, color=MUTED)
            height += max(len(text), len(more)) + 0.25
        height += 0.6
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_size_inches(9.2, max(1.6, LINE * (height + 2)))
    ax.set_xlim(0, 1)
    ax.set_ylim(height, -1.2)
    ax.set_axis_off()
    ax.set_title(title)
    return ax

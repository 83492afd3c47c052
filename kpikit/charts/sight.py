"""Draw the way from KPIs up to the mission."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.charts.style import BLUE, MUTED, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 62  # characters of a title


def sight_chart(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw each KPI's steps from left to right, one KPI a line of boxes.

    Parameters
    ----------
    frame
        `kpi, step, title, owner, link`.
    """
    from matplotlib.figure import Figure

    ax = axes(ax)
    kpis = list(dict.fromkeys(frame["kpi"]))
    height = 0.0
    for kpi in kpis:
        rows = frame[frame["kpi"] == kpi]
        for row in rows.itertuples(index=False):
            x = 0.04 * row.step
            title = shorten(str(row.title), WIDTH, placeholder=" …")
            owner = f"   {row.owner}" if row.owner else ""
            ax.plot([x], [-height], "o", color=BLUE, markersize=6)
            ax.text(x + 0.018, -height, title, va="center", fontsize=9)
            ax.text(0.99, -height, owner, va="center", ha="right", fontsize=8, color=MUTED)
            if row.link:
                ax.annotate(
                    "",
                    xy=(x + 0.04, -height - 1 + 0.25),
                    xytext=(x, -height - 0.2),
                    arrowprops={"arrowstyle": "->", "color": MUTED, "shrinkA": 2, "shrinkB": 3},
                )
                ax.text(
                    x + 0.05,
                    -height - 0.5,
                    str(row.link),
                    va="center",
                    fontsize=7.5,
                    color=MUTED,
                    style="italic",
                )
            height += 1
        height += 0.6
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_figheight(max(1.4, 0.36 * height + 0.5))
    ax.set_xlim(-0.02, 1)
    ax.set_ylim(-height + 0.4, 0.7)
    ax.set_axis_off()
    ax.set_title("Line of sight")
    return ax

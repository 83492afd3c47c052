"""Draw a board of many KPIs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.style import BLUE, INK, MUTED, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def gap_chart(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how far each KPI (`title`, `value`, `target`) ended from its target, in percent."""
    ax = axes(ax)
    shown = frame[frame["target"].notna() & frame["value"].notna() & (frame["target"] != 0)]
    ax.set_title("Distance from the target, in % of the target")
    if shown.empty:
        ax.text(0.5, 0.5, "no KPI has a value and a target", ha="center", color=MUTED)
        return ax
    gap = 100 * (shown["value"] - shown["target"]) / shown["target"].abs()
    places = np.arange(len(shown))[::-1]
    ax.barh(places, gap, color=BLUE, height=0.5)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_yticks(places, shown["title"].tolist())
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    return ax

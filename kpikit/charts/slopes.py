"""Draw estimates side by side, each with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.style import BLUE, MUTED, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 15  # more rows than this cannot be read


def slope_chart(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw one dot per KPI with its interval; the slope is in units of its own error.

    KPIs differ in unit, so each slope is divided by half its interval: a dot outside
    -1..1 is a slope that the data tell from none. The steepest of them are shown.

    Parameters
    ----------
    frame
        `kpi, segment, slope, slope_lower, slope_upper`.
    """
    ax = axes(ax)
    reach = (frame["slope_upper"] - frame["slope_lower"]) / 2
    ratio = (frame["slope"] / reach).where(reach > 0)
    ranked = ratio.dropna().sort_values(key=np.abs, ascending=False).head(MOST)[::-1]
    place = np.arange(len(ranked))
    ax.errorbar(ranked.to_numpy(), place, xerr=1.0, fmt="o", color=BLUE, ecolor=MUTED, markersize=4)
    ax.axvline(0.0, color=MUTED, linewidth=0.8)
    names = frame.loc[ranked.index, ["kpi", "segment"]].astype(str).agg(" ".join, axis=1)
    ax.set_yticks(place, [name.strip() for name in names])
    ax.set_xlabel("slope, in units of half its 95 % interval")
    return ax

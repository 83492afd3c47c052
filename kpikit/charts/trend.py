"""Draw the trend of one KPI since its last change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kpikit.charts.series import history_chart
from kpikit.charts.style import INK, MUTED, SKY

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def trend_chart(frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw a history with the line since its last change, and the interval of the line.

    Parameters
    ----------
    frame
        `period_start, value, expected, lower, upper`; the last three are missing before the
        change, and in all rows where no line was fitted.
    """
    ax = history_chart(frame, ax=ax, title=title)
    line = frame[frame["expected"].notna()] if "expected" in frame else frame.iloc[:0]
    if line.empty:
        return ax
    when = line["period_start"]
    ax.fill_between(
        when,
        line["lower"],
        line["upper"],
        color=SKY,
        alpha=0.3,
        linewidth=0,
        label="95 % interval of the trend",
    )
    ax.plot(when, line["expected"], color=INK, linestyle="--", label="trend")
    if len(line) < len(frame):
        ax.axvline(when.iloc[0], color=MUTED, linestyle=":", linewidth=1.2, label="last change")
    return ax

"""Draw changes: one history with its levels and dates, or the dates of many KPIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.series import history_chart
from kpikit.charts.style import BLUE, GRID, INK, MUTED, ORANGE, axes
from kpikit.units import format_change

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 15  # more rows than this cannot be read
ROOM = 0.22  # of the height, kept free above the values for what is said of the changes


def change_chart(
    frame: pd.DataFrame, changes: pd.DataFrame, *, ax: Axes | None = None, title: str = ""
) -> Axes:
    """Draw a history, its course without a season, and each change with its size.

    Parameters
    ----------
    frame
        `period_start, value, expected`.
    changes
        `period_start, label, kind, size`.
    """
    ax = history_chart(frame, ax=ax, title=title)
    ax.lines[0].set(linewidth=1.0, alpha=0.75)
    course = frame[frame["expected"].notna()]
    steps = changes.loc[changes["kind"] == "step", "period_start"]
    for _, part in course.groupby(course["period_start"].isin(steps).cumsum()):
        ax.plot(part["period_start"], part["expected"], color=INK, linewidth=2.4)
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, top + ROOM * (top - bottom))
    middle = (
        frame["period_start"].iloc[0]
        + (frame["period_start"].iloc[-1] - frame["period_start"].iloc[0]) / 2
    )
    for number, row in enumerate(changes.to_dict("records")):
        bend = row["kind"] == "slope"
        ax.axvline(
            row["period_start"], color=ORANGE, linestyle=":" if bend else "--", linewidth=1.2
        )
        late = row["period_start"] > middle
        ax.annotate(
            f"{row['label']}: {'slope ' if bend else ''}{format_change(row['size'])}",
            (row["period_start"], 0.98 - 0.09 * (number % 2)),
            xycoords=ax.get_xaxis_transform(),
            xytext=(-4 if late else 4, 0),
            textcoords="offset points",
            ha="right" if late else "left",
            va="top",
            fontsize=8,
        )
    return ax


def change_board(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a row for each KPI that changed, with a mark at every date, up or down.

    Those that changed last come first. A triangle is a step, a diamond a bend of the slope;
    filled where it goes up.

    Parameters
    ----------
    frame
        `kpi, segment, period_start, kind, size`.
    """
    ax = axes(ax)
    names = frame[["kpi", "segment"]].astype(str).agg(" ".join, axis=1).str.strip()
    last = frame["period_start"].groupby(names).max().sort_values(ascending=False)
    shown = list(last.index[:MOST])[::-1]
    for number, name in enumerate(shown):
        ax.axhline(number, color=GRID, linewidth=0.8)
        for row in frame[names == name].to_dict("records"):
            up, step = row["size"] > 0, row["kind"] == "step"
            ax.plot(
                row["period_start"],
                number,
                marker=("^" if up else "v") if step else "D",
                color=BLUE if up else ORANGE,
                markerfacecolor=BLUE if up else "white",
                markersize=7 if step else 5,
                linestyle="none",
            )
    ax.set_yticks(np.arange(len(shown)), shown)
    ax.grid(visible=False)
    if not shown:
        ax.text(
            0.5, 0.5, "no change in any series", ha="center", color=MUTED, transform=ax.transAxes
        )
    return ax

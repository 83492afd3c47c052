"""Draw the profile of a season: one KPI's with intervals, or those of many side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from kpikit.charts.style import BLUE, INK, MUTED, SKY, axes
from kpikit.units import format_change

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 15  # more rows than this cannot be read
NAMED = 14  # places named on the axis


def season_chart(frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw how far each place in a season (`label, effect, lower, upper`) lies from its mean."""
    ax = axes(ax)
    ax.set_title(title, parse_math=False)
    if frame.empty:
        ax.text(0.5, 0.5, "no clear season", ha="center", color=MUTED, transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    place = np.arange(len(frame))
    effect = frame["effect"].to_numpy(dtype=float)
    reach = frame["upper"].to_numpy(dtype=float) - effect
    ax.bar(place, effect, color=SKY, edgecolor=BLUE, width=0.7, label="effect")
    ax.errorbar(place, effect, yerr=reach, fmt="none", ecolor=INK, elinewidth=1, capsize=2)
    ax.axhline(0.0, color=INK, linewidth=0.8)
    every = -(-len(frame) // NAMED)
    labels = frame["label"].str.removeprefix("the week about ").str.removeprefix("the quarter ")
    ax.set_xticks(place[::every], labels.iloc[::every])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_change(value)))
    ax.set_ylabel("from the mean of a season")
    return ax


def season_board(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how far the seasons of many KPIs reach, from the lowest place to the highest.

    KPIs differ in unit, so each effect is in units of half its interval: the wider the line
    beyond 1, the plainer the season.

    Parameters
    ----------
    frame
        `kpi, segment, label, effect, lower, upper`.
    """
    ax = axes(ax)
    half = (frame["upper"] - frame["lower"]) / 2
    table = frame.assign(
        name=frame[["kpi", "segment"]].astype(str).agg(" ".join, axis=1).str.strip(),
        ratio=frame["effect"] / half.where(half > 0),
    ).dropna(subset=["ratio"])
    if table.empty:
        ax.text(0.5, 0.5, "no series has a clear season", ha="center", color=MUTED)
        return ax
    low = table.loc[table.groupby("name")["ratio"].idxmin()].set_index("name")
    high = table.loc[table.groupby("name")["ratio"].idxmax()].set_index("name")
    shown = (high["ratio"] - low["ratio"]).sort_values().index[-MOST:]
    place = np.arange(len(shown))
    ax.hlines(place, low.loc[shown, "ratio"], high.loc[shown, "ratio"], color=MUTED, linewidth=1)
    for side, marker, align, gap in ((low, "v", "right", -6), (high, "^", "left", 6)):
        ax.plot(side.loc[shown, "ratio"], place, marker, color=BLUE, markersize=6)
        for number, name in enumerate(shown):
            ax.annotate(
                str(side.loc[name, "label"]),
                (float(side.loc[name, "ratio"]), number),
                xytext=(gap, 0),
                textcoords="offset points",
                ha=align,
                va="center",
                fontsize=7,
            )
    ax.margins(x=0.15)
    ax.axvline(0.0, color=INK, linewidth=0.8)
    ax.set_yticks(place, list(shown))
    ax.set_xlabel("lowest and highest of the season, in units of half their 95 % interval")
    return ax

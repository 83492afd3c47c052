"""Draw what came against what was wanted and forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from kpikit.charts.style import BLUE, INK, ORANGE, SKY, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 12  # rows drawn: the farthest from their target


def outcomes_chart(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw each value as percent of its target, with the forecast's middle 80 % behind it.

    Parameters
    ----------
    frame
        `title, period, lower, upper, target, actual, reached`. Rows without a target or a
        value are not drawn, nor where the target is 0.
    """
    ax = axes(ax)
    shown = frame.dropna(subset=["target", "actual"])
    shown = shown[shown["target"] != 0]
    ratio = shown["actual"] / shown["target"]
    farthest = (ratio - 1).abs().sort_values(ascending=False).index[:MOST]
    shown = shown.loc[farthest].assign(ratio=ratio).sort_values("ratio", ignore_index=True)
    if shown.empty:
        ax.annotate(
            "no target has come to its end", (0.5, 0.5), xycoords="axes fraction", ha="center"
        )
        ax.set_axis_off()
        return ax
    places = np.arange(len(shown))
    ax.axvline(1, color=ORANGE, linestyle="-.", linewidth=1.2, label="target")
    lower, upper = (shown[name] / shown["target"] for name in ("lower", "upper"))
    if lower.notna().any():
        ax.hlines(
            places, lower, upper, color=SKY, linewidth=6, alpha=0.6, label="forecast, middle 80 %"
        )
    hit = shown["reached"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    ax.plot(shown["ratio"][hit], places[hit], "o", color=BLUE, label="reached")
    ax.plot(
        shown["ratio"][~hit], places[~hit], "o", markerfacecolor="white", markeredgecolor=INK,
        label="not reached",
    )  # fmt: skip
    names = [f"{row.title}, {row.period}" for row in shown.itertuples()]
    ax.set_yticks(places, names, parse_math=False)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.0f} %"))
    ax.set_xlabel("value in percent of its target")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.figure.legend(loc="outside upper right", ncols=4)
    return ax

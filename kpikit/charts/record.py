"""Draw what could be promised of past periods, and how often promises were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.style import BLUE, GRID, INK, MUTED, ORANGE, SKY, axes
from kpikit.units import Unit, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 24  # newest periods: more cannot be read


def promises_chart(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    unit: Unit = "number",
    currency: str = "",
) -> Axes:
    """Draw, for every past period, the forecast's 80 % band, the targets, and what came.

    Parameters
    ----------
    frame
        `period, target, committed, q0.1, q0.5, q0.9, actual`.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax = axes(ax)
    shown = frame.tail(MOST)
    places = np.arange(len(shown))
    low, high = shown["q0.1"].to_numpy(dtype=float), shown["q0.9"].to_numpy(dtype=float)
    ax.bar(
        places, high - low, bottom=low, width=0.5, color=SKY, alpha=0.4, label="80 % of outcomes"
    )
    ax.scatter(places, shown["committed"], marker="_", s=220, color=INK, label="committed, at 80 %")
    if shown["target"].notna().any():
        ax.scatter(places, shown["target"], marker="D", s=26, color=ORANGE, label="target")
    ax.scatter(places, shown["actual"], s=30, color=BLUE, label="what came", zorder=3)
    ax.use_sticky_edges = False  # else the lowest bar stands on the axis
    ax.margins(y=0.08)
    ax.set_xticks(places, shown["period"].tolist(), rotation=45 if len(shown) > 8 else 0)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: format_value(value, unit, currency=currency))
    )
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    if title:
        ax.set_title(title, parse_math=False)
    return ax


def reliability_chart(frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw how often came true what was given a chance, against that chance.

    Parameters
    ----------
    frame
        `promised, reached, promises`: one row per group of chances.
    """
    from matplotlib.ticker import FuncFormatter

    ax = axes(ax)
    ax.plot([0, 1], [0, 1], color=GRID, linewidth=2, label="as promised")
    known = frame.dropna(subset=["reached"])
    ax.plot(known["promised"], known["reached"], color=BLUE, marker="o", label="as it came")
    for promised, came, count in zip(
        known["promised"], known["reached"], known["promises"], strict=True
    ):
        ax.annotate(
            f"{count:.0f}",
            (promised, came),
            xytext=(5, -9),
            textcoords="offset points",
            fontsize=8,
            color=MUTED,
        )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.0f} %"))
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel("chance given beforehand (beside each point: how many)")
    ax.set_ylabel("share reached")
    ax.legend(loc="upper left")
    if title:
        ax.set_title(title, parse_math=False)
    return ax

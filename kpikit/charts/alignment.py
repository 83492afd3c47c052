"""Draw how well the rules of alignment are kept."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.style import BLUE, GREEN, GRID, INK, MUTED, ORANGE, PURPLE, SIZE, SKY, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOVED = 4  # families drawn over time
LINES = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PURPLE, "D"))
HEIGHT = 0.24  # inches, of a family's bar
# outcome -> label, colour, hatch: told apart in greyscale too
LOOKS = {
    "kept": ("kept", GRID, ""),
    "waived": ("waived", "white", "...."),
    "warnings": ("warning", SKY, "////"),
    "errors": ("error", ORANGE, ""),
}


def score_chart(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw, for each family of rules, which share of its checks is kept, waived or broken.

    Parameters
    ----------
    frame
        `title, asked, kept, waived, warnings, errors`: checks counted.
    """
    from matplotlib.figure import Figure

    ax = axes(ax)
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_figheight(max(SIZE[1], HEIGHT * (len(frame) + 4)))
    places = np.arange(len(frame))[::-1]
    left = np.zeros(len(frame))
    asked = frame["asked"].to_numpy(dtype=float)
    for name, (label, color, hatch) in LOOKS.items():
        share = frame[name].to_numpy(dtype=float) / asked
        ax.barh(
            places,
            share,
            left=left,
            height=0.7,
            color=color,
            hatch=hatch,
            edgecolor=INK if hatch else color,
            linewidth=0.6 if hatch else 0,
            label=label if frame[name].any() else None,
        )
        left += share
    for place, kept, count in zip(places, frame["kept"], frame["asked"], strict=True):
        ax.text(1.01, place, f"{kept} of {count} kept", va="center", fontsize=8, color=MUTED)
    ax.set_yticks(places, frame["title"].tolist())
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f} %")
    ax.grid(visible=False)
    ax.set_title("Checks of alignment, by family of rules")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=4)
    return ax


def advice_chart(frame: pd.DataFrame, *, order: Sequence[str], ax: Axes | None = None) -> Axes:
    """Draw how many KPIs each advice is given for, and name the fewest.

    Parameters
    ----------
    frame
        `title, advice`, one row per KPI.
    order
        The advice there can be, in the order to draw.
    """
    ax = axes(ax)
    places = np.arange(len(order))[::-1]
    counts = [int((frame["advice"] == name).sum()) for name in order]
    ax.barh(places, counts, height=0.55, color=[GRID, SKY, BLUE, ORANGE][: len(order)])
    for place, name, count in zip(places, order, counts, strict=True):
        titles = "; ".join(frame.loc[frame["advice"] == name, "title"].tolist())
        words = "" if name == "keep" else shorten(titles, 60, placeholder=" …")
        ax.text(count, place, f"  {count}   {words}", va="center", fontsize=8, color=INK)
    ax.set_yticks(places, list(order))
    ax.set_xlim(0, max(counts, default=1) * 1.6 or 1)
    ax.grid(visible=False)
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)
    ax.set_title("What the findings advise; a person decides")
    return ax


def history_of_scores(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the share of checks kept on each day: all of them, and the families that moved most.

    Parameters
    ----------
    frame
        `as_of, title, asked, kept, score`.
    """
    ax = axes(ax)
    table = frame.pivot_table(index="as_of", columns="title", values="score", observed=True)
    moved = (table.max() - table.min()).sort_values(ascending=False)
    shown = [str(name) for name in moved[moved > 0].index[:MOVED]]
    totals = frame.groupby("as_of")[["kept", "asked"]].sum()
    days = [str(day) for day in table.index]
    ax.plot(days, totals["kept"] / totals["asked"], color=INK, linewidth=2.4, label="all checks")
    for name, (color, marker) in zip(shown, LINES, strict=False):
        ax.plot(days, table[name], color=color, marker=marker, markersize=5, label=name)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f} %")
    ax.set_title("Checks of alignment kept: all, and the families that moved most")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax

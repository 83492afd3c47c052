"""Draw by how much past targets were exceeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from kpikit.charts.style import BLUE, INK, ORANGE, SIZE, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 20
LINE_HEIGHT = 0.28  # inches, of one group


def habits_chart(frame: pd.DataFrame, *, ax: Axes | None = None, honest: float) -> Axes:
    """Draw by how much each group exceeds its targets, beside an honest promise.

    Parameters
    ----------
    frame
        `name, margin, cycles, verdict`; groups with a habit are filled.
    honest
        The excess that an honest promise leaves.
    """
    ax = axes(ax)
    shown = frame.sort_values("margin").tail(MOST).reset_index(drop=True)
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_figheight(max(SIZE[1] / 1.5, LINE_HEIGHT * (len(shown) + 3)))
    has_habit = ~shown["verdict"].isin(["none", "too few cycles"])
    for chosen, color, label in ((~has_habit, "white", "no habit"), (has_habit, ORANGE, "habit")):
        rows = shown[chosen]
        ax.scatter(rows["margin"], rows.index, color=color, edgecolor=BLUE, label=label)
    for place, (cycles, verdict) in enumerate(zip(shown["cycles"], shown["verdict"], strict=True)):
        words = f"{cycles:.0f} cycles{'' if verdict == 'none' else f', {verdict}'}"
        ax.annotate(words, (1.01, place), xycoords=("axes fraction", "data"), va="center")
    ax.axvline(honest, color=INK, linestyle="--", linewidth=1, label="honest promise at 80 %")
    ax.set_yticks(range(len(shown)), shown["name"].astype(str).tolist())
    ax.set_ylim(-0.6, len(shown) - 0.4)
    ax.set_xlabel("mean excess over the target, in its own standard deviations")
    ax.grid(visible=True, axis="x")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return ax

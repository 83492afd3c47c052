"""Draw which KPIs of a department are needed, and what each of them covers."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.style import BLUE, INK, MUTED, ORANGE, SIZE, axes
from kpikit.units import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.3  # inches


def portfolio_chart(
    frame: pd.DataFrame, *, wanted: float, title: str = "", ax: Axes | None = None
) -> Axes:
    """Draw how much would be covered without each KPI; those of the set are filled.

    Parameters
    ----------
    frame
        `title, chosen, loses, coverage_without`.
    wanted
        The share that should be covered, drawn as a line.
    """
    from matplotlib.figure import Figure

    ax = axes(ax)
    rows = frame.sort_values("chosen", ascending=False, kind="stable")
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_size_inches(9.6, max(SIZE[1] - 0.6, ROW * (len(rows) + 3)))
    places = np.arange(len(rows))[::-1]
    for place, row in zip(places, rows.itertuples(index=False), strict=True):
        share = float(row.coverage_without)  # type: ignore[arg-type]
        color = BLUE if row.chosen else "white"
        ax.barh(place, share, height=0.55, color=color, edgecolor=BLUE, linewidth=1)
        said = "without it, " if row.chosen else "left out: "
        words = shorten(f"{said}{row.loses}", 74, placeholder=" …")
        ax.text(1.02, place, words, va="center", fontsize=7.5, color=MUTED)
    ax.axvline(wanted, color=ORANGE, linewidth=1.4, linestyle="--")
    said = f"wanted {format_value(wanted, 'share')} "
    ax.text(wanted, -0.75, said, fontsize=7.5, color=ORANGE, ha="right", va="center")
    ax.set_ylim(-1.1, len(rows) - 0.4)
    titles = [shorten(str(name), 34, placeholder=" …") for name in rows["title"]]
    ax.set_yticks(places, titles)
    for label, chosen in zip(ax.get_yticklabels(), rows["chosen"], strict=True):
        label.set_fontweight("bold" if chosen else "normal")
        label.set_color(INK)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f} %")
    ax.set_xlabel("covered by the set without it (filled: in the set)", fontsize=8)
    ax.grid(visible=False)
    ax.set_title(title)
    return ax

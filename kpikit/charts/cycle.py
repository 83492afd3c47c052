"""Draw how far a review has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import MaxNLocator

from kpikit.charts.style import BLUE, GRID, INK, MUTED, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 10  # KPIs drawn: those cited most


def steps_chart(
    states: Sequence[str], reached: pd.DataFrame, *, title: str, ax: Axes | None = None
) -> Axes:
    """Draw states on a line, those reached filled, with the day and who brought it there.

    Parameters
    ----------
    states
        All of them, in their order.
    reached
        `state, when, who`.
    """
    ax = axes(ax)
    ax.plot(range(len(states)), [0] * len(states), color=GRID, linewidth=3, zorder=1)
    rows = reached.set_index("state")
    for place, state in enumerate(states):
        is_reached = state in rows.index
        face = BLUE if is_reached else "white"
        ax.plot(place, 0, "o", markersize=14, markerfacecolor=face, markeredgecolor=BLUE, zorder=2)
        ax.annotate(
            state, (place, 0.35), ha="center", color=INK if is_reached else MUTED,
            weight="bold" if is_reached else "normal",
        )  # fmt: skip
        if is_reached:
            row = rows.loc[state]
            ax.annotate(
                f"{row['when']:%Y-%m-%d}\n{row['who']}",
                (place, -0.35),
                ha="center",
                va="top",
                parse_math=False,
            )
    ax.set_xlim(-0.6, len(states) - 0.4)
    ax.set_ylim(-1.2, 0.9)
    ax.set_axis_off()
    ax.set_title(title, parse_math=False)
    return ax


def cited_chart(frame: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw how many decisions and actions cite each KPI.

    Parameters
    ----------
    frame
        `title, decisions, actions`.
    """
    ax = axes(ax)
    shown = frame.sort_values(["decisions", "actions"], kind="stable").tail(MOST)
    places = list(range(len(shown)))
    ax.barh(places, shown["decisions"], color=BLUE, height=0.6, label="decisions")
    ax.barh(
        places, shown["actions"], left=shown["decisions"], color="white", edgecolor=BLUE,
        hatch="///", height=0.6, label="actions",
    )  # fmt: skip
    ax.set_yticks(places, list(shown["title"]), parse_math=False)
    most = int((shown["decisions"] + shown["actions"]).max()) if len(shown) else 0
    ax.set_xlim(0, max(most, 1) * 1.15)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.set_xlabel("decisions and actions that cite it")
    if most:
        ax.legend(loc="lower right")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_title(title, parse_math=False)
    return ax


def topics_chart(
    topics: pd.Series[str], *, order: Sequence[str], title: str, ax: Axes | None = None
) -> Axes:
    """Draw how many items there are on each topic, in the order given from the top."""
    ax = axes(ax)
    counts = topics.value_counts().reindex(list(order)).fillna(0).astype(int)[::-1]
    places = list(range(len(counts)))
    ax.barh(places, counts, color=BLUE, height=0.6)
    for place, count in zip(places, counts, strict=True):
        ax.annotate(f" {count}", (count, place), va="center")
    ax.set_yticks(places, list(counts.index))
    ax.set_xlim(0, max(int(counts.max()), 1) * 1.1)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.set_xlabel("items")
    ax.grid(visible=False)
    ax.set_title(title, parse_math=False)
    return ax

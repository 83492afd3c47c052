"""Draw the map of links: what is claimed to lead what, and what the numbers say of it."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING, Literal

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from kpikit.charts.style import BLUE, INK, MUTED, ORANGE, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# solid: the numbers bear it out; the rest is broken, each in its own way
Line = Literal["-", "--", "-.", ":"]
LINES: dict[str, tuple[str, Line, float]] = {
    "supported": (BLUE, "-", 2.4),
    "wrong lag": (ORANGE, "-.", 1.6),
    "wrong sign": (ORANGE, ":", 1.8),
    "not supported": (MUTED, "--", 1.3),
    "too short": (MUTED, ":", 1.3),
}
WIDTH = 26  # letters of a name in a line
HEIGHT = 0.5  # inches for a name
LEFT, RIGHT = 0.3, 0.7  # where arrows begin and end


def link_map(frame: pd.DataFrame, *, titles: Mapping[str, str], ax: Axes | None = None) -> Axes:
    """Draw each claimed link as an arrow from what leads to what follows.

    A solid arrow is supported by the numbers, a broken one is claimed without evidence.
    On a solid one stands after which time and in which direction the target goes.

    Parameters
    ----------
    frame
        `candidate, target, after, sign, verdict`.
    titles
        What each KPI is called.
    """
    ax = axes(ax)
    ax.set_axis_off()
    ax.set_title("What is said to lead what: solid is borne out by the numbers")
    if frame.empty:
        ax.text(0.5, 0.5, "no KPI claims to lead another", ha="center", color=MUTED)
        return ax
    links = frame.assign(rank=frame["verdict"].map(list(LINES).index)).sort_values(
        "rank", kind="stable"
    )
    followers = list(dict.fromkeys(links["target"]))
    links = links.assign(to=links["target"].map(followers.index)).sort_values(
        ["to", "rank"], kind="stable"
    )
    leaders = list(dict.fromkeys(links["candidate"]))
    rows = max(len(leaders), len(followers))
    left = _places(leaders, rows)
    right = _middles(followers, links, left, rows)
    figure: Figure | None = ax.figure if len(ax.figure.axes) == 1 else None  # type: ignore[assignment]
    if figure is not None:
        figure.set_figheight(max(3.0, HEIGHT * (rows + 2)))
    for name, place in left.items():
        ax.text(LEFT - 0.01, place, fill(titles.get(name, name), WIDTH), ha="right", va="center")
    for name, place in right.items():
        ax.text(RIGHT + 0.01, place, fill(titles.get(name, name), WIDTH), ha="left", va="center")
    for _, row in links.iterrows():
        _arrow(ax, row, left[row["candidate"]], right[row["target"]])
    ax.set_xlim(0, 1)
    ax.set_ylim(-1.1, rows - 0.4)
    used = [name for name in LINES if name in set(links["verdict"])]
    handles = [
        Line2D([], [], color=LINES[name][0], linestyle=LINES[name][1], linewidth=LINES[name][2])
        for name in used
    ]
    counts = links["verdict"].value_counts()
    labels = [f"{name} ({counts[name]})" for name in used]
    ax.legend(handles, labels, loc="lower center", ncols=len(used), bbox_to_anchor=(0.5, -0.02))
    return ax


def _places(names: list[str], rows: int) -> dict[str, float]:
    """Return a height for each name, from the top down, spread over all rows."""
    step = rows / len(names)
    return {name: rows - 1 - (place + 0.5) * step + 0.5 for place, name in enumerate(names)}


def _middles(
    names: list[str], links: pd.DataFrame, left: dict[str, float], rows: int
) -> dict[str, float]:
    """Return a height for each follower: beside what leads it, at least a row apart."""
    heights = links["candidate"].map(left)
    wanted = heights.groupby(links["target"]).mean()
    order = sorted(names, key=lambda name: -wanted[name])
    found: dict[str, float] = {}
    ceiling = rows - 0.5
    for place, name in enumerate(order):
        floor = len(order) - 1 - place  # room for those below
        found[name] = max(min(float(wanted[name]), ceiling - 0.5), floor - 0.0)
        ceiling = found[name] - 0.5
    return found


def _arrow(ax: Axes, row: pd.Series, start: float, end: float) -> None:
    color, line, width = LINES[row["verdict"]]
    ax.add_patch(
        FancyArrowPatch(
            (LEFT, start),
            (RIGHT, end),
            arrowstyle="-|>",
            mutation_scale=12,
            color=color,
            linestyle=line,
            linewidth=width,
            shrinkA=3,
            shrinkB=3,
        )
    )
    if row["verdict"] == "supported":
        way = "falls" if row["sign"] == "negative" else "rises"
        share = 0.42
        ax.text(
            LEFT + share * (RIGHT - LEFT),
            start + share * (end - start),
            f"{way} {row['after']} later",
            ha="center",
            va="center",
            fontsize=8,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )

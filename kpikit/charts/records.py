"""Draw what is on record: how many a month, and where a chain is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import MaxNLocator

from kpikit.charts.style import BLUE, GRID, ORANGE, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def months_chart(when: pd.Series[pd.Timestamp], *, title: str, ax: Axes | None = None) -> Axes:
    """Draw how many records were written in each month, months without any included."""
    ax = axes(ax)
    ax.set_title(title, parse_math=False)
    ax.set_ylabel("records in the month")
    if when.empty:
        ax.annotate("none", (0.5, 0.5), xycoords="axes fraction", ha="center", va="center")
        ax.set_xticks([])
        ax.set_yticks([])
        return ax
    months = when.dt.tz_localize(None).dt.to_period("M")
    every = pd.period_range(months.min(), months.max(), freq="M")
    counts = months.value_counts().reindex(every, fill_value=0)
    places = range(len(every))
    ax.bar(places, counts, color=BLUE, width=0.8)
    step = max(1, len(every) // 8)
    ax.set_xticks(list(places)[::step], [str(month) for month in every[::step]])
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    return ax


def chain_chart(faults: pd.DataFrame, *, records: int, ax: Axes | None = None) -> Axes:
    """Draw a chain of records as a band, with a mark at each fault.

    Parameters
    ----------
    faults
        `seq, severity`; errors are marked by a cross, warnings by a dot.
    records
        How many there are.
    """
    ax = axes(ax)
    ax.barh([0], [records], left=0.5, height=0.3, color=GRID)
    for severity, marker, colour in (("error", "x", ORANGE), ("warning", "o", BLUE)):
        at = faults.loc[faults["severity"] == severity, "seq"]
        if len(at):
            label = f"{severity}: {len(at)}"
            ax.plot(at, [0] * len(at), marker, color=colour, markersize=8, label=label)
    if len(faults):
        ax.legend(loc="upper right")
    ax.set_ylim(-1, 1)
    ax.set_yticks([])
    ax.set_xlabel("record")
    ax.set_title(f"Records in the chain: {records:,}; faults: {len(faults)}", parse_math=False)
    ax.set_xlim(0, max(records, 1) + 0.5)  # an empty chain has no place to stretch
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.grid(visible=False)
    return ax


def share_chart(frame: pd.DataFrame, *, label: str, title: str, ax: Axes | None = None) -> Axes:
    """Draw shares with their intervals, one row a group, with the number of people.

    Parameters
    ----------
    frame
        The column named by `label`, `people, favourable, lower, upper`.
    """
    ax = axes(ax)
    shown = frame[::-1]
    places = list(range(len(shown)))
    ax.hlines(places, shown["lower"], shown["upper"], color=BLUE, linewidth=2)
    ax.plot(shown["favourable"], places, "o", color=BLUE, markersize=7)
    ax.set_yticks(
        places,
        [f"{name} ({people})" for name, people in zip(shown[label], shown["people"], strict=True)],
        parse_math=False,
    )
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.6, len(shown) - 0.4)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    ax.set_xlabel("share, with its 95 % interval; in brackets: people")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_title(title, parse_math=False)
    return ax

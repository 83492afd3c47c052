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
ROWS = 3  # of labels, one above the other
ROW = 0.1  # of the height, for one of them


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
    ax.lines[0].set(linewidth=1.0, alpha=0.8)
    course = frame[frame["expected"].notna()]
    steps = changes.loc[changes["kind"] == "step", "period_start"]
    for _, part in course.groupby(course["period_start"].isin(steps).cumsum()):
        ax.plot(part["period_start"], part["expected"], color=INK, linewidth=2.4)
    used = min(len(changes), ROWS)
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, top + (top - bottom) * used * ROW / (1 - used * ROW))
    middle = frame["period_start"].min() + np.ptp(frame["period_start"]) / 2
    said = changes[["period_start", "label", "kind", "size"]].itertuples(index=False)
    for number, (when, label, kind, size) in enumerate(said):
        what = f"{label}: {'slope ' if kind == 'slope' else ''}{format_change(float(size))}"
        line = ":" if kind == "slope" else "--"
        ax.axvline(when, color=ORANGE, linestyle=line, linewidth=1.3)
        _say(ax, what, when, level=1 - ROW * (number % ROWS), to_the_left=when > middle)
    return ax


def _say(ax: Axes, what: str, when: pd.Timestamp, *, level: float, to_the_left: bool) -> None:
    """Write beside a date, at a height between 0 and 1."""
    from matplotlib.dates import date2num

    place = float(date2num(when))  # type: ignore[no-untyped-call]
    ax.annotate(
        what,
        (place, level),
        xycoords=ax.get_xaxis_transform(),
        xytext=(-4 if to_the_left else 4, 0),
        textcoords="offset points",
        ha="right" if to_the_left else "left",
        va="top",
        fontsize=8,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def change_board(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a row for each KPI that changed, with a mark at every date.

    Those that changed last come first, fifteen at most. A triangle is a step, a diamond a
    bend of the slope; filled where it goes up, hollow where it goes down.

    Parameters
    ----------
    frame
        `kpi, segment, period_start, kind, size`.
    """
    ax = axes(ax)
    if frame.empty:
        ax.text(0.5, 0.5, "no change", ha="center", color=MUTED, transform=ax.transAxes)
        return ax
    names = frame[["kpi", "segment"]].astype(str).agg(" ".join, axis=1).str.strip()
    last = frame["period_start"].groupby(names).max().sort_values(ascending=False)
    shown = list(last.index[:MOST])[::-1]
    ax.hlines(
        range(len(shown)), frame["period_start"].min(), last.iloc[0], color=GRID, linewidth=0.8
    )
    forms = {("step", True): "^", ("step", False): "v", ("slope", True): "D", ("slope", False): "D"}
    words = {"step": "step", "slope": "bend of the slope"}
    for (kind, up), form in forms.items():
        rows = frame[(frame["kind"] == kind) & ((frame["size"] > 0) == up) & names.isin(shown)]
        ax.plot(
            rows["period_start"],
            [shown.index(names[index]) for index in rows.index],
            marker=form,
            color=BLUE if up else ORANGE,
            markerfacecolor=BLUE if up else "white",
            markersize=7 if kind == "step" else 5,
            linestyle="none",
            label=f"{words[kind]} {'up' if up else 'down'}",
        )
    ax.set_yticks(np.arange(len(shown)), shown)
    ax.grid(visible=False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4)
    return ax

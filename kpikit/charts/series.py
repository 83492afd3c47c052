"""Draw values over time: what was, what is expected, what is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.style import BLUE, GREEN, GRID, INK, MUTED, ORANGE, PURPLE, SKY, axes, dress
from kpikit.units import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SEGMENTS = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PURPLE, "D"), (SKY, "v"))
BANDS = (("q0.025", "q0.975", 0.18), ("q0.1", "q0.9", 0.32), ("q0.25", "q0.75", 0.5))


def history_chart(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    unit: Unit = "number",
    currency: str = "",
) -> Axes:
    """Draw a history; partial periods are hollow and not joined to the others.

    Parameters
    ----------
    frame
        `period_start`, `value`, and `complete` where periods may be partial.
    """
    ax = axes(ax)
    whole = frame["complete"].to_numpy(dtype=bool) if "complete" in frame else np.ones(len(frame))
    value = frame["value"].to_numpy(dtype=float)
    when = frame["period_start"].to_numpy()
    ax.plot(
        when, np.where(whole, value, np.nan), color=BLUE, marker="o", markersize=3, label="value"
    )
    partial = ~whole.astype(bool) & np.isfinite(value)
    if partial.any():
        ax.plot(
            when[partial],
            value[partial],
            linestyle="none",
            marker="o",
            markersize=5,
            markerfacecolor="white",
            color=BLUE,
            label="partial period",
        )
    return dress(ax, title=title, unit=unit, currency=currency)


def segments_chart(frame: pd.DataFrame, *, ax: Axes, title: str = "") -> Axes:
    """Draw the histories of a KPI's segments beside that of the whole, where it is there.

    The largest at the end are drawn, as many as can be told apart.

    Parameters
    ----------
    frame
        `segment` (empty for the whole), `period_start`, `value`, `complete`.
    """
    told = frame[frame["complete"] & frame["value"].notna()]
    whole, parts = told[told["segment"] == ""], told[told["segment"] != ""]
    if len(whole):
        ax.plot(whole["period_start"], whole["value"], color=INK, linestyle="--", label="the whole")
    last = parts.groupby("segment")["value"].last().sort_values(ascending=False)
    for segment, (color, marker) in zip(last.index, SEGMENTS, strict=False):
        own = parts[parts["segment"] == segment]
        ax.plot(
            own["period_start"],
            own["value"],
            color=color,
            marker=marker,
            markersize=4,
            label=str(segment),
        )
    if len(last) > len(SEGMENTS):
        title = f"{title}: the largest {len(SEGMENTS)} of {len(last)} segments"
    if ax.lines:
        ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return dress(ax, title=title)


def trend_line(frame: pd.DataFrame, *, ax: Axes, label: str = "trend") -> Axes:
    """Add a fitted line (`period_start`, `expected`) to a history."""
    ax.plot(frame["period_start"], frame["expected"], color=INK, linestyle="--", label=label)
    return ax


def expected_band(frame: pd.DataFrame, *, ax: Axes) -> Axes:
    """Add what was to be expected of each value (`period_start, lower, upper`)."""
    when = frame["period_start"].to_numpy()
    low, high = (frame[name].to_numpy(dtype=float) for name in ("lower", "upper"))
    if np.isfinite(low).any():
        ax.fill_between(
            when, low, high, color=GRID, linewidth=0, zorder=0.5, label="to be expected"
        )
    return ax


def change_lines(frame: pd.DataFrame, *, ax: Axes) -> Axes:
    """Add the days (`period_start`) since which a level or a slope is another, with their names.

    Parameters
    ----------
    frame
        `period_start`, and `text`, the words beside the line.
    """
    for row in frame.to_dict("records"):
        ax.axvline(row["period_start"], color=PURPLE, linestyle=(0, (4, 2)), label="change")
        ax.annotate(
            str(row["text"]),
            (row["period_start"], 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(3, -2),
            textcoords="offset points",
            va="top",
            fontsize=7,
            color=INK,
        )
    return ax


def target_line(level: float, *, ax: Axes, label: str = "target") -> Axes:
    """Add a wanted level to a chart."""
    ax.axhline(level, color=ORANGE, linestyle="-.", linewidth=1.4, label=label)
    return ax


def forecast_fan(
    frame: pd.DataFrame, *, ax: Axes, last: tuple[pd.Timestamp, float] | None = None
) -> Axes:
    """Add a forecast to a history: the median, and bands of 50, 80 and 95 %.

    Parameters
    ----------
    frame
        `period_start`, `q0.5`, and the bands' quantiles where there are any.
    last
        The last observed point, from which the fan opens.
    """
    when = frame["period_start"].to_numpy()
    middle = frame["q0.5"].to_numpy(dtype=float)
    if last is not None:
        when = np.concatenate([[np.datetime64(last[0])], when])
        middle = np.concatenate([[last[1]], middle])
    for lower, upper, strength in BANDS:
        if lower in frame and upper in frame:
            low, high = frame[lower].to_numpy(dtype=float), frame[upper].to_numpy(dtype=float)
            if last is not None:
                low, high = np.concatenate([[last[1]], low]), np.concatenate([[last[1]], high])
            name = f"{100 * (float(upper[1:]) - float(lower[1:])):.0f} % of outcomes"
            ax.fill_between(when, low, high, color=SKY, alpha=strength, linewidth=0, label=name)
    ax.plot(when, middle, color=MUTED, linestyle=":", label="median forecast")
    return ax

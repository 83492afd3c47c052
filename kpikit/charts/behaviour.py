"""Draw a process behaviour chart: values within their limits, and moving ranges below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kpikit.charts.key import draw_key
from kpikit.charts.style import BLUE, GRID, INK, MUTED, ORANGE, PURPLE, SKY, axes, dress
from kpikit.units import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 25  # rows of a board; more cannot be read
LABELS = 4  # events named in the picture; more would hide the values
HEIGHT, ROW = 4.2, 0.22  # inches: of a behaviour chart, of a row of the board
SIGNALS = (  # word, label, marker, size, face, edge
    ("worth_a_look", "worth a look", "D", 7, "white", ORANGE),
    ("exceptional", "exceptional", "s", 8, ORANGE, INK),
)
RANGES = 3.268  # upper limit of moving ranges, in mean moving ranges


def behaviour_chart(  # noqa: PLR0913 - what a chart needs to know
    frame: pd.DataFrame,
    *,
    marks: pd.DataFrame,
    ax: Axes | None = None,
    title: str = "",
    note: str = "",
    unit: Unit = "number",
    currency: str = "",
) -> Axes:
    """Draw values with what was expected of them, and their moving ranges below.

    Parameters
    ----------
    frame
        `period_start, value, expected, lower, upper, signal`, in the order of time.
    marks
        `period_start, kind (event, reset), text`: events are shaded, and a level that
        began anew has a line.
    note
        Written below: whether ordinary limits may be read.
    """
    ax = axes(ax)
    below = _make_room(ax)
    when = frame["period_start"].to_numpy()
    ax.fill_between(
        when,
        frame["lower"].to_numpy(dtype=float),
        frame["upper"].to_numpy(dtype=float),
        color=SKY,
        alpha=0.22,
        linewidth=0,
        label="limits",
    )
    for side in ("lower", "upper"):
        ax.plot(when, frame[side], color=SKY, linewidth=0.9)
    ax.plot(when, frame["expected"], color=MUTED, linestyle="--", linewidth=1.1, label="expected")
    ax.plot(when, frame["value"], color=BLUE, marker="o", markersize=3, label="value")
    signal_marks(frame, ax=ax)
    _draw_marks(frame, marks, ax)
    dress(ax, title=title, unit=unit, currency=currency)
    if below is not None:
        _draw_ranges(frame, below)
        dress(below, unit=unit, currency=currency)
        below.yaxis.set_major_locator(MaxNLocator(3))
        ax.tick_params(labelbottom=False)
        if note:
            below.set_xlabel(note, loc="left", color=MUTED, fontsize=8)
    draw_key(ax)
    return ax


def _make_room(ax: Axes) -> Axes | None:
    """Give the lower quarter of the axes to moving ranges, where they stand in a grid."""
    place = ax.get_subplotspec()
    if place is None or not isinstance(ax.figure, Figure):
        return None
    if len(ax.figure.axes) == 1:
        ax.figure.set_figheight(max(HEIGHT, ax.figure.get_figheight()))
    grid = place.subgridspec(2, 1, height_ratios=(3, 1))
    ax.set_subplotspec(grid[0])
    return ax.figure.add_subplot(grid[1], sharex=ax)


def _draw_ranges(frame: pd.DataFrame, ax: Axes) -> None:
    ranges = frame["value"].diff().abs()
    mean = float(ranges.mean())
    ax.plot(frame["period_start"], ranges, color=BLUE, linewidth=1, marker="o", markersize=2)
    if np.isfinite(mean):
        ax.axhline(mean, color=MUTED, linestyle="--", linewidth=0.9)
        ax.axhline(RANGES * mean, color=SKY, linewidth=0.9)
    ax.set_ylim(bottom=0)
    ax.set_ylabel("moving range", fontsize=8)


def signal_marks(frame: pd.DataFrame, *, ax: Axes) -> Axes:
    """Mark the values that stand out (`period_start, value, signal`), each kind by its shape."""
    for word, label, marker, size, face, edge in SIGNALS:
        rows = frame[frame["signal"] == word]
        if len(rows):
            ax.plot(
                rows["period_start"],
                rows["value"],
                linestyle="none",
                marker=marker,
                markersize=size,
                markerfacecolor=face,
                markeredgecolor=edge,
                markeredgewidth=1.3,
                label=label,
                zorder=4,
            )
    return ax


def _draw_marks(frame: pd.DataFrame, marks: pd.DataFrame, ax: Axes) -> None:
    """Shade the periods of events, each run of them once, and line where levels begin anew."""
    starts = pd.DatetimeIndex(frame["period_start"])
    if len(starts) < 2:
        return
    half = (starts[1] - starts[0]) / 2
    events = marks[marks["kind"] == "event"]
    written = events["text"].nunique() if events["text"].nunique() <= LABELS else 0
    for place, (text, rows) in enumerate(events.groupby("text", sort=False)):
        places = np.flatnonzero(starts.isin(rows["period_start"]))
        for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1):
            ax.axvspan(
                starts[run[0]] - half,
                starts[run[-1]] + half,
                facecolor=GRID,
                edgecolor=MUTED,
                hatch="///",
                linewidth=0,
                alpha=0.8,
                zorder=0,
                label="known event" if place == 0 and run[0] == places[0] else None,
            )
        if place < written:
            _write(ax, starts[places[0]] - half, str(text), place)
    anew = marks[marks["kind"] != "event"]
    for place, (when, text) in enumerate(zip(anew["period_start"], anew["text"], strict=True)):
        ax.axvline(when - half, color=PURPLE, linestyle="-.", linewidth=1.2)
        _write(ax, when - half, str(text), written + place % LABELS)


def _write(ax: Axes, when: pd.Timestamp, text: str, line: int) -> None:
    short = text if len(text) <= 36 else text[:35].rstrip() + "…"
    late = when > pd.Timestamp(np.asarray(ax.lines[0].get_xdata())[-1]) - pd.Timedelta(days=0)
    ax.annotate(
        short,
        (when, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-2 if late else 2, -2 - 10 * line),
        textcoords="offset points",
        ha="right" if late else "left",
        va="top",
        fontsize=7,
        color=INK,
    )


def signal_board(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the signals of many KPIs, a row each; those with the newest signals on top.

    Parameters
    ----------
    frame
        `kpi, segment, period_start, signal`.
    """
    ax = axes(ax)
    ax.set_title("Signals by KPI")
    loud = frame[frame["signal"] != "none"]
    if loud.empty:
        ax.text(0.5, 0.5, "nothing unusual", ha="center", color=MUTED, transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    newest = loud.groupby(["kpi", "segment"], sort=False)["period_start"].max()
    keys = newest.sort_values(ascending=False, kind="stable").index[:MOST]
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_figheight(max(2.2, ROW * len(keys) + 1.1))
    places = {key: place for place, key in enumerate(reversed(keys))}
    for place in places.values():
        ax.axhline(place, color=GRID, linewidth=0.8, zorder=0)
    for word, label, marker, size, face, edge in SIGNALS:
        rows = loud[loud["signal"] == word]
        where = [places.get(key) for key in zip(rows["kpi"], rows["segment"], strict=True)]
        shown = [place is not None for place in where]
        ax.plot(
            rows.loc[shown, "period_start"],
            [place for place in where if place is not None],
            linestyle="none",
            marker=marker,
            markersize=size - 2,
            markerfacecolor=face,
            markeredgecolor=edge,
            label=label,
        )
    dress(ax)
    names = [" ".join(str(part) for part in key if part != "") for key in places]
    ax.set_yticks(list(places.values()), names, fontsize=7)
    ax.set_xlim(frame["period_start"].min(), frame["period_start"].max() + pd.Timedelta(days=20))
    ax.grid(visible=False, axis="y")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax

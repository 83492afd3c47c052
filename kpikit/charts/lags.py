"""Draw leads: how much each tells, and at which lag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from kpikit.charts.style import BLUE, INK, MUTED, ORANGE, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 12  # more leads than this cannot be read
HEIGHT, LOWEST = 0.4, 1.8  # inches for a lead, and at least


def lead_chart(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how much of what is new in a target each lead tells, with its interval.

    A filled dot is a lead after which the target rises, a hollow one falls.

    Parameters
    ----------
    frame
        `candidate, target, after, sign, partial_r2, partial_r2_lower, partial_r2_upper,
        verdict`, as `find_leads` returns.
    """
    ax = axes(ax)
    found = frame[frame["verdict"] == "leads"].head(MOST)[::-1]
    ax.set_title("What leads what, and how much of what is new it tells")
    if found.empty:
        ax.text(0.5, 0.5, "no lead found", ha="center", color=MUTED, transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_figheight(max(LOWEST, HEIGHT * (len(found) + 3)))
    places = np.arange(len(found))
    for place, (_, row) in zip(places, found.iterrows(), strict=True):
        rises = row["sign"] != "negative"
        color = BLUE if rises else ORANGE
        ends = (row["partial_r2_lower"], row["partial_r2_upper"])
        ax.plot(ends, (place, place), color=color, linewidth=1.4)
        ax.plot(
            row["partial_r2"],
            place,
            marker="o",
            markersize=6,
            color=color,
            markerfacecolor=color if rises else "white",
        )
        ax.annotate(
            f" {'rises' if rises else 'falls'} {row['after']} later",
            (ends[1], place),
            va="center",
            fontsize=8,
        )
    ax.set_yticks(places, (found["candidate"] + " → " + found["target"]).tolist())
    ax.set_ylim(-0.7, len(found) - 0.3)
    ax.set_xlim(0, max(1.0, float(found["partial_r2_upper"].max()) * 1.35))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel("share of what is new in the target (95 % interval)")
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    return ax


def lag_chart(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    claimed: int | None = None,
    grain: str = "period",
) -> Axes:
    """Draw the partial correlation at every lag; the claimed lag is marked.

    Parameters
    ----------
    frame
        `lag, correlation, limit`: `limit` is what chance reaches in one of twenty lags.
    """
    ax = axes(ax)
    limit = float(frame["limit"].iloc[0])
    ax.axhspan(-limit, limit, color=MUTED, alpha=0.18, linewidth=0)
    ax.annotate(
        "within the grey: chance",
        (1.0, limit),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="bottom",
        fontsize=8,
        color=MUTED,
    )
    for lag, size in zip(frame["lag"], frame["correlation"], strict=True):
        color = MUTED if lag == 0 else BLUE
        ax.plot((lag, lag), (0, size), color=color, linewidth=2.2)
        face = "white" if lag == 0 else color
        ax.plot(lag, size, marker="o", color=color, markerfacecolor=face, markersize=6)
    if claimed is not None:
        ax.axvline(claimed, color=ORANGE, linestyle="-.", linewidth=1.4, zorder=0)
        ax.annotate(
            " claimed",
            (claimed, 1.0),
            xycoords=("data", "axes fraction"),
            va="top",
            color=ORANGE,
            fontsize=8,
        )
    ax.axhline(0, color=INK, linewidth=1)
    ax.set_xlabel(f"{grain}s later (0: the same {grain})")
    ax.set_ylabel("how closely it follows\n(partial correlation)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    reach = max(0.6, float(frame["correlation"].abs().max()) * 1.15, limit * 1.3)
    ax.set_ylim(-min(reach, 1.05), min(reach, 1.05))
    if title:
        ax.set_title(title, parse_math=False)
    return ax

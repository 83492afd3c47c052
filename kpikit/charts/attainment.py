"""Draw the chance of reaching a target against the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import FuncFormatter

from kpikit.charts.style import BLUE, GRID, ORANGE, axes
from kpikit.units import Unit, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def attainment_chart(
    frame: pd.DataFrame,
    *,
    marks: Mapping[str, float],
    ax: Axes | None = None,
    title: str = "",
    unit: Unit = "number",
) -> Axes:
    """Draw the attainment curve with named targets on it.

    Parameters
    ----------
    frame
        `target`, and `chance` of reaching it (0..1).
    marks
        Targets to point at, by name.
    """
    ax = axes(ax)
    ax.plot(frame["target"], frame["chance"], color=BLUE)
    for place, (name, value) in enumerate(marks.items()):
        ax.axvline(value, color=ORANGE, linestyle="-.", linewidth=1.2)
        ax.annotate(
            f" {name} {format_value(value, unit)}",
            (value, 0.98 - 0.12 * place),
            xycoords=("data", "axes fraction"),
            va="top",
        )
    ax.set_ylim(0, 1)
    ax.set_xlabel("target")
    ax.set_ylabel("chance of reaching it")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_value(value, unit)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.0f} %"))
    if title:
        ax.set_title(title, parse_math=False)
    return ax


def attainment_bars(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the chance of each target as a bar, with its status in words.

    Parameters
    ----------
    frame
        `kpi, period, attainment, status`.
    """
    ax = axes(ax)
    shown = frame[::-1]
    places = list(range(len(shown)))
    ax.barh(places, [1.0] * len(shown), color=GRID, height=0.6)
    ax.barh(places, shown["attainment"].fillna(0.0), color=BLUE, height=0.6)
    for place, status in zip(places, shown["status"], strict=True):
        ax.annotate(f" {status.replace('_', ' ')}", (1.0, place), va="center")
    ax.set_yticks(places, list(shown["kpi"] + " " + shown["period"]))
    ax.set_xlim(0, 1.2)
    ax.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    ax.set_xlabel("chance of reaching the target")
    ax.grid(visible=False)
    return ax

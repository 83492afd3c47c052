"""Draw the chance of reaching a target against the target."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.style import BLUE, GRID, ORANGE, SKY, axes
from kpikit.units import Unit, format_chance, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes


MARKS = ("v", "s", "^", "*", "o", "X")  # one shape a target, so that grey print tells them apart


def attainment_chart(  # noqa: PLR0913 - each argument is a part of the picture
    frame: pd.DataFrame,
    *,
    marks: Mapping[str, float],
    ax: Axes | None = None,
    title: str = "",
    unit: Unit = "number",
    currency: str = "",
) -> Axes:
    """Draw the attainment curve with named targets on it.

    Parameters
    ----------
    frame
        `target`, and `chance` of reaching it (0..1).
    marks
        Targets to point at, by name; `lower` and `upper` are the ends of a band, and the
        chance is then that of ending at or above.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax = axes(ax)
    values, chances = (frame[name].to_numpy(dtype=float) for name in ("target", "chance"))
    ax.plot(values, chances, color=BLUE)
    if {"lower", "upper"} <= set(marks):
        ax.axvspan(marks["lower"], marks["upper"], color=SKY, alpha=0.25, linewidth=0)
    order = np.argsort(values)
    for (name, value), shape in zip(marks.items(), cycle(MARKS)):
        chance = float(np.interp(value, values[order], chances[order]))
        said = f"{name} {format_value(value, unit, currency=currency)}, {format_chance(chance)}"
        size = 9 if shape == "*" else 6
        ax.plot([value, value], [0, chance], color=ORANGE, linestyle=":", linewidth=1)
        ax.plot(
            value,
            chance,
            color=ORANGE,
            marker=shape,
            markersize=size,
            linestyle="none",
            label=said,
            clip_on=False,
        )
    ax.set_ylim(0, 1)
    ax.set_xlabel("target" if "lower" not in marks else "value at the end")
    ax.set_ylabel("chance of reaching it" if "lower" not in marks else "chance of at least that")
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: format_value(value, unit, currency=currency))
    )
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.0f} %"))
    if marks:
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
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

"""Draw what moved a KPI: exact parts as bars, and what went before or with it in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from kpikit.charts.style import BLUE, INK, MUTED, ORANGE, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 10  # more rows than this cannot be read
MARKS = {"lead": "◀", "moves together": "◆"}


def driver_chart(
    frame: pd.DataFrame,
    *,
    say: Callable[[float], str],
    ax: Axes | None = None,
    title: str = "",
) -> Axes:
    """Draw drivers in their order; bars below 0 are hatched, for print in grey.

    Parameters
    ----------
    frame
        `name, owner, kind, contribution, words`.
    say
        Turns a contribution into text.
    """
    ax = axes(ax)
    ax.set_title(title, parse_math=False)
    shown = frame.head(MOST)
    if shown.empty:
        ax.text(0.5, 0.5, "nothing found", ha="center", color=MUTED, transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    ax.axvline(0, color=INK, linewidth=1)
    for place, (_, row) in zip(np.arange(len(shown))[::-1], shown.iterrows(), strict=True):
        size = float(row["contribution"])
        if np.isfinite(size):
            _bar(ax, place, size, say)
        else:
            words = f"{MARKS[row['kind']]} {row['words']}"
            ax.annotate(
                words,
                (0, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=INK,
                annotation_clip=False,
            )
    names = [
        f"{name}\n({owner})" for name, owner in zip(shown["name"], shown["owner"], strict=True)
    ]
    ax.set_yticks(np.arange(len(shown))[::-1], names)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.grid(visible=False)
    _span(ax, shown["contribution"].to_numpy(dtype=float), say)
    return ax


def _bar(ax: Axes, place: int, size: float, say: Callable[[float], str]) -> None:
    up = size >= 0
    ax.barh(
        place,
        size,
        height=0.5,
        color=BLUE if up else "white",
        edgecolor=BLUE if up else ORANGE,
        hatch="" if up else "////",
    )
    ax.annotate(
        say(size),
        (size, place),
        xytext=(4 if up else -4, 0),
        textcoords="offset points",
        ha="left" if up else "right",
        va="center",
        fontsize=8,
    )


def _span(ax: Axes, sizes: NDArray[np.float64], say: Callable[[float], str]) -> None:
    """Leave room for words on the right; without a bar there is no scale to show."""
    known = sizes[np.isfinite(sizes)]
    if not len(known):
        ax.set_xlim(0, 1)
        ax.set_xticks([])
        return
    reach = float(np.abs(known).max()) or 1.0
    ax.set_xlim(min(float(known.min()), 0.0) - 0.25 * reach, 1.4 * reach)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: say(value)))

"""Draw what each part adds or takes away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kpikit.charts.style import BLUE, INK, MUTED, ORANGE, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 15  # more bars than this cannot be read


def contribution_chart(
    names: Sequence[str],
    sizes: Sequence[float],
    *,
    say: Callable[[float], str],
    ax: Axes | None = None,
    title: str = "",
) -> Axes:
    """Draw signed bars in the order given; those below 0 are hatched, for print in grey.

    Where there are too many, the largest are shown.

    Parameters
    ----------
    say
        Turns a size into text.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax = axes(ax)
    ax.set_title(title, parse_math=False)
    values = np.asarray(sizes, dtype=float)
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        ax.text(0.5, 0.5, "nothing to show", ha="center", color=MUTED, transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    largest = known[np.argsort(-np.abs(values[known]), kind="stable")][:MOST]
    chosen = np.sort(largest)[::-1]  # the first of them on top
    for place, index in enumerate(chosen):
        size = float(values[index])
        ax.barh(
            place,
            size,
            height=0.6,
            color=BLUE if size >= 0 else "white",
            edgecolor=BLUE if size >= 0 else ORANGE,
            hatch="" if size >= 0 else "////",
        )
        ax.annotate(
            say(size),
            (size, place),
            xytext=(4 if size >= 0 else -4, 0),
            textcoords="offset points",
            ha="left" if size >= 0 else "right",
            va="center",
            fontsize=8,
        )
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_yticks(range(len(chosen)), [names[index] for index in chosen])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: say(value)))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.margins(x=0.18)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    return ax

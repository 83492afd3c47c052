"""The one look of every picture.

The colours are Okabe and Ito's (2008), told apart by colour-blind readers; each
series also differs in lightness, line or marker, so that greyscale print works.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

from kpikit.units import Unit, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#222222"
MUTED = "#6b7280"
GRID = "#e5e7eb"
BLUE = "#0072b2"  # what was observed
ORANGE = "#d55e00"  # what is wanted: targets
SKY = "#56b4e9"  # what is expected: trends and forecasts
GREEN = "#009e73"
PURPLE = "#cc79a7"

SIZE = (8.4, 3.0)  # inches; two charts and their tables fit a printed page

LOOK: dict[str, Any] = {
    "font.size": 9,
    "font.family": ["DejaVu Sans", "sans-serif"],
    "text.color": INK,
    "text.parse_math": False,  # a title may hold dollar signs
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.6,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "svg.fonttype": "none",  # words as words: half the size of their outlines
    "svg.hashsalt": "kpikit",  # the same picture is the same bytes
}

_ALONE = RLock()  # of two threads that change it together, the second would put back the first's


@contextmanager
def look() -> Iterator[None]:
    """Draw everything inside in this look."""
    import matplotlib as mpl  # here and below: who draws nothing need not load it

    with _ALONE:
        with mpl.rc_context(LOOK):  # type: ignore[arg-type]  # its stubs list every key
            yield
            interactive = mpl.is_interactive()
        # a notebook turns it on at its first picture; put back, no later one would be shown
        mpl.interactive(interactive)


def axes(ax: Axes | None = None) -> Axes:
    """Return the axes given, or new ones in a figure that Jupyter shows."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    # loads the screen now: inside a look its set-up would be undone
    pyplot.draw_if_interactive()  # type: ignore[no-untyped-call]
    with look():
        return pyplot.subplots(figsize=SIZE)[1]


def dress(ax: Axes, *, title: str = "", unit: Unit = "number", currency: str = "") -> Axes:
    """Give axes over time their title, their dates, and their numbers with units."""
    from matplotlib.dates import ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    from kpikit.charts.dates import Dates

    if title:
        ax.set_title(title, y=1.0, parse_math=False)  # no marks above that it had to evade
    locator = Dates(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: format_value(value, unit, currency=currency))
    )
    return ax

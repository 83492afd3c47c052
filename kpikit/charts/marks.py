"""Marks of axes over time, set once: their places, their names, the lines of the grid.

Left alone, matplotlib finds, builds and measures them a dozen times for one drawing, which
takes longer than all the rest. In a picture where nobody zooms, plain artists do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN, TICKLEFT, MarkerStyle
from matplotlib.ticker import NullLocator
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from kpikit.charts.dates import Dates
from kpikit.charts.style import LOOK
from kpikit.charts.words import Words, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform

Floats = NDArray[np.float64]

LENGTH = 3.5  # points: of a mark, and from there to its name
LINE = 1.25  # from one line of text to the next, in sizes of its font
BEHIND = 0.5  # the grid: all that is drawn of data lies above it


class _Marks(NamedTuple):
    places: Floats
    names: list[str]
    rest: str  # what all names leave out, such as the year


def settle_marks(figure: Figure) -> None:
    """Draw the marks of axes over time as they stand, in place of matplotlib's own.

    Axes that do not show time are left alone. What is added later moves no mark.
    """
    over_time = [ax for ax in figure.axes if isinstance(ax.xaxis.get_major_locator(), Dates)]
    # axes below each other may share their dates: all are read before any is changed
    for ax in over_time:
        ax.set_xlim(ax.get_xlim())
        ax.set_ylim(ax.get_ylim())
    found = [(ax, _marks(ax.xaxis), _marks(ax.yaxis)) for ax in over_time]
    for ax, dates, values in found:
        ax.xaxis.set_major_locator(NullLocator())
        ax.yaxis.set_major_locator(NullLocator())
        _draw_dates(ax, dates)
        _draw_values(ax, values)


def are_settled(ax: Axes) -> bool:
    """Tell whether the marks of axes are drawn already, and not left to matplotlib."""
    return all(isinstance(one.get_major_locator(), NullLocator) for one in (ax.xaxis, ax.yaxis))


def _marks(axis: Axis) -> _Marks:
    """Return the marks inside the view."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    places = np.asarray(axis.get_majorticklocs(), dtype=float)
    formatter = axis.get_major_formatter()
    names = formatter.format_ticks(list(places))
    inside = (places >= low - slack) & (places <= high + slack)
    seen = [name for name, shown in zip(names, inside, strict=True) if shown]
    return _Marks(places[inside], seen, formatter.get_offset())


def _draw_dates(ax: Axes, marks: _Marks) -> None:
    along, size = ax.get_xaxis_transform(), LOOK["xtick.labelsize"]
    ax.add_artist(_line(marks.places, np.zeros(len(marks.places)), MarkerStyle(TICKDOWN), along))
    if not ax.xaxis.get_tick_params().get("labelbottom", True):
        return
    below = along + _moved(ax, 0, -2 * LENGTH)
    ax.add_artist(
        Words(
            marks.names,
            [(place, 0.0) for place in marks.places],
            transform=below,
            size=size,
            across="center",
            along="top",
        )
    )
    if marks.rest:
        corner = ax.transAxes + _moved(ax, 0, -3 * LENGTH - LINE * size)
        ax.add_artist(
            Words(
                [marks.rest],
                [(1.0, 0.0)],
                transform=corner,
                size=size,
                across="right",
                along="top",
            )
        )


def _draw_values(ax: Axes, marks: _Marks) -> None:
    across, size = ax.get_yaxis_transform(), LOOK["ytick.labelsize"]
    lines = [((0, place), (1, place)) for place in marks.places]
    color = LOOK["grid.color"]
    ax.add_artist(
        LineCollection(lines, transform=across, colors=color, linewidths=0.8, zorder=BEHIND)
    )
    ax.add_artist(_line(np.zeros(len(marks.places)), marks.places, MarkerStyle(TICKLEFT), across))
    beside = across + _moved(ax, -2 * LENGTH, 0)
    ax.add_artist(
        Words(
            marks.names,
            [(0.0, place) for place in marks.places],
            transform=beside,
            size=size,
            across="right",
        )
    )
    if ax.get_ylabel():
        wide = max((text_width(name, size) for name in marks.names), default=0.0)
        left = _moved(ax, -3 * LENGTH - wide, 0)
        ax.yaxis.set_label_coords(0, 0.5, transform=ax.transAxes + left)


def _line(x: Floats, y: Floats, marker: MarkerStyle, transform: Transform) -> Line2D:
    return Line2D(
        x,
        y,
        linestyle="none",
        marker=marker,
        markersize=LENGTH,
        markeredgewidth=0.8,
        color=LOOK["xtick.color"],
        transform=transform,
        clip_on=False,
    )


def _moved(ax: Axes, right: float, up: float) -> ScaledTranslation:
    """Return a shift by so many points."""
    return ScaledTranslation(right / 72, up / 72, ax.figure.dpi_scale_trans)

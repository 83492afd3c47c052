"""A picture that is drawn again many times a second: what stays is drawn once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from kpikit.charts.style import SIZE, look

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

DOTS = 100  # an inch
SPARE = 0.15  # of an axis, left beyond what is shown, so that it need not move again soon
Ends = tuple[float, float, float, float]


class LivePicture:
    """Charts one below the other. Their frames are drawn once, and kept as they are.

    Axes never become shorter: a frame that jumps while a slider is dragged hides what moves.

    Attributes
    ----------
    grounds
        How often the frames were drawn.
    """

    def __init__(self, count: int, *, margins: Mapping[str, float]) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.grounds = 0
        with look():
            layout: Any = "none"  # its stubs do not know it
            figure = Figure(figsize=(SIZE[0], SIZE[1] * count), dpi=DOTS, layout=layout)
            self._canvas = FigureCanvasAgg(figure)
            figure.subplots_adjust(**margins)
            self._axes: list[Axes] = list(figure.subplots(count, squeeze=False)[:, 0])
        self._ends: list[Ends | None] = [None] * count
        self._ground: Any = None

    def draw(self, parts: Sequence[Callable[[Axes], object]]) -> bytes:
        """Return a PNG of the parts, each on axes of its own."""
        # a title that is put in its place while the frame is drawn is not in it here
        with look(), mpl.rc_context({"axes.titley": 1.0}):
            for ax, part in zip(self._axes, parts, strict=True):
                _empty(ax)
                part(ax)
            if self._stretch() or self._ground is None:
                self._draw_ground()
            self._canvas.restore_region(self._ground)  # type: ignore[no-untyped-call]
            for ax in self._axes:
                for one in _content(ax):
                    ax.draw_artist(one)
        return _png(np.asarray(self._canvas.buffer_rgba()))  # type: ignore[no-untyped-call]

    def _stretch(self) -> bool:
        """Give the axes room for their content, and return whether any has moved."""
        moved = False
        for place, ax in enumerate(self._axes):
            ends, wanted = self._ends[place], (*ax.get_xlim(), *ax.get_ylim())
            if ends is None or not _holds(ends, wanted):
                ends, moved = _around(ends, wanted), True
            self._ends[place] = ends
            ax.set_xlim(ends[:2])
            ax.set_ylim(ends[2:])
        return moved

    def _draw_ground(self) -> None:
        """Draw the frames alone, and keep their dots."""
        content = [one for ax in self._axes for one in _content(ax)]
        shown = [one.get_visible() for one in content]
        for one in content:
            one.set_visible(False)
        self._canvas.draw()  # type: ignore[no-untyped-call]
        for one, was in zip(content, shown, strict=True):
            one.set_visible(was)
        self._ground = self._canvas.copy_from_bbox(self._canvas.figure.bbox)  # type: ignore[no-untyped-call]
        self.grounds += 1


def _content(ax: Axes) -> list[Artist]:
    """Return what lies on the axes, lowest first, without the frame."""
    frame = {ax.xaxis, ax.yaxis, ax.patch, *ax.spines.values()}
    return sorted(set(ax.get_children()) - frame, key=lambda one: (one.get_zorder(), str(one)))


def _empty(ax: Axes) -> None:
    legend = ax.get_legend()
    for one in (*ax.lines, *ax.collections, *ax.patches, *ax.texts, *([legend] if legend else ())):
        one.remove()
    ax.set_prop_cycle(None)
    ax.relim()
    ax.autoscale(True)


def _holds(ends: Ends, wanted: Ends) -> bool:
    return (
        min(ends[:2]) <= min(wanted[:2])
        and max(wanted[:2]) <= max(ends[:2])
        and min(ends[2:]) <= min(wanted[2:])
        and max(wanted[2:]) <= max(ends[2:])
    )


def _around(ends: Ends | None, wanted: Ends) -> Ends:
    """Return ends that hold what they held and what is wanted, and some more upwards and down."""
    if ends is None:
        return wanted
    low, high = min(ends[2], wanted[2]), max(ends[3], wanted[3])
    spare = SPARE * (high - low)
    return (
        min(ends[0], wanted[0]),
        max(ends[1], wanted[1]),
        low - spare if low < ends[2] else low,
        high + spare if high > ends[3] else high,
    )


def _png(dots: np.ndarray[Any, Any]) -> bytes:
    from PIL import Image

    stream = BytesIO()
    colours = np.ascontiguousarray(dots[:, :, :3])
    Image.fromarray(colours).save(stream, format="png", compress_level=1)
    return stream.getvalue()

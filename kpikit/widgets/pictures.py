"""Draw to bytes, for an image in an app: one figure, no front end of matplotlib's."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets  # type: ignore[import-untyped]

from kpikit.charts.attainment import attainment_chart
from kpikit.charts.glide import glide_chart
from kpikit.charts.style import SIZE, look
from kpikit.targets.setting import TargetSetting, TargetView

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS = 100  # an inch
MARGINS = {"left": 0.1, "right": 0.74, "top": 0.95, "bottom": 0.06, "hspace": 0.36}


def image() -> widgets.HTML:
    """Return an empty place for a picture.

    HTML, since the widget named Image has no text alternative, and stays empty where Voilà
    fetches it from a kernel that ran before.
    """
    return widgets.HTML()


def show(place: widgets.HTML, content: bytes, *, alt: str) -> None:
    """Put a picture into its place, with its text for those who do not see it."""
    data = b64encode(content).decode("ascii")
    place.value = (
        f'<img class="kpikit-picture" style="max-width: 100%; height: auto" '
        f'alt="{escape(alt)}" src="data:image/png;base64,{data}">'
    )


def draw(
    parts: Sequence[Callable[[Axes], object]], *, margins: Mapping[str, float] | None = None
) -> bytes:
    """Return a PNG with the parts one below the other.

    Known margins spare the search for the best ones, which takes as long as the drawing.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with look():
        size = (SIZE[0], SIZE[1] * len(parts))
        layout: Any = "none" if margins else "constrained"  # its stubs do not know none
        figure = Figure(figsize=size, layout=layout)
        FigureCanvasAgg(figure)
        if margins:
            figure.subplots_adjust(**margins)
        every = figure.subplots(len(parts), squeeze=False)[:, 0]
        for part, ax in zip(parts, every, strict=True):
            part(ax)
        stream = BytesIO()
        figure.savefig(stream, format="png", dpi=DOTS, metadata={"Software": None})
    return stream.getvalue()


def draw_target(setting: TargetSetting, view: TargetView) -> bytes:
    """Return the attainment curve with the target on it, and the path to it."""
    kpi = setting.prospect.stand.kpi
    period = setting.prospect.stand.period.label
    unit, currency = kpi.unit, setting.prospect.strategy.organisation.currency or ""

    def chances(ax: Axes) -> None:
        title = f"{kpi.title} {period}: which target, and how likely"
        attainment_chart(
            view.curve, marks=view.marks, ax=ax, title=title, unit=unit, currency=currency
        )

    def path(ax: Axes) -> None:
        title = f"The path to {setting.say(view.target)}"
        glide_chart(
            view.path, history=setting.history, ax=ax, title=title, unit=unit, currency=currency
        )

    return draw([chances, path], margins=MARGINS)

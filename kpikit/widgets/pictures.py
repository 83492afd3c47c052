"""Draw to bytes, for an image in an app: one figure, no front end of matplotlib's."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import ipywidgets as widgets  # type: ignore[import-untyped]

from kpikit.charts.attainment import attainment_chart
from kpikit.charts.glide import glide_chart
from kpikit.charts.style import SIZE, look
from kpikit.results import Result, notes_html
from kpikit.targets.setting import TargetSetting, TargetView
from kpikit.widgets.live import DOTS, LivePicture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# known, since the search for the best ones takes as long as the drawing
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
        '<div class="kpikit-frame"><img class="kpikit-picture" '
        f'alt="{escape(alt)}" src="data:image/png;base64,{data}"></div>'
    )


def draw(part: Callable[[Axes], object]) -> bytes:
    """Return a PNG with one chart."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with look():
        figure = Figure(figsize=SIZE)
        FigureCanvasAgg(figure)
        part(figure.subplots())
        stream = BytesIO()
        figure.savefig(stream, format="png", dpi=DOTS, metadata={"Software": None})
    return stream.getvalue()


class Answer(widgets.VBox):  # type: ignore[misc]
    """A result as an app shows it: its sentence, its picture with a text, its caveats."""

    def __init__(self) -> None:
        self.said, self.picture, self.notes = widgets.HTML(), image(), widgets.HTML()
        super().__init__([self.said, self.picture, self.notes])

    def show(self, result: Result) -> None:
        """Show a result."""
        sentence = result.summary()
        self.said.value = f'<p role="status"><b>{escape(sentence)}</b></p>'
        show(self.picture, draw(result.plot), alt=sentence)
        self.notes.value = notes_html(result.notes)


class TargetPicture:
    """The attainment curve with the target on it, and below it the path there."""

    def __init__(self, setting: TargetSetting) -> None:
        self._setting = setting
        self._live = LivePicture(2, margins=MARGINS)

    def draw(self, view: TargetView) -> bytes:
        """Return a view as a PNG."""
        setting, stand = self._setting, self._setting.prospect.stand
        unit = stand.kpi.unit
        currency = setting.prospect.strategy.organisation.currency or ""

        def chances(ax: Axes) -> None:
            title = f"{stand.kpi.title} {stand.period.label}: which target, and how likely"
            attainment_chart(
                view.curve, marks=view.marks, ax=ax, title=title, unit=unit, currency=currency
            )

        def path(ax: Axes) -> None:
            way = "into" if isinstance(view.target, tuple) else "to"
            title = f"The path {way} {setting.say(view.target)}"
            glide_chart(
                view.path, history=setting.history, ax=ax, title=title, unit=unit, currency=currency
            )

        return self._live.draw([chances, path])

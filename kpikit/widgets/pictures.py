"""Draw to bytes, for an image in an app: one figure, no front end of matplotlib's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

import ipywidgets as widgets  # type: ignore[import-untyped]

from kpikit.charts.attainment import attainment_chart
from kpikit.charts.glide import glide_chart
from kpikit.charts.style import SIZE, look
from kpikit.targets.setting import TargetSetting, TargetView

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS = 100  # an inch


def image() -> widgets.Image:
    """Return an empty image that fits its window; `show` gives it its text as well."""
    return widgets.Image(format="png", layout=widgets.Layout(max_width="100%", height="auto"))


def show(target: widgets.Image, content: bytes, *, alt: str) -> None:
    """Put a picture into an image, with its text for those who do not see it."""
    target.tooltip = alt
    target.value = content


def draw(parts: Sequence[Callable[[Axes], object]]) -> bytes:
    """Return a PNG with the parts one below the other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with look():
        figure = Figure(figsize=(SIZE[0], SIZE[1] * len(parts)), layout="constrained")
        FigureCanvasAgg(figure)
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
    money = {
        "unit": kpi.unit,
        "currency": setting.prospect.strategy.organisation.currency or "",
    }

    def chances(ax: Axes) -> None:
        title = f"{kpi.title} {period}: which target, and how likely"
        attainment_chart(view.curve, marks=view.marks, ax=ax, title=title, **money)

    def path(ax: Axes) -> None:
        title = f"The path to {setting.say(view.target)}"
        glide_chart(view.path, history=setting.history, ax=ax, title=title, **money)

    return draw([chances, path])

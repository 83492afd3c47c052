"""Turn a picture into HTML that needs nothing from outside."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING
from warnings import catch_warnings, filterwarnings

from kpikit.charts.style import SIZE, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMELESS = {"Date": None, "Creator": None}
# what no XML may hold, wherever a name brings it from: one would break the whole picture
UNREADABLE = bytes(code for code in range(32) if chr(code) not in "\t\n\r")
NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
POINTS = 72  # an inch, as in the file: what is measured before it is drawn must agree


def picture(draw: Callable[[Axes], object], *, alt: str, size: tuple[float, float] = SIZE) -> str:
    """Return an `img` element with the picture inside, as vectors, and its text for the blind.

    The same drawing gives the same bytes: no date, no random identifiers.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    from kpikit.charts.marks import settle_marks
    from kpikit.charts.room import make_room

    with look(), catch_warnings():
        # words stay words: whoever shows the picture has a font for them
        filterwarnings("ignore", "Glyph .* missing from font")
        figure = Figure(figsize=size, dpi=POINTS)
        canvas = FigureCanvasSVG(figure)
        draw(figure.subplots())
        settle_marks(figure)
        make_room(figure)
        stream = BytesIO()
        # not `savefig`: it would draw all of it once more, to nowhere, for the layout alone
        canvas.print_svg(stream, metadata=NAMELESS)  # type: ignore[no-untyped-call]
    data = b64encode(_readable(stream.getvalue())).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'


def _readable(svg: bytes) -> bytes:
    svg = svg.translate(None, UNREADABLE)
    for wrong in NO_CHARACTERS:
        svg = svg.replace(wrong, b"")
    return svg

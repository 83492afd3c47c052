"""Many short words of a picture, drawn where they stand.

matplotlib lays out every text anew whenever it is measured or drawn, for it may have
lines, turns and formulas. Names of ticks and of a key have none: their places follow from
the widths of letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from kpikit.charts.style import LOOK

if TYPE_CHECKING:
    from matplotlib.backend_bases import RendererBase
    from matplotlib.transforms import Transform

Point = tuple[float, float]

HIGH, DEEP = 0.76, 0.24  # of a font's size: of letters above the line they stand on, and below it
SHIFT = {"left": 0.0, "center": 0.5, "right": 1.0}  # of a word's width
DROP = {"middle": 0.365, "top": 0.76}  # of a font's size: from a word's place to its line
POINTS = 72.0  # an inch


class Words(Text):
    """Words of one line in one style, each at its place.

    Parameters
    ----------
    places
        Where each word stands, in the transform's own unit.
    across, along
        Which part of a word stands there, from left to right and from top to bottom.
    """

    def __init__(  # noqa: PLR0913 - what makes a style, and where it stands
        self,
        words: Sequence[str],
        places: Sequence[Point],
        *,
        transform: Transform,
        size: float,
        across: Literal["left", "center", "right"] = "left",
        along: Literal["middle", "top"] = "middle",
    ) -> None:
        super().__init__(fontsize=size, ha=across, transform=transform, clip_on=False)
        self.words = tuple(words)
        self._places = tuple(places)
        self._across, self._along, self._size = across, along, size

    def draw(self, renderer: RendererBase) -> None:
        """Draw the words."""
        if not self.words or not self.get_visible():
            return
        renderer.open_group("text")
        gc = renderer.new_gc()
        gc.set_foreground(self.get_color())
        height = renderer.get_canvas_width_height()[1]
        font = self.get_fontproperties()
        for word, place, box in zip(self.words, self._places, self.boxes(), strict=True):
            self.set_position(place)  # a picture of words names it beside the word
            line = box[1] + DEEP * self._pixels
            down = height - line if renderer.flipy() else line
            renderer.draw_text(gc, box[0], down, word, font, 0, mtext=self)
        gc.restore()
        renderer.close_group("text")

    def get_window_extent(
        self, renderer: RendererBase | None = None, dpi: float | None = None
    ) -> Bbox:
        """Return the box around all words."""
        boxes = self.boxes()
        if not len(boxes):
            return Bbox.null()
        return Bbox([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])

    def get_tightbbox(self, renderer: RendererBase | None = None) -> Bbox:
        """Return the box around all words: the room they need."""
        return self.get_window_extent(renderer)

    def boxes(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Return left, bottom, right and top of each word."""
        if not self.words:
            return np.empty((0, 4))
        at = np.asarray(self.get_transform().transform(list(self._places))).reshape(-1, 2)
        wide = self._pixels * np.array([text_width(word, 1.0) for word in self.words])
        left = at[:, 0] - SHIFT[self._across] * wide
        line = at[:, 1] - DROP[self._along] * self._pixels
        low, high = line - DEEP * self._pixels, line + HIGH * self._pixels
        return np.column_stack([left, low, left + wide, high])

    @property
    def _pixels(self) -> float:
        return self._size * self.figure.dpi / POINTS


def text_width(text: str, size: float) -> float:
    """Return how wide a line of text is in a font of this size, in the size's unit."""
    return size * sum(map(_advance, text))


@cache
def _advance(letter: str) -> float:
    font = get_font(findfont(FontProperties(family=LOOK["font.family"])))
    font.set_size(1, POINTS * 1000)
    return font.load_char(ord(letter)).linearHoriAdvance / 65536 / 1000

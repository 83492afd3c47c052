"""Sliders that know where they began, and take new ends in any order."""

from __future__ import annotations

import ipywidgets as widgets  # type: ignore[import-untyped]

from kpikit.widgets.sheet import NAMES, SIZES

STEPS = 200  # of a slider


class LeverSlider(widgets.FloatSlider):  # type: ignore[misc]
    """A slider that knows which level is expected of its lever."""

    expected = 0.0

    @property
    def is_moved(self) -> bool:
        """Whether it stands elsewhere than where it began."""
        return bool(abs(self.value - self.expected) > self.step / 2)


def lever_slider(name: str, *, expected: float, low: float, high: float) -> LeverSlider:
    """Return a slider over what a lever ever did, at what is expected of it."""
    slider = LeverSlider(**_shape(name))
    fit(slider, min(low, expected), max(high, expected))
    slider.value = expected
    slider.expected = slider.value
    return slider


def target_slider(name: str) -> widgets.FloatSlider:
    """Return a slider for one value."""
    return widgets.FloatSlider(**_shape(name))


def band_slider(name: str) -> widgets.FloatRangeSlider:
    """Return a slider with two handles, for a band."""
    return widgets.FloatRangeSlider(**_shape(name) | {"readout_format": ".3r"})


def _shape(name: str) -> dict[str, object]:
    return {
        "description": name,
        "readout_format": ".4r",
        "style": NAMES,
        "layout": widgets.Layout(**SIZES),  # its own: one slider may be hidden
        "continuous_update": True,
    }


def fit(slider: widgets.FloatSlider | widgets.FloatRangeSlider, low: float, high: float) -> None:
    """Give a slider new ends, in the order that never puts the lower above the upper."""
    if not low < high:
        low, high = low - 1.0, high + 1.0
    slider.step = (high - low) / STEPS
    if low > slider.max:
        slider.max = high
        slider.min = low
    else:
        slider.min = low
        slider.max = high

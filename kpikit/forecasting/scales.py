"""Scales on which a model may run free and its values still stay inside their bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kpikit.analysis.panel import Floats

Bounds = tuple[float | None, float | None]
FARTHEST = 50.0  # on a log scale: beyond it numbers only overflow


@dataclass(frozen=True)
class Scale:
    """A way to and back."""

    name: str
    to: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]


def level_scale(values: Floats) -> Scale:
    """Return the values' own scale, only divided by their size."""
    size = float(np.nanmean(np.abs(values)))
    return Scale("level", lambda v: v / size, lambda z: z * size)


def natural_scale(values: Floats, bounds: Bounds) -> Scale:
    """Return logit inside two bounds, log above one, else the values' own scale.

    A value on a bound has no logarithm, so such a history keeps its own scale.
    """
    lower, upper = bounds
    least, most = float(np.nanmin(values)), float(np.nanmax(values))
    if lower is not None and upper is not None and lower < least and most < upper:
        return _logit(lower, upper)
    if lower is not None and lower < least and upper is None:
        return _log(lower)
    return level_scale(values)


def hold(paths: Floats, bounds: Bounds) -> Floats:
    """Return the paths held within their bounds."""
    return paths if bounds == (None, None) else np.clip(paths, *bounds)


def _log(floor: float) -> Scale:
    return Scale(
        "log",
        lambda v: np.log(v - floor),
        lambda z: floor + np.exp(np.clip(z, -FARTHEST, FARTHEST)),
    )


def _logit(lower: float, upper: float) -> Scale:
    width = upper - lower

    def back(z: Floats) -> Floats:
        return lower + width / (1 + np.exp(-np.clip(z, -FARTHEST, FARTHEST)))

    return Scale("logit", lambda v: np.log((v - lower) / (upper - v)), back)

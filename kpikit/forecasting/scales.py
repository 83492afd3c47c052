"""Where a KPI's values may lie, and the side from which they are forecast."""

from __future__ import annotations

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.forecasting.outlook import Frame

Bounds = tuple[float | None, float | None]


def frame_of(values: Floats, bounds: Bounds | None, *, late: int) -> Frame:
    """Return the frame of a history: its bounds, and the one that it lies nearest to.

    Parameters
    ----------
    values
        Seen from the first to the last, NaN where there is none.
    bounds
        Least and largest value possible; `None` for the whole: not below 0 where
        the history never is.

    Notes
    -----
    What is forecast is a value's distance from that bound, so that errors near it are as
    uneven as they must be: a share of 0.98 has much further to fall than to rise.
    """
    least, most = float(np.nanmin(values)), float(np.nanmax(values))
    lower, upper = bounds if bounds is not None else (0.0 if least >= 0.0 else None, None)
    low = -np.inf if lower is None else float(lower)
    high = np.inf if upper is None else float(upper)
    below, above = _room(least - low), _room(high - most)
    middle = float(np.nanmedian(values))
    if np.isfinite(above) and (not np.isfinite(below) or high - middle < middle - low):
        return Frame(anchor=high, sign=-1.0, lower=low, upper=high, late=late)
    anchor = low if np.isfinite(below) else 0.0
    return Frame(anchor=anchor, sign=1.0, lower=low, upper=high, late=late)


def is_outside(values: Floats, frame: Frame) -> bool:
    """Return whether a history holds values outside its bounds."""
    return bool(np.nanmin(values) < frame.lower or np.nanmax(values) > frame.upper)


def _room(distance: float) -> float:
    """Return the distance to a bound; infinite where the history does not keep it."""
    return distance if distance >= 0.0 else np.inf

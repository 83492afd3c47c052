"""The Theta method in closed form, for many series at once and from every time."""

from __future__ import annotations

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.forecasting.figures import Ints
from kpikit.forecasting.smoothing import line_start, smooth

FEWEST = 4  # values from which a line's slope is taken


def theta_ahead(values: Floats, first: Ints, *, horizon: int, early: int) -> Floats:
    """Return the forecasts 1 to `horizon` periods after each time: series, time, step.

    Notes
    -----
    Theta with lines 0 and 2 is simple exponential smoothing with half the slope of a line
    through the history as drift (Assimakopoulos and Nikolopoulos 2000; Hyndman and Billah
    2003). At each time only what was known by then is used, but for the smoothing weight.
    """
    found = smooth(values, first, line_start(values, first, early, trend=False), trend=False)
    times = np.arange(values.shape[1]) - first[:, None]
    begun = times >= 0
    count = np.cumsum(begun, axis=1)
    at, seen = times * begun, values * begun
    sums = (np.cumsum(column, axis=1) for column in (at, seen, at * at, at * seen))
    sum_at, sum_seen, squares, products = sums
    below = np.maximum(count * squares - sum_at**2, 1e-9)
    slope = np.where(count >= FEWEST, (count * products - sum_at * sum_seen) / below, 0.0)
    alpha = found.alpha[:, None]
    lag = (1 - (1 - alpha) ** np.maximum(count, 1)) / alpha
    drift = np.arange(horizon)[None, None, :] + lag[:, :, None]
    return np.asarray(found.level[:, :, None] + 0.5 * slope[:, :, None] * drift)

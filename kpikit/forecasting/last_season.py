"""Last season's values, moved by what the level has gained on the season before."""

from __future__ import annotations

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.forecasting.figures import Ints

HOLD = 6.0  # periods of no gain that the gain seen is held towards


def last_season_ahead(values: Floats, first: Ints, *, period: int, horizon: int) -> Floats:
    """Return the forecasts 1 to `horizon` periods after each time: series, time, step.

    Parameters
    ----------
    values
        On the scale on which a level gains by adding.

    Notes
    -----
    For histories of one to two seasons, which tell a season but cannot prove it. The gain is
    that of the latest periods over the same ones a season before, held towards none the fewer
    they are.
    """
    count, length = values.shape
    sums = np.concatenate([np.zeros((count, 1)), np.cumsum(values, axis=1)], axis=1)
    ends = np.arange(length) + 1
    latest = np.clip(ends - first[:, None] - period, 0, period)
    rows = np.arange(count)[:, None]
    now = sums[rows, ends] - sums[rows, ends - latest]
    before = np.maximum(ends - period, 0)
    then = sums[rows, before] - sums[rows, np.maximum(before - latest, 0)]
    gain = (now - then) / np.maximum(latest, 1) * latest / (latest + HOLD)
    ahead = np.full((count, length, horizon), np.nan)
    for step in range(1, horizon + 1):
        seasons = -(-step // period)
        back = seasons * period - step
        known = np.full((count, length), np.nan)
        known[:, back:] = values[:, : length - back]
        ahead[:, :, step - 1] = known + seasons * gain
    # so long a history holds the whole of the last season
    ahead[np.arange(length) < (first + period - 1)[:, None]] = np.nan
    return ahead

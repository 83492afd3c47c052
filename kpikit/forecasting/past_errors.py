"""How far the same forecast was off when made at each past period, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats
from kpikit.forecasting.members import Block

EARLIEST = 6  # values behind the first forecast that is looked back at
LEAST_LEVEL = 0.02  # of a series' size: errors are measured against no smaller level
WILD = 6.0  # robust standard deviations at which an error is held
MAD = 1.4826  # median absolute deviation to standard deviation, for a normal law
FEWEST_TO_HOLD = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class PastErrors:
    """Errors of one series' forecasts from past times, in units of its level at the time.

    Attributes
    ----------
    errors
        Time by step, NaN where not known.
    level
        Mean size of the last season: what the errors to come are measured in.
    products
        Mean product of the errors of two steps; with a step itself, its mean square.
    counts
        How many past times each mean is over.
    """

    errors: Floats
    level: float
    products: Floats
    counts: Floats


def look_back(block: Block, ahead: Floats, known: NDArray[np.bool_]) -> list[PastErrors]:
    """Return the past errors of every series of a block.

    Parameters
    ----------
    ahead
        Forecasts from every time, as the block's members made them.
    known
        Which of the block's values were observed, and not filled in.
    """
    level = _levels(block)
    errors = np.full_like(ahead, np.nan)
    for step in range(1, min(block.horizon, ahead.shape[1] - 1) + 1):
        seen = np.where(known, block.values, np.nan)[:, step:]
        errors[:, :-step, step - 1] = (seen - ahead[:, :-step, step - 1]) / level[:, :-step]
    return [
        _moments(
            np.where(_old_enough(block, row)[:, None], own[:, :steps], np.nan)[first:],
            float(level[row, -1]),
        )
        for row, (own, first, steps) in enumerate(
            zip(errors, block.first, block.steps, strict=True)
        )
    ]


def _old_enough(block: Block, row: int) -> NDArray[np.bool_]:
    """Return the times with enough behind them for a forecast like the one to come."""
    length, first = block.values.shape[1], int(block.first[row])
    n = length - first
    wanted = max(2 * min(block.period, 12), EARLIEST, n // 4)
    start = first + min(wanted, max(n - EARLIEST, EARLIEST // 2))
    return np.asarray(np.arange(length) >= start)


def _levels(block: Block) -> Floats:
    """Return the mean size of the last season at every time."""
    window = max(min(block.period, 26), 4)
    sizes = np.cumsum(np.abs(block.values), axis=1)
    count = np.cumsum(block.begun, axis=1)
    late = sizes.copy()
    late[:, window:] -= sizes[:, :-window]
    of = np.clip(count, 1, window)
    floor = LEAST_LEVEL * sizes[:, -1:] / np.maximum(count[:, -1:], 1)
    return np.asarray(np.maximum(late / of, np.maximum(floor, 1e-12)))


def _moments(errors: Floats, level: float) -> PastErrors:
    steps = errors.shape[1]
    held = errors.copy()
    for step in range(steps):
        column = held[:, step]
        own = column[np.isfinite(column)]
        if len(own) >= FEWEST_TO_HOLD and (spread := MAD * float(np.median(np.abs(own)))) > 0:
            held[:, step] = np.clip(column, -WILD * spread, WILD * spread)
    there = np.isfinite(held)
    filled = np.where(there, held, 0.0)
    counts = there.T.astype(float) @ there.astype(float)
    products = (filled.T @ filled) / np.maximum(counts, 1.0)
    return PastErrors(errors=errors, level=level, products=products, counts=counts)

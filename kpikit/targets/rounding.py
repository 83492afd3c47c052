"""Round numbers so that their rounded sum is the sum of the rounded."""

from __future__ import annotations

from math import floor, log10

import numpy as np

from kpikit.analysis.panel import Floats

DIGITS = 3  # of the smallest part


def decimals_for(values: Floats) -> int:
    """Return how many digits after the point show three digits of the smallest value."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    return max(0, DIGITS - 1 - floor(log10(sizes.min()))) if len(sizes) else 0


def round_together(values: Floats, weights: Floats, whole: float | None, decimals: int) -> Floats:
    """Return the values rounded, those nearest to the next step up first, to make the whole.

    Parameters
    ----------
    weights
        What a unit of each value adds to the whole.
    whole
        What they make; rounded too. `None` where they are rounded one by one.

    Notes
    -----
    The method of largest remainders (Hamilton). With weights of 1 the rounded values make
    the rounded whole exactly; with others as nearly as one step of one value allows.
    """
    step = 10.0**-decimals
    if whole is None:
        return np.round(values, decimals)
    down = np.floor(values / step + 1e-9)
    left = values / step - down
    rest = round(whole / step) - float(weights @ down)
    for place in np.argsort(-left, kind="stable"):
        if weights[place] > 0 and rest >= weights[place] / 2:
            down[place] += 1
            rest -= weights[place]
    return np.round(down * step, max(decimals, 0))

"""How likely several targets are to be reached together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.forecasting.outcomes import Outcome

DRAWS = 40_000  # a chance is then told to a quarter of a point (one standard error)
MIN_COMMON = 8  # periods in which both errors are known; with fewer nothing is said of the two


def joint_chance(chances: Floats, signs: Floats, correlation: Floats, *, seed: int = 0) -> float:
    """Return the chance that all targets are reached.

    Parameters
    ----------
    chances
        The chance of each target alone.
    signs
        1 where more reaches it, -1 where less does.
    correlation
        How outcomes go together.

    Notes
    -----
    A Gaussian copula: it keeps each chance as it is and only ties them together. Simulated
    with a fixed seed; without correlation it is the product of the chances.
    """
    from scipy.special import ndtri

    roots, vectors = np.linalg.eigh(correlation)
    spread = vectors * np.sqrt(np.clip(roots, 0.0, None))
    drawn = np.random.default_rng(seed).standard_normal((DRAWS, len(chances))) @ spread.T
    return float((drawn * signs >= ndtri(1.0 - chances)).all(axis=1).mean())


def correlation_of(outcomes: Sequence[Outcome], *, steps: int) -> Floats:
    """Return how outcomes go together, told by how their forecasts were wrong together.

    Notes
    -----
    Spearman's correlation, on the normal scale, of the forecasts' errors at the same past
    periods, shrunk towards none by its own uncertainty (Schäfer and Strimmer 2005). Errors
    of runs of `steps` periods overlap, so that only one in `steps` counts as a period.
    Where too few are known, two outcomes are taken to be independent.
    """
    table = pd.concat(
        [pd.Series(one.errors, index=one.starts, name=place) for place, one in enumerate(outcomes)],
        axis=1,
    )
    ranks = table.corr(method="spearman", min_periods=MIN_COMMON).to_numpy(dtype=float)
    found: Floats = 2 * np.sin(np.pi / 6 * np.nan_to_num(ranks))  # exact for normal errors
    np.fill_diagonal(found, 1.0)
    periods = max(len(table.dropna()) / steps, 3.0)
    apart = ~np.eye(len(found), dtype=bool)
    squares = float((found[apart] ** 2).sum())
    if squares == 0.0:
        return found
    doubt = float(((1 - found[apart] ** 2) ** 2).sum()) / (periods - 1)
    return np.asarray(np.where(apart, (1 - min(1.0, doubt / squares)) * found, found))

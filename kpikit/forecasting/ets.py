"""The state space model of exponential smoothing (statsmodels), known at every time."""

from __future__ import annotations

import warnings

import numpy as np

from kpikit.analysis.panel import Floats


class NoFitError(Exception):
    """A model that cannot be fitted to a history; the next one is tried."""


def fewest_values(period: int) -> int:
    """Return how many values the heuristic start of the state takes."""
    return max(10 + 2 * (period // 2), 2 * period + 2) if period > 1 else 10


def ets_ahead(values: Floats, *, period: int, horizon: int) -> Floats:
    """Return the forecasts 1 to `horizon` periods after each time: time by step.

    Parameters
    ----------
    values
        Without gaps, on the model's scale.
    period
        Periods in a season; 1 for none.

    Notes
    -----
    Additive error, damped additive trend, additive season (Hyndman, Koehler, Ord and
    Snyder 2008) by maximum likelihood, with a heuristic start of the state: eight times
    faster than an estimated one and no less accurate.
    """
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = ETSModel(
                values,
                error="add",
                trend="add",
                damped_trend=True,
                seasonal="add" if period > 1 else None,
                seasonal_periods=period if period > 1 else None,
                initialization_method="heuristic",
            )
            fitted = model.fit(disp=False)
        except (ValueError, ArithmeticError, IndexError, np.linalg.LinAlgError) as fault:
            raise NoFitError(str(fault)) from fault
    if not fitted.mle_retvals.get("converged", False):
        raise NoFitError("the likelihood has not settled")
    steps = np.arange(1, horizon + 1)
    grown = np.cumsum(float(fitted.damping_trend) ** steps)
    ahead = np.asarray(fitted.level)[:, None] + np.asarray(fitted.slope)[:, None] * grown
    if period > 1:
        place = np.arange(len(values))[:, None] - period + 1 + (steps - 1) % period
        season = np.asarray(fitted.season)[np.maximum(place, 0)]
        ahead = ahead + np.where(place >= 0, season, np.nan)
    return np.asarray(ahead)

"""Damped exponential smoothing (statsmodels), fitted fast and simulated ahead."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np

from kpikit.analysis.panel import Floats

MIN_PERIODS = 10  # the heuristic start of the state takes as many
FAR = 10.0  # robust standard deviations beyond which a residual is a slip; heavy tails stay below
MAD = 1.4826  # median absolute deviation to standard deviation, for a normal law


class NoFitError(Exception):
    """A model that cannot be fitted to a history; the next one is tried."""


def simulate_smoothing(
    values: Floats, *, season: int, steps: int, count: int, rng: np.random.Generator
) -> tuple[Floats, bool]:
    """Return simulated paths (`count` by `steps`), and whether values far out were set aside.

    Parameters
    ----------
    values
        Without gaps, on the model's scale.
    season
        Periods in a season; 1 for none.

    Notes
    -----
    Additive error, damped additive trend, additive season (Hyndman, Koehler, Ord and
    Snyder 2008), with a heuristic start of the state: eight times faster than an
    estimated one and no less accurate. A one-step residual beyond ten robust standard
    deviations is replaced by what the model expected, and the model fitted once more.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            fitted = _fit(values, season)
            clean, far = _set_aside(values, fitted)
            if far:
                fitted = _fit(clean, season)
            # the name of the argument changed from one statsmodels to the next
            name = (
                "rng" if "rng" in inspect.signature(fitted.simulate).parameters else "random_state"
            )
            paths = fitted.simulate(steps, anchor="end", repetitions=count, **{name: rng})
        except (ValueError, ArithmeticError, IndexError, np.linalg.LinAlgError) as fault:
            raise NoFitError(str(fault)) from fault
    return np.asarray(paths, dtype=float).reshape(steps, count).T, far


def _fit(values: Floats, season: int) -> Any:  # noqa: ANN401 - statsmodels has no types
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    model = ETSModel(
        values,
        error="add",
        trend="add",
        damped_trend=True,
        seasonal="add" if season > 1 else None,
        seasonal_periods=season if season > 1 else None,
        initialization_method="heuristic",
    )
    fitted = model.fit(disp=False)
    if not fitted.mle_retvals.get("converged", False):
        raise NoFitError("the likelihood has not settled")
    return fitted


def _set_aside(values: Floats, fitted: Any) -> tuple[Floats, bool]:  # noqa: ANN401
    """Return the values with slips replaced by what the model expected of them."""
    left = np.asarray(fitted.resid, dtype=float)
    spread = MAD * float(np.median(np.abs(left - np.median(left))))
    far = np.abs(left) > FAR * spread
    if spread == 0.0 or not far.any():
        return values, False
    return np.where(far, values - left, values), True

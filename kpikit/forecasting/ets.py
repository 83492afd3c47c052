"""The state space model of exponential smoothing (statsmodels), known at every time."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.forecasting.figures import Ints, slots
from kpikit.forecasting.smoothing import Smoothed, Start, smooth

if TYPE_CHECKING:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel


class NoFitError(Exception):
    """A model that cannot be fitted to a history; a plainer one takes its place."""


def fewest_values(period: int) -> int:
    """Return how many values the heuristic start of the state takes."""
    return max(10 + 2 * (period // 2), 2 * period + 2) if period > 1 else 10


def ets_ahead(values: Floats, first: Ints, *, period: int, horizon: int) -> list[Floats | None]:
    """Return each series' forecasts 1 to `horizon` periods after each time: time by step.

    Parameters
    ----------
    values
        Series by time, without gaps from each one's `first` on.
    period
        Periods in a season; 1 for none.

    Returns
    -------
    list of array or None
        Nothing where statsmodels cannot take the history.

    Notes
    -----
    Additive error, damped additive trend, additive season (Hyndman, Koehler, Ord and
    Snyder 2008) with a heuristic start of the state, as accurate as an estimated one. With
    errors added, the likelihood is largest where their squares are least; so the weights are
    sought for all series at once, and statsmodels follows the state. Its own search, series by
    series, takes five times as long, and far longer where the linear algebra runs threads.
    """
    models = [_model(series[begin:], period) for series, begin in zip(values, first, strict=True)]
    rows = [row for row, model in enumerate(models) if model is not None]
    ahead: list[Floats | None] = [None] * len(models)
    if not rows:
        return ahead
    started = [model for model in models if model is not None]
    start = _start(started, len(values[0]) - first[rows], period)
    found = smooth(values[rows], first[rows], start, trend=True)
    for place, (row, model) in enumerate(zip(rows, started, strict=True)):
        try:
            ahead[row] = _follow(model, found, place, horizon)
        except NoFitError:
            ahead[row] = None
    return ahead


def _model(series: Floats, period: int) -> ETSModel | None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return ETSModel(
                series,
                error="add",
                trend="add",
                damped_trend=True,
                seasonal="add" if period > 1 else None,
                seasonal_periods=period if period > 1 else None,
                initialization_method="heuristic",
            )
        except (ValueError, ArithmeticError, IndexError, np.linalg.LinAlgError):
            return None


def _start(models: list[ETSModel], lengths: Ints, period: int) -> Start:
    """Return the states before the first values; a season by place counted from the end."""
    season = None
    if period > 1:
        season = np.zeros((len(models), period))
        for row, (model, length) in enumerate(zip(models, lengths, strict=True)):
            places = slots(int(length), period)[:period]
            season[row, places] = np.asarray(model.initial_seasonal, dtype=float)
    return Start(
        level=np.array([float(model.initial_level) for model in models]),
        slope=np.array([float(model.initial_trend) for model in models]),
        season=season,
    )


def _follow(model: ETSModel, found: Smoothed, row: int, horizon: int) -> Floats:
    """Return the forecasts from every state that statsmodels finds at the fitted weights."""
    weights = [found.alpha[row], found.beta[row], found.damping[row]]
    if model.seasonal_periods > 1:
        weights.insert(2, found.gamma[row])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            # the states alone: a result would tell standard errors too, which takes far longer
            _, states = model.smooth(np.array(weights), return_raw=True)
        except (ValueError, ArithmeticError, IndexError, np.linalg.LinAlgError) as fault:
            raise NoFitError(str(fault)) from fault
    steps = np.arange(1, horizon + 1)
    grown = np.cumsum(found.damping[row] ** steps)
    ahead = states[:, :1] + states[:, 1:2] * grown
    if model.seasonal_periods > 1:
        period = model.seasonal_periods
        place = np.arange(len(ahead))[:, None] - period + 1 + (steps - 1) % period
        season = states[:, 2][np.maximum(place, 0)]
        ahead = ahead + np.where(place >= 0, season, np.nan)
    return np.asarray(ahead)

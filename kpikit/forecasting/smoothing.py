"""Exponential smoothing of many series at once: fitted by least squares, known at every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.forecasting.figures import Ints, slots

ROUNDS = 7  # of Gauss-Newton steps; the fit has settled long before in nine of ten series
DAMPING = (0.8, 0.98)  # the range that Hyndman and Athanasopoulos advise
EDGE = 6.0  # on the logit scale: a weight between 0.0025 and 0.9975
NUDGE = 1e-3  # of a parameter, for its derivative

ALPHAS, BETAS, PHIS, GAMMAS = (0.1, 0.4, 0.75), (0.03, 0.25), (0.3, 0.8), (0.03, 0.3)


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """State before the first value; `season` holds a figure by place, or is `None`."""

    level: Floats
    slope: Floats
    season: Floats | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Smoothed:
    """State after every time (series by time), and the weights that were fitted."""

    level: Floats
    slope: Floats
    season: Floats | None
    alpha: Floats
    beta: Floats
    gamma: Floats
    damping: Floats

    def ahead(self, horizon: int) -> Floats:
        """Return level and damped trend 1 to `horizon` periods after each time."""
        steps = np.cumsum(self.damping[:, None] ** np.arange(1, horizon + 1), axis=1)
        return np.asarray(self.level[:, :, None] + self.slope[:, :, None] * steps[:, None, :])


def smooth(values: Floats, first: Ints, start: Start, *, trend: bool) -> Smoothed:
    """Fit damped (or trendless) smoothing to every series, and follow its state.

    Parameters
    ----------
    values
        Series by time; what lies before a series' `first` is not read.

    Notes
    -----
    Additive error, additive season where `start` holds one (Hyndman, Koehler, Ord and Snyder
    2008). Squared one-step errors are made least from the best point of a grid by damped
    Gauss-Newton steps on the logits of the weights. All sums run in the order of time, so
    that a series' numbers are the same bytes in any company.
    """
    logits = _grid(trend=trend, season=start.season is not None)
    every = np.repeat(logits[None], len(values), axis=0)
    squares = _squares(values, first, start, _weights(every, trend=trend, start=start))
    best = every[np.arange(len(values)), squares.argmin(axis=1)]
    fitted = _settle(values, first, start, best, trend=trend)
    return _follow(values, first, start, _weights(fitted[:, None], trend=trend, start=start))


def line_start(values: Floats, first: Ints, count: int, *, trend: bool) -> Start:
    """Return the state before the first value, told from the first `count` by a line."""
    level, slope = np.zeros(len(values)), np.zeros(len(values))
    for row, (series, begin) in enumerate(zip(values, first, strict=True)):
        early = series[begin : begin + count]
        times = np.arange(len(early)) - (len(early) - 1) / 2
        if trend and len(early) > 1:
            slope[row] = times @ early / (times @ times)
        level[row] = early.mean() - slope[row] * (len(early) + 1) / 2
    return Start(level=level, slope=slope)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Weights:
    """Smoothing weights and damping, series by candidate."""

    alpha: Floats
    beta: Floats
    gamma: Floats
    damping: Floats


def _grid(*, trend: bool, season: bool) -> Floats:
    axes = [ALPHAS, *((BETAS, PHIS) if trend else ()), *((GAMMAS,) if season else ())]
    points = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    return np.asarray(np.log(points / (1 - points)))


def _weights(logits: Floats, *, trend: bool, start: Start) -> _Weights:
    share = 1 / (1 + np.exp(-logits))
    alpha = share[..., 0]
    none, low, high = np.zeros_like(alpha), *DAMPING
    return _Weights(
        alpha=alpha,
        beta=alpha * share[..., 1] if trend else none,
        gamma=(1 - alpha) * share[..., -1] if start.season is not None else none,
        damping=low + (high - low) * share[..., 2] if trend else none + 1.0,
    )


def _settle(values: Floats, first: Ints, start: Start, logits: Floats, *, trend: bool) -> Floats:
    """Return the logits after Gauss-Newton steps; a step that worsens the fit is not taken."""
    own = _weights(logits[:, None], trend=trend, start=start)
    squares = _squares(values, first, start, own)[:, 0]
    count = logits.shape[1]
    nudges = np.vstack([np.zeros(count), NUDGE * np.eye(count)])
    rows, caution = np.arange(len(values)), np.full(len(values), 1e-2)
    for _ in range(ROUNDS):
        nudged = _weights(logits[:, None] + nudges, trend=trend, start=start)
        curve, pull = _normal(values, first, start, nudged)
        tries = np.stack(
            [logits + _step(curve, pull, caution * more, squares) for more in (1.0, 30.0)], axis=1
        ).clip(-EDGE, EDGE)
        found = _squares(values, first, start, _weights(tries, trend=trend, start=start))
        best = found.argmin(axis=1)
        better = found[rows, best] < squares
        logits = np.where(better[:, None], tries[rows, best], logits)
        squares = np.where(better, found[rows, best], squares)
        caution = np.where(better, caution * np.where(best == 0, 0.3, 3.0), caution * 30.0)
    return logits


def _step(curve: Floats, pull: Floats, caution: Floats, squares: Floats) -> Floats:
    count = curve.shape[1]
    held = caution[:, None] * np.diagonal(curve, axis1=1, axis2=2) + 1e-9 * squares[:, None] + 1e-12
    firm = curve + held[:, :, None] * np.eye(count)
    return np.clip(-np.linalg.solve(firm, pull[:, :, None])[:, :, 0], -1.5, 1.5)


def _squares(values: Floats, first: Ints, start: Start, weights: _Weights) -> Floats:
    total = np.zeros_like(weights.alpha)
    for error, *_ in _run(values, first, start, weights):
        total += error * error
    return np.where(np.isfinite(total), total, np.inf)


def _normal(values: Floats, first: Ints, start: Start, nudged: _Weights) -> tuple[Floats, Floats]:
    """Return the normal equations of a step: products of derivatives, and with the errors."""
    count = nudged.alpha.shape[1] - 1
    curve, pull = np.zeros((len(values), count, count)), np.zeros((len(values), count))
    for error, *_ in _run(values, first, start, nudged):
        slope = (error[:, 1:] - error[:, :1]) / NUDGE
        curve += slope[:, :, None] * slope[:, None, :]
        pull += slope * error[:, :1]
    return curve, pull


def _follow(values: Floats, first: Ints, start: Start, weights: _Weights) -> Smoothed:
    count, length = values.shape
    level, slope = np.zeros((count, length)), np.zeros((count, length))
    season = None if start.season is None else np.zeros((count, length, start.season.shape[1]))
    for time, (_, levels, slopes, figures) in enumerate(_run(values, first, start, weights)):
        level[:, time], slope[:, time] = levels[:, 0], slopes[:, 0]
        if season is not None and figures is not None:
            season[:, time] = figures[:, :, 0].T
    return Smoothed(
        level=level,
        slope=slope,
        season=season,
        alpha=weights.alpha[:, 0],
        beta=weights.beta[:, 0],
        gamma=weights.gamma[:, 0],
        damping=weights.damping[:, 0],
    )


def _run(
    values: Floats, first: Ints, start: Start, weights: _Weights
) -> Iterator[tuple[Floats, Floats, Floats, Floats | None]]:
    """Yield, time by time, the one-step errors and the state after them."""
    shape = weights.alpha.shape
    level = np.repeat(start.level[:, None], shape[1], axis=1)
    slope = np.repeat(start.slope[:, None], shape[1], axis=1)
    figure = None if start.season is None else np.repeat(start.season.T[:, :, None], shape[1], 2)
    places = slots(values.shape[1], 1 if start.season is None else start.season.shape[1])
    late = int(first.max())
    for time, place in enumerate(places):
        step = weights.damping * slope
        expected = level + step
        error = values[:, time : time + 1] - expected
        if figure is not None:
            error = error - figure[place]
        if time < late:
            begun = (time >= first)[:, None]
            error = np.where(begun, error, 0.0)
            level = np.where(begun, expected + weights.alpha * error, level)
            slope = np.where(begun, step + weights.beta * error, slope)
        else:
            level = expected + weights.alpha * error
            slope = step + weights.beta * error
        if figure is not None:
            figure[place] += weights.gamma * error
        yield error, level, slope, figure

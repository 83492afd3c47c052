"""What may come of one KPI: of each period, of any sum of periods, and along paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.forecasting.calibration import (
    LEAST,
    Calibration,
    History,
    Spans,
    Spread,
    at_levels,
    blend,
    calibration_of,
    facts,
)
from kpikit.periods import Grain

PATHS = 2000  # a probability of 0.8 is then told to a point (one standard error 0.009)
# levels of draws, so that their sample quantiles are the calibrated ones
_EVEN = np.clip(np.arange(PATHS) / (PATHS - 1), 0.5 / PATHS, 1 - 0.5 / PATHS)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where a forecast stands among the KPI's own values.

    Attributes
    ----------
    anchor, sign
        A value is `anchor` plus or minus what was forecast: a share near 1 is forecast as
        what it lacks.
    lower, upper
        Bounds of one period's value; infinite where there is none.
    late
        Newest periods without a value; the forecast starts before them.
    """

    anchor: float = 0.0
    sign: float = 1.0
    lower: float = -np.inf
    upper: float = np.inf
    late: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """A forecast with its past errors, from the last value seen on.

    Attributes
    ----------
    mean
        One value per step.
    level
        What errors are measured in.
    products, counts
        Mean product of the past errors of two steps, and over how many times.
    apart
        Mean product of the members' distances from their mean at two steps.
    errors
        Past errors: time by step, the last row at the last value; NaN where not known.
    """

    mean: Floats
    level: float
    products: Floats
    counts: Floats
    apart: Floats
    errors: Floats
    history: History
    grain: Grain


@dataclass(frozen=True, kw_only=True, eq=False)
class Outlook:
    """What may come of one series, from a calibrated forecast or from drawn paths.

    Attributes
    ----------
    moments
        `None` where no model could be had; then `drawn` holds paths instead.
    model
        How it was forecast, in a few words.
    notes
        What to know, without the series' name.
    """

    frame: Frame
    horizon: int
    model: str
    notes: tuple[str, ...]
    moments: Moments | None = None
    drawn: Floats | None = None

    def centre(self, weights: Floats) -> Floats:
        """Return the expected weighted mean over the steps for each row of weights.

        Each row adds up to 1.
        """
        if self.moments is None:
            values = self._drawn() @ weights.T
            return np.asarray(values[0] + (values - values[0]).mean(axis=0))
        mean = self._own(self.moments.mean[self.frame.late :])
        return np.asarray(weights @ np.clip(mean, self.frame.lower, self.frame.upper))

    def quantiles(self, weights: Floats, levels: Floats) -> Floats:
        """Return calibrated quantiles of the weighted mean, a row for each row of weights."""
        if self.moments is None:
            return np.asarray(np.quantile(self._drawn() @ weights.T, levels, axis=0).T)
        weights = self._late(weights)
        known, errors = _error_quantiles(self.moments, weights)
        asked = levels if self.frame.sign > 0 else 1.0 - levels
        off = self.moments.level * at_levels(known, errors, asked)
        found = self._own((weights @ self.moments.mean)[:, None] + off)
        return np.asarray(np.clip(found, self.frame.lower, self.frame.upper))

    def draws(self, weights: Floats) -> Floats:
        """Return equally likely values of one weighted mean, in the order of their paths.

        Calibrated ones are in order of size; their sample quantiles are `quantiles`.
        """
        if self.moments is None:
            return np.asarray(self._drawn() @ weights)
        return np.asarray(self.quantiles(weights[None], _EVEN)[0])

    def paths(self, rng: np.random.Generator) -> Floats:
        """Return paths (one a row): each step calibrated, steps together as past errors were.

        Notes
        -----
        A Gaussian copula: its correlations are those of past errors, held towards the
        learned ones; so that sums over paths spread like the calibrated sums.
        """
        if self.moments is None:
            return self._drawn()
        late, one = self.frame.late, self.moments
        blended, _ = blend(
            one.products, one.counts, change=one.history.change, learned=calibration_of(one.grain)
        )
        size = np.sqrt(np.maximum(np.diagonal(blended), LEAST))
        values, vectors = np.linalg.eigh(blended / np.outer(size, size))
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        normal = rng.standard_normal((PATHS, len(size))) @ root.T
        ranks = normal.argsort(axis=0).argsort(axis=0)[:, late:]
        if self.frame.sign < 0:
            ranks = PATHS - 1 - ranks
        steps = self.quantiles(np.eye(self.horizon), _EVEN)
        return np.column_stack([step[rank] for step, rank in zip(steps, ranks.T, strict=True)])

    def past_errors(self, weights: Floats, length: int) -> Floats:
        """Return errors of the weighted mean made at each period of a history, standardised."""
        found = np.full(length, np.nan)
        if self.moments is None:
            return found
        errors = self.moments.errors
        weights = self._late(weights[None])[0]
        used = weights != 0
        own = errors[:, used] @ weights[used] * self.frame.sign
        seen = own[np.isfinite(own)]
        size = float(np.sqrt(np.mean(seen**2))) if len(seen) else 0.0
        if size > 0:
            end = length - self.frame.late
            rows = min(len(own), end)
            found[end - rows : end] = own[len(own) - rows :] / size
        return found

    def _late(self, weights: Floats) -> Floats:
        return np.hstack([np.zeros((len(weights), self.frame.late)), weights])

    def _own(self, values: Floats) -> Floats:
        return self.frame.anchor + self.frame.sign * values

    def _drawn(self) -> Floats:
        if self.drawn is None:  # pragma: no cover - an outlook has either
            raise AssertionError
        return np.clip(self.drawn[:, self.frame.late :], self.frame.lower, self.frame.upper)


def spread_of(one: Moments, weights: Floats, learned: Calibration) -> Spread:
    """Return how far each weighted mean of the steps was off, and how the members differ."""
    blended, square = blend(one.products, one.counts, change=one.history.change, learned=learned)
    past = ((weights @ blended) * weights).sum(axis=1)
    apart = ((weights @ one.apart) * weights).sum(axis=1)
    return Spread(
        past=np.sqrt(np.maximum(past, LEAST)),
        apart=np.sqrt(np.maximum(apart, 0.0)),
        first=float(np.sqrt(square)),
    )


def spans_of(weights: Floats) -> Spans:
    """Return the run of steps that each row of weights speaks of."""
    count = weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)
    last = weights.shape[1] - np.argmax(weights[:, ::-1] != 0, axis=1)
    return Spans(count=np.maximum(count, 1.0), last=last.astype(float))


def _error_quantiles(one: Moments, weights: Floats) -> tuple[Floats, Floats]:
    """Return levels, and quantiles of each weighted mean's error in units of the level."""
    learned = calibration_of(one.grain)
    spread, spans = spread_of(one, weights, learned), spans_of(weights)
    known = facts(one.history, spans, spread, season=learned.season)
    size = spread.past * np.exp(known @ learned.coefficients)
    return learned.levels, size[:, None] * learned.quantiles(spans)

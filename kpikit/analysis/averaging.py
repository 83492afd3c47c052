"""Fit a regression over every memory, season and bend that a history allows, and average.

With few periods neither how long errors last, nor how strong the season is, nor whether a line
bends can be known. Taking one estimate of each for the truth makes intervals too narrow, and
judging them by a test first makes them wrong where the test errs. Here they stay open: every
combination on a grid is fitted, and the fits are averaged by how likely they make the history
(Harville 1974; Hoeting and others 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.autoregression import whiten
from kpikit.analysis.panel import Floats

# nearer to each other towards 1: short histories make errors look shorter-lived than they are
MEMORIES = 1 - np.geomspace(1.0, 0.02, 12)
SEASONS = (0.03, 0.5, 1.5, 5.0, 30.0)  # their spread beside the noise's
BENDS = (0.03, 1.0, 6.0, 32.0)
LEAST = 1e-20  # squares per period, of values of spread 1: what is left of an exact fit


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """The columns of a regression at every period.

    Attributes
    ----------
    fixed
        Columns of which nothing is known beforehand; the last is the one asked about.
    bends
        Columns of which each is likely small.
    places
        A column for each place in the season, likely alike; none without a season.
    """

    fixed: Floats
    bends: Floats
    places: Floats

    def rows(self) -> Floats:
        """Return all columns side by side."""
        return np.column_stack([self.fixed, self.bends, self.places])

    def at(self, times: NDArray[np.int64]) -> Design:
        """Return the design of some periods only."""
        return Design(fixed=self.fixed[times], bends=self.bends[times], places=self.places[times])

    def ties(self) -> tuple[Floats, Floats]:
        """Return all pairs of a season's and a bend's spread: one over their squares."""
        season, bend = np.meshgrid(SEASONS, BENDS, indexing="ij")
        if not self.places.shape[1]:
            season, bend = np.ones((1, len(BENDS))), np.array([BENDS])
        return season.ravel() ** -2, bend.ravel() ** -2


@dataclass(frozen=True, kw_only=True, eq=False)
class Averaged:
    """The coefficient asked about, under every memory, season and bend.

    Attributes
    ----------
    weights
        How likely each fit is; they add up to 1.
    estimates, errors
        The coefficient and its standard error in each.
    freedom
        Degrees of freedom of each one's t distribution.
    memory, ties
        Those of the likeliest fit; the ties are of bend and places.
    noise
        Standard deviation of the errors.
    evidence
        Logarithm of how likely all fits together make the values.
    """

    weights: Floats
    estimates: Floats
    errors: Floats
    freedom: int
    memory: float
    ties: Floats
    noise: float
    evidence: float

    @property
    def estimate(self) -> float:
        """The coefficient."""
        return float(self.weights @ self.estimates)

    def p_value(self) -> float:
        """Return how often chance alone would take the coefficient as far from 0."""
        below = self._below(0.0)
        return 2 * min(below, 1 - below)

    def quantile(self, level: float) -> float:
        """Return the value that the coefficient lies below with this probability."""
        from scipy import optimize

        reach = 1e3 * self.errors
        lower, upper = float((self.estimates - reach).min()), float((self.estimates + reach).max())
        return float(optimize.brentq(lambda value: self._below(value) - level, lower, upper))

    def _below(self, value: float) -> float:
        from scipy import special

        place = (value - self.estimates) / self.errors
        return float(self.weights @ special.stdtr(self.freedom, place))


def average_fits(values: Floats, times: NDArray[np.int64], design: Design) -> Averaged:
    """Fit a design to `values` of spread 1 at whole `times`, which may leave gaps.

    Notes
    -----
    Bend and places of the season are drawn from distributions around 0 whose spreads are
    on the grid, so that what the history does not show costs little. Every combination is
    as likely as any other beforehand.
    """
    n, k = design.fixed.shape
    fits = [_fit(values, times, design, memory=memory) for memory in MEMORIES]
    found, variance, squares, volume = (np.concatenate(part) for part in zip(*fits, strict=True))
    squares = np.maximum(squares, LEAST * n)
    log_weights = volume - (n - k) / 2 * np.log(squares)
    weights = np.exp(log_weights - log_weights.max())
    evidence = float(log_weights.max() + np.log(weights.mean()))
    weights /= weights.sum()
    season, bend = design.ties()
    memory = np.repeat(MEMORIES, len(season))
    best = int(np.argmax(weights))
    which = best % len(season)
    tie = np.repeat([bend[which], season[which]], [design.bends.shape[1], design.places.shape[1]])
    return Averaged(
        weights=weights,
        estimates=found,
        errors=np.sqrt(squares / (n - k) * variance),
        freedom=n - k,
        memory=float(memory[best]),
        ties=tie,
        noise=float(weights @ np.sqrt(squares / (n - k) / (1 - memory**2))),
        evidence=evidence,
    )


def tie_rows(fit: Averaged, fixed: int) -> Floats:
    """Return rows that hold bend and places together as the likeliest fit says."""
    weights = np.sqrt((1 - fit.memory**2) * fit.ties)
    return np.hstack([np.zeros((len(weights), fixed)), np.diag(weights)])


def _fit(
    values: Floats, times: NDArray[np.int64], design: Design, *, memory: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the coefficient for each season and bend: itself, variance, squares, volume."""
    white, rows = whiten(values, times, design.rows(), phi=memory)
    fixed, bends, places = (part.shape[1] for part in (design.fixed, design.bends, design.places))
    season, bend = ((1 - memory**2) * tie for tie in design.ties())
    gram = np.tile(rows.T @ rows, (len(season), 1, 1))
    held = np.repeat([bend, season], [bends, places], axis=0).T
    loose = np.arange(fixed, fixed + bends + places)
    gram[:, loose, loose] += held
    cross = rows.T @ white
    inverse = np.asarray(np.linalg.inv(gram), dtype=np.float64)
    found = inverse @ cross
    squares = np.asarray(white @ white - found @ cross, dtype=np.float64)
    volume = (np.log(held).sum(axis=1) - np.linalg.slogdet(gram)[1]) / 2
    asked = fixed - 1
    return (
        found[:, asked],
        inverse[:, asked, asked],
        squares,
        volume + _log_scales(times, memory),
    )


def _log_scales(times: NDArray[np.int64], memory: float) -> float:
    """Return the logarithm of what whitening multiplies volumes by."""
    power = memory ** (2 * np.diff(times).astype(float))
    n = len(times)
    return float(n / 2 * np.log(1 - memory**2) - np.log(1 - power).sum() / 2)

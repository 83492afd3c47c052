"""How wide the errors to come are: past errors, held towards what other series taught."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.periods import Grain

TABLE = "calibration.json"
LEAST = 1e-12  # a mean square that counts as none
SHARED: dict[Grain, str] = {"day": "month"}  # taught by the collections' months


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """What the development collections taught about the errors of one grain.

    Attributes
    ----------
    season
        Periods that count as one when the length of a history is told.
    power, together, fading
        The mean square error of step h grows like h to the `power`; the errors of steps h < k
        correlate by `together` times (h / k) to the `fading`.
    hold
        How many past times that shape counts for beside a series' own errors.
    coefficients
        Of the logarithm of the spread on `facts`.
    levels
        Levels of the tables' quantiles.
    steps, step_table
        Quantiles of standardised errors of single steps, by step.
    spans, span_table
        The same for means over several steps, by their number.
    """

    season: int
    power: float
    together: float
    fading: float
    hold: float
    coefficients: Floats
    levels: Floats
    steps: Floats
    step_table: Floats
    spans: Floats
    span_table: Floats

    def shape(self, steps: int) -> Floats:
        """Return mean products of errors of every two steps, that of the first step being 1."""
        step = np.arange(1, steps + 1, dtype=float)
        near, far = np.minimum.outer(step, step), np.maximum.outer(step, step)
        correlation = self.together * (near / far) ** self.fading
        np.fill_diagonal(correlation, 1.0)
        size = step ** (self.power / 2)
        return np.asarray(correlation * np.outer(size, size))

    def quantiles(self, span: Span) -> Floats:
        """Return the standardised errors at each of `levels`, for a run of steps."""
        if span.count > 1.0:
            return _between(span.count, self.spans, self.span_table)
        return _between(span.last, self.steps, self.step_table)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A run of steps: how many (in effect, where weights differ), and the last."""

    count: float
    last: float


@dataclass(frozen=True, kw_only=True)
class History:
    """What the spread of errors depends on, beside past errors.

    Attributes
    ----------
    periods
        Values in the history.
    seasonal
        Whether it is long enough for a season.
    change
        Mean change from one period to the next, in units of the level.
    growth
        Logarithm of the level over the history's mean size.
    """

    periods: int
    seasonal: bool
    change: float
    growth: float


@cache
def calibration_of(grain: Grain) -> Calibration:
    """Return what was learned for a grain."""
    text = files("kpikit.forecasting").joinpath(TABLE).read_text(encoding="utf-8")
    return from_record(json.loads(text)[SHARED.get(grain, grain)])


def from_record(record: dict[str, object]) -> Calibration:
    """Return a calibration from its record in the table."""
    return Calibration(
        **{  # type: ignore[arg-type]
            name: np.array(value) if isinstance(value, list) else value
            for name, value in record.items()
        }
    )


def blend(
    products: Floats, counts: Floats, *, change: float, learned: Calibration
) -> tuple[Floats, float]:
    """Return a series' own mean products held towards the learned shape, and the first step's.

    Notes
    -----
    Past times overlap, so that h steps ahead they count for a square root of h less.
    """
    steps = len(products)
    shape = learned.shape(steps)
    near = slice(0, 3)
    seen = np.diagonal(counts)[near]
    if seen.sum() > 0:
        own = np.diagonal(products)[near] / np.diagonal(shape)[near]
        first = float((own * seen).sum() / seen.sum())
    else:
        first = change**2
    first = max(first, LEAST)
    step = np.arange(1, steps + 1)
    count = counts / np.sqrt(np.maximum.outer(step, step))
    blended = (count * products + learned.hold * first * shape) / (count + learned.hold)
    return blended, first


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How far a span's forecast was off, and how far its members lie apart.

    Attributes
    ----------
    past
        Root mean square of past errors of the span.
    apart
        Root mean square distance of the members from their mean.
    first
        Root mean square of past errors of the first step.
    """

    past: float
    apart: float
    first: float


def facts(history: History, span: Span, spread: Spread, *, season: int) -> Floats:
    """Return what the logarithm of the spread is a linear function of."""
    length, last = np.log(history.periods / season), np.log(span.last)
    return np.array(
        [
            1.0,
            last,
            np.log(span.count),
            length,
            np.log(np.clip(spread.apart / spread.past, 0.02, 5.0)),
            np.log(np.clip(spread.first, 1e-3, 1.0)),
            length * last,
            float(history.seasonal),
            np.clip(history.growth, -2.0, 2.0),
            np.log(np.clip(history.change / spread.first, 0.1, 10.0)),
        ]
    )


def at_levels(known: Floats, values: Floats, wanted: Floats) -> Floats:
    """Return quantiles at other levels: straight lines between normal scores, and beyond."""
    scores, at = normal_scores(known), normal_scores(wanted)
    inside = np.interp(at, scores, values)
    below = values[0] + (at - scores[0]) * (values[1] - values[0]) / (scores[1] - scores[0])
    above = values[-1] + (at - scores[-1]) * (values[-1] - values[-2]) / (scores[-1] - scores[-2])
    return np.asarray(np.where(at < scores[0], below, np.where(at > scores[-1], above, inside)))


def normal_scores(levels: Floats) -> Floats:
    """Return the standard normal law's quantiles."""
    from scipy.special import ndtri

    return np.asarray(ndtri(levels), dtype=float)


def _between(at: float, places: Floats, table: Floats) -> Floats:
    """Return the row of a table at a place between two of its own, on a scale of logarithms."""
    log, logs = np.log(at), np.log(places)
    return np.array([np.interp(log, logs, column) for column in table.T])

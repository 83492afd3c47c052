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
SINGLE = 1.0 + 1e-9  # steps up to which a run is one step
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

    def quantiles(self, spans: Spans) -> Floats:
        """Return the standardised errors at each of `levels`, one row per span."""
        single = spans.count <= SINGLE
        return np.where(
            single[:, None],
            _between(spans.last, self.steps, self.step_table),
            _between(spans.count, self.spans, self.span_table),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Spans:
    """Runs of steps: how many each has (in effect, where weights differ), and its last."""

    count: Floats
    last: Floats


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """How far each span's forecast was off, and how far its members lie apart.

    Attributes
    ----------
    past
        Root mean squares of past errors of the spans.
    apart
        Root mean square distances of the members from their mean.
    first
        Root mean square of past errors of the first step.
    """

    past: Floats
    apart: Floats
    first: float


def facts(history: History, spans: Spans, spread: Spread, *, season: int) -> Floats:
    """Return what the logarithms of the spans' spreads are a linear function of, a row each."""
    length, last = float(np.log(history.periods / season)), np.log(spans.last)
    whole = np.ones(len(last))
    return np.column_stack(
        [
            whole,
            last,
            np.log(spans.count),
            length * whole,
            np.log(np.clip(spread.apart / spread.past, 0.02, 5.0)),
            np.log(np.clip(spread.first, 1e-3, 1.0)) * whole,
            length * last,
            float(history.seasonal) * whole,
            np.clip(history.growth, -2.0, 2.0) * whole,
            np.log(np.clip(history.change / spread.first, 0.1, 10.0)) * whole,
        ]
    )


def at_levels(known: Floats, values: Floats, wanted: Floats) -> Floats:
    """Return rows of quantiles at other levels: straight lines between normal scores, and on."""
    scores, at = normal_scores(known), normal_scores(wanted)
    right = np.clip(np.searchsorted(scores, at), 1, len(scores) - 1)
    share = (at - scores[right - 1]) / (scores[right] - scores[right - 1])
    return np.asarray(values[:, right - 1] + share * (values[:, right] - values[:, right - 1]))


def normal_scores(levels: Floats) -> Floats:
    """Return the standard normal law's quantiles."""
    from scipy.special import ndtri

    return np.asarray(ndtri(levels), dtype=float)


def _between(at: Floats, places: Floats, table: Floats) -> Floats:
    """Return rows of a table at places between its own, on a scale of logarithms."""
    if len(places) == 1:
        return np.repeat(table, len(at), axis=0)
    logs, log = np.log(places), np.clip(np.log(at), np.log(places[0]), np.log(places[-1]))
    right = np.clip(np.searchsorted(logs, log), 1, len(logs) - 1)
    share = ((log - logs[right - 1]) / (logs[right] - logs[right - 1]))[:, None]
    return np.asarray(table[right - 1] + share * (table[right] - table[right - 1]))

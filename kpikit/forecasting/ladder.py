"""Choose the model that a history can carry, from the richest rung down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.analysis.season import season_p_value
from kpikit.forecasting.scales import Bounds, Scale, hold, level_scale, natural_scale
from kpikit.forecasting.simple import draw_again, repeat, step_on
from kpikit.forecasting.smoothing import MIN_PERIODS, NoFitError, simulate_smoothing

PATHS = 2000  # a probability of 0.8 is then told to a point (one standard error 0.009)
MANY_ZEROS = 0.3  # share of zeros from which smoothing draws what never happens
RUNAWAY = 20.0  # times the largest value seen: the fit has run away

# above it a season is left out: fitted to noise, it moves the forecast and feigns certainty
# (80 % intervals of a quarter's total, 36 months without a season: 66 % held, else 52 %)
SEASON_ALPHA = 0.05

NOTHING = "nothing observed, so nothing is forecast"
CONSTANT = "one value only in the whole history; it is repeated, and its spread is unknown"
SHORT = "too short for a model; the last value, with steps as large as those seen"
INTERMITTENT = "many zeros; drawn again from recent values"
NO_SEASON = "too short to tell a season; forecast without one"
GAPS = "gaps are bridged by straight lines, for fitting only"
LATE = "the newest periods have no value; the forecast starts after them"
SLIPS = "values far from what their neighbours let expect are set aside in fitting"
OUTSIDE = "the history holds values outside the bounds"
FALLBACK = "no model could be fitted; the last value, with steps as large as those seen"


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulated:
    """Paths of one KPI (one row each), whether a model made them, and what to know."""

    paths: Floats
    modelled: bool
    notes: tuple[str, ...]


def simulate_paths(
    observed: Floats, *, period: int, horizon: int, bounds: Bounds | None, seed: tuple[int, int]
) -> Simulated:
    """Simulate what may follow a history, whatever state it is in.

    Parameters
    ----------
    observed
        One value per period, NaN where there is none.
    bounds
        Least and largest value possible; `None` for the whole: not below 0 where
        the history never is.
    """
    seen = np.flatnonzero(np.isfinite(observed))
    if not len(seen):
        return Simulated(paths=np.full((PATHS, horizon), np.nan), modelled=False, notes=(NOTHING,))
    values, late = observed[seen[0] : seen[-1] + 1], len(observed) - 1 - int(seen[-1])
    limits, notes = _limits(values, bounds)
    if late:
        notes.append(LATE)
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    paths, modelled, said = _climb(values, period, horizon + late, limits, rng)
    return Simulated(paths=hold(paths[:, late:], limits), modelled=modelled, notes=(*notes, *said))


def _limits(values: Floats, bounds: Bounds | None) -> tuple[Bounds, list[str]]:
    if bounds is None:
        positive = float(np.nanmin(values)) >= 0.0
        return ((0.0, None), []) if positive else ((None, None), [])
    lower, upper = bounds
    below = lower is not None and float(np.nanmin(values)) < lower
    above = upper is not None and float(np.nanmax(values)) > upper
    return bounds, [OUTSIDE] if below or above else []


def _climb(
    values: Floats, period: int, steps: int, bounds: Bounds, rng: np.random.Generator
) -> tuple[Floats, bool, list[str]]:
    """Return the paths of the highest rung that holds, whether it is a model, and notes."""
    known = values[np.isfinite(values)]
    if float(np.ptp(known)) <= 1e-12 * float(np.abs(known).max()):
        return repeat(float(known[-1]), steps=steps, count=PATHS), False, [CONSTANT]
    if len(known) < MIN_PERIODS:
        return step_on(values, steps=steps, count=PATHS, rng=rng), False, [SHORT]
    if float(known.min()) >= 0.0 and float(np.mean(known == 0.0)) >= MANY_ZEROS:
        place = period if len(values) >= 2 * period else 1
        paths = draw_again(values, period=place, steps=steps, count=PATHS, rng=rng)
        return paths, False, [INTERMITTENT]
    notes = [GAPS] if len(known) < len(values) else []
    filled = np.interp(np.arange(len(values)), np.flatnonzero(np.isfinite(values)), known)
    if len(known) < 2 * period + 2:
        season = 1
        notes += [NO_SEASON] if period > 1 else []
    else:
        season = period if _may_be_seasonal(values, period, bounds) else 1
    for scale, length in _rungs(filled, season, bounds):
        found = _smooth(filled, scale, length, steps, rng)
        if found is not None:
            paths, far = found
            return paths, True, [*notes, SLIPS] if far else notes
    return step_on(values, steps=steps, count=PATHS, rng=rng), False, [*notes, FALLBACK]


def _may_be_seasonal(values: Floats, period: int, bounds: Bounds) -> bool:
    """Return whether the season test, on the model's scale, does not speak against a season."""
    times = np.flatnonzero(np.isfinite(values))
    scaled = natural_scale(values, bounds).to(values[times])
    p_value = season_p_value(scaled, times, period)
    return not np.isfinite(p_value) or p_value < SEASON_ALPHA


def _rungs(values: Floats, season: int, bounds: Bounds) -> Iterator[tuple[Scale, int]]:
    """Yield scale and season from the richest to the plainest that the history can carry."""
    natural = natural_scale(values, bounds)
    scales = [natural] if natural.name == "level" else [natural, level_scale(values)]
    if season > 1:
        yield from ((scale, season) for scale in scales)
    yield from ((scale, 1) for scale in scales)


def _smooth(
    values: Floats, scale: Scale, season: int, steps: int, rng: np.random.Generator
) -> tuple[Floats, bool] | None:
    """Return the smoothed paths, or nothing where they cannot be had or make no sense."""
    try:
        paths, far = simulate_smoothing(
            scale.to(values), season=season, steps=steps, count=PATHS, rng=rng
        )
    except NoFitError:
        return None
    paths = scale.back(paths)
    sane = np.isfinite(paths).all() and float(np.quantile(np.abs(paths), 0.975, axis=0).max()) <= (
        RUNAWAY * float(np.abs(values).max())
    )
    return (paths, far) if sane else None

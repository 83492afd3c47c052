"""Choose how a history can be forecast, from the richest rung down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats
from kpikit.forecasting.cleaning import bridge, find_slips, find_step
from kpikit.forecasting.members import LONGEST_SEASON, recipe_of
from kpikit.forecasting.outlook import PATHS, Frame, Outlook
from kpikit.forecasting.scales import Bounds, frame_of, is_outside
from kpikit.forecasting.simple import draw_again, repeat, step_on
from kpikit.periods import SEASONS, Grain

MIN_PERIODS = 6  # values from which a trend and its errors can be told at all
MANY_ZEROS = 0.3  # share of zeros from which a model expects what never happens
# values looked back at: older ones add time and no accuracy
LONGEST: dict[Grain, int] = {"day": 400, "week": 313, "month": 300, "quarter": 130, "year": 60}

NOTHING = "nothing observed, so nothing is forecast"
CONSTANT = "one value only in the whole history; it is repeated, and its spread is unknown"
SHORT = "too short for a model; the last value, with steps as large as those seen"
INTERMITTENT = "many zeros; drawn again from recent values"
NO_SEASON = "too short to tell a season; forecast without one"
ONE_SEASON = "too short to prove a season; last season's values are half of the forecast"
GAPS = "gaps are bridged by straight lines, for fitting only"
LATE = "the newest periods have no value; the forecast starts after them"
SLIPS = "values far from what their neighbours let expect are set aside in fitting"
STEP = "its level has moved at once; what was before counts from the new level"
OUTSIDE = "the history holds values outside the bounds"


@dataclass(frozen=True, kw_only=True, eq=False)
class Ready:
    """A history that models can carry: without gaps, in its frame, divided by its size.

    Attributes
    ----------
    known
        Which values were observed, and neither filled in nor set aside.
    """

    values: Floats
    known: NDArray[np.bool_]
    size: float
    grain: Grain
    frame: Frame
    horizon: int
    notes: tuple[str, ...]


def climb(
    observed: Floats,
    *,
    grain: Grain,
    horizon: int,
    bounds: Bounds | None,
    seed: tuple[int, int],
) -> Ready | Outlook:
    """Return a history made ready for the models, or its outlook where none can carry it.

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
        empty = np.full((PATHS, horizon), np.nan)
        return Outlook(frame=Frame(), horizon=horizon, model="none", notes=(NOTHING,), drawn=empty)
    values, late = observed[seen[0] : seen[-1] + 1], len(observed) - 1 - int(seen[-1])
    frame = frame_of(values, bounds, late=late)
    notes = [OUTSIDE] if is_outside(values, frame) else []
    notes += [LATE] if late else []
    simple = _simple(values, grain, horizon + late, seed)
    if simple is not None:
        drawn, model, note = simple
        return Outlook(frame=frame, horizon=horizon, model=model, notes=(*notes, note), drawn=drawn)
    return _ready(values[-LONGEST[grain] :], grain, horizon, frame, notes)


def _simple(
    values: Floats, grain: Grain, steps: int, seed: tuple[int, int]
) -> tuple[Floats, str, str] | None:
    """Return paths that need no model, how they were made and why; nothing where one can be had."""
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    known = values[np.isfinite(values)]
    if float(np.ptp(known)) <= 1e-12 * float(np.abs(known).max()):
        return repeat(float(known[-1]), steps=steps, count=PATHS), "constant", CONSTANT
    if len(known) < MIN_PERIODS:
        return step_on(values, steps=steps, count=PATHS, rng=rng), "steps seen", SHORT
    if float(known.min()) >= 0.0 and float(np.mean(known == 0.0)) >= MANY_ZEROS:
        period = SEASONS[grain]
        place = period if len(values) >= 2 * period else 1
        paths = draw_again(values, period=place, steps=steps, count=PATHS, rng=rng)
        return paths, "recent values", INTERMITTENT
    return None


def _ready(values: Floats, grain: Grain, horizon: int, frame: Frame, notes: list[str]) -> Ready:
    moved = frame.sign * (values - frame.anchor)
    period = SEASONS[grain]
    logs = float(np.nanmin(moved)) > 0.0
    natural = np.log(moved) if logs else moved
    slips = find_slips(natural, period)
    known = np.isfinite(moved) & ~slips
    if not np.isfinite(moved).all():
        notes.append(GAPS)
    if slips.any():
        notes.append(SLIPS)
    filled = bridge(np.where(known, natural, np.nan), period)
    notes += _season_notes(len(filled), period)
    filled, stepped = _undo_step(filled, period)
    if stepped:
        notes.append(STEP)
    # a share that touches its bound has no logarithm; a line may fill a gap below it
    above = np.exp(filled) if logs else filled
    above = np.maximum(above, 0.0) if float(np.nanmin(moved)) >= 0.0 else above
    size = float(np.abs(above).mean())
    return Ready(
        values=above / size,
        known=known,
        size=size,
        grain=grain,
        frame=frame,
        horizon=horizon,
        notes=tuple(notes),
    )


def _season_notes(length: int, period: int) -> list[str]:
    recipe = recipe_of(length, period)
    if recipe == "last season":
        return [ONE_SEASON]
    return [NO_SEASON] if recipe == "plain" and 1 < period <= LONGEST_SEASON else []


def _undo_step(natural: Floats, period: int) -> tuple[Floats, bool]:
    """Return the values with what lies before a step brought to the level after it."""
    at, moved = find_step(natural, period)
    return np.concatenate([natural[:at] + moved, natural[at:]]), at > 0

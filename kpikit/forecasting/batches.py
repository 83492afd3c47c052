"""Forecast many histories together, in batches that no other series' presence changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kpikit.forecasting.calibration import History
from kpikit.forecasting.ladder import Ready
from kpikit.forecasting.members import Block, Ensemble, Recipe, forecast_block, recipe_of
from kpikit.forecasting.outlook import Moments, Outlook
from kpikit.forecasting.past_errors import PastErrors, look_back
from kpikit.periods import SEASONS, Grain

BATCH = 50  # series in a batch: large enough for arrays to pay, small enough to spread
STEP = {"day": 28, "week": 26, "month": 12, "quarter": 8, "year": 6}  # lengths that go together
REMEMBERED = 60  # past times whose errors are kept, to tell how series go together
UNSETTLED = "a model could not be fitted and was replaced by a plainer one"

MODELS: dict[Recipe, str] = {
    "seasonal": "mean of six: Theta, statsmodels ETS, two smoothings, two autoregressions",
    "last season": "mean of Theta and last season's values",
    "plain": "mean of Theta and damped smoothing",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """What the members make of a history; `unsettled` where one could not be fitted."""

    moments: Moments
    unsettled: bool


def batches(ready: Sequence[Ready]) -> Iterator[list[int]]:
    """Yield the places of histories that are forecast together."""
    groups: dict[tuple[Grain, Recipe, int], list[int]] = {}
    for place, one in enumerate(ready):
        key = (one.grain, _recipe(one), -(-len(one.values) // STEP[one.grain]))
        groups.setdefault(key, []).append(place)
    for places in groups.values():
        for start in range(0, len(places), BATCH):
            yield places[start : start + BATCH]


def forecast_batch(histories: Sequence[Ready]) -> list[Made]:
    """Return what the members make of every history of a batch."""
    with np.errstate(all="ignore"):
        block = _block(histories)
        found = forecast_block(block)
        known = np.zeros(block.values.shape, dtype=bool)
        for row, one in enumerate(histories):
            known[row, block.first[row] :] = one.known
        past = look_back(block, found.ahead, known)
        return [_made(one, block, found, past[row], row) for row, one in enumerate(histories)]


def _recipe(one: Ready) -> Recipe:
    return recipe_of(len(one.values), SEASONS[one.grain])


def _block(histories: Sequence[Ready]) -> Block:
    length = max(len(one.values) for one in histories)
    first = np.array([length - len(one.values) for one in histories])
    values = np.zeros((len(histories), length))
    for row, one in enumerate(histories):
        values[row, first[row] :] = one.values
    return Block(
        values=values,
        first=first,
        logs=np.array([one.values.min() > 0.0 for one in histories]),
        period=SEASONS[histories[0].grain],
        steps=np.array([one.horizon + one.frame.late for one in histories]),
        recipe=_recipe(histories[0]),
    )


def _made(one: Ready, block: Block, found: Ensemble, past: PastErrors, row: int) -> Made:
    steps = int(block.steps[row])
    mean = found.ahead[row, -1, :steps]
    members = found.last[:, row, :steps]
    off = members[np.isfinite(members).all(axis=1)] - mean
    moments = Moments(
        mean=mean * one.size,
        level=past.level * one.size,
        products=past.products,
        counts=past.counts,
        apart=off.T @ off / len(off) / past.level**2,
        errors=past.errors[-REMEMBERED:].copy(),
        history=History(
            periods=len(one.values),
            seasonal=block.recipe == "seasonal",
            change=float(np.abs(np.diff(one.values)).mean()) / past.level,
            growth=float(np.log(past.level)),
        ),
        grain=one.grain,
    )
    return Made(moments=moments, unsettled=bool(found.unsettled[row]))


def outlook_of(one: Ready, made: Made) -> Outlook:
    """Return a history's outlook from what the members made of it."""
    return Outlook(
        frame=one.frame,
        horizon=one.horizon,
        model=MODELS[_recipe(one)],
        notes=(*one.notes, UNSETTLED) if made.unsettled else one.notes,
        moments=made.moments,
    )

"""Forecast many histories together, in batches that no other series' presence changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.forecasting.calibration import History
from kpikit.forecasting.ets import fewest_values
from kpikit.forecasting.ladder import Ready
from kpikit.forecasting.members import LONGEST_SEASON, Block, Ensemble, forecast_block
from kpikit.forecasting.outlook import Moments, Outlook
from kpikit.forecasting.past_errors import PastErrors, look_back
from kpikit.forecasting.regressions import FEWEST_EXTRA
from kpikit.periods import SEASONS, Grain

BATCH = 50  # series in a batch: large enough for arrays to pay, small enough to spread
STEP = {"day": 28, "week": 26, "month": 12, "quarter": 8, "year": 6}  # lengths that go together
REMEMBERED = 60  # past times whose errors are kept, to tell how series go together
UNSETTLED = "a model could not be fitted and was replaced by a plainer one"

SEASONAL = "mean of six: Theta, statsmodels ETS, two smoothings, two autoregressions"
PLAIN = "mean of Theta and damped smoothing"


def batches(ready: Sequence[Ready]) -> Iterator[list[int]]:
    """Yield the places of histories that are forecast together."""
    groups: dict[tuple[Grain, int, bool, int], list[int]] = {}
    for place, one in enumerate(ready):
        length = len(one.values)
        key = (
            one.grain,
            one.horizon + one.frame.late,
            _carries_season(one),
            -(-length // STEP[one.grain]),
        )
        groups.setdefault(key, []).append(place)
    for places in groups.values():
        for start in range(0, len(places), BATCH):
            yield places[start : start + BATCH]


def forecast_batch(histories: Sequence[Ready]) -> list[Outlook]:
    """Return the outlook of every history of a batch."""
    with np.errstate(all="ignore"):
        block = _block(histories)
        found = forecast_block(block)
        known = np.zeros(block.values.shape, dtype=bool)
        for row, one in enumerate(histories):
            known[row, block.first[row] :] = one.known
        past = look_back(block, found.ahead, known)
        return [_outlook(one, block, found, past[row], row) for row, one in enumerate(histories)]


def _carries_season(one: Ready) -> bool:
    period = SEASONS[one.grain]
    fewest = max(2 * period + FEWEST_EXTRA, fewest_values(period))
    return 1 < period <= LONGEST_SEASON and len(one.values) >= fewest


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
        horizon=histories[0].horizon + histories[0].frame.late,
        seasonal=_carries_season(histories[0]),
    )


def _outlook(one: Ready, block: Block, found: Ensemble, past: PastErrors, row: int) -> Outlook:
    mean = found.ahead[row, -1]
    members = found.last[:, row]
    off = members[np.isfinite(members).all(axis=1)] - mean
    change = float(np.abs(np.diff(one.values)).mean()) / past.level
    moments = Moments(
        mean=mean * one.size,
        level=past.level * one.size,
        products=past.products,
        counts=past.counts,
        apart=off.T @ off / len(off) / past.level**2,
        errors=_recent(past.errors),
        history=History(
            periods=len(one.values),
            seasonal=block.seasonal,
            change=change,
            growth=float(np.log(max(past.level, 1e-12))),
        ),
        grain=one.grain,
    )
    notes = (*one.notes, UNSETTLED) if found.unsettled[row] else one.notes
    return Outlook(
        frame=one.frame,
        horizon=one.horizon,
        model=SEASONAL if block.seasonal else PLAIN,
        notes=notes,
        moments=moments,
    )


def _recent(errors: Floats) -> Floats:
    return errors[-REMEMBERED:].astype(np.float64)

"""Keep what the members made of a history, by the hash of the history and of the method."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.resources import files

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.cache import hash_of
from kpikit.forecasting.batches import Made
from kpikit.forecasting.calibration import History
from kpikit.forecasting.ladder import Ready
from kpikit.forecasting.outlook import Moments

ENGINES = ("numpy", "scipy", "statsmodels")


def key_of(one: Ready) -> str:
    """Return the key of what the members make of a history."""
    numbers = np.array([one.size, one.horizon + one.frame.late], dtype=float)
    parts = (one.values.tobytes(), one.known.tobytes(), numbers.tobytes(), one.grain.encode())
    return hash_of(_method(), *parts)


def to_bytes(made: Made) -> bytes:
    """Return what was made as bytes."""
    one, history = made.moments, made.moments.history
    scalars = (
        made.unsettled,
        one.level,
        history.periods,
        history.seasonal,
        history.change,
        history.growth,
        len(one.mean),
        len(one.errors),
    )
    parts = (one.mean, one.products, one.counts, one.apart, one.errors)
    return np.concatenate([np.array(scalars, dtype=float), *(p.ravel() for p in parts)]).tobytes()


def from_bytes(kept: bytes, one: Ready) -> Made:
    """Return what was made of a history from its bytes."""
    numbers = np.frombuffer(kept, dtype=float)
    unsettled, level, periods, seasonal, change, growth = numbers[:6].tolist()
    steps, times = int(numbers[6]), int(numbers[7])
    square = (steps, steps)
    shapes = ((steps,), square, square, square, (times, steps))
    arrays = _cut(numbers[8:], shapes)
    history = History(periods=int(periods), seasonal=bool(seasonal), change=change, growth=growth)
    mean, products, counts, apart, errors = arrays
    moments = Moments(
        mean=mean,
        level=level,
        products=products,
        counts=counts,
        apart=apart,
        errors=errors,
        history=history,
        grain=one.grain,
    )
    return Made(moments=moments, unsettled=bool(unsettled))


def _cut(numbers: Floats, shapes: tuple[tuple[int, ...], ...]) -> list[Floats]:
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(numbers, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


@cache
def _method() -> bytes:
    """Return the hash of the code that forecasts, and of the engines beneath it."""
    own = sorted(files("kpikit.forecasting").iterdir(), key=lambda file: file.name)
    code = [file.read_bytes() for file in own if file.name.endswith((".py", ".json"))]
    engines = " ".join(f"{name} {version(name)}" for name in ENGINES)
    return hash_of(engines.encode(), *code).encode()

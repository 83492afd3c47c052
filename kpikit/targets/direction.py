"""What counts as reached: above a value, below it, or inside a band."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats
from kpikit.errors import DataError, UnknownNameError, suggest

Direction = Literal["higher_is_better", "lower_is_better", "on_target"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ROUNDING = 1e-12  # 0.1 + 0.2 reaches 0.3
Target = float | tuple[float | None, float | None]


def direction_of(kpi: str, direction: str | Mapping[str, str]) -> Direction:
    """Return the direction of one KPI, from one for all or from a mapping."""
    if isinstance(direction, Mapping):
        if kpi not in direction:
            raise UnknownNameError("direction of", kpi, direction, where="direction")
        found = direction[kpi]
    else:
        found = direction
    for known in DIRECTIONS:
        if found == known:
            return known
    raise DataError(
        f"direction is {found!r}, not one of {', '.join(DIRECTIONS)}. "
        f"{suggest(str(found), DIRECTIONS)}"
    )


def reached(outcomes: Floats, target: Target, direction: Direction) -> NDArray[np.bool_]:
    """Return which outcomes reach the target; a band is a pair of its lower and upper end.

    What rounding leaves between an outcome and the target does not decide.
    """
    if direction == "on_target":
        lower, upper = _band(target)
    elif isinstance(target, tuple):
        raise DataError(f"target is {target}, but only a KPI that is on_target has a band.")
    else:
        lower = float(target) if direction == "higher_is_better" else -np.inf
        upper = float(target) if direction == "lower_is_better" else np.inf
    return np.asarray((outcomes >= lower - _slack(lower)) & (outcomes <= upper + _slack(upper)))


def quantile_level(attainment: float, direction: Direction) -> float:
    """Return the quantile that is reached with this probability."""
    return 1 - attainment if direction == "higher_is_better" else attainment


def target_faults(target: object, direction: Direction) -> list[str]:
    """Return what is wrong with a target that a person asked for, in sentences."""
    if direction != "on_target":
        return [] if _is_number(target) else [f"target is {target!r}; it is a finite number."]
    if not isinstance(target, tuple | list) or len(target) != 2:
        return [f"target is {target!r}; of a KPI that is on_target it is a band: (lower, upper)."]
    known = [end for end in target if end is not None]
    if not known or not all(_is_number(end) for end in known) or sorted(known) != known:
        return [f"target is {target!r}; a band has finite ends, the lower one first."]
    return []


def aim_of(target: Target, draws: Floats) -> float:
    """Return the value to aim at: of a band, what is expected, or its nearer end."""
    if not isinstance(target, tuple):
        return target
    lower, upper = (np.nan if end is None else end for end in target)
    return float(np.fmin(np.fmax(float(np.nanmean(draws)), lower), upper))


def say_band(band: tuple[float | None, float | None], say: Callable[[float], str]) -> str:
    """Return a band as text."""
    lower, upper = band
    if lower is None or upper is None:
        return f"at least {say(lower)}" if lower is not None else f"at most {say(upper or 0.0)}"
    return f"{say(lower)} to {say(upper)}"


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return False
    return bool(np.isfinite(value))


def _slack(end: float) -> float:
    return ROUNDING * abs(end) if np.isfinite(end) else 0.0


def _band(target: Target) -> tuple[float, float]:
    if not isinstance(target, tuple):
        raise DataError(
            f"target is {target!r}, but a KPI that is on_target has a band: (lower, upper)."
        )
    lower, upper = target
    return (
        -np.inf if lower is None else float(lower),
        np.inf if upper is None else float(upper),
    )

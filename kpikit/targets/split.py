"""Find the targets of parts that make a whole one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.errors import DataError, UnknownNameError
from kpikit.forecasting.outcomes import Outcome
from kpikit.targets.allocate import InfeasibleError, Parts, allocate
from kpikit.targets.direction import reached
from kpikit.targets.parts import Made, limits_of
from kpikit.targets.standing import Stand

Lock = float | tuple[float | None, float | None]
STILL = 1e-9  # of a part: what never varied moves only where nothing else can


def split_target(
    made: Made,
    parts: list[Outcome],
    weights: Floats,
    limits: tuple[Floats, Floats],
    target: float,
) -> Floats:
    """Return the parts' targets: those that make the whole with the least change.

    Raises
    ------
    DataError
        When limits leave no such targets; or a part of a product is not above 0.
    """
    start = np.array([mean_of(one) for one in parts])
    spread = np.array([float(np.nanvar(one.draws)) for one in parts])
    lower, upper = limits
    name = f"the target for {made.stands[0].period}"
    if made.is_product:
        if min(start.min(), target) <= 0:
            raise DataError(f"{name}: a product can be split only where every part is above 0.")
        spread = spread / start**2
        lower, upper, start = np.log(np.maximum(lower, 1e-300)), np.log(upper), np.log(start)
        target = float(np.log(target / made.factor))
    still = STILL * np.maximum(np.abs(start), 1.0) ** 2
    problem = Parts(
        start=start, weight=weights, give=np.maximum(spread, still), lower=lower, upper=upper
    )
    try:
        found = allocate(problem, target)
    except InfeasibleError as fault:
        ends = np.array([fault.least, fault.most])
        least, most = made.factor * np.exp(ends) if made.is_product else ends
        wanted = made.factor * np.exp(target) if made.is_product else target
        raise DataError(
            f"{name}: {wanted:g} cannot be met. With these locks and bounds the parts make "
            f"{_between(least, most)}. Loosen a lock, or change the target."
        ) from None
    return np.exp(found) if made.is_product else found


def _between(least: float, most: float) -> str:
    if np.isclose(least, most):
        return f"{least:g}"
    if not np.isfinite(most):
        return f"{least:g} or more"
    return f"between {least:g} and {most:g}" if np.isfinite(least) else f"{most:g} or less"


def weights_of(made: Made, parts: list[Outcome]) -> Floats:
    """Return what a unit of each part adds to the whole."""
    if made.weights is not None:
        return np.array(made.weights)
    below = np.array(
        [stand.held[1] + _ahead(one) for stand, one in zip(made.stands, parts, strict=True)]
    )
    return np.asarray(below / below.sum())


def limits_of_parts(
    made: Made, parts: list[Outcome], named: list[str], locks: Mapping[str, Lock]
) -> tuple[Floats, Floats]:
    """Return the least and the most of every part, by its bounds and by its lock."""
    for name in locks:
        if name not in named:
            raise UnknownNameError("part", name, named, where="locks")
    ends = []
    for stand, one, name in zip(made.stands, parts, named, strict=True):
        lower, upper = limits_of(stand, None if one.to_come is None else _ahead(one))
        lock = locks.get(name, (None, None))
        least, most = lock if isinstance(lock, tuple) else (lock, lock)
        ends.append(
            (lower if least is None else float(least), upper if most is None else float(most))
        )
        if ends[-1][0] > ends[-1][1]:
            raise DataError(
                f"locks: {name} is to lie between {ends[-1][0]:g} and {ends[-1][1]:g}, "
                "which nothing does. Exchange the two, or leave one open."
            )
    return np.array([lower for lower, _ in ends]), np.array([upper for _, upper in ends])


def chance_of(outcome: Outcome, target: float, stand: Stand) -> float:
    """Return the chance of reaching a target."""
    draws = outcome.draws[np.isfinite(outcome.draws)]
    return float(reached(draws, target, stand.kpi.direction).mean()) if len(draws) else np.nan


def mean_of(outcome: Outcome) -> float:
    """Return the mean of what may come; exactly the value where only one may."""
    draws = outcome.draws[np.isfinite(outcome.draws)]
    return float(draws[0] + (draws - draws[0]).mean()) if len(draws) else float("nan")


def _ahead(outcome: Outcome) -> float:
    return 0.0 if outcome.to_come is None else float(np.mean(outcome.to_come))

"""The arithmetic around aggregates, the same whatever engine holds the facts.

Division by zero, rounding and missing values differ between engines; so an engine
sums, counts and ranks, and everything around that is computed here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kpikit.errors import FormulaError
from kpikit.observations.formula import filter_count
from kpikit.strategy.nodes import Aggregate, Call, Literal, Node

Array = npt.NDArray[np.float64]

NOTHING = "no row with a value"
ZERO = "the denominator is 0"


@dataclass(frozen=True)
class Evaluated:
    """Values, and for each missing one the reason."""

    value: Array
    reason: npt.NDArray[np.object_]


def evaluate(node: Node, columns: Mapping[Aggregate, Array]) -> Evaluated:
    """Compute the arithmetic around aggregates, one number per period and segment.

    Missing values carry the reason of the first part that is missing; a quotient
    whose denominator is 0 is missing.
    """
    match node:
        case Aggregate():
            return _aggregate(node, columns)
        case Literal(value):
            number = np.nan if value is None or isinstance(value, str) else float(value)
            return _evaluated(np.full(len(next(iter(columns.values()))), number))
        case Call(function, arguments):
            parts = [evaluate(argument, columns) for argument in arguments]
            return _call(function, parts)
    raise FormulaError(f"{node} cannot stand around aggregates.")


def _aggregate(aggregate: Aggregate, columns: Mapping[Aggregate, Array]) -> Evaluated:
    """Return an aggregate's values: a sum or count over no row is 0, all else missing."""
    value = columns[aggregate]
    if aggregate.function == "sum":
        value = np.where(columns[filter_count(aggregate)] == 0, 0.0, value)
    return _evaluated(np.where(np.isfinite(value), value, np.nan))


def _call(function: str, parts: list[Evaluated]) -> Evaluated:
    values = [part.value for part in parts]
    if function == "coalesce":
        found = values[0]
        for value in values[1:]:
            found = np.where(np.isnan(found), value, found)
        return _evaluated(found)
    reason = parts[0].reason
    for part in parts[1:]:
        reason = np.where(reason == "", part.reason, reason)
    if function in ("/", "nullif"):
        refused = values[1] == (0 if function == "/" else values[0])
        reason = np.where(refused & (reason == ""), ZERO, reason)
    with np.errstate(all="ignore"):
        value = ARITHMETIC[function](*values)
    return _evaluated(np.where((reason == "") & np.isfinite(value), value, np.nan), reason)


def _round(value: Array, digits: Array | float = 0.0) -> Array:
    """Round halves away from zero, as people do."""
    scale = 10.0**digits
    rounded: Array = np.sign(value) * np.floor(np.abs(value) * scale + 0.5) / scale
    return rounded


ARITHMETIC: dict[str, Callable[..., Array]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "neg": operator.neg,
    "abs": np.abs,
    "nullif": lambda left, right: np.where(left == right, np.nan, left),
    "round": _round,
}


def _evaluated(value: Array, reason: npt.NDArray[np.object_] | None = None) -> Evaluated:
    if reason is None:
        reason = np.full(len(value), "", dtype=object)
    return Evaluated(value, np.where(np.isnan(value) & (reason == ""), NOTHING, reason))

"""Judge one target by what its period holds, or may still come to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kpikit.forecasting.outcomes import NOTHING, Outcome
from kpikit.targets.direction import Target, reached
from kpikit.targets.standing import NAN, Stand

if TYPE_CHECKING:
    from kpikit.strategy.model import Strategy


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What can be said of one target."""

    actual: float = NAN
    attainment: float = NAN
    needed_pace: float = NAN
    status: str = "no_data"


def judge_complete(target: Target, stand: Stand) -> Judgement:
    """Say whether a target was reached in a period that is complete."""
    hit = bool(reached(np.array([stand.actual]), target, stand.kpi.direction)[0])
    return Judgement(
        actual=stand.actual,
        attainment=1.0 if hit else 0.0,
        status="on_target" if hit else "off_target",
    )


def judge_running(
    target: Target, stand: Stand, outcome: Outcome, strategy: Strategy
) -> Judgement | None:
    """Say how likely a target is to be reached; nothing where nothing could be forecast."""
    totals = outcome.draws[np.isfinite(outcome.draws)]
    if not len(totals):
        return None
    chance = float(reached(totals, target, stand.kpi.direction).mean())
    return Judgement(
        actual=stand.actual,
        attainment=chance,
        needed_pace=needed_pace(target, stand, outcome),
        status=_status(chance, strategy),
    )


def needed_pace(target: Target, stand: Stand, outcome: Outcome) -> float:
    """Return what each open period must hold on average to end on the target exactly."""
    if isinstance(target, tuple):
        return NAN
    if stand.aggregate == "last":
        return target
    first, second = stand.held if stand.gone else NOTHING
    if stand.aggregate == "ratio" and outcome.to_come is not None:
        ahead = float(np.median(outcome.to_come))
        return (target * (second + ahead) - first) / ahead if ahead > 0 else NAN
    whole = 1.0 if stand.aggregate == "sum" else second + stand.open_periods
    return (target * whole - first) / stand.open_periods


def _status(chance: float, strategy: Strategy) -> str:
    limits = strategy.policy.status
    if chance >= limits.on_target:
        return "on_target"
    return "at_risk" if chance >= limits.at_risk else "off_target"

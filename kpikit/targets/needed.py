"""Say which level of a lever a target would need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.errors import DataError, UnknownNameError
from kpikit.periods import Period
from kpikit.targets.direction import Target, target_faults
from kpikit.targets.prospect import Prospect, prepare_what_if
from kpikit.targets.whatif import (
    INFEASIBLE,
    NEEDED,
    NOT_NEEDED,
    REACHABLE,
    Scenario,
    made_scenario,
)

if TYPE_CHECKING:
    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

HALVINGS = 50
PLACES = 60  # levels that are tried before the way is halved


def needed_for(  # noqa: PLR0913 - each argument is a question of its own
    strategy: Strategy,
    observations: Observations,
    *,
    kpi: str,
    period: str | date | Period,
    target: Target,
    attainment: float = 0.8,
    levers: Iterable[str] | None = None,
    as_of: date | str | None = None,
    seed: int = 0,
) -> Scenario:
    """Say which level a lever would have to be held at for a target to be this likely.

    Parameters
    ----------
    target, attainment
        What is wanted of the KPI, of an `on_target` KPI a band (lower, upper), and how
        likely it is to be.
    levers
        The KPIs that can be moved, each alone; all that reach this one unless given.
    strategy, observations, kpi, period, as_of, seed
        As for `what_if`.

    Returns
    -------
    Scenario
        That of the lever that has to move least, in units of what it ever did; without
        changes where none is enough. `.levers` has a row for each lever with its verdict:
        `reachable`, `not needed` (any level it ever had is enough), or `infeasible`.

    Raises
    ------
    UnknownNameError
        There is no such KPI.
    DataError
        `attainment` is no chance, or `target` is not what the KPI's direction needs.

    Examples
    --------
    >>> from kpikit import build_observations, load_strategy
    >>> strategy = load_strategy("data/economy/strategy.yaml")
    >>> observations = build_observations(strategy)
    >>> asked = {"kpi": "consumption", "period": "2010Q2", "target": 9300.0}
    >>> needed_for(strategy, observations, **asked).levers["lever"].tolist()
    ['disposable_income']
    """
    faults = []
    if not 0 < attainment < 1:
        faults.append(f"attainment is {attainment!r}; it lies between 0 and 1.")
    if kpi in strategy.kpis:
        faults += target_faults(target, strategy.kpis[kpi].direction)
    if faults:
        raise DataError("\n".join(faults))
    prospect = prepare_what_if(
        strategy, observations, kpi=kpi, period=period, as_of=as_of, seed=seed
    )
    known = {str(row["lever"]): row for _, row in prospect.levers.iterrows()}
    asked = list(known) if levers is None else list(levers)
    if unknown := [name for name in asked if name not in strategy.kpis]:
        raise UnknownNameError("KPI", unknown[0], strategy.kpis, where=str(strategy.path))
    rows = [_solve(prospect, known[name], target, attainment) for name in asked if name in known]
    table = pd.DataFrame(rows, columns=NEEDED)
    idle = dict.fromkeys((name for name in asked if name not in known), 0.0)
    found = made_scenario(prospect, _least_move(table), ignored=prospect.why_ignored(idle))
    return replace(found, levers=table, asked=(target, float(attainment)))


def _solve(
    prospect: Prospect, lever: pd.Series, target: Target, wanted: float
) -> dict[str, object]:
    """Return the level of one lever within what it ever did."""
    name = str(lever["lever"])

    def chance(level: float) -> float:
        return prospect.attainment(target, {name: level})

    row = {key: lever[key] for key in ("lever", "expected", "lowest", "highest", "through")}
    ends = (float(lever["lowest"]), float(lever["highest"]))
    if isinstance(target, tuple):
        level, verdict = _into_band(chance, ends, float(lever["expected"]), wanted)
    else:
        level, verdict = _as_far(chance, ends, wanted)
    held = np.nan if verdict == INFEASIBLE else level
    return row | {"level": held, "attainment": chance(level), "verdict": verdict}


def _as_far(
    chance: Callable[[float], float], ends: tuple[float, float], wanted: float
) -> tuple[float, str]:
    """Return the level that is just enough, where the chance rises from one end to the other."""
    worse, better = sorted(ends, key=chance)
    if chance(better) < wanted:
        return better, INFEASIBLE
    if chance(worse) >= wanted:
        return worse, NOT_NEEDED
    return _between(chance, worse, better, wanted), REACHABLE


def _into_band(
    chance: Callable[[float], float], ends: tuple[float, float], expected: float, wanted: float
) -> tuple[float, str]:
    """Return the level nearest to what is expected by which a band is met: it may be overshot."""
    start = float(np.clip(expected, *ends))
    tried = np.linspace(*ends, PLACES)
    chances = np.array([chance(float(level)) for level in tried])
    if (chances >= wanted).all():
        return start, NOT_NEEDED
    if chance(start) >= wanted:
        return start, REACHABLE
    best = int(chances.argmax())
    near = np.linspace(tried[max(best - 1, 0)], tried[min(best + 1, PLACES - 1)], PLACES)
    tried, chances = (
        np.concatenate([tried, near]),
        np.concatenate([chances, [chance(float(level)) for level in near]]),
    )
    enough = tried[chances >= wanted]
    if not len(enough):
        return float(tried[chances.argmax()]), INFEASIBLE
    nearest = float(enough[np.abs(enough - start).argmin()])
    return _between(chance, start, nearest, wanted), REACHABLE


def _between(chance: Callable[[float], float], worse: float, better: float, wanted: float) -> float:
    """Return the level between two that is just enough, by halving the way."""
    for _ in range(HALVINGS):
        middle = (worse + better) / 2
        worse, better = (worse, middle) if chance(middle) >= wanted else (middle, better)
    return better


def _least_move(table: pd.DataFrame) -> dict[str, float]:
    if table.empty or (table["verdict"] == NOT_NEEDED).any():
        return {}
    able = table[table["verdict"] == REACHABLE]
    if able.empty:
        return {}
    move = (able["level"] - able["expected"]).abs() / (able["highest"] - able["lowest"])
    best = able.iloc[int(move.argmin())]
    return {str(best["lever"]): float(best["level"])}

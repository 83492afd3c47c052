"""Say what changed levels make of a KPI, and which level a target would need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.charts.scenario import scenario_chart
from kpikit.errors import DataError, UnknownNameError
from kpikit.forecasting.forecast import QUANTILES, quantile_columns
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.targets.direction import Direction, Target, reached
from kpikit.targets.prospect import Prospect, prepare_what_if
from kpikit.units import Unit, format_chance, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

HALVINGS = 50
REACHABLE, NOT_NEEDED, INFEASIBLE = "reachable", "not needed", "infeasible"
NEEDED = ["lever", "level", "expected", "lowest", "highest", "attainment", "verdict", "through"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scenario(Result):
    """What a period may hold for a KPI once other KPIs are held at some level.

    Attributes
    ----------
    kpi, title, period, direction, unit, currency
        Of the KPI, and the period in question.
    changes
        The level that each changed KPI is held at.
    ignored
        What was not followed, with the reason: a changed KPI that moves nothing here, or a
        claimed link, written `one → other`.
    levers
        Of `needed_for`: one row per lever, each moved alone: `lever, level, expected, lowest,
        highest, attainment, verdict, through`. `level` is what it would have to be held at;
        missing where the verdict is `infeasible`, and attainment is then the best there is
        within what the lever ever did. Empty for `what_if`.
    """

    kpi: str
    title: str
    period: str
    direction: Direction
    unit: Unit
    currency: str
    changes: Mapping[str, float]
    ignored: Mapping[str, str]
    levers: pd.DataFrame = field(repr=False)
    asked: tuple[float, float] | None = None
    _draws: Floats = field(repr=False)
    _before: Floats = field(repr=False)

    def attainment(self, value: Target) -> float:
        """Return the chance that a target is reached; of an `on_target` KPI, of a band."""
        return float(reached(self._draws, value, self.direction).mean())

    def attainment_before(self, value: Target) -> float:
        """Return the chance that a target is reached if nothing is changed."""
        return float(reached(self._before, value, self.direction).mean())

    def draws(self) -> Floats:
        """Return equally likely values of the whole period."""
        return self._draws.copy()

    def say(self, value: float | None) -> str:
        """Return a value of the KPI as text, with its unit."""
        return format_value(value, self.unit, currency=self.currency)

    def summary(self) -> str:
        """Say what the changes make of the KPI, or which level a target needs."""
        return self._said_needed() if self.asked else self._said_if()

    def _said_if(self) -> str:
        low, middle, high = np.quantile(self._draws, (0.1, 0.5, 0.9))
        held = ", ".join(f"{name} at {value:.4g}" for name, value in self.changes.items())
        said = (
            f"{self.title} {self.period}{f', with {held}' if held else ''}: about "
            f"{self.say(middle)}, and with a chance of 80 % {self.say(low)} to {self.say(high)}"
        )
        if not held:
            return f"{said}."
        if set(self.changes) <= set(self.ignored):
            return f"{said}; nothing of this moves it."
        return f"{said}; without, about {self.say(float(np.median(self._before)))}."

    def _said_needed(self) -> str:
        assert self.asked is not None
        target, chance = self.asked
        goal = f"{self.title} {self.period}: {self.say(target)} with {format_chance(chance)}"
        if self.levers.empty:
            return f"{goal}: nothing known moves this KPI."
        able = self.levers[self.levers["verdict"] != INFEASIBLE]
        if able.empty:
            best = self.levers.loc[self.levers["attainment"].idxmax()]
            return (
                f"{goal} is infeasible by one lever alone: the best, {best['lever']}, gives "
                f"{format_chance(best['attainment'])} at the best level it ever had."
            )
        said = "; ".join(
            f"{row['lever']} at {row['level']:.4g} (expected {row['expected']:.4g})"
            if row["verdict"] == REACHABLE
            else f"{row['lever']} need not change"
            for _, row in able.iterrows()
        )
        return f"{goal} needs one of: {said}."

    def _shown(self) -> pd.DataFrame:
        return self.levers if self.asked else self.frame

    def _draw(self, ax: Axes) -> None:
        title = f"{self.title} {self.period}: what the changes make of it"
        rows = {"as it is": self._before, "with the changes": self._draws}
        scenario_chart(
            rows,
            ax=ax,
            title=title,
            unit=self.unit,
            currency=self.currency,
            target=self.asked[0] if self.asked else None,
        )


def what_if(  # noqa: PLR0913 - each argument is a question of its own
    strategy: Strategy,
    observations: Observations,
    *,
    kpi: str,
    period: str | date | Period,
    changes: Mapping[str, float],
    as_of: date | str | None = None,
    seed: int = 0,
) -> Scenario:
    """Say what a period may hold for a KPI once others are held at a level.

    Parameters
    ----------
    strategy
        Identities and claimed leads.
    observations
        At the KPIs' own grain; segments are not looked at.
    kpi, period
        Whose period is asked for; it may be running, not over.
    changes
        The level of each changed KPI, in its own unit, held for every period still open
        until the period ends; those before the period's first included.
    as_of
        Nothing later is seen; the newest day in the observations unless given.
    seed
        Where the random numbers start.

    Returns
    -------
    Scenario
        One row: `kpi, period_start, mean, q0.025, ...`, and `basis`: by which way the
        changes reach the KPI. `.ignored` names what was not followed, and why.

    Raises
    ------
    UnknownNameError
        There is no such KPI.
    DataError
        A level cannot be, the period is over, or nothing can be said of it.

    Notes
    -----
    A change is carried through identities exactly: the other parts take what was forecast
    for them. Through leads it is carried where the numbers support the claim (`test_links`),
    at the lag, with the effect's uncertainty, corrected for the link's selection
    (`lead_effects`). Through nothing else. An identity goes before leads to the same KPI.
    Without changes the outcome is that of the KPI's own forecast. That holding a KPI at a
    level moves another as much as its past did is an assumption no observed number proves.

    Examples
    --------
    >>> from kpikit import build_observations, load_strategy
    >>> strategy = load_strategy("data/economy/strategy.yaml")
    >>> observations = build_observations(strategy)
    >>> found = what_if(strategy, observations, kpi="consumption", period="2009Q4", changes={})
    >>> found.to_frame()["basis"].item()
    'its own forecast'
    """
    prospect = prepare_what_if(
        strategy, observations, kpi=kpi, period=period, as_of=as_of, seed=seed
    )
    return scenario_of(prospect, changes)


def scenario_of(prospect: Prospect, changes: Mapping[str, float]) -> Scenario:
    """Return the scenario of a prospect; all forecasts are there already."""
    return _scenario(prospect, prospect.refuse(changes))


def needed_for(  # noqa: PLR0913 - each argument is a question of its own
    strategy: Strategy,
    observations: Observations,
    *,
    kpi: str,
    period: str | date | Period,
    target: float,
    attainment: float = 0.8,
    levers: Iterable[str] | None = None,
    as_of: date | str | None = None,
    seed: int = 0,
) -> Scenario:
    """Say which level a lever would have to be held at for a target to be this likely.

    Parameters
    ----------
    target, attainment
        What is wanted of the KPI, and how likely it is to be.
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
        `attainment` is no chance, `target` no finite number, or the KPI has a band.
    """
    faults = []
    if not 0 < attainment < 1:
        faults.append(f"attainment is {attainment!r}; it lies between 0 and 1.")
    if isinstance(target, tuple) or not np.isfinite(target):
        faults.append(f"target is {target!r}; it is a finite number.")
    if kpi in strategy.kpis and strategy.kpis[kpi].direction == "on_target":
        faults.append(f"kpis.{kpi}: is on_target, and has a band. Try levels with what_if.")
    if faults:
        raise DataError("\n".join(faults))
    prospect = prepare_what_if(
        strategy, observations, kpi=kpi, period=period, as_of=as_of, seed=seed
    )
    known = prospect.levers.set_index("lever", drop=False)
    asked = list(known.index) if levers is None else list(levers)
    if unknown := [name for name in asked if name not in strategy.kpis]:
        raise UnknownNameError("KPI", unknown[0], strategy.kpis, where=str(strategy.path))
    rows = [
        _solve(prospect, known.loc[name], float(target), attainment)
        for name in asked
        if name in known.index
    ]
    table = pd.DataFrame(rows, columns=NEEDED)
    idle = dict.fromkeys((name for name in asked if name not in known.index), 0.0)
    found = _scenario(prospect, _least_move(table), ignored=prospect.why_ignored(idle))
    return replace(found, levers=table, asked=(float(target), float(attainment)))


def _solve(prospect: Prospect, lever: pd.Series, target: float, wanted: float) -> dict[str, object]:
    """Return the level of one lever within what it ever did, by halving the way."""
    name = str(lever["lever"])

    def chance(level: float) -> float:
        return prospect.attainment(target, {name: level})

    ends = (float(lever["lowest"]), float(lever["highest"]))
    worse, better = sorted(ends, key=chance)
    row = {key: lever[key] for key in ("lever", "expected", "lowest", "highest", "through")}
    if chance(better) < wanted:
        return row | {"level": np.nan, "attainment": chance(better), "verdict": INFEASIBLE}
    if chance(worse) >= wanted:
        return row | {"level": worse, "attainment": chance(worse), "verdict": NOT_NEEDED}
    for _ in range(HALVINGS):
        middle = (worse + better) / 2
        worse, better = (worse, middle) if chance(middle) >= wanted else (middle, better)
    return row | {"level": better, "attainment": chance(better), "verdict": REACHABLE}


def _least_move(table: pd.DataFrame) -> dict[str, float]:
    if table.empty or (table["verdict"] == NOT_NEEDED).any():
        return {}
    able = table[table["verdict"] == REACHABLE]
    if able.empty:
        return {}
    move = (able["level"] - able["expected"]).abs() / (able["highest"] - able["lowest"])
    best = able.loc[move.idxmin()]
    return {str(best["lever"]): float(best["level"])}


def _scenario(
    prospect: Prospect, levels: dict[str, float], *, ignored: Mapping[str, str] | None = None
) -> Scenario:
    stand, draws = prospect.stand, prospect.draws(levels)
    ways = "; ".join(dict.fromkeys(prospect.web.ways(stand.kpi.id, levels)))
    held = "held at its level" if stand.kpi.id in levels else "its own forecast"
    frame = pd.DataFrame(
        {
            "kpi": [stand.kpi.id],
            "period_start": [pd.Timestamp(stand.period.start)],
            "mean": [float(draws.mean())],
        }
    )
    frame[quantile_columns(QUANTILES)] = np.quantile(draws, QUANTILES)
    return Scenario(
        frame=frame.assign(basis=ways or held),
        notes=(*prospect.notes, *prospect.web.added_up(stand.kpi.id, levels)),
        kpi=stand.kpi.id,
        title=stand.kpi.title,
        period=stand.period.label,
        direction=stand.kpi.direction,
        unit=stand.kpi.unit,
        currency=prospect.strategy.organisation.currency or "",
        changes=dict(levels),
        ignored=prospect.why_ignored(levels) | dict(ignored or {}),
        levers=pd.DataFrame(columns=NEEDED),
        _draws=draws,
        _before=prospect.draws({}),
    )

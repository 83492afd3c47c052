"""Say what changed levels of some KPIs make of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.charts.scenario import scenario_chart
from kpikit.forecasting.forecast import QUANTILES, quantile_columns
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.targets.direction import Direction, Target, reached, say_band
from kpikit.targets.prospect import Prospect, prepare_what_if
from kpikit.units import Unit, format_chance, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

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
    as_of, seed
        What was seen, and where the random numbers start: the same again give the same numbers.
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
    as_of: date
    seed: int
    asked: tuple[Target, float] | None = None
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

    def say(self, value: Target | None) -> str:
        """Return a value of the KPI, or a band, as text with its unit."""
        if isinstance(value, tuple):
            return say_band(value, self.say)
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
            best = self.levers.iloc[int(self.levers["attainment"].argmax())]
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
    return made_scenario(prospect, prospect.refuse(changes))


def made_scenario(
    prospect: Prospect, levels: dict[str, float], *, ignored: Mapping[str, str] | None = None
) -> Scenario:
    """Return the scenario of levels that were looked at already."""
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
        as_of=prospect.as_of,
        seed=prospect.web.seed,
        changes=dict(levels),
        ignored=prospect.why_ignored(levels) | dict(ignored or {}),
        levers=pd.DataFrame(columns=NEEDED),
        _draws=draws,
        _before=prospect.draws({}),
    )

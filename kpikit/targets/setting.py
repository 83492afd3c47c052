"""All that is shown while a target is being set: its chance, its path, and the levers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats, season_length
from kpikit.errors import DataError
from kpikit.ledger.records import Target as Record
from kpikit.periods import Period
from kpikit.targets.accepted import AcceptedTargets, wanted_targets
from kpikit.targets.direction import (
    Direction,
    Target,
    aim_of,
    quantile_level,
    reached,
    say_band,
    target_faults,
)
from kpikit.targets.glide import LEVELS, Ahead, glide_path, look_ahead
from kpikit.targets.proposals import NAMES
from kpikit.targets.propose import ATTAINMENT
from kpikit.targets.prospect import Links, Prospect, prepare_what_if
from kpikit.units import format_chance, format_value

if TYPE_CHECKING:
    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

POINTS = 100  # of the attainment curve
COMMITTED = ATTAINMENT[NAMES.index("committed")]
ENDS: tuple[Literal["lower"], Literal["upper"]] = ("lower", "upper")
BAND = (0.1, 0.9)  # the middle 80 % of outcomes
SEASONS_SHOWN = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetView:
    """One target under one set of changes: what is to be said, and what is to be drawn.

    Attributes
    ----------
    curve
        `target, chance` under the changes; of a band, the chance of ending at or above.
    marks
        Floor, committed and stretch under the changes, and the target; or the band's ends.
    path
        As of `plan_target`.
    """

    target: Target
    changes: Mapping[str, float]
    chance: float
    curve: pd.DataFrame = field(repr=False)
    marks: Mapping[str, float]
    path: pd.DataFrame = field(repr=False)
    ignored: Mapping[str, str]
    sentence: str


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetSetting:
    """A KPI and a period, all forecasts made; a view of any target takes milliseconds.

    Attributes
    ----------
    accepted
        The target in force, if there is one; it may also be a declared one.
    lowest, highest
        Between which targets are worth a look.
    """

    prospect: Prospect
    accepted: Target | None
    lowest: float
    highest: float
    history: pd.DataFrame = field(repr=False)
    _ahead: Ahead = field(repr=False)

    @property
    def proposed(self) -> Target:
        """What is reached four times in five without any change; of bands, the middle 80 %."""
        return _proposed(self.prospect.draws({}), self.prospect.stand.kpi.direction)

    def say(self, value: Target | None) -> str:
        """Return a value of the KPI, or a band, as text with its unit."""
        if isinstance(value, tuple):
            return say_band(value, self.say)
        currency = self.prospect.strategy.organisation.currency or ""
        return format_value(value, self.prospect.stand.kpi.unit, currency=currency)

    def view(self, target: Target, changes: Mapping[str, float]) -> TargetView:
        """Return one target under some changes.

        Raises
        ------
        DataError
            The target is not what the KPI's direction needs, or a level cannot be.
        """
        if faults := target_faults(target, self.prospect.stand.kpi.direction):
            raise DataError("\n".join(faults))
        levels, stand = self.prospect.refuse(changes), self.prospect.stand
        draws = self.prospect.draws(levels)
        chance = float(reached(draws, target, stand.kpi.direction).mean())
        grid = np.linspace(self.lowest, self.highest, POINTS)
        banded = isinstance(target, tuple)
        way = "higher_is_better" if banded else stand.kpi.direction
        chances = [float(reached(draws, float(at), way).mean()) for at in grid]
        plain = float(reached(self.prospect.draws({}), target, stand.kpi.direction).mean())
        said = (
            f"{stand.kpi.title} {stand.period.label}: {self.say(target)} is "
            f"{'kept' if banded else 'reached'} with a "
            f"chance of {format_chance(chance)}"
        )
        if levels:
            said += f"; without the changes with {format_chance(plain)}"
        return TargetView(
            target=target,
            changes=levels,
            chance=chance,
            curve=pd.DataFrame({"target": grid, "chance": chances}),
            marks=_marks(draws, target, stand.kpi.direction),
            path=glide_path(stand, self._ahead_with(levels), aim_of(target, draws)),
            ignored=self.prospect.why_ignored(levels),
            sentence=f"{said}.",
        )

    def records(self, view: TargetView) -> list[Record]:
        """Return what goes on the ledger when a view is accepted; of a band, both ends."""
        stand = self.prospect.stand
        held = ", ".join(f"{name} at {level:.4g}" for name, level in view.changes.items())
        banded = isinstance(view.target, tuple)
        ends = view.target if isinstance(view.target, tuple) else (view.target,)
        return [
            Record(
                kpi=stand.kpi.id,
                period=stand.period.label,
                level=level,
                value=value,
                attainment=view.chance,
                basis=f"what if {held}" if held else "its own forecast",
            )
            for level, value in zip(ENDS if banded else ("committed",), ends, strict=True)
            if value is not None
        ]

    def _ahead_with(self, levels: Mapping[str, float]) -> Ahead:
        """Return what is expected of the open periods under the changes."""
        kpi, count = self.prospect.stand.kpi.id, self.prospect.stand.open_periods
        if not self.prospect.web.reached(kpi, levels):
            return self._ahead
        paths = self.prospect.web.paths(kpi, levels)[:, -count:]
        made = dict(zip(("q0.1", "q0.5", "q0.9"), np.quantile(paths, LEVELS, axis=0), strict=True))
        table = self._ahead.table.assign(mean=paths.mean(axis=0), **made)
        return Ahead(table=table, weights=self._ahead.weights)


def _marks(draws: Floats, target: Target, direction: Direction) -> dict[str, float]:
    if isinstance(target, tuple):
        ends = zip(ENDS, target, strict=True)
        return {name: end for name, end in ends if end is not None}
    at = [quantile_level(level, direction) for level in ATTAINMENT]
    named = dict(zip(NAMES, np.quantile(draws, at).tolist(), strict=True))
    return {**named, "this target": float(target)}


def _proposed(draws: Floats, direction: Direction) -> Target:
    if direction == "on_target":
        lower, upper = (float(end) for end in np.quantile(draws, BAND))
        return lower, upper
    return float(np.quantile(draws, quantile_level(COMMITTED, direction)))


def prepare_setting(  # noqa: PLR0913 - each argument is a question of its own
    strategy: Strategy,
    observations: Observations,
    *,
    kpi: str,
    period: str | date | Period,
    as_of: date | str | None = None,
    ledger: AcceptedTargets | None = None,
    links: Links | None = None,
) -> TargetSetting:
    """Make all forecasts that are needed while a KPI's target is being set.

    Raises
    ------
    UnknownNameError
        There is no such KPI.
    DataError
        The period is over, or nothing can be said of it.
    """
    prospect = prepare_what_if(
        strategy, observations, kpi=kpi, period=period, as_of=as_of, links=links
    )
    stand = prospect.stand
    accepted = _in_force(strategy, prospect, ledger)
    draws = prospect.draws({})
    low, high = (float(end) for end in np.quantile(draws, (0.005, 0.995)))
    margin = max(high - low, abs(high), 1e-9 if high == low else 0.0) * 0.02 + (high - low) * 0.25
    band = accepted if isinstance(accepted, tuple) else (accepted,)
    ends = [low - margin, high + margin, *(end for end in band if end is not None)]
    shown = SEASONS_SHOWN * max(season_length(None, stand.kpi.grain), len(stand.starts))
    return TargetSetting(
        prospect=prospect,
        accepted=accepted,
        lowest=min(ends),
        highest=max(ends),
        history=stand.rows[["period_start", "value"]].tail(shown),
        _ahead=look_ahead(stand),
    )


def _in_force(
    strategy: Strategy, prospect: Prospect, ledger: AcceptedTargets | None
) -> Target | None:
    # later facts are not seen, but whoever sets a target sees what was accepted before
    known, _ = wanted_targets(strategy, ledger, today=date.max)
    stand = prospect.stand
    for one in known:
        if (one.kpi.id, one.segment, one.period) == (stand.kpi.id, "", stand.period):
            return one.value
    return None

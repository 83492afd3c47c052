"""All that is shown while a target is being set: its chance, its path, and the levers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats, season_length
from kpikit.errors import DataError
from kpikit.periods import Period
from kpikit.targets.accepted import AcceptedTargets, wanted_targets
from kpikit.targets.direction import quantile_level, reached
from kpikit.targets.glide import LEVELS, Ahead, glide_path, look_ahead
from kpikit.targets.proposals import NAMES
from kpikit.targets.propose import ATTAINMENT
from kpikit.targets.prospect import Links, Prospect, prepare_what_if
from kpikit.units import format_chance, format_value

if TYPE_CHECKING:
    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

POINTS = 100  # of the attainment curve
SEASONS_SHOWN = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetView:
    """One target under one set of changes: what is to be said, and what is to be drawn.

    Attributes
    ----------
    curve
        `target, chance` under the changes.
    marks
        Floor, committed and stretch under the changes, and the target.
    path
        As of `plan_target`.
    """

    target: float
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
    accepted: float | None
    lowest: float
    highest: float
    history: pd.DataFrame = field(repr=False)
    _ahead: Ahead = field(repr=False)

    @property
    def committed(self) -> float:
        """The target that is reached four times in five without any change."""
        return self._marks(self.prospect.draws({}))["committed"]

    def say(self, value: float | None) -> str:
        """Return a value of the KPI as text, with its unit."""
        currency = self.prospect.strategy.organisation.currency or ""
        return format_value(value, self.prospect.stand.kpi.unit, currency=currency)

    def view(self, target: float, changes: Mapping[str, float]) -> TargetView:
        """Return one target under some changes.

        Raises
        ------
        DataError
            The target is no finite number, or a level cannot be.
        """
        if not np.isfinite(target):
            raise DataError(f"target is {target}; it is a finite number.")
        levels, stand = self.prospect.refuse(changes), self.prospect.stand
        draws = self.prospect.draws(levels)
        chance = float(reached(draws, target, stand.kpi.direction).mean())
        grid = np.linspace(self.lowest, self.highest, POINTS)
        chances = [float(reached(draws, float(at), stand.kpi.direction).mean()) for at in grid]
        plain = float(reached(self.prospect.draws({}), target, stand.kpi.direction).mean())
        said = (
            f"{stand.kpi.title} {stand.period.label}: {self.say(target)} is reached with a "
            f"chance of {format_chance(chance)}"
        )
        if levels:
            said += f"; without the changes with {format_chance(plain)}"
        return TargetView(
            target=float(target),
            changes=levels,
            chance=chance,
            curve=pd.DataFrame({"target": grid, "chance": chances}),
            marks={**self._marks(draws), "this target": float(target)},
            path=glide_path(stand, self._ahead_with(levels), float(target)),
            ignored=self.prospect.why_ignored(levels),
            sentence=f"{said}.",
        )

    def _marks(self, draws: Floats) -> dict[str, float]:
        direction = self.prospect.stand.kpi.direction
        at = [quantile_level(level, direction) for level in ATTAINMENT]
        return dict(zip(NAMES, np.quantile(draws, at).tolist(), strict=True))

    def _ahead_with(self, levels: Mapping[str, float]) -> Ahead:
        """Return what is expected of the open periods under the changes."""
        kpi, count = self.prospect.stand.kpi.id, self.prospect.stand.open_periods
        if not self.prospect.web.reached(kpi, levels):
            return self._ahead
        paths = self.prospect.web.paths(kpi, levels)[:, -count:]
        made = dict(zip(("q0.1", "q0.5", "q0.9"), np.quantile(paths, LEVELS, axis=0), strict=True))
        table = self._ahead.table.assign(mean=paths.mean(axis=0), **made)
        return Ahead(table=table, weights=self._ahead.weights)


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
        The KPI has a band, the period is over, or nothing can be said of it.
    """
    if kpi in strategy.kpis and strategy.kpis[kpi].direction == "on_target":
        raise DataError(f"kpis.{kpi}: is on_target, and has a band. Use kpikit target for it.")
    prospect = prepare_what_if(
        strategy, observations, kpi=kpi, period=period, as_of=as_of, links=links
    )
    stand = prospect.stand
    accepted = _in_force(strategy, prospect, ledger)
    draws = prospect.draws({})
    low, high = (float(end) for end in np.quantile(draws, (0.005, 0.995)))
    margin = max(high - low, abs(high), 1e-9 if high == low else 0.0) * 0.02 + (high - low) * 0.25
    ends = [low - margin, high + margin, *([] if accepted is None else [accepted])]
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
) -> float | None:
    # later facts are not seen, but whoever sets a target sees what was accepted before
    known, _ = wanted_targets(strategy, ledger, today=date.max)
    stand = prospect.stand
    for one in known:
        if (one.kpi.id, one.segment, one.period) == (stand.kpi.id, "", stand.period):
            return one.value if isinstance(one.value, float | int) else None
    return None

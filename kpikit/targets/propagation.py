"""Carry changed levels through identities and supported leads to one KPI's outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.identities import evaluate, identity_of, parts_of
from kpikit.analysis.lead_effect import LeadEffect
from kpikit.analysis.panel import Floats
from kpikit.forecasting.forecast import forecast
from kpikit.forecasting.outlook import PATHS
from kpikit.targets.standing import Stand, bounds_of, facts_of, starts_within

if TYPE_CHECKING:
    from datetime import date

    from kpikit.periods import Period
    from kpikit.strategy.model import Strategy

Places = NDArray[np.int64]
Levels = Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ahead:
    """The paths that one KPI may take: `(paths, periods)`, and the periods' first days."""

    starts: pd.DatetimeIndex
    paths: Floats

    @property
    def middle(self) -> Floats:
        """The median of every period, one row."""
        return np.asarray(np.median(self.paths, axis=0)[None, :])


@dataclass(frozen=True, kw_only=True, eq=False)
class Web:
    """All by which a change may reach a KPI; forecasts are made once, levels put in often.

    Attributes
    ----------
    ahead
        Paths of every KPI that may matter, from its last value to the end of the period.
    effects
        Supported leads, by the KPI that they tell of.
    """

    strategy: Strategy
    ahead: Mapping[str, Ahead]
    effects: Mapping[str, tuple[LeadEffect, ...]]
    seed: int = 0
    _orders: dict[tuple[str, str], Places] = field(default_factory=dict, repr=False)

    def reached(self, kpi: str, levels: Levels, above: tuple[str, ...] = ()) -> frozenset[str]:
        """Return which of the changed KPIs reach this one, by whatever way."""
        if kpi in levels:
            return frozenset((kpi,))
        if kpi in above:
            return frozenset()
        found: set[str] = set()
        for part in self._parts(kpi):
            found |= self.reached(part, levels, (*above, kpi))
        if not found:
            for effect in self.effects.get(kpi, ()):
                if self._is_in_time(effect):
                    found |= self.reached(effect.candidate, levels, (*above, kpi))
        return frozenset(found)

    def paths(self, kpi: str, levels: Levels, above: tuple[str, ...] = ()) -> Floats:
        """Return a KPI's paths once the levels are held."""
        own = self.ahead[kpi]
        if kpi in levels:
            return np.full_like(own.paths, levels[kpi])
        inside = (*above, kpi)
        if self.is_by_identity(kpi, levels, above):
            return self._through_identity(kpi, levels, inside)
        moved = own.paths
        for effect in self.effects.get(kpi, ()):
            if self.reached(effect.candidate, levels, inside):
                moved = self._moved(moved, own, effect, levels, inside)
        bounds = bounds_of(self.strategy.kpis[kpi]) or (None, None)
        return moved if moved is own.paths else np.asarray(np.clip(moved, *bounds))

    def is_by_identity(self, kpi: str, levels: Levels, above: tuple[str, ...] = ()) -> bool:
        """Return whether the levels reach a KPI through its identity, which goes before leads."""
        return any(self.reached(part, levels, (*above, kpi)) for part in self._parts(kpi))

    def ways(self, kpi: str, levels: Levels, above: tuple[str, ...] = ()) -> list[str]:
        """Say by which ways the levels reach a KPI, in the order from it outwards."""
        if kpi in levels:
            return []
        inside = (*above, kpi)
        parts = [part for part in self._parts(kpi) if self.reached(part, levels, inside)]
        if parts:
            said = [f"{kpi} = {self.strategy.kpis[kpi].identity}"]
            return said + [way for part in parts for way in self.ways(part, levels, inside)]
        said = []
        for effect in self.effects.get(kpi, ()):
            if self._is_in_time(effect) and self.reached(effect.candidate, levels, inside):
                said.append(f"{effect.candidate} leads {kpi} by {effect.lag}")
                said += self.ways(effect.candidate, levels, inside)
        return said

    def added_up(self, kpi: str, levels: Levels) -> tuple[str, ...]:
        """Return a note where several changes lead the KPI, whose effects are added up."""
        moved = [
            effect.candidate
            for effect in self.effects.get(kpi, ())
            if self._is_in_time(effect) and self.reached(effect.candidate, levels, (kpi,))
        ]
        if len(moved) < 2 or self.is_by_identity(kpi, levels):
            return ()
        return (
            f"{kpi}: the effects of {', '.join(moved)} are added up, each as it is by itself; "
            "where they tell the same, the sum is too large.",
        )

    def _parts(self, kpi: str) -> list[str]:
        """Return the parts of a KPI's identity, where every one could be forecast."""
        parts = parts_of(self.strategy.kpis[kpi])
        mine = self.ahead.get(kpi)
        if mine is None or not set(parts) <= set(self.ahead):
            return []
        whole = all(len(self.ahead[part].starts) >= len(mine.starts) for part in parts)
        return parts if whole else []

    def _is_in_time(self, effect: LeadEffect) -> bool:
        if effect.candidate not in self.ahead:
            return False
        count = len(self.ahead[effect.target].starts)
        return bool((self._places(effect, count) >= 0).any())

    def _places(self, effect: LeadEffect, count: int) -> Places:
        """Return the candidate's period that tells of each of the target's; below 0, none."""
        ends = self.ahead[effect.candidate].starts
        late = len(ends) - count  # both end with the period
        return np.asarray(np.arange(count) - effect.lag + late)

    def _through_identity(self, kpi: str, levels: Levels, inside: tuple[str, ...]) -> Floats:
        tree, count = identity_of(self.strategy.kpis[kpi]), len(self.ahead[kpi].starts)
        assert tree is not None  # it has parts
        values = {}
        for part in self._parts(kpi):
            found = self.paths(part, levels, inside)[:, -count:]
            rows = np.arange(PATHS)
            if part not in levels:  # parts go their ways; whole paths stay together
                rows = self._order(kpi, part)
            values[part] = found[rows].ravel()
        return np.asarray(evaluate(tree, values).reshape(PATHS, count))

    def _moved(
        self, paths: Floats, own: Ahead, effect: LeadEffect, levels: Levels, inside: tuple[str, ...]
    ) -> Floats:
        places = self._places(effect, len(own.starts))
        base = self.ahead[effect.candidate]
        changed = self.paths(effect.candidate, levels, inside)
        if effect.candidate in levels:
            before = base.middle
        elif self.is_by_identity(effect.candidate, levels, inside):
            before, changed = base.middle, np.median(changed, axis=0)[None, :]
        else:
            before = base.paths
        apart = _scaled(changed, effect.candidate_logs) - _scaled(before, effect.candidate_logs)
        apart = np.where(places >= 0, np.nan_to_num(apart)[:, np.maximum(places, 0)], 0.0)
        sizes = effect.sizes[self._order(effect.candidate, effect.target)][:, None]
        if effect.target_logs:
            return np.asarray(paths * np.exp(sizes * apart))
        return np.asarray(paths + sizes * apart)

    def _order(self, first: str, second: str) -> Places:
        """Return the paths in an order of their own for each pair, always the same."""
        if (first, second) not in self._orders:
            own = crc32(f"{first}\x1f{second}".encode())
            self._orders[first, second] = np.random.default_rng([self.seed, own]).permutation(PATHS)
        return self._orders[first, second]


def weave(  # noqa: PLR0913 - what is known, and up to when
    strategy: Strategy,
    table: pd.DataFrame,
    *,
    stand: Stand,
    effects: Sequence[LeadEffect],
    today: date,
    seed: int,
) -> Web:
    """Forecast every KPI by which a change may reach the one in question."""
    by_target: dict[str, tuple[LeadEffect, ...]] = {}
    for effect in effects:
        by_target[effect.target] = (*by_target.get(effect.target, ()), effect)
    names, waiting = [], [stand.kpi.id]
    while waiting:
        one = waiting.pop()
        if one in names:
            continue
        names.append(one)
        waiting += parts_of(strategy.kpis[one])
        waiting += [effect.candidate for effect in by_target.get(one, ())]
    ahead = {
        name: found
        for name in names
        if (found := _ahead(strategy, table, name, stand.period, today, seed)) is not None
        and strategy.kpis[name].grain == stand.kpi.grain
    }
    return Web(strategy=strategy, ahead=ahead, effects=by_target, seed=seed)


def _ahead(  # noqa: PLR0913 - one KPI, and up to when
    strategy: Strategy, table: pd.DataFrame, name: str, period: Period, today: date, seed: int
) -> Ahead | None:
    """Return a KPI's paths to the end of the period; nothing where none can be had."""
    kpi = strategy.kpis[name]
    rows = facts_of(kpi, table, strategy, today)
    inside = starts_within(period, kpi, strategy)
    if rows["value"].notna().sum() < 2 or not inside:
        return None
    last = rows["period_start"].iloc[-1].date()
    steps = len(strategy.calendar.starts(last, inside[-1], kpi.grain)) - 1
    if steps < 1:
        return None
    panel = rows[["period_start", "value"]].assign(kpi=name)
    made = forecast(panel, horizon=steps, grain=kpi.grain, bounds=bounds_of(kpi), seed=seed)
    table = made.paths()
    return Ahead(
        starts=pd.DatetimeIndex(made.frame["period_start"]),
        paths=table["value"].to_numpy(dtype=float).reshape(PATHS, steps),
    )


def _scaled(values: Floats, logs: bool) -> Floats:
    if not logs:
        return values
    return np.asarray(np.log(np.maximum(values, np.finfo(float).tiny)))

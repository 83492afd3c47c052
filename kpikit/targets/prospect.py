"""One KPI's period with all that may change it: forecasts made once, levels put in often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.lead_effect import LeadEffect, lead_effects
from kpikit.analysis.links import test_links
from kpikit.analysis.panel import Floats
from kpikit.errors import DataError, KpikitError, UnknownNameError
from kpikit.forecasting.outcomes import Outcome
from kpikit.periods import Period, parse_date
from kpikit.targets.direction import Target, reached
from kpikit.targets.glide import look_ahead
from kpikit.targets.propagation import Levels, Web, weave
from kpikit.targets.standing import (
    NoDataError,
    Stand,
    bounds_of,
    facts_of,
    foresee,
    newest_day,
    stand_of,
)

if TYPE_CHECKING:
    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

LEVER_COLUMNS = ["lever", "title", "expected", "lowest", "highest", "through"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Prospect:
    """What a period may hold for one KPI, ready to be asked what changes would make of it.

    Attributes
    ----------
    levers
        One row per KPI by which it can be moved: `lever, title, expected, lowest, highest,
        through`: the level expected on average until the period ends, and the lowest and
        highest of any period so far.
    left_out
        Why a claimed link is not followed, by candidate and target.
    """

    strategy: Strategy
    as_of: date
    stand: Stand
    outcome: Outcome
    levers: pd.DataFrame
    left_out: Mapping[tuple[str, str], str]
    notes: tuple[str, ...]
    web: Web = field(repr=False)
    _weights: Floats = field(repr=False)
    _own: Floats = field(repr=False)
    _before: Floats = field(repr=False)

    def draws(self, changes: Levels) -> Floats:
        """Return equally likely values of the whole period once the levels are held."""
        kpi = self.stand.kpi.id
        if not self.web.reached(kpi, changes):
            return self._own
        whole = self._whole(self.web.paths(kpi, changes))
        if kpi in changes or self.web.is_by_identity(kpi, changes):
            return whole
        return np.asarray(self._own + whole - self._before)

    def attainment(self, target: Target, changes: Levels) -> float:
        """Return the chance that the target is reached once the levels are held."""
        return float(reached(self.draws(changes), target, self.stand.kpi.direction).mean())

    def why_ignored(self, changes: Levels) -> dict[str, str]:
        """Say which changes move nothing, and which claimed links were not followed."""
        kpi = self.stand.kpi.id
        used = self.web.reached(kpi, changes)
        found = {}
        for name in changes:
            if name not in used:
                reason = self.left_out.get((name, kpi))
                found[name] = reason or f"no identity and no supported lead carries it to {kpi}"
        for (name, target), reason in self.left_out.items():
            if name in used:
                found[f"{name} → {target}"] = reason
        return found

    def refuse(self, changes: Mapping[str, object]) -> dict[str, float]:
        """Return the levels, or raise naming every one that cannot be held.

        Raises
        ------
        UnknownNameError
            There is no such KPI.
        DataError
            A level is no finite number, or out of its KPI's bounds.
        """
        faults, levels = [], {}
        for name, value in changes.items():
            if name not in self.strategy.kpis:
                where = str(self.strategy.path)
                raise UnknownNameError("KPI", name, self.strategy.kpis, where=where)
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                faults.append(f"changes: {name} is {value!r}; it is a number.")
                continue
            low, high = bounds_of(self.strategy.kpis[name]) or (None, None)
            inside = (low is None or value >= low) and (high is None or value <= high)
            if not np.isfinite(value) or not inside:
                said = f" within {low} and {high}" if low is not None or high is not None else ""
                faults.append(f"changes: {name} is {value}; it is a finite level{said}.")
            levels[name] = float(value)
        if faults:
            raise DataError("\n".join(faults))
        return levels

    def _whole(self, paths: Floats) -> Floats:
        return whole_of(self.stand, paths, self._weights)


@dataclass(frozen=True, kw_only=True, eq=False)
class Links:
    """The leads that are followed, and why others are not, by candidate and target."""

    effects: tuple[LeadEffect, ...] = ()
    left_out: Mapping[tuple[str, str], str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def follow_links(strategy: Strategy, observations: Observations) -> Links:
    """Test the links that a strategy claims, and say how much the supported ones move."""
    if not any(one.leads for one in strategy.kpis.values()):
        return Links()
    try:
        evidence = test_links(strategy, observations)
    except KpikitError as error:
        return Links(notes=(f"No lead is followed, since links could not be tested: {error}",))
    effects, left_out = lead_effects(strategy, observations, evidence=evidence)
    return Links(effects=tuple(effects), left_out=left_out)


def prepare_what_if(  # noqa: PLR0913 - whose period, and what is seen by when
    strategy: Strategy,
    observations: Observations,
    *,
    kpi: str,
    period: str | date | Period,
    as_of: date | str | None = None,
    links: Links | None = None,
    seed: int = 0,
) -> Prospect:
    """Make all forecasts and test all links that `what_if` needs, once.

    Parameters
    ----------
    links
        What `follow_links` returned; asked for here unless given.

    Raises
    ------
    UnknownNameError
        There is no such KPI.
    DataError
        The period is over, or nothing can be said of it; the text says why.
    """
    if kpi not in strategy.kpis:
        raise UnknownNameError("KPI", kpi, strategy.kpis, where=str(strategy.path))
    item, table = strategy.kpis[kpi], observations.to_frame()
    when = period if isinstance(period, Period) else strategy.calendar.parse(str(period))
    today = newest_day(table, strategy) if as_of is None else parse_date(as_of)
    rows = facts_of(item, table, strategy, today)
    try:
        stand = stand_of(item, when, rows, strategy)
    except NoDataError as reason:
        raise DataError(f"kpis.{kpi}, {when}: {reason}.") from None
    if not stand.open_periods:
        raise DataError(f"{when}: is over; nothing can be changed in it. Name a later period.")
    links = links or follow_links(strategy, observations)
    web = weave(strategy, table, stand=stand, effects=links.effects, today=today, seed=seed)
    if kpi not in web.ahead:
        raise DataError(f"kpis.{kpi}: too little was observed to forecast it.")
    (outcome,), said = foresee([stand])
    weights = look_ahead(stand).weights
    before = whole_of(stand, web.ahead[kpi].paths, weights)
    known = outcome.draws[np.isfinite(outcome.draws)]
    levels = (before.argsort().argsort() + 0.5) / len(before)
    return Prospect(
        strategy=strategy,
        as_of=today,
        stand=stand,
        outcome=outcome,
        levers=_levers(strategy, table, web, kpi, today),
        left_out=links.left_out,
        notes=(*links.notes, *said),
        web=web,
        _weights=weights,
        _own=np.asarray(np.quantile(known, levels)),
        _before=before,
    )


def whole_of(stand: Stand, paths: Floats, weights: Floats) -> Floats:
    """Return what the whole period holds along each path, with what it holds already."""
    ahead = paths[:, -stand.open_periods :]
    if stand.aggregate == "last":
        return np.asarray(ahead[:, -1])
    first, second = stand.held if stand.gone else (0.0, 0.0)
    total = first + ahead @ weights
    return np.asarray(total if stand.aggregate == "sum" else total / (second + weights.sum()))


def _levers(
    strategy: Strategy, table: pd.DataFrame, web: Web, kpi: str, today: date
) -> pd.DataFrame:
    found = []
    for name, ahead in web.ahead.items():
        if name == kpi or not web.reached(kpi, {name: 0.0}):
            continue
        past = facts_of(strategy.kpis[name], table, strategy, today)["value"].dropna()
        found.append(
            {
                "lever": name,
                "title": strategy.kpis[name].title,
                "expected": float(ahead.middle.mean()),
                "lowest": float(past.min()),
                "highest": float(past.max()),
                "through": "; ".join(web.ways(kpi, {name: 0.0})),
            }
        )
    return pd.DataFrame(found, columns=LEVER_COLUMNS)

"""The chance of every target that is not decided yet: those of KPIs and of objectives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from kpikit.observations import Observations
from kpikit.periods import Period
from kpikit.strategy import Kpi, Strategy
from kpikit.targets.accepted import value_of
from kpikit.targets.direction import Target
from kpikit.targets.judge import Judgement, judge_complete, judge_running
from kpikit.targets.standing import Facts, NoDataError, Stand, foresee, stand_of

Key = tuple[str, str]  # the place of the KPI or objective, and the period's name


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """One target: reached or not where its period is complete, else its chance.

    Attributes
    ----------
    complete
        Whether the period is complete, so that the target was reached or not.
    begun
        Whether a part of the period is complete, which may have decided it already.
    """

    kpi: Kpi
    period: Period
    target: Target
    complete: bool
    begun: bool
    found: Judgement


def look_ahead(
    strategy: Strategy, observations: Observations, *, as_of: date
) -> Mapping[Key, Prospect]:
    """Return what can be said of every target of KPIs and objectives as of a day.

    Notes
    -----
    An objective's target is the value of its KPI in the period of the KPI's own grain
    that holds the day on which it is due. Targets that nothing can be said of are left out.
    """
    facts = Facts(observations.to_frame(), strategy)
    stands: dict[Key, tuple[Target, Stand]] = {}
    for place, kpi, target, period in _wanted(strategy):
        try:
            stand = stand_of(kpi, period, facts.seen(kpi, as_of), strategy)
        except NoDataError:
            continue
        stands[place, period.label] = (target, stand)
    return _judged(strategy, stands)


def _wanted(strategy: Strategy) -> Iterator[tuple[str, Kpi, Target, Period]]:
    """Yield every declared target: where it stands, its KPI, itself and its period."""
    calendar = strategy.calendar
    for kpi in strategy.kpis.values():
        for declared in kpi.targets if kpi.status != "retired" else ():
            value = value_of(kpi, declared)
            if value is not None:
                yield f"kpis.{kpi.id}", kpi, value, calendar.parse(declared.period)
    for name, objective in strategy.objectives.items():
        goal = strategy.kpis.get(objective.kpi or "")
        if goal is None or objective.target is None or objective.by is None:
            continue
        if goal.direction != "on_target":  # one value says nothing of a band
            period = calendar.period(objective.by, goal.grain)
            yield f"objectives.{name}", goal, objective.target, period


def _judged(strategy: Strategy, stands: Mapping[Key, tuple[Target, Stand]]) -> dict[Key, Prospect]:
    """Return what is said of each; all that still run are forecast at once."""
    running = [key for key, (_, stand) in stands.items() if stand.open_periods]
    outcomes, _ = foresee([stands[key][1] for key in running])
    ahead = dict(zip(running, outcomes, strict=True))
    found: dict[Key, Prospect] = {}
    for key, (target, stand) in stands.items():
        judged: Judgement | None = judge_complete(target, stand)
        if key in ahead:
            judged = judge_running(target, stand, ahead[key], strategy)
        if judged is not None:
            found[key] = Prospect(
                kpi=stand.kpi,
                period=stand.period,
                target=target,
                complete=key not in ahead,
                begun=stand.gone > 0,
                found=judged,
            )
    return found

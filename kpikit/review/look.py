"""Everything a review knows of one KPI: past, what happened, what comes, what would be honest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd

from kpikit.analysis.baselines import find_baselines
from kpikit.analysis.changes import Changes, find_changes
from kpikit.analysis.drivers import Drivers, rank_drivers
from kpikit.analysis.market import BesideMarket, look_beside_market
from kpikit.analysis.panel import read_panel
from kpikit.analysis.seasons import Season, find_season
from kpikit.analysis.signals import Signals
from kpikit.analysis.trend import Trend, fit_trend
from kpikit.analysis.watched import judge_kpis
from kpikit.errors import DataError
from kpikit.forecasting.forecast import Forecast, forecast
from kpikit.observations import Observations
from kpikit.observations.eras import defined_alike
from kpikit.periods import Calendar, Period
from kpikit.results import Finding
from kpikit.review.bundle import Bundle
from kpikit.review.happenings import Told, happenings
from kpikit.strategy import Kpi, Strategy
from kpikit.targets.aggregate import Aggregate, aggregate_of
from kpikit.targets.direction import Target
from kpikit.targets.propose import TargetProposals, propose_targets

PANEL = ["kpi", "segment", "period_start", "value"]
NO_TARGET: Mapping[str, object] = {
    "target": float("nan"),
    "attainment": float("nan"),
    "status": "no_target",
}


@dataclass(frozen=True, kw_only=True)
class KpiReview:
    """What the review knows of one KPI.

    Attributes
    ----------
    net
        Its trend once the moves of its market are taken out; None where it names none.
    """

    kpi: Kpi
    history: pd.DataFrame = field(repr=False)
    trend: Trend | None
    changes: Changes | None
    signals: Signals | None
    net: Trend | None
    season: Season | None
    happened: tuple[Finding, ...]
    drivers: Drivers | None
    forecast: Forecast | None
    proposals: TargetProposals | None
    aggregate: Aggregate | None
    row: Mapping[str, object] = field(repr=False)
    complete: bool
    notes: tuple[str, ...] = ()


def look_at(  # noqa: PLR0913 - where a KPI stands is told for all of them at once
    kpi: Kpi,
    strategy: Strategy,
    period: Period,
    facts: Bundle,
    *,
    target: Target | None,
    standing: Mapping[str, object],
) -> KpiReview:
    """Gather everything about one KPI: past, trend, what comes, what would be honest.

    Parameters
    ----------
    target
        The one in force in the period.
    standing
        What `stand_at` says of the KPI.
    """
    own = facts.observations.of(kpi.id)
    complete = own[own["complete"]]
    whole = complete.loc[complete["period_start"] <= pd.Timestamp(period.end), PANEL]
    known = bool(whole["value"].notna().any())
    series, _ = read_panel(whole)
    named = [replace(one, kpi=kpi.title) for one in series]
    trend = fit_trend(named) if known else None
    changes = find_changes(series) if known else None
    signals = None
    if changes is not None:
        baselines = find_baselines(series, changes=changes, resets=facts.resets)
        signals = judge_kpis(strategy, series, baselines=baselines)
    beside = _beside(whole, facts.markets, kpi) if known else None
    quotient = bool(own["denominator"].notna().any())
    aggregate = aggregate_of(kpi, strategy=strategy, is_quotient=quotient)
    is_complete = _is_complete(kpi, facts.periods, period)
    panel = complete[[*PANEL, "numerator", "denominator"]]
    ahead, proposals, notes = _ahead(kpi, strategy, period, panel, aggregate)
    # the target of one of the KPI's own periods, where the period's is not a sum of several
    comparable = kpi.grain == period.grain or aggregate in ("mean", "ratio")
    return KpiReview(
        kpi=kpi,
        history=own[["period_start", "value", "complete"]],
        trend=trend,
        changes=changes,
        signals=signals,
        season=find_season(named) if known else None,
        net=None if beside is None else fit_trend(beside.net.history.assign(kpi=kpi.title)),
        happened=happenings(
            Told(
                kpi=kpi,
                currency=strategy.organisation.currency or "",
                calendar=strategy.calendar,
            ),
            period=period,
            changes=changes,
            signals=signals,
            beside=beside,
            target=target if comparable else None,
        ),
        drivers=_drivers(kpi, strategy, period, facts, standing) if is_complete else None,
        forecast=ahead,
        proposals=proposals,
        aggregate=aggregate,
        row={**standing, "trend": str(trend.frame["verdict"].iloc[0]) if trend else "no data"},
        complete=is_complete,
        notes=notes,
    )


def stand_at(
    kpis: Iterable[Kpi], strategy: Strategy, period: Period, facts: Bundle
) -> dict[str, dict[str, object]]:
    """Return where each KPI stands in a period: values, target, attainment and status."""
    verdicts = _verdicts(facts.assessed, period)
    redefined = set(facts.periods.definitions["kpi"])
    return {
        kpi.id: {
            "kpi": kpi.id,
            "title": kpi.title,
            "owner": kpi.owner,
            **_values(kpi, facts.periods, strategy.calendar, period, dated=kpi.id in redefined),
            **verdicts.get(kpi.id, NO_TARGET),
        }
        for kpi in kpis
    }


def _beside(whole: pd.DataFrame, markets: pd.DataFrame, kpi: Kpi) -> BesideMarket | None:
    """Return how the KPI does beside its market, where that can be told."""
    own = markets.loc[markets["kpi"] == kpi.id, ["period_start", "value"]]
    try:
        return look_beside_market(whole[["period_start", "value"]], own) if len(own) else None
    except DataError:  # too little in common, or a market that stands still
        return None


def _drivers(
    kpi: Kpi, strategy: Strategy, period: Period, facts: Bundle, standing: Mapping[str, object]
) -> Drivers | None:
    """Say what moved a KPI since the period before, where both are known and comparable."""
    redefined = standing["redefined"]
    if any(value != value for value in (standing["value"], standing["previous"])):
        return None
    if isinstance(redefined, tuple) and "previous" in redefined:
        return None
    before = strategy.calendar.shift(period.start, period.grain, -1)
    found = rank_drivers(
        strategy,
        facts.periods,
        kpi=kpi.id,
        period=period,
        against=strategy.calendar.period(before, period.grain),
        history=facts.observations,
        links=facts.evidence.links,
        leads=facts.evidence.leads,
    )
    return found if len(found.frame) else None


def _is_complete(kpi: Kpi, periods: Observations, period: Period) -> bool:
    history = periods.history(kpi.id)
    now = history.loc[history["period_start"] == pd.Timestamp(period.start), "complete"]
    return bool(len(now) and now.all())


def _values(
    kpi: Kpi, periods: Observations, calendar: Calendar, period: Period, *, dated: bool
) -> dict[str, object]:
    """Return the period's value, the one before, and that of a year ago by the calendar."""
    history = periods.history(kpi.id)
    known = dict(zip(history["period_start"], history["value"], strict=True))
    starts = {
        "value": period.start,
        "previous": calendar.shift(period.start, period.grain, -1),
        "year_ago": calendar.year_ago(period.start, period.grain),
    }
    values = {
        name: float(known.get(pd.Timestamp(start), float("nan"))) for name, start in starts.items()
    }
    return {**values, "redefined": _redefined(kpi, periods, starts) if dated else ()}


def _redefined(kpi: Kpi, periods: Observations, starts: Mapping[str, date]) -> tuple[str, ...]:
    """Return the names of the earlier values that another definition made."""
    return tuple(
        name
        for name, start in starts.items()
        if not defined_alike(periods.definitions, kpi.id, [start, starts["value"]])
    )


def _verdicts(assessed: pd.DataFrame, period: Period) -> dict[str, dict[str, object]]:
    """Return target, attainment and status of every KPI that has a target in the period."""
    own = assessed[(assessed["period"] == period.label) & (assessed["segment"] == "")]
    rows = own.drop_duplicates("kpi").to_dict("records")
    return {str(row["kpi"]): {name: row[name] for name in NO_TARGET} for row in rows}


def _ahead(
    kpi: Kpi,
    strategy: Strategy,
    period: Period,
    panel: pd.DataFrame,
    aggregate: Aggregate | None,
) -> tuple[Forecast | None, TargetProposals | None, tuple[str, ...]]:
    """Forecast up to the end of the next period, and propose its targets."""
    if panel["value"].notna().sum() == 0:
        return None, None, ("nothing has been observed yet",)
    known = panel["period_start"].max()
    calendar = strategy.calendar
    next_start = calendar.shift(period.start, period.grain, 1)
    next_end = calendar.period(next_start, period.grain).end
    steps = len(calendar.starts(known.date(), next_end, kpi.grain)) - 1
    if steps < 1:
        return None, None, ()
    ahead = forecast(panel, horizon=steps, grain=kpi.grain, bounds=kpi.bounds)
    inside = len(calendar.starts(next_start, next_end, kpi.grain))
    if steps != inside:
        return ahead, None, ("targets are proposed once the period is complete",)
    if aggregate is None:
        return ahead, None, ("over_periods is not declared, so no target can be proposed",)
    proposals = propose_targets(
        panel,
        horizon=inside,
        aggregate=aggregate,
        direction=kpi.direction,
        bounds=kpi.bounds,
        grain=kpi.grain,
    )
    return ahead, proposals, ()

"""Everything a review knows of one KPI: past, what happened, what comes, what would be honest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from kpikit.analysis.baselines import find_baselines
from kpikit.analysis.changes import Changes, find_changes
from kpikit.analysis.drivers import Drivers, rank_drivers
from kpikit.analysis.market import BesideMarket, look_beside_market
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


def look_at(
    kpi: Kpi,
    strategy: Strategy,
    period: Period,
    facts: Bundle,
    targets: Mapping[tuple[str, str], Target],
) -> KpiReview:
    """Gather everything about one KPI: past, trend, what comes, what would be honest."""
    history = facts.observations.history(kpi.id)
    whole = history[history["complete"] & (history["period_start"] <= pd.Timestamp(period.end))]
    named = whole.assign(kpi=kpi.title, segment="")
    known = bool(whole["value"].notna().any())
    trend = fit_trend(named) if known else None
    changes = find_changes(named) if known else None
    signals = _signals(whole.assign(kpi=kpi.id), strategy, facts.resets) if known else None
    beside = _beside(whole, facts.markets, kpi) if known else None
    row = stand_at(kpi, strategy, period, facts) | {
        "trend": str(trend.to_frame()["verdict"].iloc[0]) if trend else "no data",
    }
    ahead, proposals, notes = _ahead(kpi, strategy, period, facts)
    currency = strategy.organisation.currency or ""
    return KpiReview(
        kpi=kpi,
        history=history,
        trend=trend,
        changes=changes,
        signals=signals,
        season=find_season(named) if known else None,
        net=None if beside is None else fit_trend(beside.net.history.assign(kpi=kpi.title)),
        happened=happenings(
            Told(kpi=kpi, currency=currency, calendar=strategy.calendar),
            period=period,
            changes=changes,
            signals=signals,
            beside=beside,
            target=_of_one(kpi, strategy, period, facts, targets.get((kpi.id, period.label))),
        ),
        drivers=_drivers(kpi, strategy, period, facts, row),
        forecast=ahead,
        proposals=proposals,
        aggregate=_aggregate(kpi, strategy, facts),
        row=row,
        complete=_is_complete(kpi, facts.periods, period),
        notes=notes,
    )


def stand_at(kpi: Kpi, strategy: Strategy, period: Period, facts: Bundle) -> dict[str, object]:
    """Return where a KPI stands in a period: values, target, attainment and status."""
    return {
        "kpi": kpi.id,
        "title": kpi.title,
        "owner": kpi.owner,
        **_values(kpi, facts.periods, strategy.calendar, period),
        **_verdict(kpi, facts.assessed, period),
    }


def _signals(whole: pd.DataFrame, strategy: Strategy, resets: pd.DataFrame | None) -> Signals:
    """Return what stands out, on baselines that changes confirm or people set."""
    panel = whole.assign(segment="")[["kpi", "segment", "period_start", "value"]]
    return judge_kpis(strategy, panel, baselines=find_baselines(panel, resets=resets))


def _beside(whole: pd.DataFrame, markets: pd.DataFrame, kpi: Kpi) -> BesideMarket | None:
    """Return how the KPI does beside its market, where that can be told."""
    own = markets.loc[markets["kpi"] == kpi.id, ["period_start", "value"]]
    try:
        return look_beside_market(whole[["period_start", "value"]], own) if len(own) else None
    except DataError:  # too little in common, or a market that stands still
        return None


def _of_one(
    kpi: Kpi, strategy: Strategy, period: Period, facts: Bundle, target: Target | None
) -> Target | None:
    """Return the target of one of the KPI's own periods; None where the period's is a sum."""
    if kpi.grain != period.grain and _aggregate(kpi, strategy, facts) not in ("mean", "ratio"):
        return None
    return target


def _drivers(
    kpi: Kpi, strategy: Strategy, period: Period, facts: Bundle, row: Mapping[str, object]
) -> Drivers | None:
    """Say what moved a KPI since the period before, where both are whole and comparable."""
    redefined = row["redefined"]
    known = [row["value"], row["previous"]]
    if not _is_complete(kpi, facts.periods, period) or any(value != value for value in known):
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
    return found if len(found.to_frame()) else None


def _is_complete(kpi: Kpi, periods: Observations, period: Period) -> bool:
    history = periods.history(kpi.id)
    now = history.loc[history["period_start"] == pd.Timestamp(period.start), "complete"]
    return bool(len(now) and now.all())


def _values(
    kpi: Kpi, periods: Observations, calendar: Calendar, period: Period
) -> dict[str, object]:
    """Return the period's value, the one before, and that of a year ago by the calendar."""
    history = periods.history(kpi.id).set_index("period_start")["value"]
    starts = {
        "value": period.start,
        "previous": calendar.shift(period.start, period.grain, -1),
        "year_ago": calendar.year_ago(period.start, period.grain),
    }
    return {
        name: float(history.get(pd.Timestamp(start), float("nan")))
        for name, start in starts.items()
    } | {"redefined": _redefined(kpi, periods, starts)}


def _redefined(kpi: Kpi, periods: Observations, starts: Mapping[str, date]) -> tuple[str, ...]:
    """Return the names of the earlier values that another definition made."""
    return tuple(
        name
        for name, start in starts.items()
        if not defined_alike(periods.definitions, kpi.id, [start, starts["value"]])
    )


def _verdict(kpi: Kpi, assessed: pd.DataFrame, period: Period) -> dict[str, object]:
    """Return target, attainment and status, or say that there is no target."""
    own = assessed["kpi"].eq(kpi.id) & assessed["period"].eq(period.label)
    rows = assessed[own & assessed["segment"].eq("")]
    if rows.empty:
        return {"target": float("nan"), "attainment": float("nan"), "status": "no_target"}
    found = rows.iloc[0]
    return {name: found[name] for name in ("target", "attainment", "status")}


def _aggregate(kpi: Kpi, strategy: Strategy, facts: Bundle) -> Aggregate | None:
    """Return how the KPI's periods make one number, where that can be told."""
    frame = facts.observations.to_frame()
    quotient = bool(frame.loc[frame["kpi"] == kpi.id, "denominator"].notna().any())
    return aggregate_of(kpi, strategy=strategy, is_quotient=quotient)


def _ahead(
    kpi: Kpi, strategy: Strategy, period: Period, facts: Bundle
) -> tuple[Forecast | None, TargetProposals | None, tuple[str, ...]]:
    """Forecast up to the end of the next period, and propose its targets."""
    panel = facts.observations.panel()
    panel = panel[(panel["kpi"] == kpi.id) & (panel["segment"] == "")]
    known = panel["period_start"].max()
    if panel["value"].notna().sum() == 0:
        return None, None, ("nothing has been observed yet",)
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
    aggregate = _aggregate(kpi, strategy, facts)
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

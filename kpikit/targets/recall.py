"""Past targets, with what could have been promised on the eve, and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.record import promises_chart
from kpikit.errors import UnknownNameError
from kpikit.forecasting.outcomes import Outcome
from kpikit.periods import Period, parse_date
from kpikit.results import ROWS_SHOWN, Result
from kpikit.targets.accepted import AcceptedTargets, Wanted, wanted_targets
from kpikit.targets.direction import Target, quantile_level, reached
from kpikit.targets.standing import Facts, NoDataError, Stand, Table, foresee, stand_of
from kpikit.units import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Kpi, Strategy

COMMITTED = 0.8
WIDTH = 2.5631031310892007  # spreads between the 10 % and the 90 % quantile of a normal
COLUMNS = [
    "kpi",
    "segment",
    "owner",
    "period",
    "target",
    "attainment",
    "committed",
    "q0.1",
    "q0.5",
    "q0.9",
    "actual",
    "reached",
    "kept",
    "excess",
    "surprise",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class PastTargets(Result):
    """What was wanted, what could have been promised, and what came; for periods gone by.

    Attributes
    ----------
    title, unit, currency
        Of the first KPI, which the picture shows.
    """

    as_of: date
    title: str
    unit: Unit
    currency: str

    def summary(self) -> str:
        """Say how many targets were reached, and how many of the honest ones would have been."""
        said = f"Periods looked back on: {len(self.frame)}"
        judged = self.frame.dropna(subset=["reached"])
        if len(judged):
            said += (
                f"; targets reached: {int(judged['reached'].sum())} of {len(judged)}, "
                f"which {judged['attainment'].sum():.0f} were expected to be"
            )
        kept = self.frame["kept"].dropna()
        if len(kept):
            said += (
                f"; of what kpikit would have committed to at {COMMITTED * 100:.0f} %, "
                f"{int(kept.sum())} of {len(kept)} were reached"
            )
        return f"{said}."

    def _draw(self, ax: Axes) -> None:
        if len(self.frame):
            first = self.frame.iloc[0]
            same = (self.frame["kpi"] == first["kpi"]) & (self.frame["segment"] == first["segment"])
            promises_chart(
                self.frame[same],
                ax=ax,
                title=f"{self.title}: what could be promised, and what came",
                unit=self.unit,
                currency=self.currency,
            )

    def _shown(self) -> pd.DataFrame:
        columns = ["kpi", "segment", "period", "target", "attainment", "committed", "actual"]
        return self.frame.tail(ROWS_SHOWN)[[*columns, "reached", "kept"]]


def recall_targets(  # noqa: PLR0913 - each argument is a question of its own
    strategy: Strategy,
    observations: Table,
    *,
    as_of: date | str,
    periods: Sequence[str] | None = None,
    kpis: Sequence[str] | None = None,
    ledger: AcceptedTargets | None = None,
) -> PastTargets:
    """Say of past periods what was wanted, what could have been promised, and what came.

    Parameters
    ----------
    strategy
        The KPIs, their owners, and their declared targets.
    observations
        At each KPI's own grain.
    as_of
        Periods that end by then are looked back on.
    periods
        Their names; those with a target unless given.
    kpis
        Which KPIs; all that are not retired unless given.
    ledger
        What remembers accepted targets.

    Returns
    -------
    PastTargets
        One row per KPI and period: `kpi, segment, owner, period, target, attainment,
        committed, q0.1, q0.5, q0.9, actual, reached, kept, excess, surprise`. `attainment` is the
        chance of the target on the eve of the period, with nothing known later; `committed`
        what was reached with 80 % then; `reached` and `kept` say whether `actual` reached
        the target, and the committed one. `excess` is how much better the actual was than
        the target, `surprise` than the forecast's median, both in spreads of the forecast.

    Raises
    ------
    UnknownNameError
        There is no such KPI.
    PeriodError
        A period cannot be read.

    Notes
    -----
    Where values were restated since, today's are used, unless the observations carry
    `known_at`. A period without a value, or without enough before it, is left out; the
    notes count them.
    """
    today, facts = parse_date(as_of), Facts(observations.to_frame(), strategy)
    for name in kpis or ():
        if name not in strategy.kpis:
            raise UnknownNameError("KPI", name, strategy.kpis, where=str(strategy.path))
    targets, notes = wanted_targets(strategy, ledger, today=today)
    asked = _asked(strategy, targets, periods, kpis)
    asked = [one for one in asked if one.period.end <= today]
    pairs = []
    for one in asked:
        try:
            pairs.append((one, *_then_and_now(one, facts, strategy, today)))
        except NoDataError:
            continue
    outcomes, said = foresee([then for _, then, _ in pairs])
    rows = [_row(one, now, outcome) for (one, _, now), outcome in zip(pairs, outcomes, strict=True)]
    if len(pairs) < len(asked):
        notes += (f"Periods left out for want of values: {len(asked) - len(pairs)}.",)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    first = strategy.kpis.get(str(frame["kpi"].iloc[0])) if len(frame) else None
    return PastTargets(
        frame=frame,
        notes=(*notes, *said),
        as_of=today,
        title=first.title if first else "",
        unit=first.unit if first else "number",
        currency=strategy.organisation.currency or "",
    )


def _asked(
    strategy: Strategy,
    targets: Sequence[Wanted],
    periods: Sequence[str] | None,
    kpis: Sequence[str] | None,
) -> list[Wanted]:
    """Return the periods to look back on, with a target or, where they are named, without."""
    chosen = [one for one in targets if kpis is None or one.kpi.id in kpis]
    if periods is None:
        return chosen
    named = [strategy.calendar.parse(text) for text in periods]
    known = {(one.kpi.id, one.period.label): one for one in chosen if not one.segment}
    return [
        known.get((kpi.id, period.label)) or _without_target(kpi, period)
        for kpi in strategy.kpis.values()
        if kpi.status != "retired" and (kpis is None or kpi.id in kpis)
        for period in named
    ]


def _without_target(kpi: Kpi, period: Period) -> Wanted:
    return Wanted(kpi=kpi, segment="", period=period, value=None, accepted=False)


def _then_and_now(
    one: Wanted, facts: Facts, strategy: Strategy, today: date
) -> tuple[Stand, Stand]:
    """Return how the period stood on its eve, and how it ended.

    Raises
    ------
    NoDataError
        When either cannot be said.
    """
    stands = []
    for day in (one.period.start - timedelta(days=1), today):
        rows = facts.seen(one.kpi, day, segment=one.segment)
        stands.append(stand_of(one.kpi, one.period, rows, strategy, segment=one.segment))
    then, now = stands
    if now.open_periods or then.gone:
        raise NoDataError("the period is not whole, or had begun")
    return then, now


def _row(one: Wanted, now: Stand, outcome: Outcome) -> tuple[object, ...]:
    draws = outcome.draws[np.isfinite(outcome.draws)]
    direction = one.kpi.direction
    low, middle, high = np.quantile(draws, (0.1, 0.5, 0.9)) if len(draws) else (np.nan,) * 3
    committed: Target = (float(low), float(high))
    if direction != "on_target":
        level = quantile_level(COMMITTED, direction)
        committed = float(np.quantile(draws, level)) if len(draws) else float("nan")
    value = one.value
    return (
        one.kpi.id,
        one.segment,
        one.kpi.owner,
        one.period.label,
        np.nan if value is None or isinstance(value, tuple) else value,
        np.nan if value is None or not len(draws) else reached(draws, value, direction).mean(),
        np.nan if isinstance(committed, tuple) else committed,
        low,
        middle,
        high,
        now.actual,
        np.nan if value is None else _hit(now.actual, value, now),
        _hit(now.actual, committed, now) if len(draws) else np.nan,
        _better(value, now, (float(low), float(high))),
        _better(float(middle), now, (float(low), float(high))),
    )


def _hit(actual: float, target: Target, now: Stand) -> float:
    return float(reached(np.array([actual]), target, now.kpi.direction)[0])


def _better(target: Target | None, now: Stand, band: tuple[float, float]) -> float:
    """Return how much better than that it came, in spreads of the forecast."""
    spread = (band[1] - band[0]) / WIDTH
    if target is None or isinstance(target, tuple) or not spread > 0:
        return float("nan")
    if now.kpi.direction == "on_target":
        return float("nan")
    better = now.actual - target
    return (better if now.kpi.direction == "higher_is_better" else -better) / spread

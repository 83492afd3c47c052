"""One target of one KPI, planned: its chance, its path, and the honest alternatives."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import season_length
from kpikit.charts.attainment import attainment_chart
from kpikit.charts.glide import glide_chart
from kpikit.charts.style import axes, look
from kpikit.errors import DataError, UnknownNameError
from kpikit.forecasting.outcomes import Outcome
from kpikit.periods import Period, parse_date
from kpikit.results import Result
from kpikit.targets.accepted import AcceptedTargets, wanted_targets
from kpikit.targets.anchors import anchor_note
from kpikit.targets.basis import parts_of
from kpikit.targets.direction import Target, aim_of
from kpikit.targets.glide import glide_path, look_ahead
from kpikit.targets.growth import Growth, Run, asked_growth
from kpikit.targets.judge import needed_pace
from kpikit.targets.proposals import NAMES, TargetProposals
from kpikit.targets.propose import ATTAINMENT, propose_targets
from kpikit.targets.standing import (
    NoDataError,
    Stand,
    Table,
    bounds_of,
    facts_of,
    foresee,
    newest_day,
    stand_of,
)
from kpikit.units import Unit, format_chance, format_change, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Kpi, Strategy

SEASONS_SHOWN = 3  # of the history, in the picture


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetPlan(Result):
    """A target, the way to it, and what would be honest.

    Attributes
    ----------
    title, unit, currency, period
        Of the KPI, and the period the target is for.
    target, origin
        What is wanted, and where that comes from: `asked`, `accepted`, `declared`, or
        `proposed` (committed, where there is no other).
    actual
        What the period holds so far; missing where it has not begun.
    attainment
        The chance to reach the target.
    needed_pace
        What each period still open must hold on average to end on it.
    proposals
        Floor, committed and stretch, with what they rest on.
    growth
        What the target asks for beside what there was.
    """

    title: str
    unit: Unit
    currency: str
    period: str
    target: Target
    origin: str
    actual: float
    attainment: float
    needed_pace: float
    proposals: TargetProposals = field(repr=False)
    growth: Growth
    _history: pd.DataFrame = field(repr=False)

    def summary(self) -> str:
        """Say the target's chance, the pace it needs, and which one would be honest."""
        said = (
            f"{self.title} {self.period}: {self._target()} ({self.origin}) is reached with a "
            f"chance of {format_chance(self.attainment)}"
        )
        if np.isfinite(self.actual):
            said += f"; {self.say(self.actual)} so far"
        if np.isfinite(self.needed_pace):
            said += f"; each period still open needs {self.say(self.needed_pace)}"
        if self.origin == "proposed":
            return f"{said}."
        return f"{said}; {self._honest()}."

    def plot_chances(self, ax: Axes | None = None) -> Axes:
        """Draw the chance of every target, with this one and the proposed ones on it."""
        with look():
            ax = axes(ax)
            row = self.proposals.frame.iloc[0]
            names = ("lower", "upper") if isinstance(self.target, tuple) else NAMES
            marks = {name: float(row[name]) for name in names}
            if not isinstance(self.target, tuple) and self.origin != "proposed":
                marks[self.origin] = self.target
            curve = self.proposals.curve(row["kpi"], row["segment"])
            attainment_chart(
                curve,
                marks=marks,
                ax=ax,
                title=f"{self.title} {self.period}: which target, and how likely",
                unit=self.unit,
                currency=self.currency,
            )
        return ax

    def _honest(self) -> str:
        row = self.proposals.frame.iloc[0]
        chance = format_chance(self.proposals.levels[1])
        if isinstance(self.target, tuple):
            band = f"{self.say(row['lower'])} to {self.say(row['upper'])}"
            return f"the band that holds what comes with {chance} is {band}"
        return f"{self.say(row['committed'])} is reached with {chance}"

    def _target(self) -> str:
        if isinstance(self.target, tuple):
            return f"a band from {self.say(self.target[0])} to {self.say(self.target[1])}"
        return self.say(self.target)

    def say(self, value: float | None) -> str:
        """Return a value of the KPI as text, with its unit."""
        return format_value(value, self.unit, currency=self.currency)

    def _shown(self) -> pd.DataFrame:
        table = self.to_frame()
        values = [name for name in table.columns if name != "period_start"]
        return table.assign(**{name: [self.say(one) for one in table[name]] for name in values})

    def _draw(self, ax: Axes) -> None:
        glide_chart(
            self.frame,
            history=self._history,
            ax=ax,
            title=f"{self.title}: the path to {self._target()} in {self.period}",
            unit=self.unit,
            currency=self.currency,
        )


def plan_target(  # noqa: PLR0913 - each argument is a question of its own
    strategy: Strategy,
    observations: Table,
    *,
    kpi: str,
    period: str | date | Period,
    target: Target | None = None,
    segment: str = "",
    as_of: date | str | None = None,
    ledger: AcceptedTargets | None = None,
) -> TargetPlan:
    """Say how likely one target is, what would be honest, and by which path it is reached.

    Parameters
    ----------
    strategy
        The KPI's definition and its declared targets.
    observations
        At the KPI's own grain.
    kpi, segment, period
        Whose target it is, and for which period; it may be running, not over.
    target
        The target to plan; of an `on_target` KPI a band (lower, upper). Unless given, the
        newest accepted one, else the declared one, else the one proposed as committed.
    as_of
        Nothing later is seen; the newest day in the observations unless given. With a day
        before a period that is over, it says what could have been promised then.
    ledger
        What remembers accepted targets.

    Returns
    -------
    TargetPlan
        One row per period inside: `period_start, actual, expected, q0.1, q0.5, q0.9, plan,
        together`. `plan` adds up to the target exactly, by the KPI's own way of adding up;
        `together` says what it makes up to there.

    Raises
    ------
    UnknownNameError
        There is no such KPI.
    DataError
        The period is over, or nothing can be said of it; the text says why.

    Notes
    -----
    The path keeps the season: open periods change in proportion to what is expected of
    them. It is a plan, no forecast. The notes name what the target's growth is reckoned
    from where that was an unusual period: after a record comes, as a rule, no record.
    """
    if kpi not in strategy.kpis:
        raise UnknownNameError("KPI", kpi, strategy.kpis, where=str(strategy.path))
    item, table = strategy.kpis[kpi], observations.to_frame()
    when = period if isinstance(period, Period) else strategy.calendar.parse(str(period))
    today = newest_day(table, strategy) if as_of is None else parse_date(as_of)
    rows = facts_of(item, table, strategy, today, segment=segment)
    stand = _stand(item, segment, when, rows, strategy)
    proposals = _propose(stand)
    found = (target, "asked") if target is not None else None
    found = found or _known_target(strategy, stand, ledger, today)
    wanted, origin = found or _proposed(proposals, item)
    (outcome,), _ = foresee([stand])
    growth, anchored = _growth(stand, outcome, wanted)
    frame = glide_path(stand, look_ahead(stand), aim_of(wanted, outcome.draws))
    shown = SEASONS_SHOWN * max(season_length(None, item.grain), len(stand.starts))
    notes = (*proposals.notes, *_growth_note(growth, item), *anchored)
    return TargetPlan(
        frame=frame,
        notes=notes,
        title=", ".join(filter(None, (item.title, segment))),
        unit=item.unit,
        currency=strategy.organisation.currency or "",
        period=when.label,
        target=wanted,
        origin=origin,
        actual=stand.actual,
        attainment=proposals.attainment(kpi, wanted, segment),
        needed_pace=needed_pace(wanted, stand, outcome),
        proposals=proposals,
        growth=growth,
        _history=stand.rows[["period_start", "value"]].tail(shown),
    )


def _stand(kpi: Kpi, segment: str, period: Period, rows: pd.DataFrame, strategy: Strategy) -> Stand:
    try:
        stand = stand_of(kpi, period, rows, strategy, segment=segment)
    except NoDataError as reason:
        raise DataError(f"kpis.{kpi.id}, {period}: {reason}.") from None
    if not stand.open_periods:
        raise DataError(
            f"{period}: is over, and holds {stand.actual:g}. Name a later period, or pass as_of= "
            "with a day before its end to see what could have been promised."
        )
    if not rows["value"].notna().any():
        raise DataError(f"kpis.{kpi.id}: nothing was observed that could be forecast.")
    return stand


def _propose(stand: Stand) -> TargetProposals:
    panel = stand.rows.assign(kpi=stand.kpi.id, segment=stand.segment)
    inside = panel[panel["period_start"].isin(pd.to_datetime(list(stand.starts)))]
    return propose_targets(
        panel,
        horizon=stand.open_periods,
        aggregate=stand.aggregate,
        attainment=ATTAINMENT,
        direction=stand.kpi.direction,
        to_date=inside,
        bounds=bounds_of(stand.kpi),
        grain=stand.kpi.grain,
        skip=stand.skip,
    )


def _known_target(
    strategy: Strategy, stand: Stand, ledger: AcceptedTargets | None, today: date
) -> tuple[Target, str] | None:
    """Return the target in force and where it comes from, where there is one."""
    known, _ = wanted_targets(strategy, ledger, today=today)
    for one in known:
        same = (one.kpi.id, one.segment) == (stand.kpi.id, stand.segment)
        if same and one.period == stand.period and one.value is not None:
            return one.value, "accepted" if one.accepted else "declared"
    return None


def _proposed(proposals: TargetProposals, kpi: Kpi) -> tuple[Target, str]:
    row = proposals.frame.iloc[0]
    if kpi.direction == "on_target":
        return (float(row["lower"]), float(row["upper"])), "proposed"
    return float(row["committed"]), "proposed"


def _growth(stand: Stand, outcome: Outcome, target: Target) -> tuple[Growth, tuple[str, ...]]:
    """Return the growth the target asks for, and a note where it starts from the unusual."""
    panel = stand.rows.assign(kpi=stand.kpi.id, segment=stand.segment)
    (pair,) = parts_of(panel, [outcome], stand.aggregate).values()
    run = _run(stand)
    notes = anchor_note(stand.name, outcome.starts, pair, run)
    if isinstance(target, tuple):
        return Growth(), notes
    return asked_growth(pair, run, target=target, direction=stand.kpi.direction), notes


def _run(stand: Stand) -> Run:
    """Return a stand's period as a run of the KPI's own periods."""
    return Run(
        span=len(stand.starts),
        aggregate=stand.aggregate,
        ahead=stand.skip + stand.open_periods,
        season=season_length(None, stand.kpi.grain),
    )


def _growth_note(growth: Growth, kpi: Kpi) -> tuple[str, ...]:
    if not growth.windows:
        return ()
    asked, typical, best = (
        format_change(value, relative=True) for value in (growth.asked, growth.typical, growth.best)
    )
    return (
        f"{kpi.id}: the target asks for {asked} against the same periods before; typical were "
        f"{typical}, the best {best}, and {format_chance(growth.as_often)} of "
        f"{growth.windows} runs of periods did as well.",
    )

"""Assess every declared target whose period has begun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from kpikit.charts.attainment import attainment_bars
from kpikit.errors import DataError
from kpikit.periods import Period, parse_date
from kpikit.results import Result
from kpikit.targets.direction import Target
from kpikit.targets.judge import Judgement, judge, wanted
from kpikit.units import format_chance, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Kpi, Strategy

COLUMNS = [
    "kpi",
    "segment",
    "period",
    "actual_to_date",
    "target",
    "attainment",
    "gap",
    "needed_pace",
    "status",
]
FACTS = ["period_start", "value", "numerator", "denominator"]


class Table(Protocol):
    """Anything that holds observations in the columns of the contract."""

    def to_frame(self) -> pd.DataFrame:
        """Return the observations."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Assessments(Result):
    """Every declared target whose period has begun, with its chance and its status."""

    as_of: date

    def summary(self) -> str:
        """Say the status of one target with its numbers, or count the statuses of many."""
        if len(self.frame) != 1:
            counts = self.frame["status"].value_counts(sort=False)
            said = ", ".join(
                f"{str(name).replace('_', ' ')} {count}" for name, count in counts.items()
            )
            return f"Targets assessed as of {self.as_of}: {len(self.frame)}" + (
                f"; {said}." if said else "."
            )
        row = self.frame.iloc[0]
        if row["status"] == "no_data":
            return f"{row['kpi']}, {row['period']}: no data to judge its target by."
        return (
            f"{row['kpi']}, {row['period']}: {str(row['status']).replace('_', ' ')}; "
            f"{format_value(row['actual_to_date'])} so far, target {format_value(row['target'])}, "
            f"attainment {format_chance(row['attainment'])}."
        )

    def _draw(self, ax: Axes) -> None:
        attainment_bars(self.frame, ax=ax)


def assess_targets(
    strategy: Strategy, observations: Table, *, as_of: date | str, ledger: None = None
) -> Assessments:
    """Say of each declared target whether it is, or how likely it will be, reached.

    Parameters
    ----------
    strategy
        Whose targets are assessed: those of KPIs not retired, in periods begun by `as_of`.
    observations
        At each KPI's own grain; the rows of the whole (segment `""`) are read.
    as_of
        The date at which the world is looked at: nothing that ended, or became known,
        later is seen.
    ledger
        Accepted targets are not looked up: declared ones count, and any ledger is refused.

    Returns
    -------
    Assessments
        One row per target: `kpi, segment, period, actual_to_date, target, attainment, gap,
        needed_pace, status`. `target` is what is committed (else floor, else stretch; of a
        band its middle), `gap` the actual value less the target (of a band: less its nearer
        end, 0 inside). `needed_pace` is what each period still open must hold on average
        to end on the target; missing once the period is complete.

    Raises
    ------
    PeriodError
        A target's period or `as_of` cannot be read.

    Notes
    -----
    A complete period is reached or not: attainment 1 or 0. While it runs, attainment is the
    share of simulated outcomes that reach the target, with what the period already holds
    added, and the status follows from the policy's thresholds. Partial periods of the KPI's
    own grain are forecast, not read. The status is `no_data`, with its reason in the notes,
    where a period gone by has no value, or where it cannot be told how the KPI adds up.
    """
    if ledger is not None:
        raise DataError("ledger: accepted targets cannot be looked up. Pass ledger=None.")
    today = parse_date(as_of)
    table = observations.to_frame()
    rows, notes = [], []
    for kpi in strategy.kpis.values():
        if kpi.status == "retired":
            continue
        facts = _facts(kpi, table, strategy, today)
        for declared in kpi.targets:
            period = strategy.calendar.parse(declared.period)
            if period.start > today:
                continue
            target = wanted(kpi, declared)
            if target is None:
                found = Judgement(reason="the target holds no value that its direction needs")
            else:
                found = judge(kpi, target, period, facts, strategy)
            rows.append(_row(kpi, period, target, found))
            notes += [note for note in found.notes if note not in notes]
            if found.reason:
                notes.append(f"{kpi.id}, {period}: {found.reason}.")
    return Assessments(frame=pd.DataFrame(rows, columns=COLUMNS), notes=tuple(notes), as_of=today)


def _facts(kpi: Kpi, table: pd.DataFrame, strategy: Strategy, today: date) -> pd.DataFrame:
    """Return the KPI's complete periods as known by then, in the order of time."""
    rows = table[(table["kpi"] == kpi.id) & (table["segment"] == "") & table["complete"]]
    rows = rows.assign(period_start=pd.to_datetime(rows["period_start"]))
    ends = [strategy.calendar.period(at.date(), kpi.grain).end for at in rows["period_start"]]
    seen = np.array([end <= today for end in ends], dtype=bool)
    if "known_at" in rows:
        known = pd.to_datetime(rows["known_at"])
        seen &= (known.isna() | (known < pd.Timestamp(today) + pd.Timedelta(days=1))).to_numpy()
    facts = rows.loc[seen, FACTS].sort_values("period_start", ignore_index=True)
    return facts.astype({"value": float, "numerator": float, "denominator": float})


def _row(kpi: Kpi, period: Period, target: Target | None, found: Judgement) -> tuple[object, ...]:
    middle, gap = _target_and_gap(target, found.actual)
    return (
        kpi.id,
        "",
        period.label,
        found.actual,
        middle,
        found.attainment,
        gap,
        found.needed_pace,
        found.status,
    )


def _target_and_gap(target: Target | None, actual: float) -> tuple[float, float]:
    if target is None:
        return float("nan"), float("nan")
    if not isinstance(target, tuple):
        return target, actual - target
    ends = [end for end in target if end is not None]
    lower = -np.inf if target[0] is None else target[0]
    upper = np.inf if target[1] is None else target[1]
    return float(np.mean(ends)), actual - float(np.clip(actual, lower, upper))

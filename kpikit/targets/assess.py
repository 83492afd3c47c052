"""Assess every declared target whose period has begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.attainment import attainment_bars
from kpikit.periods import parse_date
from kpikit.results import Result
from kpikit.targets.accepted import AcceptedTargets, Wanted, wanted_targets
from kpikit.targets.direction import Target
from kpikit.targets.judge import Judgement, judge_complete, judge_running
from kpikit.targets.standing import Facts, NoDataError, Stand, Table, foresee, stand_of
from kpikit.units import format_chance, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Strategy

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
UNSEEN = "nothing observed that could be forecast"


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
    strategy: Strategy,
    observations: Table,
    *,
    as_of: date | str,
    ledger: AcceptedTargets | None = None,
) -> Assessments:
    """Say of each target in force whether it is, or how likely it will be, reached.

    Parameters
    ----------
    strategy
        Whose targets are assessed: those of KPIs not retired, in periods begun by `as_of`.
    observations
        At each KPI's own grain; of a target for a segment, the segment's rows are read.
    as_of
        The date at which the world is looked at: nothing that ended, or became known,
        later is seen.
    ledger
        What remembers accepted targets: the newest one accepted by `as_of` counts, the
        declared one until then. The notes say where they differ.

    Returns
    -------
    Assessments
        One row per target: `kpi, segment, period, actual_to_date, target, attainment, gap,
        needed_pace, status`. `target` is what is committed (else floor, else stretch; of a
        band its middle), `gap` the actual value less the target (of a band: less its nearer
        end, 0 inside). `needed_pace` is what each period still open must hold on average
        to end on the target, which is as likely as the target's attainment; missing once
        the period is complete.

    Raises
    ------
    PeriodError
        A target's period or `as_of` cannot be read.
    DataError
        The ledger holds no accepted targets.

    Notes
    -----
    A complete period is reached or not: attainment 1 or 0. While it runs, attainment is the
    chance that the whole period, with what it already holds, reaches the target, and the
    status follows from the policy's thresholds; it never follows from one value against
    another. Partial periods of the KPI's own grain are forecast, not read. The status is
    `no_data`, with its reason in the notes, where a period gone by has no value, or where
    it cannot be told how the KPI adds up.
    """
    today = parse_date(as_of)
    facts = Facts(observations.to_frame(), strategy)
    targets, notes = wanted_targets(strategy, ledger, today=today)
    targets = [one for one in targets if one.period.start <= today]
    stands = [_stand(one, facts, strategy, today) for one in targets]
    judged, said = _judge(targets, stands, strategy)
    frame = pd.DataFrame(
        [_row(one, found) for one, found in zip(targets, judged, strict=True)], columns=COLUMNS
    )
    notes += said + tuple(
        f"{_name(one)}: {found}."
        for one, found in zip(targets, judged, strict=True)
        if isinstance(found, str)
    )
    return Assessments(frame=frame, notes=tuple(dict.fromkeys(notes)), as_of=today)


def _stand(one: Wanted, facts: Facts, strategy: Strategy, today: date) -> Stand | str:
    """Return how far a target's period has come, or why that cannot be told."""
    if one.value is None:
        return "the target holds no value that its direction needs"
    rows = facts.seen(one.kpi, today, segment=one.segment)
    try:
        return stand_of(one.kpi, one.period, rows, strategy, segment=one.segment)
    except NoDataError as reason:
        return str(reason)


def _judge(
    targets: Sequence[Wanted], stands: Sequence[Stand | str], strategy: Strategy
) -> tuple[list[Judgement | str], tuple[str, ...]]:
    """Return each target's judgement, or why there is none; what runs is forecast at once."""
    judged: list[Judgement | str] = [
        stand if isinstance(stand, str) else UNSEEN for stand in stands
    ]
    running = []
    for place, (one, stand) in enumerate(zip(targets, stands, strict=True)):
        if isinstance(stand, str) or one.value is None:
            continue
        if stand.open_periods:
            running.append((place, one.value, stand))
        else:
            judged[place] = judge_complete(one.value, stand)
    outcomes, notes = foresee([stand for _, _, stand in running])
    for (place, value, stand), outcome in zip(running, outcomes, strict=True):
        found = judge_running(value, stand, outcome, strategy)
        judged[place] = found or UNSEEN
    return judged, notes


def _row(one: Wanted, found: Judgement | str) -> tuple[object, ...]:
    known = Judgement() if isinstance(found, str) else found
    middle, gap = _target_and_gap(one.value, known.actual)
    return (
        one.kpi.id,
        one.segment,
        one.period.label,
        known.actual,
        middle,
        known.attainment,
        gap,
        known.needed_pace,
        known.status,
    )


def _name(one: Wanted) -> str:
    return ", ".join(filter(None, (one.kpi.id, one.segment, one.period.label)))


def _target_and_gap(target: Target | None, actual: float) -> tuple[float, float]:
    if target is None:
        return float("nan"), float("nan")
    if not isinstance(target, tuple):
        return target, actual - target
    ends = [end for end in target if end is not None]
    lower = -np.inf if target[0] is None else target[0]
    upper = np.inf if target[1] is None else target[1]
    return float(np.mean(ends)), actual - float(np.clip(actual, lower, upper))

"""Which targets count: the newest accepted one of a KPI and period, else the declared one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pandas as pd

from kpikit.errors import DataError
from kpikit.targets.direction import Target
from kpikit.units import format_value

if TYPE_CHECKING:
    from datetime import date

    from kpikit.periods import Period
    from kpikit.strategy.model import Kpi, Strategy

COLUMNS = ("kpi", "period")  # what a table of accepted targets cannot do without


@runtime_checkable
class AcceptedTargets(Protocol):
    """Anything that remembers which targets were accepted, such as a ledger."""

    def targets(self) -> pd.DataFrame:
        """Return one row per acceptance, oldest first.

        `kpi, period` and any of `segment, committed, floor, stretch, lower, upper`; where
        there is `recorded_at`, it says when.
        """


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One target that counts; `value` is None where it lacks what its direction needs."""

    kpi: Kpi
    segment: str
    period: Period
    value: Target | None
    accepted: bool


def wanted_targets(
    strategy: Strategy, ledger: AcceptedTargets | None, *, today: date
) -> tuple[list[Wanted], tuple[str, ...]]:
    """Return every target in force on a day, of KPIs not retired, and what differs.

    A declared target gives way to the newest one accepted for the same KPI, segment and
    period; the notes say where the two differ.
    """
    kpis = [kpi for kpi in strategy.kpis.values() if kpi.status != "retired"]
    declared = [
        Wanted(
            kpi=kpi,
            segment="",
            period=strategy.calendar.parse(one.period),
            value=value_of(kpi, one),
            accepted=False,
        )
        for kpi in kpis
        for one in kpi.targets
    ]
    accepted = {_key(one): one for one in _accepted(strategy, ledger, today)}
    notes = tuple(
        _difference(one, accepted[_key(one)]) for one in declared if _key(one) in accepted
    )
    kept = [one for one in declared if _key(one) not in accepted]
    order = {kpi.id: place for place, kpi in enumerate(kpis)}
    found = [*kept, *accepted.values()]
    found.sort(key=lambda one: (order[one.kpi.id], one.period.start))
    return found, tuple(note for note in notes if note)


def value_of(kpi: Kpi, target: Any) -> Target | None:  # noqa: ANN401 - any with these fields
    """Return the value or the band that a target stands for; committed before all others."""
    if kpi.direction == "on_target":
        band = (_number(target, "lower"), _number(target, "upper"))
        return None if band == (None, None) else band
    for name in ("committed", "floor", "stretch"):
        if (value := _number(target, name)) is not None:
            return value
    return None


def _accepted(strategy: Strategy, ledger: AcceptedTargets | None, today: date) -> Iterator[Wanted]:
    if ledger is None:
        return
    if not isinstance(ledger, AcceptedTargets):
        raise DataError(
            f"ledger is {ledger!r}, which holds no accepted targets. "
            "Pass what open_ledger returns, or None."
        )
    table = ledger.targets()
    _refuse_columns(table.columns)
    if "recorded_at" in table:
        when = pd.to_datetime(table["recorded_at"], utc=True).dt.tz_localize(None)
        table = table[when < pd.Timestamp(today) + pd.Timedelta(days=1)]
        table = table.loc[when[table.index].sort_values(kind="stable").index]
    for row in table.itertuples(index=False):
        kpi = strategy.kpis.get(str(row.kpi))
        if kpi is not None and kpi.status != "retired":
            segment = getattr(row, "segment", "")
            yield Wanted(
                kpi=kpi,
                segment="" if pd.isna(segment) else str(segment),
                period=strategy.calendar.parse(str(row.period)),
                value=value_of(kpi, row),
                accepted=True,
            )


def _refuse_columns(columns: Sequence[str] | pd.Index[str]) -> None:
    if lacking := [name for name in COLUMNS if name not in columns]:
        raise DataError(
            f"ledger: its targets have no column {' and no column '.join(map(repr, lacking))}."
        )


def _key(one: Wanted) -> tuple[str, str, str]:
    return one.kpi.id, one.segment, one.period.label


def _number(target: object, name: str) -> float | None:
    value = getattr(target, name, None)
    return None if value is None or pd.isna(value) else float(value)


def _difference(declared: Wanted, accepted: Wanted) -> str:
    if declared.value == accepted.value:
        return ""
    return (
        f"{declared.kpi.id}, {declared.period}: {_say(accepted.value)} was accepted and "
        f"{_say(declared.value)} is declared; what was accepted counts."
    )


def _say(value: Target | None) -> str:
    if isinstance(value, tuple):
        return f"a band from {format_value(value[0])} to {format_value(value[1])}"
    return format_value(value)

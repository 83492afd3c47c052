"""Which targets count: the newest accepted one of a KPI and period, else the declared one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import pandas as pd

from kpikit.errors import DataError
from kpikit.targets.direction import Target
from kpikit.units import format_value

if TYPE_CHECKING:
    from datetime import date

    from kpikit.periods import Period
    from kpikit.strategy.model import Kpi, Strategy
    from kpikit.strategy.model import Target as Declared

COLUMNS = ("kpi", "segment", "period", "level", "value", "when")
LEVELS = ("committed", "floor", "stretch")  # what counts, before what


@runtime_checkable
class AcceptedTargets(Protocol):
    """Anything that remembers which targets were accepted, such as a ledger."""

    def accepted_targets(self) -> pd.DataFrame:
        """Return one row per accepted value: `kpi, segment, period, level, value, when`.

        `level` is `floor`, `committed`, `stretch`, `lower` or `upper`; `when` is a moment.
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


def value_of(kpi: Kpi, declared: Declared) -> Target | None:
    """Return the value or the band that a declared target stands for; committed first."""
    return _value_at(kpi, {name: getattr(declared, name) for name in (*LEVELS, "lower", "upper")})


def _value_at(kpi: Kpi, levels: Mapping[str, float | None]) -> Target | None:
    if kpi.direction == "on_target":
        band = (levels.get("lower"), levels.get("upper"))
        return None if band == (None, None) else band
    return next((value for name in LEVELS if (value := levels.get(name)) is not None), None)


def _accepted(strategy: Strategy, ledger: AcceptedTargets | None, today: date) -> Iterator[Wanted]:
    if ledger is None:
        return
    if not isinstance(ledger, AcceptedTargets):
        raise DataError(
            f"ledger is {ledger!r}, which holds no accepted targets. "
            "Pass what open_ledger returns, or None."
        )
    table = ledger.accepted_targets()
    if lacking := [name for name in COLUMNS if name not in table.columns]:
        raise DataError(
            f"ledger: its targets have no column {' and no column '.join(map(repr, lacking))}."
        )
    when = pd.to_datetime(table["when"], utc=True).dt.tz_localize(None)
    table = table.assign(when=when)[when < pd.Timestamp(today) + pd.Timedelta(days=1)]
    newest = table.sort_values("when", kind="stable").drop_duplicates(
        ["kpi", "segment", "period", "level"], keep="last"
    )
    for (name, segment, period), rows in newest.groupby(["kpi", "segment", "period"], sort=True):
        kpi = strategy.kpis.get(str(name))
        if kpi is not None and kpi.status != "retired":
            levels = {
                str(key): float(one) for key, one in zip(rows["level"], rows["value"], strict=True)
            }
            yield Wanted(
                kpi=kpi,
                segment=str(segment),
                period=strategy.calendar.parse(str(period)),
                value=_value_at(kpi, levels),
                accepted=True,
            )


def _key(one: Wanted) -> tuple[str, str, str]:
    return one.kpi.id, one.segment, one.period.label


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

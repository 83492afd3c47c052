"""What happened to a KPI in a period: chosen by rule, with the numbers behind each sentence."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kpikit.analysis.process import classify_target
from kpikit.periods import Calendar, Period
from kpikit.results import Finding
from kpikit.units import format_change, format_value

if TYPE_CHECKING:
    from kpikit.analysis.changes import Changes
    from kpikit.analysis.market import BesideMarket
    from kpikit.analysis.signals import Signals
    from kpikit.strategy import Kpi

SIZES = ("size", "size_lower", "size_upper")
RECENT = 365  # days before a period's end in which a change is still news
ADVICE = (
    "A bad target or a bad process? What the process does leaves out the target of {target}: "
    "trying harder within it will not get there. Change the process, or the target."
)


@dataclass(frozen=True, kw_only=True)
class Told:
    """How a KPI's numbers are told: its unit, the currency, the calendar."""

    kpi: Kpi
    currency: str
    calendar: Calendar

    def value(self, number: float) -> str:
        """Return a value with its unit."""
        return format_value(number, self.kpi.unit, currency=self.currency)

    def change(self, number: float) -> str:
        """Return a difference with its sign and unit."""
        return format_change(number, self.kpi.unit, currency=self.currency)

    def when(self, start: pd.Timestamp) -> str:
        """Return the name of a period."""
        return self.calendar.label(start.date(), self.kpi.grain)


def happenings(  # noqa: PLR0913 - all that is known of one KPI
    told: Told,
    *,
    period: Period,
    changes: Changes | None,
    signals: Signals | None,
    beside: BesideMarket | None = None,
    target: float | tuple[float | None, float | None] | None,
) -> tuple[Finding, ...]:
    """Return the changes of the last year, the signals of the period, and what the target asks.

    Parameters
    ----------
    target
        The target of one period of the KPI's grain; None where there is none to compare.
    """
    found = [
        *(_change(told, row) for row in _recent(changes, period)),
        *(_signal(told, row) for row in _within(signals, period)),
    ]
    if beside is not None and beside.sentence is not None:
        found.append(_market(told, beside))
    if signals is not None:
        found += _runs(told, signals, period)
    if signals is not None and target is not None:
        found += _fit(told, signals, target)
    return tuple(found)


def _recent(changes: Changes | None, period: Period) -> list[dict[Hashable, Any]]:
    if changes is None:
        return []
    frame = changes.frame
    since = pd.Timestamp(period.end) - pd.Timedelta(days=RECENT)
    return _records(frame, frame["period_start"] > since)


def _within(signals: Signals | None, period: Period) -> list[dict[Hashable, Any]]:
    if signals is None:
        return []
    frame = signals.frame
    inside = frame["period_start"].between(pd.Timestamp(period.start), pd.Timestamp(period.end))
    return _records(frame, inside & (frame["signal"] != "none"))


def _records(frame: pd.DataFrame, chosen: pd.Series[bool]) -> list[dict[Hashable, Any]]:
    return frame[chosen].to_dict("records") if chosen.any() else []


def _change(told: Told, row: dict[Hashable, Any]) -> Finding:
    size, lower, upper = (told.change(float(str(row[name]))) for name in SIZES)
    what = "a step of" if row["kind"] == "step" else "a bend of its slope, per period, of"
    when = told.when(pd.Timestamp(str(row["period_start"])))
    return Finding(
        code="change",
        severity="warning",
        subject=f"kpis.{told.kpi.id}",
        sentence=f"{what.capitalize()} {size} since {when} (95 % interval {lower} to {upper}).",
        evidence={str(name): value for name, value in row.items()},
    )


def _signal(told: Told, row: dict[Hashable, Any]) -> Finding:
    value, lower, upper = (
        told.value(float(str(row[name]))) for name in ("value", "lower", "upper")
    )
    exceptional = row["signal"] == "exceptional"
    word = "exceptional" if exceptional else "worth a look"
    when = told.when(pd.Timestamp(str(row["period_start"])))
    return Finding(
        code="signal",
        severity="warning" if exceptional else "note",
        subject=f"kpis.{told.kpi.id}",
        sentence=f"{when} was {word}: {value}, where {lower} to {upper} was to be expected.",
        evidence={str(name): value for name, value in row.items()},
    )


def _market(told: Told, beside: BesideMarket) -> Finding:
    newest = beside.net.history["period_start"].iloc[-1]
    share = (
        f"{beside.net.share:.2g} % for 1 %" if beside.net.relative else f"{beside.net.share:.2g}"
    )
    return Finding(
        code="market",
        severity="note" if beside.signal == "worth_a_look" else "warning",
        subject=f"kpis.{told.kpi.id}",
        sentence=f"In {told.when(newest)} {beside.sentence} (it usually moves by {share}).",
        evidence={"share": beside.net.share, "signal": beside.signal},
    )


def _runs(told: Told, signals: Signals, period: Period) -> Iterator[Finding]:
    """Tell of a long run on one side that reaches into the period."""
    for row in signals.runs().to_dict("records"):
        if row["last"] >= pd.Timestamp(period.start):
            yield Finding(
                code="run",
                severity="note",
                subject=f"kpis.{told.kpi.id}",
                sentence=f"{row['length']} {told.kpi.grain}s in a row {row['side']} what was to be "
                f"expected, {told.when(row['first'])} to {told.when(row['last'])}: perhaps a new "
                "level, which is not confirmed yet.",
                evidence={str(name): value for name, value in row.items()},
            )


def _fit(
    told: Told, signals: Signals, target: float | tuple[float | None, float | None]
) -> list[Finding]:
    frame = signals.frame
    known = np.flatnonzero(frame["lower"].notna() & frame["upper"].notna())
    if not len(known):
        return []
    last = frame.iloc[known[-1]]
    fit = classify_target(
        float(last["lower"]),
        float(last["upper"]),
        target=target,
        signal=str(last["signal"]),
        direction=told.kpi.direction,
    )
    if fit != "change_the_process":
        return []
    band = target if isinstance(target, tuple) else (target,)
    words = " to ".join(told.value(level) for level in band if level is not None)
    return [
        Finding(
            code="target",
            severity="warning",
            subject=f"kpis.{told.kpi.id}",
            sentence=ADVICE.format(target=words),
            evidence={"lower": last["lower"], "upper": last["upper"], "target": words},
        )
    ]

"""Find the KPIs that moved at their lag as their links with another say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kpikit.analysis.evidence import in_words
from kpikit.analysis.identities import observed_grain
from kpikit.periods import GRAINS, Grain, Period
from kpikit.units import format_change

if TYPE_CHECKING:
    from kpikit.analysis.leads import Leads
    from kpikit.analysis.links import LinkEvidence
    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

LEAST = 0.5  # of the usual change between such spans, below which a KPI did not move
CLAIMED = "as claimed"
FIRST = 1e6
SAID = ["candidate", "lag", "sign", "partial_r2"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the history shows of another KPI that goes before one, or with it.

    Attributes
    ----------
    strength
        The share of what is new in the KPI that goes with what is new in the other.
    told
        What people said of it, in a few words.
    """

    candidate: str
    lag: int
    sign: str
    strength: float
    kind: str
    told: str


def found_before(kpi: str, links: LinkEvidence, leads: Leads | None) -> list[Found]:
    """Return what the history shows of other KPIs: claimed, found, or in the same period."""
    claimed = _rows(links.frame, kpi, [*SAID, "verdict"])
    found = [_lead(row, CLAIMED) for row in claimed if row["verdict"] == "supported"]
    if leads is None:
        return found
    names = {one.candidate for one in found}
    rows = [
        row
        for row in _rows(leads.frame, kpi, [*SAID, "verdict", "together", "segment"])
        if row["segment"] == "" and row["candidate"] not in names
    ]
    found += [_lead(row, "claimed by nobody") for row in rows if row["verdict"] == "leads"]
    return found + [_together(row) for row in rows if row["verdict"] == "moves together"]


def _rows(frame: pd.DataFrame, kpi: str, names: list[str]) -> Iterator[dict[str, Any]]:
    """Yield what a large table says of one target, without a table for it."""
    places = np.flatnonzero(frame["target"] == kpi)
    columns = [frame[name].array[places].tolist() for name in names]
    return (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))


def _lead(row: Mapping[str, Any], told: str) -> Found:
    return Found(
        candidate=str(row["candidate"]),
        lag=int(row["lag"]),
        sign=str(row["sign"]),
        strength=float(row["partial_r2"]),
        kind="lead",
        told=told,
    )


def _together(row: Mapping[str, Any]) -> Found:
    together = float(row["together"])
    return Found(
        candidate=str(row["candidate"]),
        lag=0,
        sign="positive" if together > 0 else "negative",
        strength=together * together,
        kind="moves together",
        told="",
    )


def what_moved(
    strategy: Strategy,
    seen: Observations,
    target: tuple[str, float],
    spans: tuple[Period, Period],
    found: Iterable[Found],
) -> Iterator[tuple[object, ...]]:
    """Return the KPIs that moved, at their lag, as their links say."""
    kpi, change = target
    for one in found:
        item = strategy.kpis[one.candidate]
        grain = max(
            observed_grain(strategy, seen, kpi),
            observed_grain(strategy, seen, item.id),
            key=GRAINS.index,
        )
        lag = one.lag
        moved, usual = _change(strategy, seen.history(item.id), spans, (grain, lag))
        wanted = change * moved * (1 if one.sign == "positive" else -1)
        if not wanted > 0 or abs(moved) < LEAST * usual:
            continue
        after = in_words(lag, grain)
        size = format_change(moved, item.unit, currency=strategy.organisation.currency or "")
        words = f"{size} {f'{after} before' if lag else 'in the same time'}"
        if grain != spans[0].grain:
            words = f"mean {grain} {words}"
        if one.told:
            words = f"{words}, {one.told}"
        # a claim that is borne out comes before what nobody expected
        weight = np.sqrt(one.strength) * abs(moved) / usual if usual else 0.0
        weight += FIRST * (one.told == CLAIMED)
        lacking = (np.nan, np.nan)
        evidence = (after if lag else "", one.sign, moved, one.strength)
        yield (item.id, item.title, item.owner, one.kind, *lacking, *evidence, words, weight)


def _change(
    strategy: Strategy, history: pd.DataFrame, spans: tuple[Period, Period], back: tuple[Grain, int]
) -> tuple[float, float]:
    """Return a KPI's change between two spans moved back, and how far such spans usually differ."""
    grain, lag = back
    shift = strategy.calendar.shift
    whole = history[history["complete"] & history["value"].notna()]
    days, values = pd.DatetimeIndex(whole["period_start"]), whole["value"].to_numpy(dtype=float)
    edges = [
        [pd.Timestamp(shift(strategy.calendar.start(day, grain), grain, -lag)) for day in ends]
        for one in spans
        for ends in [(one.start, one.end)]
    ]
    inside = [
        values[days.searchsorted(first) : days.searchsorted(last, side="right")]
        for first, last in edges
    ]
    means = [float(part.mean()) if len(part) else np.nan for part in inside]
    moved = means[1] - means[0]
    if not np.isfinite(moved):
        return np.nan, np.nan
    before, after = (int(days.searchsorted(first, side="right")) for first, _ in edges)
    apart = max(after - before, 1)
    level = pd.Series(values).rolling(len(inside[1])).mean().to_numpy()
    differences = np.abs(level[apart:] - level[:-apart])
    differences = differences[np.isfinite(differences)]
    return moved, float(np.median(differences)) if len(differences) else 0.0

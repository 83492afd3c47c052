"""Find the KPIs that moved at their lag as their links with another say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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


def found_before(kpi: str, links: LinkEvidence, leads: Leads | None) -> pd.DataFrame:
    """Return what the history shows of other KPIs: claimed, found, or in the same period."""
    claimed = links.to_frame()
    claimed = claimed[(claimed["target"] == kpi) & (claimed["verdict"] == "supported")]
    claimed = claimed.assign(kind="lead", told=CLAIMED)
    tables = [claimed]
    if leads is not None:
        other = leads.to_frame()
        other = other[(other["target"] == kpi) & (other["segment"] == "")]
        other = other[~other["candidate"].isin(claimed["candidate"])]
        new = other[other["verdict"] == "leads"].assign(kind="lead", told="claimed by nobody")
        with_it = other[other["verdict"] == "moves together"]
        together = with_it["together"].astype(float)
        with_it = with_it.assign(
            kind="moves together",
            told="",
            lag=0,
            partial_r2=together**2,
            sign=np.where(together > 0, "positive", "negative"),
        )
        tables += [new, with_it]
    wanted = ["candidate", "lag", "sign", "partial_r2", "kind", "told"]
    filled = [table[wanted] for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=wanted)


def what_moved(
    strategy: Strategy,
    seen: Observations,
    target: tuple[str, float],
    spans: tuple[Period, Period],
    found: pd.DataFrame,
) -> Iterator[tuple[object, ...]]:
    """Return the KPIs that moved, at their lag, as their links say."""
    kpi, change = target
    for _, one in found.iterrows():
        item = strategy.kpis[str(one["candidate"])]
        grain = max(
            observed_grain(strategy, seen, kpi),
            observed_grain(strategy, seen, item.id),
            key=GRAINS.index,
        )
        lag, strength = int(one["lag"]), float(one["partial_r2"])
        moved, usual = _change(strategy, seen.history(item.id), spans, (grain, lag))
        wanted = change * moved * (1 if one["sign"] == "positive" else -1)
        if not wanted > 0 or abs(moved) < LEAST * usual:
            continue
        after = in_words(lag, grain)
        size = format_change(moved, item.unit, currency=strategy.organisation.currency or "")
        words = f"{size} {f'{after} before' if lag else 'in the same time'}"
        if grain != spans[0].grain:
            words = f"mean {grain} {words}"
        if one["told"]:
            words = f"{words}, {one['told']}"
        # a claim that is borne out comes before what nobody expected
        weight = np.sqrt(strength) * abs(moved) / usual if usual else 0.0
        weight += FIRST * (one["told"] == CLAIMED)
        lacking = (np.nan, np.nan)
        evidence = (after if lag else "", one["sign"], moved, strength)
        yield (item.id, item.title, item.owner, one["kind"], *lacking, *evidence, words, weight)


def _change(
    strategy: Strategy, history: pd.DataFrame, spans: tuple[Period, Period], back: tuple[Grain, int]
) -> tuple[float, float]:
    """Return a KPI's change between two spans moved back, and how far such spans usually differ."""
    grain, lag = back
    shift = strategy.calendar.shift
    whole = history[history["complete"]].set_index("period_start")["value"].dropna()
    edges = [
        [pd.Timestamp(shift(strategy.calendar.start(day, grain), grain, -lag)) for day in ends]
        for one in spans
        for ends in [(one.start, one.end)]
    ]
    means, counts = [], []
    for first, last in edges:
        inside = whole[(whole.index >= first) & (whole.index <= last)]
        means.append(float(inside.mean()) if len(inside) else np.nan)
        counts.append(len(inside))
    moved = means[1] - means[0]
    if not counts[1] or not np.isfinite(moved):
        return np.nan, np.nan
    apart = max(int(((whole.index > edges[0][0]) & (whole.index <= edges[1][0])).sum()), 1)
    differences = whole.rolling(counts[1]).mean().diff(apart).abs()
    return moved, float(differences.median()) if differences.notna().any() else 0.0

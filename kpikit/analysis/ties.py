"""KPIs that are tied by arithmetic: one is made of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpikit.analysis.identities import parts_of
from kpikit.observations.definitions import kpis_behind

if TYPE_CHECKING:
    from kpikit.strategy.model import Strategy


def tied_pairs(strategy: Strategy) -> set[frozenset[str]]:
    """Return pairs of KPIs of which one is part of the other, by its formula or identity.

    A part moves its own sum; that it leads it would be no news, and the sum's own past
    already holds the part's.
    """
    pairs = set[frozenset[str]]()
    for name, kpi in strategy.kpis.items():
        waiting, seen = [name], set[str]()
        while waiting:
            one = waiting.pop()
            if one in seen or one not in strategy.kpis:
                continue
            seen.add(one)
            waiting.extend(parts_of(strategy.kpis[one]))
            waiting.extend(kpis_behind(strategy.kpis[one], strategy))
        pairs |= {frozenset((kpi.id, part)) for part in seen - {name}}
    return pairs

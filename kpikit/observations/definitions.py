"""Tell one definition of a KPI from another."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from kpikit.strategy.formula import parse_formula

if TYPE_CHECKING:
    from kpikit.strategy.model import Kpi, Strategy

# what says how a number comes about; the rest of a KPI or a source does not change it
FORMULA_FIELDS = {"formula", "where", "time", "source", "effective", "grain", "known_days_before"}
NOT_CONTRACT = {"path", "table", "connection", "freshness", "key", "complete_through"}
NOT_CALENDAR = {"name", "currency"}


def definition_hash(kpi: Kpi, strategy: Strategy) -> str:
    """Return a hash of all in the strategy file that decides a KPI's values.

    That is its formula and filter, those of the KPIs it refers to, the contracts of
    their sources, and the calendar. Titles, owners, targets and paths do not count.
    """
    parts = {
        name: _definition(strategy.kpis[name], strategy) for name in kpis_behind(kpi, strategy)
    }
    calendar = strategy.organisation.model_dump(
        mode="json", exclude=NOT_CALENDAR, exclude_defaults=True
    )
    return hash_json({"kpis": parts, "calendar": calendar})


def kpis_behind(kpi: Kpi, strategy: Strategy) -> list[str]:
    """Return the names of a KPI and of all KPIs that its formulas refer to."""
    found, waiting = set[str](), [kpi.id]
    while waiting:
        name = waiting.pop()
        if name in found or name not in strategy.kpis:
            continue
        found.add(name)
        one = strategy.kpis[name]
        for text in (one.formula, *(later.formula for later in one.effective)):
            waiting.extend(parse_formula(text).kpis)
    return sorted(found)


def _definition(kpi: Kpi, strategy: Strategy) -> dict[str, Any]:
    own = kpi.model_dump(mode="json", include=FORMULA_FIELDS, exclude_defaults=True)
    source = strategy.sources.get(kpi.source or "")
    if source is not None:
        own["contract"] = source.model_dump(
            mode="json", exclude=NOT_CONTRACT, exclude_defaults=True
        )
    return own


def hash_json(value: object) -> str:
    """Return the SHA-256 of a value's JSON, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()

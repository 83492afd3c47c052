"""A review as plain values, for machines: what `review.json` holds and comparisons read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpikit.observations.build import used_sources
from kpikit.observations.definitions import definition_hash, hash_json

if TYPE_CHECKING:
    from kpikit.results import Result
    from kpikit.review.findings import KpiReview, Review

Numbers = Mapping[str, Any]  # as `review_numbers` gives them, and `review.json` holds them
JUDGED = ("on_target", "at_risk", "off_target")  # what of a status is a verdict
KIND = "application/vnd.kpikit.review+json"  # of a notebook's output that carries them


@dataclass(frozen=True)
class Carried:
    """The numbers of a review, as an output that a notebook keeps and no page shows."""

    numbers: dict[str, Any]

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {KIND: self.numbers, "text/plain": "<the numbers of this review>"}


def review_numbers(review: Review) -> dict[str, Any]:
    """Return every number of a review as plain values; what is missing is None."""
    return {
        "department": review.department,
        "title": review.title,
        "period": review.period.label,
        "as_of": review.as_of.isoformat(),
        "complete": review.complete,
        "summary": review.summary(),
        "kpis": {item.kpi.id: _kpi(item, review) for item in review.kpis},
        "sources": _rows(review.sources),
    }


def carried_numbers(notebook: Path) -> dict[str, Any] | None:
    """Return the numbers that an executed notebook carries; None where it has none."""
    for cell in json.loads(notebook.read_bytes())["cells"]:
        for output in cell.get("outputs", []):
            if KIND in output.get("data", {}):
                found: dict[str, Any] = output["data"][KIND]
                return found
    return None


def _kpi(item: KpiReview, review: Review) -> dict[str, Any]:
    kpi = item.kpi
    return {
        "title": kpi.title,
        "owner": kpi.owner,
        "unit": kpi.unit,
        "direction": kpi.direction,
        "complete": item.complete,
        "definition": definition_hash(kpi, review.strategy),
        "sources": list(used_sources(review.strategy, [kpi])),
        "board": _plain({k: v for k, v in item.row.items() if k not in ("kpi", "title", "owner")}),
        "trend": _first(item.trend),
        "values_sha256": _hash_of_values(item),
        "proposals": _first(item.proposals),
        "levels": [] if item.proposals is None else list(item.proposals.levels),
        "forecast": [] if item.forecast is None else _rows(item.forecast.to_frame()),
        "notes": list(item.notes),
    }


def _hash_of_values(item: KpiReview) -> str:
    history = item.history[["period_start", "value"]].dropna()
    return hash_json([[f"{at:%Y-%m-%d}", repr(value)] for at, value in history.to_numpy()])


def _first(result: Result | None) -> dict[str, Any] | None:
    return None if result is None else _rows(result.to_frame())[0]


def _rows(frame: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a table of any columns
    return [_plain(row) for row in frame.to_dict(orient="records")]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): _value(value) for name, value in values.items()}


def _value(value: object) -> object:
    """Return a value as JSON knows it."""
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, tuple | list):
        return [_value(part) for part in value]
    if hasattr(value, "item"):  # a number of numpy
        return _value(value.item())
    return value.date().isoformat() if hasattr(value, "date") else str(value)

"""Choose the parts that a KPI's change is split into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from kpikit.analysis.contributions import split_by_factors, split_by_mix, split_by_volume
from kpikit.analysis.identities import evaluate, identity_of, parts_of
from kpikit.analysis.pairs import WHOLE, Pair
from kpikit.analysis.panel import Floats
from kpikit.errors import DataError
from kpikit.strategy.nodes import Call, KpiReference

if TYPE_CHECKING:
    from kpikit.strategy.model import Kpi, Strategy

EXACT = 1e-9  # of what is compared: what rounding may leave over

Row = tuple[str, str, float]  # part, segment, contribution


def split_change(
    strategy: Strategy, item: Kpi, pairs: Mapping[str, Pair]
) -> tuple[list[Row], dict[str, str]]:
    """Return what parts and segments add to a KPI's change, and what the parts stand for.

    Raises
    ------
    DataError
        When a part of the identity has no value, or the identity cannot be split.
    """
    own = pairs[item.id]
    segments = own.segments
    if segments and own.is_ratio:
        parts = (own.array(name, segments) for name in ("numerator", "denominator"))
        return _rows(split_by_mix(*parts), segments), {}
    factors = _volume_and_rate(item, pairs)
    words = _titles(strategy, factors) if factors else {}
    if factors and segments:
        volume = pairs[factors[1]].array("denominator", segments)
        return _rows(split_by_volume(own.array("value", segments), volume), segments), words
    if len(pairs) > 1:
        rows = [row for name in segments or [WHOLE] for row in _by_identity(item, pairs, name)]
        if factors:
            part = dict(zip(factors, ("volume", "rate"), strict=True))
            return sorted(
                ((part[name], WHOLE, size) for name, _, size in rows), reverse=True
            ), words
        return rows, {name: strategy.kpis[name].title for name in parts_of(item)}
    if own.is_ratio:
        return _by_quotient(own), {}
    before, after = own.array("value", segments or [WHOLE])
    return _rows({"volume": after - before}, segments or [WHOLE]), {}


def _rows(found: Mapping[str, Floats], segments: Iterable[str]) -> list[Row]:
    return [
        (part, name, float(size))
        for part, sizes in found.items()
        for name, size in zip(segments, sizes, strict=True)
    ]


def _by_identity(item: Kpi, pairs: Mapping[str, Pair], segment: str) -> list[Row]:
    """Split a segment's change among the KPIs of the identity."""
    tree, names = identity_of(item), parts_of(item)
    assert tree is not None  # asked by the caller
    values = {name: pairs[name].of(segment) for name in names}
    absent = [name for name in names if not np.isfinite(values[name]).all()]
    if absent and segment:  # nothing of it in one of the periods, so nothing to compare
        before, after = pairs[item.id].array("value", [segment])[:, 0]
        return [("volume", segment, float(after - before))]
    if absent:
        raise DataError(
            f"kpis.{item.id}.identity: {', '.join(absent)} has no value in one of the periods. "
            "Compare two periods in which it has."
        )
    first, second = ({name: pair[one] for name, pair in values.items()} for one in (0, 1))
    try:
        found = split_by_factors(lambda parts: evaluate(tree, parts), first, second)
    except DataError as error:
        raise DataError(
            f"kpis.{item.id}.identity cannot be split: {error}. Write a shorter identity, "
            "or one without a difference below the line."
        ) from None
    return [(name, segment, found[name]) for name in names]


def _by_quotient(own: Pair) -> list[Row]:
    names = ("numerator", "denominator")
    parts = {name: own.array(name, [WHOLE])[:, 0] for name in names}
    first, second = ({name: float(pair[one]) for name, pair in parts.items()} for one in (0, 1))
    found = split_by_factors(lambda part: part["numerator"] / part["denominator"], first, second)
    return [(name, WHOLE, found[name]) for name in names]


def _volume_and_rate(item: Kpi, pairs: Mapping[str, Pair]) -> tuple[str, str] | None:
    """Return the volume and the rate of an identity that is one times the other."""
    if len(pairs) != 3:
        return None
    match identity_of(item):
        case Call("*", (KpiReference(first), KpiReference(second))):
            for volume, rate in ((first, second), (second, first)):
                if pairs[rate].is_ratio and _is_below(pairs[volume], pairs[rate]):
                    return volume, rate
    return None


def _is_below(volume: Pair, rate: Pair) -> bool:
    """Whether a volume is what the rate is divided by, in every segment."""
    names = list(rate.denominator.columns)
    return np.allclose(
        volume.array("value", names), rate.array("denominator", names), rtol=EXACT, atol=0.0
    )


def _titles(strategy: Strategy, factors: tuple[str, str]) -> dict[str, str]:
    pairs = zip(("volume", "rate"), factors, strict=True)
    return {part: strategy.kpis[name].title for part, name in pairs}

"""Over which parts a target can be split, and how these make the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.errors import DataError
from kpikit.strategy.formula import parse_formula
from kpikit.targets.factors import as_product, as_sum
from kpikit.targets.standing import NoDataError, Stand, bounds_of, facts_of, stand_of

if TYPE_CHECKING:
    from datetime import date

    from kpikit.periods import Period
    from kpikit.strategy.model import Kpi, Strategy

EXACT = 1e-6  # of the whole: sums over segments differ by less where they do not overlap
COMPARED = 24  # newest periods in which the parts are held against the whole


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """The parts of a KPI in one period, and how they make it.

    Attributes
    ----------
    stands
        How far the period has come, for every part.
    weights
        What a unit of each part adds; for a product its power. `None` for a ratio, whose
        segments weigh with their denominators.
    is_product
        Whether the parts are multiplied, and not added.
    factor
        A number by which the product is multiplied; 1 where there is none.
    """

    stands: tuple[Stand, ...]
    weights: tuple[float, ...] | None
    is_product: bool = False
    factor: float = 1.0


def parts_of_target(
    kpi: Kpi, period: Period, table: pd.DataFrame, strategy: Strategy, today: date
) -> Made:
    """Return the segments of a KPI where it was observed by segment, else its identity's KPIs.

    Raises
    ------
    DataError
        When there are neither, or when they do not make the whole.
    """
    own = table[table["kpi"] == kpi.id]
    segments = sorted({str(name) for name in own["segment"]} - {""})
    if segments:
        keys = [(kpi, segment) for segment in segments]
        stands = _stands(keys, period, table, strategy, today)
        _refuse_overlap(kpi, stands, facts_of(kpi, table, strategy, today))
        if stands[0].rows["denominator"].notna().any():
            return Made(stands=tuple(_as_ratio(one) for one in stands), weights=None)
        return Made(stands=stands, weights=(1.0,) * len(stands))
    if kpi.identity is None:
        raise DataError(
            f"kpis.{kpi.id}: there is nothing to split its target over. Build the observations "
            "with by=, or declare its identity."
        )
    powers, factor, is_product = _identity(kpi, kpi.identity)
    keys = [(strategy.kpis[name], "") for name in powers]
    return Made(
        stands=_stands(keys, period, table, strategy, today),
        weights=tuple(powers.values()),
        is_product=is_product,
        factor=factor,
    )


def _stands(
    keys: list[tuple[Kpi, str]],
    period: Period,
    table: pd.DataFrame,
    strategy: Strategy,
    today: date,
) -> tuple[Stand, ...]:
    found, faults = [], []
    for kpi, segment in keys:
        rows = facts_of(kpi, table, strategy, today, segment=segment)
        try:
            found.append(stand_of(kpi, period, rows, strategy, segment=segment))
        except NoDataError as reason:
            faults.append(f"{', '.join(filter(None, (kpi.id, segment)))}: {reason}")
    if faults:
        raise DataError(
            f"{period}: parts without what a target needs: {len(faults)}. {'; '.join(faults)}."
        )
    return tuple(found)


def _as_ratio(stand: Stand) -> Stand:
    """Return a quotient's stand so that its denominator is forecast too."""
    if stand.aggregate == "ratio":
        return stand
    return replace(stand, aggregate="ratio", held=(0.0, 0.0))


def _refuse_overlap(kpi: Kpi, stands: tuple[Stand, ...], whole: pd.DataFrame) -> None:
    """Refuse where the segments do not add up to the whole, as distinct counts do not."""
    is_quotient = bool(whole["denominator"].notna().any())
    for name in ("numerator", "denominator") if is_quotient else ("value",):
        columns = [stand.rows.set_index("period_start")[name] for stand in stands]
        made = pd.concat(columns, axis=1).sum(axis=1)
        both = pd.DataFrame({"made": made, "whole": whole.set_index("period_start")[name]})
        both = both.dropna().tail(COMPARED)
        off = (both["made"] - both["whole"]).abs() > EXACT * both["whole"].abs().clip(lower=1e-12)
        if off.any():
            first = both[off].iloc[-1]
            raise DataError(
                f"kpis.{kpi.id}: its segments do not add up to it: {name} {first['made']:g} "
                f"against {first['whole']:g} from {both[off].index[-1]:%Y-%m-%d}. "
                "Split its target over parts that do."
            )


def _identity(kpi: Kpi, text: str) -> tuple[dict[str, float], float, bool]:
    """Return the weights of a sum, or the powers of a product with its factor."""
    tree = parse_formula(text).tree
    added = as_sum(tree)
    if added is not None and None not in added:
        return {name: one for name, one in added.items() if name}, 1.0, False
    powers = as_product(tree)
    if powers is not None:
        factor = powers.pop(None, 1.0)
        return {name: one for name, one in powers.items() if name}, factor, True
    raise DataError(
        f"kpis.{kpi.id}: its identity {text} is neither a sum nor a product of KPIs. "
        "Give its terms KPIs of their own, and split one level at a time."
    )


def limits_of(stand: Stand, ahead: float | None) -> tuple[float, float]:
    """Return what a whole period can hold at least and at most, by the KPI's bounds.

    Parameters
    ----------
    ahead
        The denominator still to come, of a ratio.

    Notes
    -----
    What the period holds already cannot be taken back. Where no bounds are declared, a KPI
    that was never below 0 stays there.
    """
    bounds = bounds_of(stand.kpi)
    if bounds is None:
        bounds = (0.0, None) if stand.rows["value"].min() >= 0 else (None, None)
    lower = -np.inf if bounds[0] is None else bounds[0]
    upper = np.inf if bounds[1] is None else bounds[1]
    if stand.aggregate == "last":
        return lower, upper
    held, counted = stand.held if stand.gone else (0.0, 0.0)
    to_come = stand.open_periods if ahead is None else ahead
    whole = 1.0 if stand.aggregate == "sum" else counted + to_come
    if whole <= 0:
        return lower, upper
    return (held + lower * to_come) / whole, (held + upper * to_come) / whole

"""Many KPIs in one pass: facts are brought down to a small cube before they are filtered.

A thousand KPIs that sum one column, each for another shop, would test every row a
thousand times. Grouped by period, segment and the columns that filters speak of, the
facts are a few thousand rows. Which of the columns' values a filter keeps is asked of
the engine once for each combination; the rest is adding up. Sums, counts, least and
largest values of groups make up those of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpikit.observations.aggregates import engine_value
from kpikit.observations.spans import ADDITIVE
from kpikit.sources.expressions import row_condition
from kpikit.strategy.nodes import Aggregate, Column, Node, walk

if TYPE_CHECKING:
    from ibis.expr.types import Table

WORTHWHILE = 8  # filters; with fewer, testing each row is as cheap
SAMPLE = 50_000  # rows looked at to tell how small the cube would be
LARGEST = 2_500  # combinations of values in the sample
MOST = 20_000_000  # combinations times periods times segments, at eight bytes each

Array = npt.NDArray[np.float64]


def adds_up(part: Aggregate) -> bool:
    """Whether an aggregate of a whole follows from those of its parts."""
    return part.function in ADDITIVE and not part.distinct


def small_cube(rows: Table, parts: Sequence[Aggregate]) -> list[str] | None:
    """Return the columns that filters speak of, where grouping by them pays; else None."""
    filters = {part.where for part in parts if part.where is not None}
    if len(filters) < WORTHWHILE:
        return None
    names = sorted(
        {node.name for kept in filters for node in walk(kept) if isinstance(node, Column)}
    )
    if not names or any(rows[name].type().is_floating() for name in names):
        return None
    seen = rows.limit(SAMPLE).select(*names).distinct().count().to_pyarrow().as_py()
    return names if seen <= LARGEST else None


@dataclass(frozen=True)
class Way:
    """How a cube is asked for.

    Attributes
    ----------
    keys
        The columns of segment and period.
    fetch
        Brings an answer of the engine here.
    where
        The place of an aggregate in the strategy file, for messages.
    """

    keys: Sequence[str]
    fetch: Callable[[Table], pd.DataFrame]
    where: Callable[[Aggregate], str]


def from_cube(
    rows: Table, parts: Sequence[Aggregate], *, names: Sequence[str], way: Way
) -> pd.DataFrame | None:
    """Return aggregates by segment and period, a column for each, and `total`.

    None where the cube of the columns `names`, of which filters speak, grew too large.
    """
    keys = list(way.keys)
    plain: dict[Aggregate, list[Aggregate]] = {}
    for part in parts:
        plain.setdefault(replace(part, where=None), []).append(part)
    measures = {
        f"kpikit_m{place}": engine_value(base, rows, where=way.where(alike[0]))
        for place, (base, alike) in enumerate(plain.items())
    }
    cube = way.fetch(rows.group_by([*keys, *names]).aggregate(total=rows.count(), **measures))
    kept, combinations = _kept(rows, parts, names, way)
    cells = cube[keys].drop_duplicates(ignore_index=True)
    if len(combinations) * len(cells) > MOST:
        return None
    row = cube[list(names)].merge(combinations, on=list(names), how="left")["kpikit_place"]
    column = cube[keys].merge(cells.reset_index(), on=keys, how="left")["index"]
    place = row.to_numpy(dtype=np.intp), column.to_numpy(dtype=np.intp)

    def spread(name: str) -> Array:
        matrix = np.full((len(combinations), len(cells)), np.nan)
        matrix[place] = cube[name].to_numpy(dtype=np.float64)
        return matrix

    found: dict[object, Array] = {"total": np.nansum(spread("total"), axis=0)}
    for number, (base, alike) in enumerate(plain.items()):
        chosen = np.array([kept[part.where] for part in alike])
        values = _folded(spread(f"kpikit_m{number}"), chosen, base.function)
        found |= dict(zip(alike, values, strict=True))
    return pd.concat([cells, pd.DataFrame(found)], axis=1)


def _kept(
    rows: Table, parts: Sequence[Aggregate], names: Sequence[str], way: Way
) -> tuple[dict[Node | None, Array], pd.DataFrame]:
    """Return which combinations of values each filter keeps, and the combinations."""
    every = rows.select(*names).distinct()
    first: dict[Node, Aggregate] = {}
    for part in parts:
        if part.where is not None:
            first.setdefault(part.where, part)
    flags = {
        f"kpikit_f{place}": row_condition(kept, every, where=way.where(part)).fill_null(False)
        for place, (kept, part) in enumerate(first.items())
    }
    table = way.fetch(every.mutate(**flags))
    matrix = table[list(flags)].to_numpy(dtype=np.float64).T
    combinations = table[list(names)].assign(kpikit_place=np.arange(len(table)))
    return {None: np.ones(len(table)), **dict(zip(first, matrix, strict=True))}, combinations


def _folded(matrix: Array, chosen: Array, function: str) -> Array:
    """Return, filter by filter, what its combinations make in every cell; NaN of nothing."""
    known = ~np.isnan(matrix)
    if function in ("min", "max"):
        best = np.fmin if function == "min" else np.fmax
        rows = [best.reduce(np.where(one[:, None] > 0, matrix, np.nan), axis=0) for one in chosen]
        return np.array(rows)
    filled = np.where(known, matrix, 0.0)
    if np.isfinite(filled).all():
        total = chosen @ filled
    else:  # 0 times infinity would be no number
        total = np.array([filled[one > 0].sum(axis=0) for one in chosen])
    if function == "count":
        return total
    return np.where(chosen @ known.astype(np.float64) > 0, total, np.nan)

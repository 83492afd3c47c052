"""Many KPIs in one pass: facts are brought down to a small cube before they are filtered.

A hundred KPIs that sum one column for a hundred channels would test every row a
hundred times. Grouped by period, segment and the columns that filters speak of, the
facts are a few thousand rows, and filtering those costs next to nothing. Sums,
counts, least and largest values of groups make up those of the whole exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kpikit.observations.aggregates import condition, engine_value
from kpikit.observations.spans import ADDITIVE
from kpikit.strategy.nodes import Aggregate, Column, walk

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

WORTHWHILE = 8  # filters; with fewer, testing each row is as cheap
SAMPLE = 50_000  # rows looked at to tell how small the cube would be
LARGEST = 2_500  # its rows in the sample


def adds_up(part: Aggregate) -> bool:
    """Whether an aggregate of a whole follows from those of its parts."""
    return part.function in ADDITIVE and not part.distinct


def small_cube(rows: Table, parts: Sequence[Aggregate], keys: Sequence[str]) -> list[str] | None:
    """Return the columns that filters speak of, where grouping by them pays; else None."""
    filters = {part.where for part in parts if part.where is not None}
    if len(filters) < WORTHWHILE:
        return None
    names = sorted(
        {node.name for kept in filters for node in walk(kept) if isinstance(node, Column)}
        - set(keys)
    )
    if not names or any(rows[name].type().is_floating() for name in names):
        return None
    seen = rows.limit(SAMPLE).select(*names).distinct().count().to_pyarrow().as_py()
    return names if seen <= LARGEST else None


def filtered_from_cube(
    rows: Table,
    parts: Sequence[Aggregate],
    *,
    names: Sequence[str],
    keys: Sequence[str],
    where: str,
) -> Table:
    """Return aggregates by `keys` as columns `a0, a1, ...`, and `total`, by way of the cube."""
    plain = list(dict.fromkeys(replace(part, where=None) for part in parts))
    measures = {
        f"kpikit_m{place}": engine_value(part, rows, where=where)
        for place, part in enumerate(plain)
    }
    cube = rows.group_by([*keys, *names]).aggregate(kpikit_rows=rows.count(), **measures)
    columns: dict[str, Value] = {}
    for place, part in enumerate(parts):
        measure = cube[f"kpikit_m{plain.index(replace(part, where=None))}"]
        kept = condition(part.where, cube, where=where)
        if part.function == "count":
            columns[f"a{place}"] = measure.sum(where=kept).fill_null(0)
        else:
            columns[f"a{place}"] = getattr(measure, part.function)(where=kept)
    return cube.group_by(list(keys)).aggregate(total=cube.kpikit_rows.sum(), **columns)

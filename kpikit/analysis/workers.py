"""Spread series over local processes; one worker stays in this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from kpikit.errors import DataError

Item = TypeVar("Item")
Found = TypeVar("Found")

BATCHES = 4  # per worker, so that a slow series does not hold up the rest


def map_series(
    function: Callable[[Item], Found], items: Sequence[Item], *, workers: int
) -> list[Found]:
    """Return `function` of every item in their order, whatever the number of workers.

    Notes
    -----
    Processes are started afresh (`spawn`), since forking one that runs threads may
    deadlock. A script that asks for several workers needs its `__main__` guard.
    """
    if isinstance(workers, bool) or workers != int(workers) or workers < 1:
        raise DataError(f"workers is {workers!r}; it is a whole number, 1 or more.")
    count = min(int(workers), len(items))
    if count <= 1:
        return [function(item) for item in items]
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    size = max(1, len(items) // (count * BATCHES))
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        return list(pool.map(function, items, chunksize=size))

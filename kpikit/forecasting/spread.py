"""Do work here, on local processes, or on a Dask cluster; the results are the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from kpikit.analysis.workers import map_series
from kpikit.errors import DataError

Item = TypeVar("Item")
Found = TypeVar("Found")

ANSWER = 10  # seconds in which a cluster must answer
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def spread(
    function: Callable[[Item], Found],
    items: Sequence[Item],
    *,
    workers: int,
    scheduler: str | None,
) -> list[Found]:
    """Return `function` of every item in their order, wherever it is computed.

    Raises
    ------
    DataError
        Nobody answers at the scheduler's address, or Dask is missing.
    """
    if scheduler is not None:
        return _on_cluster(function, items, scheduler)
    with _single_threads():
        return map_series(function, items, workers=workers)


def _on_cluster(
    function: Callable[[Item], Found], items: Sequence[Item], scheduler: str
) -> list[Found]:
    try:
        from distributed import Client
    except ImportError:
        raise DataError(
            "scheduler: the package distributed is missing. Install kpikit[dask], or leave "
            "scheduler out."
        ) from None
    try:
        client = Client(scheduler, timeout=ANSWER, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError):
        raise DataError(
            f"scheduler {scheduler!r}: nobody answers there. Check the address, or leave it out."
        ) from None
    with client:
        made = client.map(function, items, pure=False)
        found: list[Found] = client.gather(made)  # type: ignore[no-untyped-call]
        return found


@contextmanager
def _single_threads() -> Iterator[None]:
    """Let processes started meanwhile use one thread each: the work is many small pieces."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

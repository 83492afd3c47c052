"""Simulate many series, each with random numbers of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import blake2b

import numpy as np

from kpikit.analysis.panel import Floats, Series, season_length
from kpikit.analysis.workers import map_series
from kpikit.errors import DataError
from kpikit.forecasting.ladder import Simulated, simulate_paths
from kpikit.forecasting.scales import Bounds

TOO_NARROW = (
    "The intervals come from simulated paths of one fitted model and are too narrow: "
    "80 % intervals of a quarter's total, from 36 months, have been seen to hold "
    "46 to 66 % of outcomes."
)
NAMED = 3  # series named in a note before it says how many more there are


def simulate(
    series: Sequence[Series],
    *,
    horizon: int,
    bounds: Bounds | Mapping[str, Bounds] | None,
    workers: int,
    seed: int,
) -> list[Simulated]:
    """Return the simulated paths of every series, the same for any number of workers."""
    jobs = [(one, _bounds_of(one, bounds)) for one in series]
    return map_series(partial(_simulate, horizon=horizon, seed=seed), jobs, workers=workers)


def collect_notes(series: Sequence[Series], found: Sequence[Simulated]) -> tuple[str, ...]:
    """Return one sentence per caveat, naming the series it speaks of."""
    spoken: dict[str, list[str]] = {}
    for one, simulated in zip(series, found, strict=True):
        for note in simulated.notes:
            spoken.setdefault(note, []).append(one.name)
    said = [f"{_list(names)}: {note}." for note, names in spoken.items()]
    if any(simulated.modelled for simulated in found):
        said.append(TOO_NARROW)
    return tuple(said)


def _simulate(job: tuple[Series, Bounds | None], *, horizon: int, seed: int) -> Simulated:
    one, bounds = job
    # a stable hash, so that a series draws the same numbers in any company and order
    text = f"{one.kpi}\x1f{one.segment}".encode()
    own = int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
    return simulate_paths(
        one.observed,
        period=season_length(None, one.grain),
        horizon=horizon,
        bounds=bounds,
        seed=(seed, own),
    )


def _bounds_of(one: Series, bounds: Bounds | Mapping[str, Bounds] | None) -> Bounds | None:
    found = bounds.get(one.kpi) if isinstance(bounds, Mapping) else bounds
    if found is None:
        return None
    lower, upper = found
    if lower is not None and upper is not None and not lower < upper:
        raise DataError(f"{one.name}: bounds are {found}; the lower one lies below the upper one.")
    return (lower, upper)


def mean_of(outcomes: Floats) -> Floats:
    """Return the mean over paths; exactly the value where all paths hold the same."""
    first = outcomes[0]
    return np.asarray(first + (outcomes - first).mean(axis=0), dtype=np.float64)


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more

"""Give every series of a panel its outlook, wherever the work is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from kpikit.analysis.panel import Series
from kpikit.cache import keep, recall
from kpikit.errors import DataError, PeriodError
from kpikit.forecasting.batches import Made, batches, forecast_batch, outlook_of
from kpikit.forecasting.ladder import Ready, climb
from kpikit.forecasting.outlook import Outlook
from kpikit.forecasting.remembered import from_bytes, key_of, to_bytes
from kpikit.forecasting.scales import Bounds
from kpikit.forecasting.spread import spread

NAMED = 3  # series named in a note before it says how many more there are


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """Series that are to be foreseen alike: as far ahead, and within these bounds."""

    series: Sequence[Series]
    horizon: int
    bounds: Bounds | Mapping[str, Bounds] | None


def foresee(
    asked: Sequence[Asked], *, workers: int, scheduler: str | None, seed: int
) -> list[list[Outlook]]:
    """Return the outlook of every series, the same wherever and in whatever company it is made.

    The more is asked at once, the less time each series takes.
    """
    climbed = [[_climb(series, one, seed) for series in one.series] for one in asked]
    ready = [one for part in climbed for one in part if isinstance(one, Ready)]
    made = iter(_make(ready, workers=workers, scheduler=scheduler))
    return [
        [outlook_of(one, next(made)) if isinstance(one, Ready) else one for one in part]
        for part in climbed
    ]


def _make(ready: Sequence[Ready], *, workers: int, scheduler: str | None) -> list[Made]:
    """Return what the members make of every history: kept from before, or made now."""
    keys = [key_of(one) for one in ready]
    kept = recall(keys)
    made = {
        key: from_bytes(kept[key], one) for key, one in zip(keys, ready, strict=True) if key in kept
    }
    new = {key: one for key, one in zip(keys, ready, strict=True) if key not in made}
    names, histories = list(new), list(new.values())
    groups = list(batches(histories))
    found = spread(
        forecast_batch,
        [[histories[at] for at in group] for group in groups],
        workers=workers,
        scheduler=scheduler,
    )
    fresh = {
        names[at]: one
        for group, ones in zip(groups, found, strict=True)
        for at, one in zip(group, ones, strict=True)
    }
    keep({key: to_bytes(one) for key, one in fresh.items()})
    return [fresh[key] if key in fresh else made[key] for key in keys]


def collect_notes(series: Sequence[Series], found: Sequence[Outlook]) -> tuple[str, ...]:
    """Return one sentence per caveat, naming the series it speaks of."""
    spoken: dict[str, list[str]] = {}
    for one, outlook in zip(series, found, strict=True):
        for note in outlook.notes:
            spoken.setdefault(note, []).append(one.name)
    return tuple(f"{_list(names)}: {note}." for note, names in spoken.items())


def own_seed(one: Series, seed: int) -> tuple[int, int]:
    """Return the start of a series' own random numbers, the same in any company and order."""
    text = f"{one.kpi}\x1f{one.segment}".encode()
    return seed, int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def generator(one: Series, seed: int) -> np.random.Generator:
    """Return a series' own random numbers."""
    return np.random.default_rng(np.random.SeedSequence(own_seed(one, seed)))


def _climb(one: Series, asked: Asked, seed: int) -> Ready | Outlook:
    if one.grain is None:
        raise PeriodError(
            f"{one.name}: the grain cannot be told from fewer than two periods. Pass grain=."
        )
    return climb(
        one.observed,
        grain=one.grain,
        horizon=asked.horizon,
        bounds=_bounds_of(one, asked.bounds),
        seed=own_seed(one, seed),
    )


def _bounds_of(one: Series, bounds: Bounds | Mapping[str, Bounds] | None) -> Bounds | None:
    found = bounds.get(one.kpi) if isinstance(bounds, Mapping) else bounds
    if found is None:
        return None
    lower, upper = found
    if lower is not None and upper is not None and not lower < upper:
        raise DataError(f"{one.name}: bounds are {found}; the lower one lies below the upper one.")
    return (lower, upper)


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more

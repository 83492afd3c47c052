"""Tell a month whose mix of categories stands out, and a mix that shifts and stays.

The distance of two mixes is the total variation: the share of rows that would have
to change their category.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kpikit.sources.checks.months import (
    FEWEST,
    LASTING,
    UNUSUAL,
    WINDOW,
    Breaks,
    Floats,
    robust_spread,
)

SMALLEST = 0.2  # the least share of rows in other categories that is told
CHANCE = 2.0  # times the distance that chance alone brings
RELABELLED = 0.8  # a distance that leaves hardly anything in common
LABELS = 2  # months with such a distance to the month before: the column names the time


def find_mix_breaks(counts: pd.DataFrame) -> Breaks:
    """Find months whose mix differs from those around, and first months of lasting mixes.

    Parameters
    ----------
    counts
        Rows by month (no month left out) and category.

    Returns
    -------
    Breaks
        Sizes are shares of rows, 0 to 1.

    Notes
    -----
    A month stands out when its distance from the median mix of up to five months
    before, from that of up to five after, and from the same month of each other year
    is at least 0.2 above what chance brings (twice the expected distance of a sample of
    its size), and four robust standard deviations above the distances usual here. A
    shift is a step between two such medians that comes at once and that no other
    year has.
    """
    rows = counts.sum(axis=1)
    none = pd.Series(dtype=float)
    if (rows > 0).sum() < FEWEST or counts.shape[1] < 2:
        return Breaks(none, none)
    share = counts.div(rows.replace(0, np.nan), axis=0).to_numpy()
    middle = np.nanmean(share, axis=0)
    if np.nanmax(np.abs(share - middle).sum(axis=1)) < SMALLEST:  # no two are that far apart
        return Breaks(none, none)
    chance = _chance(share, rows.to_numpy(dtype=float))
    shifts = _shifts(share, chance)
    odd = _odd(share, chance, np.flatnonzero(shifts))
    return Breaks(
        pd.Series(odd, index=counts.index)[odd > 0],
        pd.Series(shifts, index=counts.index)[shifts > 0],
    )


def labels_time(counts: pd.DataFrame) -> bool:
    """Say whether a column names the time, as a file's name with the year does.

    Such a column changes wholly, and again and again; it says nothing about the rows.
    """
    share = counts.div(counts.sum(axis=1).replace(0, np.nan), axis=0).dropna().to_numpy()
    apart = 0.5 * np.abs(np.diff(share, axis=0)).sum(axis=1)
    fresh = (counts.to_numpy() > 0).argmax(axis=0)
    return int((apart > RELABELLED).sum()) > LABELS and np.unique(fresh).size > LABELS


def _odd(share: Floats, chance: Floats, borders: np.typing.NDArray[np.intp]) -> Floats:
    away = np.array([_away(share, place, borders) for place in range(len(share))])
    limit = np.maximum(SMALLEST + CHANCE * chance, _usual(away))
    return np.where(away >= limit, away, 0.0)


def _away(share: Floats, place: int, borders: np.typing.NDArray[np.intp]) -> float:
    """Return a month's distance from the nearest of the mixes that it might be like."""
    if not np.isfinite(share[place]).all():
        return 0.0
    start = max([border for border in borders if border <= place], default=0)
    end = min([border for border in borders if border > place], default=len(share))
    sides = [share[start:place], share[place + 1 : end]]
    whole = [side[np.isfinite(side).all(axis=1)] for side in sides]
    near = [whole[0][-WINDOW:], whole[1][:WINDOW]]
    mixes = [_median_mix(side) for side in near if len(side) > 1]
    mixes += [share[other] for other in range(place % 12, len(share), 12) if other != place]
    distances = [_distance(share[place], mix) for mix in mixes if np.isfinite(mix).all()]
    return min(distances, default=0.0)


def _shifts(share: Floats, chance: Floats) -> Floats:
    raw = np.array([_shift(share, place) for place in range(len(share))])
    found = np.where(raw >= SMALLEST + CHANCE * chance, raw, 0.0)
    for place in np.flatnonzero(found):
        same = [other for other in range(place % 12, len(raw), 12) if other != place]
        around = raw[max(0, place - WINDOW) : place + WINDOW + 1]
        if raw[place] < around.max() or any(raw[other] >= raw[place] / 2 for other in same):
            found[place] = 0.0
    return found


def _shift(share: Floats, place: int) -> float:
    """Return how far the mix moves with this month and stays; 0 where it does not."""
    before, after = share[max(0, place - WINDOW) : place], share[place : place + WINDOW]
    before, after = (side[np.isfinite(side).all(axis=1)] for side in (before, after))
    if min(len(before), len(after)) < LASTING:
        return 0.0
    old, new = _median_mix(before), _median_mix(after)
    size = _distance(old, new)
    stays = _near(before, old, new) and _near(after, new, old)
    return size if stays and _distance(before[-1], after[0]) >= 0.6 * size else 0.0


def _near(mixes: Floats, own: Floats, other: Floats) -> bool:
    """Say whether the months are nearer to their own mix than to the other, all or all but one."""
    strays = sum(_distance(mix, own) >= _distance(mix, other) for mix in mixes)
    return strays <= (1 if len(mixes) == WINDOW else 0)


def _median_mix(mixes: Floats) -> Floats:
    middle: Floats = np.median(mixes, axis=0)
    if not middle.any():
        middle = np.mean(mixes, axis=0)
    whole: Floats = middle / middle.sum()
    return whole


def _distance(one: Floats, other: Floats) -> float:
    return float(0.5 * np.abs(one - other).sum())


def _chance(share: Floats, rows: Floats) -> Floats:
    """Return the distance expected of a sample of each month's size from the usual mix."""
    usual = np.nanmean(share, axis=0)
    spread = np.sqrt(usual * (1 - usual)).sum() * np.sqrt(2 / np.pi)
    expected: Floats = 0.5 * spread / np.sqrt(np.maximum(rows, 1))
    return expected


def _usual(distances: Floats) -> float:
    return float(np.median(distances) + UNUSUAL * robust_spread(distances))

"""Search a series for steps and bends: all pairs of dates at once, under every memory.

Each account of a series (no break, one, two; with or without a trend) is weighed by its
evidence: the likelihood, averaged over all that is not known, which is the sizes, the memory
of the errors, and the dates. So a break that could be anywhere has to be worth more than one
whose date is plain, and no penalty has to be chosen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.autoregression import is_exact, log_scale, whiten
from kpikit.analysis.course import (
    SHORTEST,
    Break,
    Course,
    Places,
    both_kinds,
    column_of,
    free_places,
    shortest_level,
)
from kpikit.analysis.panel import Floats
from kpikit.analysis.season import season_columns

Singles = NDArray[np.float32]

PHIS: Floats = np.array([0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.87, 0.93, 0.97])
# before seeing the values, a memory is the less likely the longer it is
LOG_WIDTHS: Floats = np.log(np.gradient(PHIS) * np.sqrt(1 - PHIS))
LOG_WIDTHS -= np.log(np.exp(LOG_WIDTHS).sum())
LIKELY: float = np.log(0.6)  # odds, before seeing the values, of one break more against none
CERTAIN: float = np.log(1 / 20)  # where the rest is to be thrown away for it
MOST_BREAKS = 8
MOST_DATES = 130  # tried at once; in a longer series every second, third, ... comes first
ROUNDS = 3  # in which every date moves to its best place, given the others
NEGLIGIBLE = 12.0  # what is so much less likely, in logarithms, adds nothing
ALIKE = 1e-6  # two columns this near to each other are one


@dataclass(frozen=True, kw_only=True)
class _Account:
    """Breaks, and the log evidence for so many of them, averaged over dates."""

    breaks: tuple[Break, ...]
    height: float
    has_trend: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class _View:
    """The candidates under one memory, alone (0) and beside a trend (1)."""

    constant: float
    basis: Floats
    trend: Floats
    directions: tuple[Floats, Floats]
    overlaps: tuple[Singles, Singles]
    rooms: tuple[Singles, Singles]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Design:
    """All that a search needs to know of dates and season, whatever the values are."""

    candidates: tuple[Break, ...]
    base: Floats
    first: Places
    second: Places
    views: tuple[_View, ...]


def search_breaks(
    values: Floats, times: Places, period: int, *, log_odds: float = LIKELY
) -> Course:
    """Find the steps and bends of a series observed at whole `times`.

    Parameters
    ----------
    period
        Periods in its season; 1 where it has none.
    log_odds
        Before seeing the values, of one break more against none: `LIKELY` or `CERTAIN`.
    """
    base = _base(times, period)
    if is_exact(values, values - base @ np.linalg.lstsq(base, values, rcond=None)[0]):
        return Course()
    values = values - values.mean()
    coarse = _thinned(len(values))
    design = _design(times.tobytes(), period, coarse)
    accounts = _up_to_two(values, times, design, log_odds)
    if len(coarse) < len(_thinned(len(values), every=1)) and _best(accounts).breaks:
        near = _around(accounts, reach=coarse[1] - coarse[0], count=len(values))
        design = _design(times.tobytes(), period, tuple(sorted({*coarse, *near})))
        accounts = _up_to_two(values, times, design, log_odds)
    best, grown = _best(accounts), accounts[-1]
    while best is grown and len(grown.breaks) < MOST_BREAKS:
        grown = _one_more(values, times, design, best, log_odds)
        best = _best([best, grown])
    found, has_trend = list(best.breaks), best.has_trend
    if len(found) > 2:
        reach = SHORTEST + coarse[1] - coarse[0]
        found = _settle(values, times, base, found, reach=reach)
        level, line = _weigh(values, times, base, found, [])[:, 0]
        has_trend = bool(line > level)
    ordered = tuple(sorted(found, key=lambda one: one.place))
    return Course(breaks=ordered, has_trend=has_trend)


def _thinned(count: int, *, every: int = 0) -> tuple[int, ...]:
    """Return the places to try: all, or in a long series every second, third, ... of them."""
    least = shortest_level(count)
    places = range(least, count - least + 1)
    return tuple(places[:: every or -(-len(places) // MOST_DATES)])


def _around(accounts: list[_Account], *, reach: int, count: int) -> list[int]:
    """Return the places around the best dates of all accounts."""
    dates = {one.place for account in accounts for one in account.breaks}
    near = {date + step for date in dates for step in range(-reach, reach + 1)}
    return [int(place) for place in free_places(np.array(sorted(near)), [], count)]


def _best(accounts: list[_Account]) -> _Account:
    return max(accounts, key=lambda account: account.height)


def _base(times: Places, period: int) -> Floats:
    return np.column_stack([np.ones(len(times)), season_columns(times, period)])


@lru_cache(maxsize=4)
def _design(stamp: bytes, period: int, places: tuple[int, ...]) -> _Design:
    """Prepare a search; series with the same dates share it."""
    times = np.frombuffer(stamp, dtype=np.int64)
    candidates = both_kinds(np.array(places))
    where = np.array([one.place for one in candidates])
    first, second = np.triu_indices(len(candidates), 1)
    apart = np.abs(where[first] - where[second]) >= shortest_level(len(times))
    first, second = first[apart], second[apart]
    base = _base(times, period)
    trend = (times - times.mean())[:, None]
    columns = np.column_stack([base, trend, *(column_of(times, one) for one in candidates)])
    whitened = [whiten(np.zeros(len(times)), times, columns, phi=phi)[1] for phi in PHIS]
    views = tuple(
        _view(white, base.shape[1], log_scale(times, phi), (first, second))
        for phi, white in zip(PHIS, whitened, strict=True)
    )
    return _Design(candidates=tuple(candidates), base=base, first=first, second=second, views=views)


def _view(white: Floats, bases: int, scale: float, pairs: tuple[Places, Places]) -> _View:
    basis, upper = np.linalg.qr(white[:, :bases])
    left = white[:, bases:] - basis @ (basis.T @ white[:, bases:])
    trend = left[:, 0] / np.linalg.norm(left[:, 0])
    alone = _directions(left[:, 1:])
    beside = _directions(left[:, 1:] - np.outer(trend, trend @ left[:, 1:]))
    overlaps = tuple((one.T @ one)[pairs] for one in (alone, beside))
    rooms = tuple(np.where(1 - o**2 > ALIKE, 1 / np.maximum(1 - o**2, ALIKE), 0) for o in overlaps)
    return _View(
        constant=scale - float(np.log(np.abs(np.diag(upper))).sum()),
        basis=basis,
        trend=trend,
        directions=(alone, beside),
        overlaps=(overlaps[0].astype(np.float32), overlaps[1].astype(np.float32)),
        rooms=(rooms[0].astype(np.float32), rooms[1].astype(np.float32)),
    )


def _directions(columns: Floats) -> Floats:
    """Return columns of length 1; of length 0 those that others already hold."""
    size = np.linalg.norm(columns, axis=0)
    kept = size > ALIKE * size.max()
    return np.where(kept, columns / np.where(kept, size, 1.0), 0.0)


def _up_to_two(values: Floats, times: Places, design: _Design, log_odds: float) -> list[_Account]:
    """Return the accounts of no break, of one and of two, each with its best dates."""
    size = (len(values), len(values) - design.views[0].basis.shape[1])
    kinds = np.array([one.kind == "slope" for one in design.candidates], dtype=np.int64)
    heights, told = [], []
    for phi, width, view in zip(PHIS, LOG_WIDTHS, design.views, strict=True):
        white, _ = whiten(values, times, np.empty((len(values), 0)), phi=phi)
        left = white - view.basis @ (view.basis.T @ white)
        whole = float(left @ left)
        for lines in (0, 1):
            line = np.array([lines * float(view.trend @ left) ** 2 / whole])
            reach = view.directions[lines].T @ left / np.sqrt(whole)
            short = reach.astype(np.float32)  # half the time, and exact enough for a sum
            one, other = short[design.first], short[design.second]
            other -= view.overlaps[lines] * one
            pair = one * one + other * other * view.rooms[lines]
            heights.append(view.constant + width - size[1] / 2 * np.log(whole))
            told.append((line, line + reach**2, np.float32(line[0]) + pair))
    accounts = []
    for count, dates in enumerate(((), (np.arange(len(kinds)),), (design.first, design.second))):
        group = sum(kinds[index] for index in dates) if dates else np.zeros(1, dtype=np.int64)
        shares = [share[count] for share in told]
        height, place, has_trend = _average(heights, shares, count, size, group)
        breaks = tuple(design.candidates[int(index[place])] for index in dates)
        height += log_odds * count
        accounts.append(_Account(breaks=breaks, height=height, has_trend=has_trend))
    return accounts


def _average(
    heights: list[float], told: list[Floats], breaks: int, size: tuple[int, int], slopes: Places
) -> tuple[float, int, bool]:
    """Return the log evidence of so many breaks, averaged over dates; the best; if on a trend.

    How many of them are slopes is settled first, by all dates together: the date of a bend is
    less plain than that of a step, and no less likely for it. Views that cannot add to the
    evidence are left out.
    """
    lines = [breaks + index % 2 for index in range(len(told))]
    tops = [
        height + float(_gain(share.max(keepdims=True), count, *size)[0])
        for height, share, count in zip(heights, told, lines, strict=True)
    ]
    top, totals = max(tops), np.zeros((2, len(told[0])), dtype=told[0].dtype)
    for height, share, count, most in zip(heights, told, lines, tops, strict=True):
        if most > top - NEGLIGIBLE:
            totals[count - breaks] += np.exp(_gain(share, count, *size) + (height - top))
    total = totals.sum(axis=0)
    best = np.bincount(slopes, weights=total).argmax()
    place = int(np.where(slopes == best, total, 0).argmax())
    return top + float(np.log(total.mean())), place, bool(totals[1, place] > totals[0, place])


def _gain(told: Floats, columns: int, count: int, free: int) -> Floats:
    """Return the log evidence of columns that tell a share of the squares, against none.

    The sizes have a prior worth one value (Zellner's g = n): Liang et al. 2008.
    """
    left = 1 - np.minimum(told, 1) * (count / (count + 1))
    return np.asarray(-free / 2 * np.log(left) - columns / 2 * math.log1p(count))


def _weigh(
    values: Floats, times: Places, base: Floats, kept: list[Break], more: list[Break]
) -> Floats:
    """Return the log evidence of `kept`, and of `kept` with each of `more`.

    One row without a trend and one with it.
    """
    table = [times - times.mean(), *(column_of(times, one) for one in [*kept, *more])]
    columns = np.column_stack([base, *table])
    bases, free = base.shape[1], len(values) - base.shape[1]
    rows: tuple[list[Floats], list[Floats]] = ([], [])
    for phi, width in zip(PHIS, LOG_WIDTHS, strict=True):
        white_values, white = whiten(values, times, columns, phi=phi)
        basis, upper = np.linalg.qr(white[:, :bases])
        left = white_values - basis @ (basis.T @ white_values)
        white = white[:, bases:] - basis @ (basis.T @ white[:, bases:])
        whole = float(left @ left)
        height = log_scale(times, phi) - np.log(np.abs(np.diag(upper))).sum()
        height += width - free / 2 * np.log(whole)
        for lines in (0, 1):
            fixed = np.linalg.qr(white[:, 1 - lines : 1 + len(kept)])[0]
            told = float(((fixed.T @ left) ** 2).sum()) / whole
            others = white[:, 1 + len(kept) :]
            others = _directions(others - fixed @ (fixed.T @ others)) if more else others
            size = (len(values), free)
            alone = _gain(np.array([told]), lines + len(kept), *size)
            beside = _gain(told + (others.T @ left) ** 2 / whole, lines + len(kept) + 1, *size)
            rows[lines].append(height + np.append(alone, beside))
    return np.stack([_add(np.array(row)) for row in rows])


def _one_more(
    values: Floats, times: Places, design: _Design, account: _Account, log_odds: float
) -> _Account:
    """Return the account with the best break beside those it has, worthless without room."""
    found = list(account.breaks)
    places = np.unique([one.place for one in design.candidates])
    more = both_kinds(free_places(places, found, len(values)))
    if not more:
        return _Account(breaks=account.breaks, height=-math.inf, has_trend=False)
    evidence = _add(_weigh(values, times, design.base, found, more))
    gain = _mean(evidence[1:]) - float(evidence[0]) + log_odds
    best = more[int(evidence[1:].argmax())]
    breaks, height = (*account.breaks, best), account.height + gain
    return _Account(breaks=breaks, height=height, has_trend=account.has_trend)


def _settle(
    values: Floats, times: Places, base: Floats, found: list[Break], *, reach: int
) -> list[Break]:
    """Move every break to its best place near by, given the others, until none moves."""
    for _ in range(ROUNDS):
        before = list(found)
        for index, one in enumerate(before):
            others = found[:index] + found[index + 1 :]
            near = np.arange(one.place - reach, one.place + reach + 1)
            places = free_places(near, others, len(values))
            more = [Break(place=int(place), kind=one.kind) for place in places]
            evidence = _add(_weigh(values, times, base, others, more))[1:]
            found = [*found[:index], more[int(evidence.argmax())], *found[index + 1 :]]
        if found == before:
            break
    return found


def _add(heights: Floats) -> Floats:
    """Add up over the first axis what is given as logarithms."""
    top = heights.max()
    with np.errstate(divide="ignore"):
        return np.asarray(top + np.log(np.exp(heights - top).sum(axis=0)))


def _mean(heights: Floats) -> float:
    return float(_add(heights)) - float(np.log(len(heights)))

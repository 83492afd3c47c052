"""Tell whether a target is reckoned from an unusual period, after which a drift back is likely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.targets.growth import Run
from kpikit.units import format_value

UNUSUAL = 4.0  # robust spreads from the level; see docs/methods/targets.md for the false alarms
MIN_RUNS = 12  # with fewer the spread of ordinary runs cannot be told


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """How far a run of periods lay from what its neighbours let expect.

    Attributes
    ----------
    value, usual
        The mean of the run, and what it would have been had it been as its neighbours.
    spreads
        The distance in robust spreads of such runs.
    """

    value: float
    usual: float
    spreads: float

    @property
    def is_unusual(self) -> bool:
        """Whether a drift back is more likely than a repetition."""
        return bool(abs(self.spreads) > UNUSUAL)


def find_anchor(values: Floats, *, first: int, span: int, season: int) -> Anchor | None:
    """Say how unusual a run of periods was, once season and level are taken off.

    Parameters
    ----------
    values
        One per period, NaN where there is none.
    first, span
        The place of the run's first period, and how many it has.
    season
        Periods in a season; 1 for none.

    Returns
    -------
    Anchor or None
        None where there is too little around it to say.

    Notes
    -----
    The level is a running median over more than twice the run, so that a change that stays
    moves the level and is not unusual, while one that goes again is. On a log scale where
    all values are above 0. Season: medians by place, from two seasons on.
    """
    run = slice(first, first + span)
    known = values[np.isfinite(values)]
    if first < 0 or first + span > len(values) or not np.isfinite(values[run]).all():
        return None
    is_log = float(known.min()) > 0
    scaled = np.log(values) if is_log else values.astype(float)
    off = _off(scaled, span=span, season=season)
    runs = pd.Series(off).rolling(span).mean().to_numpy()[span - 1 :]
    others = np.delete(runs, np.arange(max(0, first - span + 1), min(len(runs), first + span)))
    others = others[np.isfinite(others)]
    if len(others) < MIN_RUNS or not np.isfinite(runs[first]):
        return None
    spread = float(1.4826 * np.median(np.abs(others - np.median(others))))
    value, distance = float(values[run].mean()), float(runs[first])
    usual = value * float(np.exp(-distance)) if is_log else value - distance
    if spread <= 0:
        return None
    return Anchor(value=value, usual=usual, spreads=distance / spread)


def anchor_note(
    name: str, starts: pd.DatetimeIndex, parts: tuple[Floats, Floats], run: Run
) -> tuple[str, ...]:
    """Return a sentence where the run that growth is reckoned from was unusual.

    Parameters
    ----------
    starts
        First day of every period.
    parts
        Values and ones; for a ratio numerators and denominators.
    """
    first, second = parts
    values = np.divide(first, second, out=np.full(len(first), np.nan), where=second > 0)
    span = 1 if run.aggregate == "last" else run.span
    place = len(values) + run.ahead - run.lag - span
    found = find_anchor(values, first=place, span=span, season=run.season)
    if found is None or not found.is_unusual:
        return ()
    word = "high" if found.spreads > 0 else "low"
    return (
        f"{name}: the same periods before, from {starts[place]:%Y-%m-%d}, were "
        f"unusually {word}: {format_value(found.value)} a period where their neighbours let "
        f"{format_value(found.usual)} be expected. A drift back is likelier than a repetition, "
        "so growth is not to be reckoned from them.",
    )


def _off(scaled: Floats, *, span: int, season: int) -> Floats:
    """Return how far each period lies from the level around it."""
    adjusted = scaled
    if season > 1 and len(scaled) >= 2 * season:
        apart = scaled - _level(scaled, season)
        place = np.arange(len(scaled)) % season
        by_place = pd.Series(apart).groupby(place).median().to_numpy()
        adjusted = scaled - (by_place - np.nanmean(by_place))[place]
    return np.asarray(adjusted - _level(adjusted, max(2 * span + 3, 7)))


def _level(values: Floats, width: int) -> Floats:
    wide = width if width % 2 else width + 1
    rolled = pd.Series(values).rolling(wide, center=True, min_periods=wide // 2).median()
    return np.asarray(rolled.to_numpy(dtype=float))

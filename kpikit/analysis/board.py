"""Lay KPIs side by side over the same periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats, Series, read_panel
from kpikit.errors import DataError
from kpikit.periods import GRAINS, Grain

Places = NDArray[np.int64]
MIDDLE = pd.Timedelta(days=3)  # a week belongs where its fourth day does
STEP: dict[Grain, pd.DateOffset] = {
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(days=7),
    "month": pd.DateOffset(months=1),
    "quarter": pd.DateOffset(months=3),
    "year": pd.DateOffset(years=1),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Board:
    """KPIs of one segment over the same periods of one grain.

    Attributes
    ----------
    starts
        First day of every period.
    observed
        `(periods, KPIs)`, NaN where there is no value.
    native
        Whether a KPI came at this grain; others were brought to it.
    ahead
        How many periods before its own a KPI's value is known; below 0 it is known later.
    """

    segment: str
    grain: Grain | None
    names: tuple[str, ...]
    starts: pd.DatetimeIndex
    observed: Floats
    native: NDArray[np.bool_]
    ahead: Places


def read_boards(panel: pd.DataFrame) -> tuple[list[Board], tuple[str, ...]]:
    """Return a board for every segment and grain of a panel, and notes.

    A board of a coarser grain also holds the KPIs of finer ones, brought to it: as a
    quotient of sums where the panel carries numerator and denominator, else as a mean,
    which for a sum differs from it by a factor only. A coarse period that lacks a fine
    one has no value.

    Parameters
    ----------
    panel
        `kpi, segment, period_start, value`; `known_at` where values are known at another
        time than at the end of their period.

    Raises
    ------
    DataError
        A column is missing, a value is no number, a period stands twice, or periods of one
        grain begin on different days.
    PeriodError
        The dates fit no grain.
    """
    series, notes = read_panel(panel)
    known = _known(panel)
    parts = _parts(panel)
    boards = []
    for segment in dict.fromkeys(one.segment for one in series):
        here = [one for one in series if one.segment == segment]
        present = {one.grain for one in here if one.grain is not None}
        for grain in sorted(present, key=GRAINS.index):
            finer = GRAINS[: GRAINS.index(grain) + 1]
            members = [one for one in here if one.grain in finer]
            boards.append(_board(segment, grain, members, known, parts))
    return boards, notes


def _board(
    segment: str,
    grain: Grain,
    members: Sequence[Series],
    known: dict[tuple[str, str], pd.Series],
    parts: dict[tuple[str, str, str], Series],
) -> Board:
    own = [one for one in members if one.grain == grain]
    starts = _timeline(own, grain)
    values = np.full((len(starts), len(members)), np.nan)
    ahead = np.zeros(len(members), dtype=np.int64)
    for column, one in enumerate(members):
        key = (one.kpi, one.segment)
        if one.grain == grain:
            place = starts.get_indexer(one.starts)
            if (place < 0).any():
                raise DataError(
                    f"{one.name}: its {grain}s begin on other days than those of "
                    f"{own[0].name}. Build both on one calendar."
                )
            values[place, column] = one.observed
            own_places = dict(zip(one.starts, place.tolist(), strict=True))
        else:
            place = _coarse_places(one, starts)
            values[:, column] = _coarse_values(one, place, parts, len(starts))
            own_places = dict(zip(one.starts, place.tolist(), strict=True))
        if key in known:
            ahead[column] = _ahead(known[key], own_places, starts)
    return Board(
        segment=segment,
        grain=grain,
        names=tuple(str(one.kpi) for one in members),
        starts=starts,
        observed=values,
        native=np.array([one.grain == grain for one in members]),
        ahead=ahead,
    )


def _timeline(members: Sequence[Series], grain: Grain) -> pd.DatetimeIndex:
    """Return every period from the first of all to the last."""
    longest = max(members, key=lambda one: len(one.starts))
    first = min(one.starts[0] for one in members)
    last = max(one.starts[-1] for one in members)
    if longest.starts[0] == first and longest.starts[-1] == last:
        return longest.starts
    days = pd.DatetimeIndex(sorted({day for one in members for day in one.starts}))
    table = pd.DataFrame({"period_start": days, "value": 0.0})
    return read_panel(table, grain=grain)[0][0].starts


def _coarse_places(one: Series, starts: pd.DatetimeIndex) -> Places:
    """Return the coarse period of every fine one; -1 where it is outside or not whole."""
    assert one.grain is not None  # it came to a board of a grain
    step = STEP[one.grain]
    fine = one.starts.insert(0, one.starts[0] - step)
    fine = fine.insert(len(fine), fine[-1] + step)
    middle = fine + MIDDLE if one.grain == "week" else fine
    place = np.searchsorted(starts.to_numpy(), middle.to_numpy(), side="right") - 1
    past_the_end = middle >= starts[-1] + (starts[-1] - starts[-2] if len(starts) > 1 else step)
    place[past_the_end] = len(starts)
    inner = place[1:-1].astype(np.int64)
    cut = (inner == place[0]) | (inner == place[-1])  # begun before, or going on after
    return np.where(cut | (inner < 0) | (inner >= len(starts)), -1, inner)


def _coarse_values(
    one: Series, place: Places, parts: dict[tuple[str, str, str], Series], count: int
) -> Floats:
    key = (one.kpi, one.segment)
    above, below = (parts.get((*key, name)) for name in ("numerator", "denominator"))
    if above is not None and below is not None:
        sums, weights = (_sums(part.observed, place, count) for part in (above, below))
        with np.errstate(all="ignore"):
            return np.where(weights != 0, sums / weights, np.nan)
    many = _sums(np.ones(len(place)), place, count)
    return _sums(one.observed, place, count) / np.where(many > 0, many, np.nan)


def _sums(values: Floats, place: Places, count: int) -> Floats:
    inside = place >= 0
    found: Floats = np.bincount(place[inside], values[inside], minlength=count).astype(float)
    return found


def _ahead(known: pd.Series, places: dict[pd.Timestamp, int], starts: pd.DatetimeIndex) -> np.int64:
    """Return by how many periods values are known before their own: the fewest of all.

    Thirty days before the first of March may be a day of January; that the value was
    known in February is true all the same.
    """
    own = known.index.map(lambda day: places.get(day, -1)).to_numpy(dtype=np.int64)
    days = known.to_numpy()
    inside = (own >= 0) & (days >= starts[0].to_datetime64()) & (days < starts[-1].to_datetime64())
    if not inside.any():
        return np.int64(0)
    at = np.searchsorted(starts.to_numpy(), days[inside], side="right") - 1
    return np.int64((own[inside] - at).min())


def _known(panel: pd.DataFrame) -> dict[tuple[str, str], pd.Series]:
    """Return when values were known, by KPI and segment, where the panel says so."""
    if "known_at" not in panel:
        return {}
    table = pd.DataFrame(
        {
            "kpi": panel.get("kpi", ""),
            "segment": panel["segment"].fillna("") if "segment" in panel else "",
            "day": pd.to_datetime(panel["period_start"]).dt.normalize(),
            "known": pd.to_datetime(panel["known_at"]),
        }
    ).dropna(subset=["known"])
    return {
        (str(kpi), str(segment)): rows.set_index("day")["known"]
        for (kpi, segment), rows in table.groupby(["kpi", "segment"], sort=False)
    }


def _parts(panel: pd.DataFrame) -> dict[tuple[str, str, str], Series]:
    """Return numerators and denominators, where there are both for every period."""
    found = {}
    for name in ("numerator", "denominator"):
        if name not in panel:
            return {}
        for one in read_panel(panel, column=name)[0]:
            if np.isfinite(one.observed).any():
                found[one.kpi, one.segment, name] = one
    return found

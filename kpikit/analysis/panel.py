"""Read a history or a panel into series on a true time index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.errors import DataError, PeriodError
from kpikit.periods import SEASONS, Calendar, Grain, infer_grain

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]
DAY, MONTH = "datetime64[D]", "datetime64[M]"

# mean days of a period, where its first days follow no calendar month (4-4-5 years)
_DAYS: dict[Grain, float] = {
    "day": 1,
    "week": 7,
    "month": 30.4375,
    "quarter": 91.3125,
    "year": 365.25,
}
_MONTHS: dict[Grain, int] = {"month": 1, "quarter": 3, "year": 12}
FEW = 3  # examples named in a message


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """One KPI in one segment, one place per period from its first to its last.

    Attributes
    ----------
    starts
        First day of every period; periods without a row are among them.
    observed
        One value per period, NaN where there is none.
    grain
        `None` where it cannot be told: there are fewer than two periods.
    """

    kpi: str
    segment: str
    starts: pd.DatetimeIndex
    observed: Floats
    grain: Grain | None

    @property
    def name(self) -> str:
        """Return the words for this series in a sentence."""
        return ", ".join(str(part) for part in (self.kpi, self.segment) if part != "") or "the KPI"

    @cached_property
    def following(self) -> Days:
        """The first day after every period; without the last one's where no grain tells it."""
        after = self.future(1) if self.grain is not None and len(self.starts) else []
        days = self.starts.to_numpy()[1:]
        return np.append(days, np.array(after, dtype=days.dtype))

    def future(self, count: int) -> list[pd.Timestamp]:
        """Return the first days of the next `count` periods."""
        if self.grain is None:
            raise PeriodError(
                f"{self.name}: the grain cannot be told from fewer than two periods. Pass grain=."
            )
        last = self.starts[-1]
        if self.grain in _MONTHS and not _on_calendar(self.starts.to_numpy()):
            days = _DAYS[self.grain]
            return [last + pd.Timedelta(days=round(days * step)) for step in range(1, count + 1)]
        shift = Calendar().shift
        return [pd.Timestamp(shift(last.date(), self.grain, step)) for step in range(1, count + 1)]


Panel: TypeAlias = pd.DataFrame | Sequence[Series]


def read_panel(
    panel: Panel, *, grain: Grain | None = None, column: str = "value"
) -> tuple[list[Series], tuple[str, ...]]:
    """Return the series of a history or a panel, ordered by KPI and segment, and notes.

    Parameters
    ----------
    panel
        `period_start, value`, and `kpi, segment` where there are several series.
        Where a column `complete` says that a period is partial, it is left out.
        An infinite value counts as missing. Series that were read before are taken as
        they are, so that what asks several analyses about one panel need read it once only.
    grain
        Told from the dates unless given: from a series' own, else from all of them.
    column
        The column that holds the values.

    Raises
    ------
    DataError
        A column is missing, a value is no number, a period stands twice or on no date.
    PeriodError
        The dates fit no grain.
    """
    if not isinstance(panel, pd.DataFrame):
        return list(panel), ()
    rows, notes = _tidy(panel, column)
    series = [_series(rows, part, grain) for part in _parts(rows.owner)]
    return sorted(series, key=lambda one: (str(one.kpi), str(one.segment))), notes


def rows_of_series(
    table: pd.DataFrame,
) -> Iterator[tuple[Any, Any, NDArray[np.intp]]]:
    """Yield KPI, segment and the places of the rows of every series, as they first appear."""
    keys, owner = _keys(table)
    order = np.argsort(owner, kind="stable")
    for part in _parts(owner[order]):
        yield *keys[owner[order[part[0]]]], order[part]


def series_title(kpi: object, segment: object) -> str:
    """Return the words for a series at the start of a sentence."""
    return ", ".join(str(part) for part in (kpi, segment) if part != "") or "The KPI"


def season_length(period: int | None, grain: Grain | None) -> int:
    """Return the number of periods in a season: as given, else the grain's own, else 1."""
    if period is None:
        return SEASONS[grain] if grain else 1
    if isinstance(period, bool) or period != int(period) or period < 1:
        raise DataError(f"period is {period!r}; it is a whole number of periods, 1 or more.")
    return int(period)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """The rows of a panel, series after series and in the order of time.

    Attributes
    ----------
    keys
        KPI and segment of every series, in the order in which they first appear.
    owner
        The place of each row's series among them.
    """

    keys: list[tuple[Any, Any]]
    owner: NDArray[np.int64]
    days: Days
    observed: Floats

    def name(self, row: int) -> str:
        """Return the words for a row in a message."""
        parts = (*map(str, self.keys[self.owner[row]]), str(self.days[row].astype(DAY)))
        return " ".join(part for part in parts if part)


def _parts(owner: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Return the places of each owner's rows, where those of one lie together."""
    parts = np.split(np.arange(len(owner)), np.flatnonzero(np.diff(owner)) + 1)
    return parts if len(owner) else []


def _tidy(panel: pd.DataFrame, column: str) -> tuple[_Rows, tuple[str, ...]]:
    lacking = [name for name in ("period_start", column) if name not in panel.columns]
    if lacking:
        raise DataError(
            f"panel: there is no column {' and no column '.join(map(repr, lacking))}. "
            f"A history has period_start and {column}; a panel also kpi and segment."
        )
    days, values, notes = _days(panel["period_start"]), _numbers(panel[column], column), []
    if "complete" in panel:
        whole = panel["complete"].fillna(False).astype(bool).to_numpy()
        if not whole.all():
            notes.append(f"Partial periods are left out: {int((~whole).sum())} rows in all.")
            panel, days, values = panel[whole], days[whole], values[whole]
    infinite = np.isinf(values)
    if infinite.any():
        notes.append(f"Infinite values count as missing: {int(infinite.sum())} in all.")
        values = np.where(infinite, np.nan, values)
    keys, owner = _keys(panel)
    order = np.lexsort((days, owner))
    _refuse_repeats(_Rows(keys=keys, owner=owner, days=days, observed=values), order)
    rows = _Rows(keys=keys, owner=owner[order], days=days[order], observed=values[order])
    return rows, tuple(notes)


def _keys(panel: pd.DataFrame) -> tuple[list[tuple[Any, Any]], NDArray[np.int64]]:
    """Return the keys of the series in a panel, and the place of each row's key among them."""
    kpi, kpis = _codes(panel, "kpi")
    segment, segments = _codes(panel, "segment")
    if len(kpis) == len(segments) == 1:
        return [(kpis[0], segments[0])], kpi
    owner, both = pd.factorize(kpi * len(segments) + segment)
    keys = [(kpis[code // len(segments)], segments[code % len(segments)]) for code in both]
    return keys, owner.astype(np.int64)


def _codes(panel: pd.DataFrame, name: str) -> tuple[NDArray[np.int64], list[Any]]:
    """Return a number for the key of every row, and what each stands for; missing is `""`."""
    if name not in panel:
        return np.zeros(len(panel), dtype=np.int64), [""]
    codes, found = pd.factorize(panel[name])
    codes, keys = codes.astype(np.int64), list(found)
    missing = codes < 0
    if missing.any():
        if "" not in keys:
            keys.append("")
        codes[missing] = keys.index("")
    return codes, keys


def _days(column: pd.Series) -> Days:
    try:
        dates = pd.to_datetime(column)
    except (ValueError, TypeError) as fault:
        raise DataError(f"panel: period_start holds what is no date ({fault}).") from None
    if isinstance(dates.dtype, pd.DatetimeTZDtype):
        dates = dates.dt.tz_localize(None)
    days: Days = dates.to_numpy()
    if missing := int(np.isnat(days).sum()):
        raise DataError(f"panel: period_start is missing in {missing} rows.")
    return days.astype(DAY).astype(days.dtype)


def _numbers(column: pd.Series, name: str) -> Floats:
    try:
        return np.asarray(column.astype(float), dtype=np.float64)
    except (ValueError, TypeError) as fault:
        raise DataError(f"panel: {name} holds what is no number ({fault}).") from None


def _refuse_repeats(rows: _Rows, order: NDArray[np.int64]) -> None:
    owner, days = rows.owner[order], rows.days[order]
    twice = order[1:][(owner[1:] == owner[:-1]) & (days[1:] == days[:-1])]
    if not len(twice):
        return
    shown = "; ".join(rows.name(row) for row in np.sort(twice)[:FEW])
    raise DataError(
        f"panel: {len(twice)} of {len(order)} rows repeat a period of their KPI and segment "
        f"(first: {shown}). Keep one row per kpi, segment and period_start."
    )


def _grain_of(days: Days) -> Grain | None:
    return infer_grain(days) if days.min() < days.max() else None


def _shared_grain(rows: _Rows) -> Grain | None:
    """Return the grain of all periods together; None where series of several grains fit none."""
    try:
        return _grain_of(rows.days)
    except PeriodError:
        return None


def _series(rows: _Rows, part: NDArray[np.int64], grain: Grain | None) -> Series:
    (kpi, segment), days = rows.keys[rows.owner[part[0]]], rows.days[part]
    own = grain or _grain_of(days) or _shared_grain(rows)
    place = _places(days, own)
    if (np.diff(place) == 0).any():
        raise DataError(
            f"{kpi or 'the KPI'}: two rows fall into one {own}. Pass the grain of the data, "
            "or keep one row per period."
        )
    values = np.full(int(place[-1]) + 1, np.nan)
    values[place] = rows.observed[part]
    return Series(
        kpi=kpi, segment=segment, starts=_starts(days, place, own), observed=values, grain=own
    )


def _places(days: Days, grain: Grain | None) -> NDArray[np.int64]:
    """Return how many periods each first day lies after the first of all."""
    if grain is None:
        return np.arange(len(days), dtype=np.int64)
    if grain in _MONTHS and _on_calendar(days):
        months = days.astype(MONTH).astype(np.int64)
        ahead = months - months[0]
        if np.any(ahead % _MONTHS[grain]):
            raise PeriodError(f"the first days of the periods do not lie whole {grain}s apart.")
        return np.asarray(ahead // _MONTHS[grain], dtype=np.int64)
    since: Floats = (days - days[0]).astype("timedelta64[D]").astype(float)
    return np.rint(since / _DAYS[grain]).astype(np.int64)


def _starts(days: Days, place: NDArray[np.int64], grain: Grain | None) -> pd.DatetimeIndex:
    """Return the first day of every period, those without a row included."""
    starts = pd.DatetimeIndex(days)
    if len(days) == int(place[-1]) + 1:
        return starts
    known = dict(zip(place.tolist(), starts, strict=True))
    return pd.DatetimeIndex(list(_filled(known, int(place[-1]), grain, _on_calendar(days))))


def _filled(
    known: dict[int, pd.Timestamp], last: int, grain: Grain | None, on_calendar: bool
) -> Iterator[pd.Timestamp]:
    for index in range(last + 1):
        if index in known or grain is None:
            yield known[index]
        elif grain in _MONTHS and on_calendar:
            yield pd.Timestamp(Calendar().shift(known[0].date(), grain, index))
        else:
            yield known[0] + pd.Timedelta(days=round(index * _DAYS[grain]))


def _on_calendar(days: Days) -> bool:
    """Return whether every period begins on the same day of a month, as calendar months do."""
    day = (days.astype(DAY) - days.astype(MONTH).astype(DAY)).astype(np.int64) + 1
    return bool((day == day[0]).all() and day[0] <= 28)

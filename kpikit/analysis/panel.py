"""Read a history or a panel into series on a true time index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.errors import DataError, PeriodError
from kpikit.periods import SEASONS, Calendar, Grain, infer_grain

Floats = NDArray[np.float64]

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

    def future(self, count: int) -> list[pd.Timestamp]:
        """Return the first days of the next `count` periods."""
        if self.grain is None:
            raise PeriodError(
                f"{self.name}: the grain cannot be told from fewer than two periods. Pass grain=."
            )
        last = self.starts[-1]
        if self.grain in _MONTHS and not _on_calendar(self.starts):
            days = _DAYS[self.grain]
            return [last + pd.Timedelta(days=round(days * step)) for step in range(1, count + 1)]
        shift = Calendar().shift
        return [pd.Timestamp(shift(last.date(), self.grain, step)) for step in range(1, count + 1)]


def read_panel(
    panel: pd.DataFrame, *, grain: Grain | None = None, column: str = "value"
) -> tuple[list[Series], tuple[str, ...]]:
    """Return the series of a history or a panel, ordered by KPI and segment, and notes.

    Parameters
    ----------
    panel
        `period_start, value`, and `kpi, segment` where there are several series.
        Where a column `complete` says that a period is partial, it is left out.
        An infinite value counts as missing.
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
    table, notes = _tidy(panel, column)
    shared = grain or _shared_grain(table["period_start"])
    keys = [
        (key, rows)
        for key, rows in table.groupby(["kpi", "segment"], sort=False, dropna=False, observed=True)
    ]
    keys.sort(key=lambda pair: (str(pair[0][0]), str(pair[0][1])))
    return [_series(key, rows, grain, shared) for key, rows in keys], notes


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


def _tidy(panel: pd.DataFrame, column: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    lacking = [name for name in ("period_start", column) if name not in panel.columns]
    if lacking:
        raise DataError(
            f"panel: there is no column {' and no column '.join(map(repr, lacking))}. "
            f"A history has period_start and {column}; a panel also kpi and segment."
        )
    table = pd.DataFrame(
        {
            "kpi": _keys(panel, "kpi"),
            "segment": _keys(panel, "segment"),
            "period_start": _dates(panel["period_start"]),
            "value": _numbers(panel[column], column),
        },
        index=panel.index,
    )
    notes = []
    if "complete" in panel:
        whole = panel["complete"].fillna(False).astype(bool)
        table = table[whole]
        if not whole.all():
            notes.append(f"Partial periods are left out: {int((~whole).sum())} rows in all.")
    infinite = np.isinf(table["value"])
    if infinite.any():
        notes.append(f"Infinite values count as missing: {int(infinite.sum())} in all.")
        table = table.assign(value=table["value"].mask(infinite))
    _refuse_repeats(table)
    return table, tuple(notes)


def _keys(panel: pd.DataFrame, name: str) -> pd.Series | str:
    """Return the keys as they are; the whole, `""`, where there are none."""
    if name not in panel:
        return ""
    keys = panel[name].astype(object)
    return keys.where(keys.notna(), "")


def _dates(column: pd.Series) -> pd.Series:
    try:
        dates = pd.to_datetime(column)
    except (ValueError, TypeError) as fault:
        raise DataError(f"panel: period_start holds what is no date ({fault}).") from None
    if dates.isna().any():
        raise DataError(f"panel: period_start is missing in {int(dates.isna().sum())} rows.")
    if dates.dt.tz is not None:
        dates = dates.dt.tz_localize(None)
    return dates.dt.normalize()


def _numbers(column: pd.Series, name: str) -> pd.Series:
    try:
        return column.astype(float)
    except (ValueError, TypeError) as fault:
        raise DataError(f"panel: {name} holds what is no number ({fault}).") from None


def _refuse_repeats(table: pd.DataFrame) -> None:
    twice = table[table.duplicated(["kpi", "segment", "period_start"])]
    if twice.empty:
        return
    shown = "; ".join(
        " ".join(part for part in (str(kpi), str(segment), f"{start:%Y-%m-%d}") if part)
        for kpi, segment, start, _ in twice.head(FEW).itertuples(index=False)
    )
    raise DataError(
        f"panel: {len(twice)} of {len(table)} rows repeat a period of their KPI and segment "
        f"(first: {shown}). Keep one row per kpi, segment and period_start."
    )


def _grain_of(starts: pd.Series) -> Grain | None:
    return infer_grain(starts) if starts.min() < starts.max() else None


def _shared_grain(starts: pd.Series) -> Grain | None:
    """Return the grain of all periods together; None where series of several grains fit none."""
    try:
        return _grain_of(starts)
    except PeriodError:
        return None


def _series(
    key: Sequence[Any], rows: pd.DataFrame, grain: Grain | None, shared: Grain | None
) -> Series:
    rows = rows.sort_values("period_start")
    own = grain or _grain_of(rows["period_start"]) or shared
    days = pd.DatetimeIndex(rows["period_start"])
    place = _places(days, own)
    if len(np.unique(place)) < len(place):
        raise DataError(
            f"{key[0] or 'the KPI'}: two rows fall into one {own}. Pass the grain of the data, "
            "or keep one row per period."
        )
    values = np.full(int(place[-1]) + 1, np.nan)
    values[place] = rows["value"].to_numpy(dtype=float)
    starts = _starts(days, place, own)
    return Series(kpi=key[0], segment=key[1], starts=starts, observed=values, grain=own)


def _places(days: pd.DatetimeIndex, grain: Grain | None) -> NDArray[np.int64]:
    """Return how many periods each first day lies after the first of all."""
    if grain is None:
        return np.arange(len(days), dtype=np.int64)
    if grain in _MONTHS and _on_calendar(days):
        months = np.asarray(days.year * 12 + days.month, dtype=np.int64)
        ahead = months - months[0]
        if np.any(ahead % _MONTHS[grain]):
            raise PeriodError(f"the first days of the periods do not lie whole {grain}s apart.")
        return np.asarray(ahead // _MONTHS[grain], dtype=np.int64)
    since = np.asarray((days - days[0]).days, dtype=float)
    return np.rint(since / _DAYS[grain]).astype(np.int64)


def _starts(
    days: pd.DatetimeIndex, place: NDArray[np.int64], grain: Grain | None
) -> pd.DatetimeIndex:
    """Return the first day of every period, those without a row included."""
    if len(days) == int(place[-1]) + 1:
        return days
    known = dict(zip(place.tolist(), days, strict=True))
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


def _on_calendar(days: pd.DatetimeIndex) -> bool:
    """Return whether every period begins on the same day of a month, as calendar months do."""
    day = days.day.to_numpy()
    return bool((day == day[0]).all() and day[0] <= 28)

"""What people know of a KPI's past: events that moved it, levels that began anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.panel import Series
from kpikit.errors import DataError
from kpikit.periods import parse_date
from kpikit.public_days import KIND as PUBLIC
from kpikit.public_days import public_days

if TYPE_CHECKING:
    from kpikit.strategy.model import Event, Strategy

RESETS = ["kpi", "segment", "period_start", "reason"]
NO_RESETS = pd.DataFrame(columns=RESETS)


@dataclass(frozen=True, kw_only=True)
class KnownEvent:
    """Something known that moved the numbers; `kpis` empty means all of them."""

    name: str
    first: date
    last: date | None
    kind: str = ""
    kpis: tuple[str, ...] = ()

    def touches(self, kpi: object) -> bool:
        """Return whether it moved this KPI."""
        return not self.kpis or str(kpi) in self.kpis

    def places(self, series: Series) -> NDArray[np.int64]:
        """Return the places of the periods in which it happened."""
        if not self.touches(series.kpi) or (self.kind == PUBLIC and series.grain != "day"):
            return np.empty(0, dtype=np.int64)
        following = series.following
        inside = following > np.datetime64(self.first)
        if self.last is not None:
            inside &= series.starts.to_numpy()[: len(following)] <= np.datetime64(self.last)
        return np.flatnonzero(inside)


def known_events(strategy: Strategy, *, first: date, last: date) -> tuple[KnownEvent, ...]:
    """Return a strategy's events, and the public holidays of its country within two days."""
    place = strategy.organisation.holidays
    days = public_days(place, first=first, last=last) if place else ()
    holidays = [KnownEvent(name=day.name, first=day.day, last=day.day, kind=PUBLIC) for day in days]
    return (*read_events(strategy.events), *holidays)


def read_events(
    events: pd.DataFrame | Sequence[Event | KnownEvent] | None,
) -> tuple[KnownEvent, ...]:
    """Return events from a strategy's or from a table.

    Parameters
    ----------
    events
        A strategy's `events`; or a table with `name` and `date`, or `from` and `to` (which
        may be missing: it lasts), and perhaps `kind` and `kpis` (one KPI, several, or none
        for all).

    Raises
    ------
    DataError
        A column is missing, or an event has no day.
    """
    if events is None:
        return ()
    if isinstance(events, pd.DataFrame):
        return tuple(_rows(events))
    found = []
    for event in events:
        if isinstance(event, KnownEvent):
            found.append(event)
        elif event.first_day is not None:
            found.append(
                KnownEvent(
                    name=event.name,
                    first=event.first_day,
                    last=event.last_day,
                    kind=event.kind or "",
                    kpis=tuple(event.kpis),
                )
            )
    return tuple(found)


def _rows(table: pd.DataFrame) -> Iterable[KnownEvent]:
    if "name" not in table or not {"date", "from"} & set(table.columns):
        raise DataError(
            "events: a table of events has the columns name, and date or from (and to)."
        )
    for number, row in enumerate(table.to_dict("records"), start=1):
        day, last = _first(row, ("date", "from")), _first(row, ("date", "to"))
        if day is None:
            raise DataError(f"events, row {number}: {row['name']} has no day. Give it a date.")
        kpis = row.get("kpis")
        if isinstance(kpis, str):
            kpis = [kpis] if kpis else []
        elif not isinstance(kpis, (list, tuple)):
            kpis = []
        yield KnownEvent(
            name=str(row["name"]),
            first=day,
            last=last,
            kind=str(row.get("kind") or ""),
            kpis=tuple(map(str, kpis)),
        )


def _first(row: dict[object, object], names: Iterable[str]) -> date | None:
    for name in names:
        value = row.get(name)
        if (
            value is not None
            and not (isinstance(value, float) and np.isnan(value))
            and (value is not pd.NaT)
        ):
            return parse_date(cast("date | str", value))
    return None


def read_resets(resets: pd.DataFrame | None) -> pd.DataFrame:
    """Return the baseline resets that hold: `kpi, segment, period_start, reason`.

    A row whose `undone` is true, or a date, no longer holds.

    Raises
    ------
    DataError
        A column is missing, or a reset gives no reason.
    """
    if resets is None:
        return NO_RESETS
    table, undone = _resets(resets)
    standing = table[~undone]
    silent = standing["reason"].isna() | (standing["reason"].astype(str).str.strip() == "")
    if silent.any():
        named = ", ".join(standing.loc[silent, "kpi"].astype(str))
        raise DataError(f"resets: {named} gives no reason. Say why the level began anew.")
    return standing.reset_index(drop=True)


def taken_back(resets: pd.DataFrame | None) -> pd.DataFrame:
    """Return the baseline resets that no longer hold: `kpi, segment, period_start, reason`."""
    if resets is None:
        return NO_RESETS
    table, undone = _resets(resets)
    return table[undone].reset_index(drop=True)


def _resets(resets: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series[bool]]:
    """Return all resets, and which of them were undone."""
    lacking = [name for name in ("kpi", "period_start", "reason") if name not in resets]
    if lacking:
        raise DataError(
            f"resets: there is no column {' and no column '.join(map(repr, lacking))}. "
            "A reset has kpi, period_start and reason, and perhaps segment and undone."
        )
    if resets.empty:
        return NO_RESETS, pd.Series(dtype=bool)
    table = resets.assign(
        segment=resets["segment"].fillna("") if "segment" in resets else "",
        period_start=pd.to_datetime(resets["period_start"]).dt.normalize(),
    )
    undone = pd.Series(False, index=table.index)
    if "undone" in table:
        undone = table["undone"].map(lambda value: not (pd.isna(value) or value is False))
    return table[RESETS], undone.astype(bool)


def places_anew(series: Series, resets: pd.DataFrame) -> dict[int, str]:
    """Return the places at which the level of this series begins anew, and why; never the first."""
    if resets.empty:
        return {}
    own = resets[(resets["kpi"] == series.kpi) & (resets["segment"] == series.segment)]
    places = np.searchsorted(series.starts, pd.DatetimeIndex(own["period_start"]))
    known = zip(places.tolist(), own["reason"].astype(str), strict=True)
    return {place: reason for place, reason in known if 0 < place < len(series.starts)}

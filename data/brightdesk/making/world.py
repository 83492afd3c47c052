"""Time, chance and the planted tracks: what every part of the company shares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import yaml

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
Bools = npt.NDArray[np.bool_]

TRUTH = Path(__file__).parents[1] / "truth.yaml"
NO_DAY = np.datetime64("NaT", "D")
REGIONS = ("Germany", "Austria and Switzerland", "Benelux", "Nordics")
REGION_SHARES = (0.46, 0.19, 0.21, 0.14)
DEPARTMENTS = ("marketing", "sales", "support", "product", "it_operations", "finance", "people")


@dataclass(frozen=True)
class World:
    """What is planted, and how large the company is."""

    truth: dict[str, Any]
    scale: int

    @cached_property
    def first_month(self) -> np.datetime64:
        """The first month with facts."""
        return np.datetime64(str(self.truth["first_month"]), "M")

    @cached_property
    def last_day(self) -> np.datetime64:
        """The last day with facts."""
        return np.datetime64(str(self.truth["last_day"]), "D")

    @cached_property
    def months(self) -> int:
        """How many months there are, the broken one at the end included."""
        return int((self.last_day.astype("datetime64[M]") - self.first_month).astype(int)) + 1

    def chance(self, name: str) -> np.random.Generator:
        """Return random numbers of their own for each name, whatever others draw."""
        return np.random.default_rng([self.truth["seed"], crc32(name.encode())])

    def month(self, name: str) -> int:
        """Return the place of a month, or of a day's month."""
        return int((np.datetime64(str(name)[:7], "M") - self.first_month).astype(int))

    def days(self, month: int) -> Days:
        """Return the days of a month as far as there are facts."""
        start, end = self.borders(month)
        return np.arange(start, min(end, self.last_day + 1))

    def borders(self, month: int) -> tuple[np.datetime64, np.datetime64]:
        """Return the first day of a month, and of the next one."""
        start = self.first_month + month
        return start.astype("datetime64[D]"), (start + 1).astype("datetime64[D]")

    def seen_share(self, month: int) -> float:
        """Return the share of a month's days of which there are facts."""
        start, end = self.borders(month)
        return float(len(self.days(month)) / (end - start).astype(int))

    @cached_property
    def _tracks(self) -> dict[str, tuple[Floats, Floats]]:
        return {}

    def track(self, kpi: str) -> Floats:
        """Return what is expected of a KPI in each whole month."""
        return self._track(kpi)[0]

    def at(self, kpi: str, month: int) -> float:
        """Return what is expected of a KPI in one month; before the first, as in the first."""
        return float(self.track(kpi)[max(month, 0)])

    def _track(self, kpi: str) -> tuple[Floats, Floats]:
        """Return a KPI's expected values, and how far they are off its trend."""
        if kpi not in self._tracks:
            entry = self.truth["tracks"][kpi]
            away = self._season(entry) + wander(
                self.chance(f"track {kpi}"), self.months, entry["memory"], entry["spread"]
            )
            away = away + self._driven(kpi)
            level = self._level(kpi, entry)
            value = level * np.exp(away) if entry["scale"] == "share" else level + away
            self._tracks[kpi] = np.asarray(value), away
        return self._tracks[kpi]

    def _level(self, kpi: str, entry: dict[str, Any]) -> Floats:
        years = np.arange(self.months) / 12
        if entry["scale"] == "share":
            level = entry["level"] * (1 + entry["a_year"]) ** years
        else:
            level = entry["level"] + entry["a_year"] * years
        for story in self.truth["stories"]:
            if story["kpi"] == kpi:
                start, way = self.month(story["since"]), story["months"]
                level[start : start + len(way)] = way
                level[start + len(way) :] = way[-1]
        return np.asarray(level)

    def _season(self, entry: dict[str, Any]) -> Floats:
        """Return what a month of the year adds, in logs or points; nothing over a year."""
        if "season" not in entry:
            return np.zeros(self.months)
        season = np.array(entry["season"], dtype=float)
        season = np.log(season / season.mean()) if entry["scale"] == "share" else season
        return np.asarray((season - season.mean())[np.arange(self.months) % 12])

    def _driven(self, kpi: str) -> Floats:
        """Return what other KPIs add to this one, in logs or points."""
        found = np.zeros(self.months)
        for lead in self.truth["leads"]:
            if lead["target"] == kpi and "strength" in lead:
                before = np.roll(self._track(lead["kpi"])[1], lead["lag"])
                before[: lead["lag"]] = 0.0
                found += lead["strength"] * before
        for tradeoff in self.truth["tradeoffs"]:
            if tradeoff["other"] == kpi:
                found += tradeoff["strength"] * self._track(tradeoff["kpi"])[1]
        return found


@cache
def read_truth() -> dict[str, Any]:
    """Return what is planted."""
    truth: dict[str, Any] = yaml.safe_load(TRUTH.read_text(encoding="utf-8"))
    return truth


def wander(chance: np.random.Generator, months: int, memory: float, spread: float) -> Floats:
    """Return deviations that remember the month before: AR(1) with this standard deviation."""
    steps = chance.normal(0, spread * np.sqrt(1 - memory**2), months)
    steps[0] = chance.normal(0, spread)
    for month in range(1, months):
        steps[month] += memory * steps[month - 1]
    return np.asarray(steps)


def weekday(days: Days) -> Ints:
    """Return 0 for Monday to 6; 1970-01-01 was a Thursday."""
    return np.asarray((days.astype("datetime64[D]").astype(int) + 3) % 7)


def is_holiday(days: Days) -> Bools:
    """Tell the days on which offices are closed in most of the company's countries."""
    days = days.astype("datetime64[D]")
    in_year = (days - days.astype("datetime64[Y]")).astype(int)
    month = days.astype("datetime64[M]").astype(int) % 12 + 1
    day = (days - days.astype("datetime64[M]")).astype(int) + 1
    fixed = (month == 5) & (day == 1) | (in_year == 0)
    christmas = (month == 12) & (day >= 24)
    easter = np.array([_easter(int(year)) for year in np.unique(_years(days))])
    movable = np.concatenate([easter + shift for shift in (-2, 1, 39, 50)])
    return np.asarray(fixed | christmas | np.isin(days, movable))


def _years(days: Days) -> Ints:
    return np.asarray(days.astype("datetime64[Y]").astype(int) + 1970)


def _easter(year: int) -> np.datetime64:
    """Return Easter Sunday of a year from 1900 to 2099 (Gauss)."""
    moon = (19 * (year % 19) + 24) % 30
    shift = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    late = 7 if (moon, shift) in ((29, 6), (28, 6)) and (moon == 29 or year % 19 > 10) else 0
    return np.datetime64(f"{year}-03-22") + moon + shift - late


def working_weight(days: Days, *, weekend: float, holiday: float) -> Floats:
    """Return how busy days are: a working day about 1, weekends and holidays less."""
    week = np.array([1.08, 1.10, 1.07, 1.03, 0.92, weekend, weekend * 1.05])
    return np.asarray(np.where(is_holiday(days), holiday, week[weekday(days)]))


def pick_days(chance: np.random.Generator, days: Days, weight: Floats, count: int) -> Days:
    """Return days drawn by their weights, in order."""
    counts = chance.multinomial(count, weight / weight.sum())
    return np.repeat(days, counts)


def pick(chance: np.random.Generator, shares: npt.ArrayLike, count: int) -> Ints:
    """Return places drawn by their shares; each share is kept to one in all, the order is not."""
    edges = np.cumsum(np.asarray(shares, dtype=float))
    even = (chance.permutation(count) + chance.random()) / max(count, 1)
    return np.minimum(np.searchsorted(edges / edges[-1], even), len(edges) - 1)


def happens(chance: np.random.Generator, share: float, count: int) -> Bools:
    """Return true for this share of the places, to one in all, so that months compare."""
    return np.asarray((chance.permutation(count) + chance.random()) / max(count, 1) < share)


def words(names: tuple[str, ...] | list[str], places: Ints) -> pa.Array:
    """Return a text column in which each row holds one of a few names."""
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), list(names)).cast(
        "string"
    )


def small(values: npt.NDArray[Any]) -> pa.Array:
    """Return a column of whole numbers below two thousand million."""
    return pa.array(values.astype(np.int32))


def dates(days: Days) -> pa.Array:
    """Return a column of days, empty where there is none."""
    return pa.array(days.astype("datetime64[D]"), mask=np.isnat(days))

"""Split a series into regimes: what it is between two changes, and since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from kpikit.analysis.breaks import LIKELY, search_breaks
from kpikit.analysis.course import Break, Course
from kpikit.analysis.panel import Floats
from kpikit.analysis.season import is_seasonal

MIN_PERIODS = 12  # with fewer, a change cannot be told from ordinary variation
NEIGHBOURS = 3  # on either side, whose median says what a value should have been
SPIKE = 5.0  # robust standard deviations from its neighbours: not a change, a single value
REMEMBERED = 16  # series: those of a KPI or two, which several analyses ask about in turn
TO_SD = 1.4826  # a median absolute deviation in standard deviations of the normal


@dataclass(frozen=True, kw_only=True, eq=False)
class Regimes:
    """A series with its changes.

    Attributes
    ----------
    values
        The values searched, spikes cut down to what their neighbours let expect.
    period
        Periods in the season; 1 where there is none.
    """

    course: Course
    values: Floats
    period: int

    @property
    def breaks(self) -> tuple[Break, ...]:
        """Return the changes in their order."""
        return self.course.breaks


def find_regimes(
    values: Floats, times: NDArray[np.int64], period: int, *, log_odds: float = LIKELY
) -> Regimes:
    """Find the changes of a series, with its season if it has one.

    Whether it has a season is asked again beside the changes found, since an unexplained
    change drowns a season; if the answer is another one, the search is repeated.
    """
    own = np.ascontiguousarray(values, dtype=float).tobytes()
    return _find(own, np.ascontiguousarray(times, dtype=np.int64).tobytes(), period, log_odds)


@lru_cache(maxsize=REMEMBERED)
def _find(own: bytes, when: bytes, period: int, log_odds: float) -> Regimes:
    """Find them once: changes, baselines and signals of a KPI all ask for the same."""
    values, times = np.frombuffer(own), np.frombuffer(when, dtype=np.int64)
    calm = cut_spikes(values, times, 1)
    versions = [values] if np.array_equal(calm, values) else [values, calm]
    seasonal = any(is_seasonal(version, times, period) for version in versions)
    season = period if seasonal else 1
    found = _search(values, times, season, log_odds)
    beside = found.course.columns(times)
    again = period if found.breaks and is_seasonal(found.values, times, period, beside) else season
    return found if again == season else _search(values, times, again, log_odds)


def cut_spikes(values: Floats, times: NDArray[np.int64], period: int) -> Floats:
    """Cut isolated values down to the median of their neighbours, beside their season."""
    season = _profile(values, times, period)
    middle = _moving_median(values - season, NEIGHBOURS)
    away = np.abs(values - season - middle)
    spread = TO_SD * float(np.median(away))
    return np.where((away > SPIKE * spread) & (spread > 0), middle + season, values)


def _search(values: Floats, times: NDArray[np.int64], period: int, log_odds: float) -> Regimes:
    calm = cut_spikes(values, times, period)
    course = search_breaks(calm, times, period, log_odds=log_odds)
    return Regimes(course=course, values=calm, period=period)


def _profile(values: Floats, times: NDArray[np.int64], period: int) -> Floats:
    """Return a season by medians, which a spike cannot bend."""
    if period == 1:
        return np.zeros(len(values))
    away = values - _moving_median(values, period // 2)
    place = times % period
    medians = np.array(
        [np.median(away[place == one]) if (place == one).any() else 0.0 for one in range(period)]
    )
    return np.asarray((medians - medians.mean())[place])


def _moving_median(values: Floats, reach: int) -> Floats:
    padded = np.pad(values, reach, constant_values=np.nan)
    ordered = np.sort(sliding_window_view(padded, 2 * reach + 1), axis=1)  # NaN comes last
    count, row = np.isfinite(ordered).sum(axis=1), np.arange(len(values))
    return np.asarray((ordered[row, (count - 1) // 2] + ordered[row, count // 2]) / 2)

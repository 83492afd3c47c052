"""Checks of amounts: rows by month, units of numbers, missing and impossible values."""

from __future__ import annotations

import numpy as np

from kpikit.results import Severity
from kpikit.sources.checks.months import find_breaks
from kpikit.sources.checks.profile import Profile, Row, frame_of, listed

TWICE = float(np.log(2))  # the least change in rows that is told
FIVEFOLD = float(np.log(5))  # the least change of a number's size that may be another unit
MORE_MISSING = 0.1  # the least rise of the share of missing values that is told
NEAR = 11  # months around and with a month, whose median says how many rows were to come
BEYOND = 1000.0  # times the 99th percentile: no scale holds both
UNITS = (7, 10, 12, 24, 60, 100, 1000, 3600, 86_400, 1_000_000)  # what unlike units differ by
CLOSE = 0.09  # logarithm: nearer than that, a factor is taken for one of them


def volume(profile: Profile) -> list[Row]:
    """Find months with far more or fewer rows than the months around, and lasting shifts."""
    rows = profile.rows.astype(float)
    known = rows.where(rows > 0)
    expected = known.rolling(NEAR, center=True, min_periods=1).median()
    breaks = find_breaks(known.map(np.log), smallest=TWICE, noise=expected**-0.5)
    found = []
    if len(breaks.odd):
        told = [f"{month} ({_times(size)})" for month, size in breaks.odd.items()]
        count = int(rows[breaks.odd.index].sum())
        text = f"rows against the months around: {listed(told)}"
        found.append(Row("volume", "warning", count, text))
    if len(breaks.shifts):
        told = [f"from {month} on ({_times(size)})" for month, size in breaks.shifts.items()]
        count = int(rows[rows.index >= breaks.shifts.index[0]].sum())
        found.append(Row("level shift", "warning", count, f"rows {listed(told)}"))
    return found


def unit_jumps(profile: Profile) -> list[Row]:
    """Find numbers whose usual size jumps by a factor of five or more."""
    found = []
    for name in profile.numbers:
        known, size = profile.by_month["known", name], profile.by_month["size", name]
        breaks = find_breaks(size, smallest=FIVEFOLD)
        told = [f"from {month} on {_unit(jump)}" for month, jump in breaks.shifts.items()]
        told += [f"in {month} {_unit(jump)}" for month, jump in breaks.odd.items()]
        if not told:
            continue
        within = known.index.isin(breaks.odd.index)
        if len(breaks.shifts):
            within |= known.index >= breaks.shifts.index[0]
        found.append(
            Row("unit jump", "warning", int(known[within].sum()), f"{name}: {listed(told)}")
        )
    return found


def missing_values(profile: Profile) -> list[Row]:
    """Find columns in which values begin to be missing, for a month or from one on."""
    rows = profile.rows.where(profile.rows > 0).astype(float)
    found = []
    for name in profile.columns:
        share = 1 - profile.by_month["known", name] / rows
        usual = share.median()
        noise = (max(usual * (1 - usual), 0.0) / rows) ** 0.5
        breaks = find_breaks(share, smallest=MORE_MISSING, noise=noise)
        odd, shifts = (part[part > 0] for part in breaks)
        shares = dict(zip(share.index, share, strict=True))
        told = [f"from {month} on in {shares[month]:.0%} of rows" for month in shifts.index]
        told += [f"in {month} in {shares[month]:.0%} of rows" for month in odd.index]
        if told:
            months = shifts.index.union(odd.index)
            count = int((share * rows)[months].sum())
            young = months[0] == share.index[-1]
            severity: Severity = "note" if young else "warning"
            text = f"{name} is missing {listed(told)}{', and may still come' if young else ''}"
            found.append(Row("missing values", severity, count, text))
    return found


def extreme_values(profile: Profile) -> list[Row]:
    """Find values a thousand times larger than nearly all others of their column."""
    table, found = profile.facts.table, []
    for name in _suspects(profile):
        amount = table[name].cast("float64").abs()
        usual = float(amount.nullif(0).quantile(0.99).to_pyarrow().as_py())
        beyond = table.filter(amount > BEYOND * usual)
        counted = frame_of(beyond.aggregate(rows=beyond.count(), largest=beyond[name].max()))
        count, largest = counted.iloc[0]
        if count:
            text = f"{name}: {largest:g}, while 99 of 100 are within {usual:g}"
            found.append(Row("extreme values", "note", int(count), text))
    return found


def _suspects(profile: Profile) -> list[str]:
    """Return the numbers whose largest amount is far from the usual: few need a second look."""
    if not len(profile.by_month):
        return []
    return [
        name
        for name in profile.numbers
        if profile.by_month["largest", name].max()
        > BEYOND * np.exp(profile.by_month["size", name].median())
    ]


def _times(size: float) -> str:
    return f"{np.exp(abs(size)):.1f} times as many" if size > 0 else f"{np.exp(size):.0%}"


def _unit(jump: float) -> str:
    factor = float(np.exp(abs(jump)))
    near = [unit for unit in UNITS if abs(np.log(factor / unit)) < CLOSE]
    hint = f", as if by {near[0]:,}" if near else ""
    return f"{factor:,.3g} times as {'large' if jump > 0 else 'small'}{hint}"

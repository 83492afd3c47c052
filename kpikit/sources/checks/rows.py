"""Checks of rows: how many, without a time, doubled, not seen yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpikit.results import Severity
from kpikit.sources.checks.profile import Profile, Row, frame_of

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_COMPARED = 2_000_000  # rows compared in full, newest first: whole rows are dear to compare


def reach(profile: Profile) -> list[Row]:
    """Say how many rows there are, and from when to when."""
    facts = profile.facts
    severity: Severity = "note" if facts.first else "error"
    text = f"{facts.first} to {facts.last}" if facts.first else "no dated row"
    return [Row("rows", severity, facts.rows, text)]


def undated(profile: Profile) -> list[Row]:
    """Count rows that belong to no period."""
    if not profile.facts.undated:
        return []
    text = f"{profile.facts.source.time} is missing"
    return [Row("no time", "warning", profile.facts.undated, text)]


def unseen(profile: Profile) -> list[Row]:
    """Count rows that lie after the as-of date."""
    if not profile.facts.unseen:
        return []
    return [Row("after the as-of date", "note", profile.facts.unseen, "left out")]


def repeated(profile: Profile) -> list[Row]:
    """Count rows that repeat an earlier one in full; a key makes that needless."""
    facts = profile.facts
    if facts.source.key or not profile.columns:
        return []
    table, since = _newest(profile)
    table = table.select(*profile.columns)
    groups = table.group_by(table.columns).aggregate(copies=table.count())
    extra = groups.filter(groups.copies > 1)
    found = (extra.copies - 1).sum().to_pyarrow().as_py()
    text = f"equal in every column{since}; kept"
    return [Row("repeated rows", "note", int(found), text)] if found else []


def repeated_keys(profile: Profile) -> list[Row]:
    """Find keys that tell no row from another."""
    key, table = list(profile.facts.source.key), profile.facts.table
    if not key:
        return []
    groups = table.group_by(key).aggregate(copies=table.count())
    doubled = groups.filter(groups.copies > 1)
    found = frame_of(doubled.aggregate(count=doubled.count())).iloc[0]["count"]
    if not found:
        return []
    first = frame_of(doubled.order_by(key).limit(1)).astype(object).iloc[0]
    example = ", ".join(f"{name}={first[name]}" for name in key)
    return [Row("repeated keys", "error", int(found), example)]


def _newest(profile: Profile) -> tuple[Table, str]:
    """Return the newest whole days that hold at most so many rows, and say so."""
    facts = profile.facts
    if facts.rows <= MOST_COMPARED:
        return facts.table, ""
    newest_first = profile.days[::-1].cumsum()
    within = newest_first[newest_first <= MOST_COMPARED]
    since = (within.index[-1] if len(within) else newest_first.index[0]).date()
    day = facts.table[facts.source.time].cast("date")
    return facts.table.filter(day >= since), f", looked at from {since} on"

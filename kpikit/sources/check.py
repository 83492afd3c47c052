"""Say how good each source is, before anyone builds on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.charts.style import BLUE, MUTED
from kpikit.periods import parse_date
from kpikit.results import SEVERITIES, Result, Severity
from kpikit.sources.read import Facts, open_facts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Source, Strategy

COLUMNS = ("source", "check", "severity", "rows", "example", "grade")
Row = tuple[str, Severity, int, str]  # check, severity, rows, example
GRADES: dict[Severity, str] = {
    "error": "C",
    "warning": "B",
    "note": "A",
}  # by the worst thing found


@dataclass(frozen=True, kw_only=True, eq=False)
class SourceChecks(Result):
    """What was found in each source: `source, check, severity, rows, example, grade`."""

    def summary(self) -> str:
        """Name the sources that want attention."""
        worst = self.frame.groupby("source")["grade"].max()
        below = [f"{name} (grade {grade})" for name, grade in worst.items() if grade > "A"]
        rows = self.frame.loc[self.frame["check"] == "rows", "rows"].sum()
        if not below:
            return f"{rows:,} rows read; every source has grade A."
        return f"{rows:,} rows read; look at {', '.join(below)}."

    def _draw(self, ax: Axes) -> None:
        rows = self.frame[self.frame["check"] == "rows"]
        ax.barh(rows["source"], rows["rows"], color=BLUE, height=0.5)
        for place, (count, grade) in enumerate(zip(rows["rows"], rows["grade"], strict=True)):
            ax.text(count, place, f" grade {grade}", va="center", color=MUTED, fontsize=8)
        ax.set_title("Rows by source")
        ax.margins(x=0.15)


def check_sources(strategy: Strategy, *, as_of: date | str | None = None) -> SourceChecks:
    """Tell how far each source of a strategy can be trusted.

    Parameters
    ----------
    strategy
        A loaded strategy.
    as_of
        Nothing later is seen; None sees all.

    Returns
    -------
    SourceChecks
        One row per check that found something, and one, `rows`, that says what there
        is. `grade` is the source's: A where notes are the worst, B with a warning, C
        with an error.

    Raises
    ------
    DataError
        When a source cannot be read at all.

    Notes
    -----
    Rows that repeat an earlier one in full are counted and kept: without a key
    nothing tells a double entry from two equal events. Where the source declares a
    key, repeated keys are an error.
    """
    day = parse_date(as_of) if as_of is not None else None
    with open_facts(strategy, as_of=day) as sources:
        return check_facts(sources)


def check_facts(sources: Mapping[str, Facts]) -> SourceChecks:
    """Check sources that are open already; see `check_sources`."""
    found: list[dict[str, object]] = []
    for name, facts in sources.items():
        rows = _check(facts)
        worst = min(SEVERITIES.index(severity) for _, severity, _, _ in rows)
        found.extend(
            dict(zip(COLUMNS, (name, *row, GRADES[SEVERITIES[worst]]), strict=True)) for row in rows
        )
    return SourceChecks(frame=pd.DataFrame(found, columns=list(COLUMNS)))


def _check(facts: Facts) -> list[Row]:
    reach = f"{facts.first} to {facts.last}" if facts.first else "no dated row"
    severity: Severity = "note" if facts.first else "error"
    return [
        ("rows", severity, facts.rows, reach),
        *_undated(facts),
        *_repeated(facts),
        *_repeated_keys(facts),
    ]


def _undated(facts: Facts) -> list[Row]:
    if not facts.undated:
        return []
    return [("no time", "warning", facts.undated, f"{facts.source.time} is missing")]


def _repeated(facts: Facts) -> list[Row]:
    """Count rows that repeat an earlier one in full."""
    if facts.source.key:
        return []
    table = facts.table.select(*_declared(facts.source, facts.table.columns))
    groups = table.group_by(table.columns).aggregate(copies=table.count())
    extra = groups.filter(groups.copies > 1)
    repeated = (extra.copies - 1).sum().to_pyarrow().as_py()
    if not repeated:
        return []
    return [("repeated rows", "note", int(repeated), "equal in every column; kept")]


def _repeated_keys(facts: Facts) -> list[Row]:
    key = facts.source.key
    if not key:
        return []
    groups = facts.table.group_by(list(key)).aggregate(copies=facts.table.count())
    doubled = groups.filter(groups.copies > 1)
    first = doubled.order_by(list(key)).limit(1).to_pyarrow().to_pylist()
    if not first:
        return []
    count = int(doubled.count().to_pyarrow().as_py())
    example = ", ".join(f"{name}={first[0][name]}" for name in key)
    return [("repeated keys", "error", count, example)]


def _declared(source: Source, columns: tuple[str, ...]) -> list[str]:
    return list(source.columns) or [name for name in columns if name not in source.derive]

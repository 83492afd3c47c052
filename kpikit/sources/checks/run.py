"""Say how good each source is, before anyone builds on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.charts.style import BLUE, MUTED
from kpikit.periods import parse_date
from kpikit.results import SEVERITIES, Result, Severity
from kpikit.sources.checks import amounts, names, rows, timing
from kpikit.sources.checks.profile import Profile, Row
from kpikit.sources.read import Facts, open_facts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Strategy

# a check is a function from a profile to rows; the order is that of the table
CHECKS: tuple[Callable[[Profile], list[Row]], ...] = (
    rows.reach,
    rows.undated,
    rows.unseen,
    rows.repeated,
    rows.repeated_keys,
    timing.gaps,
    timing.stale,
    timing.late,
    amounts.volume,
    amounts.unit_jumps,
    amounts.missing_values,
    amounts.extreme_values,
    names.mix,
    names.come_and_gone,
    names.near_duplicates,
)
COLUMNS = ("source", *Row._fields, "grade")
GRADES: dict[Severity, str] = {"error": "C", "warning": "B", "note": "A"}  # by the worst found


@dataclass(frozen=True, kw_only=True, eq=False)
class SourceChecks(Result):
    """What was found in each source: `source, check, severity, rows, example, grade`."""

    def grades(self) -> dict[str, str]:
        """Return each source's grade: A, B or C."""
        return dict(zip(self.frame["source"], self.frame["grade"], strict=True))

    def summary(self) -> str:
        """Name the sources that want attention, and what was found there."""
        count = self.frame.loc[self.frame["check"] == "rows", "rows"].sum()
        below = [self._reason(name) for name, grade in self.grades().items() if grade > "A"]
        if not below:
            return f"{count:,} rows read; every source has grade A."
        return f"{count:,} rows read; look at {', '.join(below)}."

    def _reason(self, source: str) -> str:
        own = self.frame[(self.frame["source"] == source) & (self.frame["severity"] != "note")]
        checks = own.sort_values("severity", kind="stable")["check"].drop_duplicates()
        grade = self.grades()[source]
        return f"{source} (grade {grade}: {', '.join(checks)})"

    def _shown(self) -> pd.DataFrame:
        """Return what wants attention, or what there is where nothing does."""
        found = self.frame[self.frame["severity"] != "note"]
        rows = self.frame[self.frame["check"] == "rows"]
        return rows if found.empty else found.sort_values("severity", kind="stable")

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
        Nothing later is seen; None sees all, as of the newest day in the facts.

    Returns
    -------
    SourceChecks
        One row per check that found something, and one, `rows`, that says what there
        is. `rows` counts the rows concerned, of gaps the periods, of keys the keys.
        `grade` is the source's: A where notes are the worst, B with a warning, C with
        an error.

    Raises
    ------
    DataError
        When a source cannot be read at all.

    Notes
    -----
    Rows that repeat an earlier one in full are counted and kept: without a key
    nothing tells a double entry from two equal events. Where the source declares a
    key, repeated keys are an error. Whole rows are compared among the newest two
    million at most. Months are those of the common calendar; partial ones are not
    judged.
    """
    day = parse_date(as_of) if as_of is not None else None
    with open_facts(strategy, as_of=day) as sources:
        return check_facts(sources, as_of=day)


def check_facts(sources: Mapping[str, Facts], *, as_of: date | None = None) -> SourceChecks:
    """Check sources that are open already; see `check_sources`."""
    newest = max((facts.last for facts in sources.values() if facts.last), default=date.min)
    found: list[dict[str, object]] = []
    for name, facts in sources.items():
        profile = Profile(facts, as_of=as_of or newest, newest=newest)
        checked = [row for check in CHECKS for row in check(profile)]
        worst = min(SEVERITIES.index(row.severity) for row in checked)
        grade = GRADES[SEVERITIES[worst]]
        found.extend(dict(zip(COLUMNS, (name, *row, grade), strict=True)) for row in checked)
    return SourceChecks(frame=pd.DataFrame(found, columns=list(COLUMNS)))

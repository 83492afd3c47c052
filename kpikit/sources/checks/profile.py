"""Look at a source once: what the checks need, counted by the engine and small when it leaves it.

The engine counts by day, by month and by name; no row is ever fetched. Everything is
computed when the first check asks for it, and kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kpikit.results import Severity
from kpikit.sources.read import Facts

if TYPE_CHECKING:
    from ibis.expr.types import DateValue, Table, Value

MOST_NAMES = 500  # different texts in a column, up to which they are taken for categories


class Row(NamedTuple):
    """One thing that a check found: its name, how bad it is, how many rows, and where."""

    check: str
    severity: Severity
    rows: int
    example: str


@dataclass(frozen=True)
class Profile:
    """What the checks know of one source.

    Attributes
    ----------
    as_of
        The day at which the facts are looked at.
    newest
        The newest day of all sources that are checked together.
    """

    facts: Facts
    as_of: date
    newest: date

    @property
    def columns(self) -> list[str]:
        """The columns as declared, or all that are not derived."""
        source, names = self.facts.source, self.facts.table.columns
        return list(source.columns) or [name for name in names if name not in source.derive]

    @property
    def numbers(self) -> list[str]:
        """The columns of numbers, those left out that only tell rows apart."""
        return [
            name
            for name in self.columns
            if self.facts.table[name].type().is_numeric() and name not in self.facts.source.key
        ]

    @property
    def months(self) -> pd.PeriodIndex:
        """The months that the source covers from their first to their last day."""
        first, reach = self.facts.first, self.facts.complete_through
        if first is None or reach is None:
            return pd.PeriodIndex([], freq="M")
        start = pd.Period(first, "M") + int(first.day > 1)
        end = pd.Period(reach + timedelta(days=1), "M") - 1
        return pd.period_range(start, end, freq="M")

    @cached_property
    def days(self) -> pd.Series[int]:
        """Rows by day, for the days that have any."""
        table, day = self.facts.table, _day(self.facts)
        found = frame_of(table.group_by(day=day).aggregate(rows=table.count()))
        found = found.dropna(subset=["day"]).sort_values("day")
        return pd.Series(found["rows"].to_numpy(), index=pd.DatetimeIndex(found["day"]))

    @cached_property
    def rows(self) -> pd.Series[int]:
        """Rows by complete month."""
        by_month = self.days.groupby(pd.DatetimeIndex(self.days.index).to_period("M")).sum()
        return by_month.reindex(self.months, fill_value=0)

    @cached_property
    def by_month(self) -> pd.DataFrame:
        """Of each column by complete month: values known, and of numbers their usual size.

        The columns are pairs: `known` or `size` or `largest`, and the column's name.
        `size` is the mean logarithm of the amounts that are not 0.
        """
        import ibis

        table, wanted = self.facts.table, {}
        for place, name in enumerate(self.columns):
            wanted[f"k{place}"] = ("known", name), table[name].count()
        for place, name in enumerate(self.numbers):
            amount = table[name].cast("float64").abs()
            size = ibis.ifelse(amount > 0, amount, ibis.null("float64")).ln().mean()
            wanted[f"s{place}"] = ("size", name), size
            wanted[f"l{place}"] = ("largest", name), amount.max()
        counted = table.group_by(month=_month(self.facts)).aggregate(
            **{short: value for short, (_, value) in wanted.items()}
        )
        found = _by_month(frame_of(counted)).set_index("month")
        found.columns = pd.MultiIndex.from_tuples([wanted[short][0] for short in found.columns])
        return found.reindex(self.months)

    @cached_property
    def names(self) -> dict[str, pd.DataFrame]:
        """Rows by month and name of each column of text that holds categories.

        Months without a row are zeros, and all months seen are there, complete or not.
        """
        table = self.facts.table
        texts = [name for name in self.columns if table[name].type().is_string()]
        if not texts or self.facts.first is None:
            return {}
        counts = table.aggregate(
            **{f"n{place}": table[name].approx_nunique() for place, name in enumerate(texts)}
        )
        few = frame_of(counts).iloc[0].to_numpy() <= MOST_NAMES
        return {
            name: self._counted(name)
            for name, wanted in zip(texts, few, strict=True)
            if wanted and name not in self.facts.source.key
        }

    def _counted(self, column: str) -> pd.DataFrame:
        table = self.facts.table
        counted = table.group_by(month=_month(self.facts), name=table[column]).aggregate(
            rows=table.count()
        )
        found = frame_of(counted).dropna()
        months = pd.period_range(self.facts.first, self.facts.last, freq="M")
        place, names = pd.factorize(found["name"], sort=True)
        wide = np.zeros((len(months), len(names)))
        wide[found["month"].to_numpy(dtype="int64") - _number(months[0]), place] = found["rows"]
        return pd.DataFrame(wide, index=months, columns=pd.Index(names, name="name"))


def frame_of(table: Table) -> pd.DataFrame:
    """Return a small table of the engine as a frame."""
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame


def listed(things: Iterable[object], most: int = 3) -> str:
    """Return the first few things as text, and how many more there are.

    Examples
    --------
    >>> listed(["2026-01", "2026-02", "2026-03", "2026-04"])
    '2026-01, 2026-02, 2026-03 and 1 more'
    """
    texts = [str(thing) for thing in things]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def _day(facts: Facts) -> DateValue:
    return facts.table[facts.source.time].cast("date")


def _month(facts: Facts) -> Value:
    """Return months as numbers: engines disagree on the type and zone of a truncated date."""
    day = _day(facts)
    return day.year().cast("int64") * 12 + day.month().cast("int64") - 1


def _by_month(frame: pd.DataFrame) -> pd.DataFrame:
    dated = frame.dropna(subset=["month"])
    since = dated["month"].to_numpy(dtype="int64") - _number(pd.Period("1970-01", "M"))
    return dated.assign(month=pd.DatetimeIndex(since.astype("datetime64[M]")).to_period("M"))


def _number(month: pd.Period) -> int:
    """Return a month as the engine counts them."""
    return int(month.year * 12 + month.month - 1)

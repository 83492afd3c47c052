"""What is on record: decisions, actions, concerns and reviews, as they stood on a day."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from kpikit.ledger import Ledger, Record
    from kpikit.strategy import Kpi, Strategy

Entry = dict[str, Any]  # one record: `day, who, why` and the fields of its kind
CYCLE_DAYS = 92  # a review cycle is a quarter
DEFAULT = "ledger.sqlite"


@dataclass(frozen=True, kw_only=True, eq=False)
class OnRecord:
    """A ledger as it stood on a day: nothing written later is seen."""

    ledger: Ledger
    as_of: date

    def read(self, kind: type[Record], *, topic: str = "") -> list[Entry]:
        """Return the records of a kind, oldest first; of each topic the newest only."""
        frame = self.ledger.read(kind).to_frame()
        frame = frame[frame["when"] < pd.Timestamp(self.as_of + timedelta(days=1), tz="UTC")]
        frame = frame.assign(day=frame["when"].dt.date)
        rows: list[Entry] = frame.to_dict(orient="records")  # type: ignore[assignment]
        return list({row[topic]: row for row in rows}.values()) if topic else rows

    @cached_property
    def decisions(self) -> list[Entry]:
        """What was decided, and by which KPIs."""
        from kpikit.ledger import Decision

        return self.read(Decision)

    @cached_property
    def actions(self) -> list[Entry]:
        """What somebody is to do, as it stands."""
        from kpikit.ledger import Action

        return self.read(Action, topic="action")

    @cached_property
    def comments(self) -> list[Entry]:
        """What was said of KPIs."""
        from kpikit.ledger import Comment

        return self.read(Comment)

    @cached_property
    def concerns(self) -> list[Entry]:
        """What worries people, as it stands; `raised` is the day it was first written."""
        from kpikit.ledger import Concern

        raised: dict[str, date] = {}
        for row in self.read(Concern):
            raised.setdefault(row["concern"], row["day"])
        found = self.read(Concern, topic="concern")
        return [row | {"raised": raised[row["concern"]]} for row in found]

    @cached_property
    def reviews(self) -> list[Entry]:
        """The states that reviews came to."""
        from kpikit.ledger import Review

        return self.read(Review)

    @cached_property
    def set_reviews(self) -> list[Entry]:
        """When KPIs were looked at as a set."""
        from kpikit.ledger import KpiSetReview

        return self.read(KpiSetReview)

    @cached_property
    def feedback(self) -> list[Entry]:
        """How teams answered surveys as a whole."""
        from kpikit.ledger import Feedback

        return [row for row in self.read(Feedback) if not row["item"]]

    @cached_property
    def accepted(self) -> Mapping[tuple[str, str, str], float]:
        """The value accepted last for each KPI, period and level."""
        from kpikit.ledger import Target

        return {
            (row["kpi"], row["period"], row["level"]): float(row["value"])
            for row in self.read(Target)
            if row["state"] != "proposed" and not row["segment"]
        }

    @cached_property
    def first_day(self) -> date | None:
        """The day of the oldest decision, action, comment or review on record."""
        rows = (*self.decisions, *self.actions, *self.comments, *self.reviews)
        return min((row["day"] for row in rows), default=None)

    def since(self, cycles: int) -> date:
        """Return the day on which the last so many cycles began."""
        return self.as_of - timedelta(days=CYCLE_DAYS * cycles)

    def reaches(self, cycles: int) -> bool:
        """Return whether the record goes back for this many review cycles."""
        return self.first_day is not None and self.first_day <= self.since(cycles)

    def decided_by(self, kpi: str) -> list[date]:
        """Return the days of the decisions that a KPI informed."""
        return [row["day"] for row in self.decisions if kpi in row["kpis"]]

    def acts_about(self, kpi: str) -> list[date]:
        """Return the days of decisions and finished actions about a KPI."""
        done = [row for row in self.actions if row["state"] == "done"]
        return [row["day"] for row in (*self.decisions, *done) if kpi in row["kpis"]]

    def last_review(self, kpi: Kpi) -> date | None:
        """Return when a KPI was last looked at in a set, by itself or with its department."""
        days = [
            row["on"].date()
            for row in self.set_reviews
            if kpi.id in row["kpis"]
            or (not row["kpis"] and row["department"] in ("", kpi.department))
        ]
        return max(days, default=None)

    def acts_of(self, person: str) -> list[date]:
        """Return the days on which a person decided, did or said something."""
        said = (*self.decisions, *self.actions, *self.comments)
        days = [row["day"] for row in said if row["who"] == person]
        done = [row for row in self.actions if row["state"] == "done"]
        return days + [row["day"] for row in done if row["owner"] == person]


@contextmanager
def on_record(
    strategy: Strategy, ledger: Ledger | None, *, as_of: date
) -> Iterator[OnRecord | None]:
    """Open the ledger given, or the strategy's own where there is one; else None.

    Raises
    ------
    DataError
        When what is given is no ledger.
    """
    address = ledger_of(strategy) if ledger is None else None
    if ledger is None and address is None:  # what reads a ledger takes long to load
        yield None
        return
    from kpikit.ledger import Ledger, open_ledger

    if address is None:
        if not isinstance(ledger, Ledger):
            raise DataError(f"ledger is {ledger!r}. Pass what open_ledger returns, or None.")
        yield OnRecord(ledger=ledger, as_of=as_of)
        return
    with open_ledger(address) as opened:
        yield OnRecord(ledger=opened, as_of=as_of)


def ledger_of(strategy: Strategy) -> Path | str | None:
    """Return where the strategy's ledger is, where there is one already."""
    named = strategy.ledger or DEFAULT
    if named.startswith("${"):
        return os.environ.get(named[2:-1])
    file = strategy.folder / named
    return file if file.is_file() else None

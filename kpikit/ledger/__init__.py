"""The ledger: what happened, on record, added to and never changed.

Targets accepted, decisions, actions, milestones, feedback, forecasts made and reviews
held are the memory of an organisation. This room keeps plain values and knows no other
room; whoever reads it joins them with the strategy. What reaches the database takes long
to load, and is loaded when a ledger is first opened.
"""

from typing import TYPE_CHECKING

from kpikit.ledger.chain import Entry, Head
from kpikit.ledger.records import (
    Action,
    BaselineReset,
    Comment,
    Concern,
    Decision,
    Feedback,
    ForecastMade,
    KpiSetReview,
    Milestone,
    Record,
    Review,
    Seen,
    Target,
    Undo,
    Verdict,
)

if TYPE_CHECKING:
    from kpikit.ledger.ledger import Ledger, open_ledger

__all__ = [
    "Action",
    "BaselineReset",
    "Comment",
    "Concern",
    "Decision",
    "Entry",
    "Feedback",
    "ForecastMade",
    "Head",
    "KpiSetReview",
    "Ledger",
    "Milestone",
    "Record",
    "Review",
    "Seen",
    "Target",
    "Undo",
    "Verdict",
    "open_ledger",
]


def __getattr__(name: str) -> object:
    if name not in ("Ledger", "open_ledger"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kpikit.ledger import ledger

    return getattr(ledger, name)

"""The ledger: what happened, on record, added to and never changed.

Targets accepted, decisions, actions, milestones, feedback, forecasts made and reviews
held are the memory of an organisation. This room keeps plain values and knows no other
room; whoever reads it joins them with the strategy.
"""

from kpikit.ledger.chain import Entry, Head
from kpikit.ledger.ledger import Ledger, open_ledger
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

"""How a running month does against earlier ones at the same point."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from kpikit.review.sections.words import Section, table
from kpikit.units import MISSING, format_change, format_value

if TYPE_CHECKING:
    from kpikit.review.findings import Review
    from kpikit.strategy import Kpi


def same_point(review: Review) -> Section:
    """Show the first days of the running period beside as many of earlier ones."""
    own = {item.kpi.id: item.kpi for item in review.kpis}
    if review.same_point is None:
        return Section("")
    frame = review.same_point
    frame = frame[frame["kpi"].isin(own) & (frame["segment"] == "")]
    running = review.as_of < review.period.end
    if frame.empty or not running:
        return Section("")
    rows = [
        (
            own[row["kpi"]].title,
            str(row["days"]),
            _value(row["value"], own[row["kpi"]], review),
            _against(row["value"], row["previous"], own[row["kpi"]], review),
            _against(row["value"], row["year_ago"], own[row["kpi"]], review),
        )
        for row in frame.to_dict("records")
    ]
    before = f"Against the {review.period.grain} before"
    head = ("KPI", "First days", "Value", before, "Against a year ago")
    grain = escape(review.period.grain)
    return Section(
        f"<h2>How does the {grain} run, at the same point?</h2>{table(head, rows, numbers=4)}"
    )


def _value(value: float, kpi: Kpi, review: Review) -> str:
    return format_value(value, kpi.unit, currency=review.strategy.organisation.currency or "")


def _against(value: float, other: float, kpi: Kpi, review: Review) -> str:
    if other != other:
        return MISSING
    change = format_change(
        value - other, kpi.unit, currency=review.strategy.organisation.currency or ""
    )
    return f"{change} ({_value(other, kpi, review)})"

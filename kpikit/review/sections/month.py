"""A month on one page: every KPI's picture, and a running month at the same point."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

from kpikit.charts.behaviour import signal_marks
from kpikit.charts.embed import picture
from kpikit.charts.series import expected_band, history_chart, target_line
from kpikit.review.sections.words import Section, number, table, target_of
from kpikit.units import MISSING, format_change, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.review.findings import KpiReview, Review
    from kpikit.strategy import Kpi

GLANCE, SHOWN = (3.3, 1.25), 24  # inches of a small picture, and the periods in it


def glance(review: Review) -> Section:
    """Show every KPI in a small picture: two years, what was to be expected, what stands out."""
    images = (
        picture(partial(_small, item, review), alt=_said(item, review), size=GLANCE)
        for item in review.kpis
    )
    pictures = "".join(f"<figure>{image}</figure>" for image in images)
    note = "Grey: what was to be expected; diamond: worth a look; square: exceptional."
    return Section(f'<section class="glance">{pictures}</section><p class="note">{note}</p>')


def _said(item: KpiReview, review: Review) -> str:
    value = _value(number(item.row["value"]), item.kpi, review)
    return f"{item.kpi.title}, {review.period.label}: {value}; trend: {item.row['trend']}."


def _small(item: KpiReview, review: Review, ax: Axes) -> None:
    kpi, currency = item.kpi, review.strategy.organisation.currency or ""
    history = item.history.tail(SHOWN)
    history_chart(history, ax=ax, title=kpi.title, unit=kpi.unit, currency=currency)
    if item.signals is not None:
        seen = item.signals.to_frame()
        seen = seen[seen["period_start"] >= history["period_start"].min()]
        expected_band(seen, ax=ax)
        signal_marks(seen, ax=ax)
    for level in target_of(kpi, review.period.label, review):
        target_line(level, ax=ax)


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

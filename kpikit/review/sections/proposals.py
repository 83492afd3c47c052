"""What would be an honest target for the next period."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from kpikit.results import notes_html
from kpikit.review.sections.words import Section, num, target_of
from kpikit.units import MISSING, format_chance, format_value

if TYPE_CHECKING:
    from kpikit.review.findings import KpiReview, Review


def targets(review: Review) -> Section:
    """Show what would be an honest target for the next period."""
    calendar, period = review.strategy.calendar, review.period
    label = calendar.label(calendar.shift(period.start, period.grain, 1), period.grain)
    reasons = tuple(f"{item.kpi.title}: {note}." for item in review.kpis for note in item.notes)
    if not any(item.proposals for item in review.kpis):
        return Section(notes_html(reasons or ("No KPI has a history to propose a target from.",)))
    head = (
        "KPI",
        "Floor 90\u202f%",
        "Committed 80\u202f%",
        "Stretch 30\u202f%",
        "Declared",
        "Its chance",
    )
    cells = "".join(
        f'<th scope="col"{num(place > 0)}>{escape(name)}</th>' for place, name in enumerate(head)
    )
    rows = "".join(_target_row(item, review, label) for item in review.kpis)
    return Section(
        f"<table><caption>Targets for {escape(label)}</caption>"
        f"<thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>{notes_html(reasons)}"
    )


def _target_row(item: KpiReview, review: Review, label: str) -> str:
    kpi, currency = item.kpi, review.strategy.organisation.currency or ""
    declared = target_of(kpi, label, review)
    words = " to ".join(format_value(x, kpi.unit, currency=currency) for x in declared) or MISSING
    values = [MISSING] * 3
    chance = MISSING
    if item.proposals is not None:
        row = item.proposals.to_frame().iloc[0]
        names = ("floor", "committed", "stretch")
        values = [format_value(row[name], kpi.unit, currency=currency) for name in names]
        if kpi.direction == "on_target":
            band = (row["lower"], row["upper"])
            text = " to ".join(format_value(x, kpi.unit, currency=currency) for x in band)
            values = [MISSING, text, MISSING]
        if declared:
            wanted = declared[0] if len(declared) == 1 else (declared[0], declared[1])
            chance = format_chance(item.proposals.attainment(kpi.id, wanted))
    cells = "".join(f'<td class="num">{cell}</td>' for cell in (*values, words, chance))
    return f'<tr><th scope="row">{escape(kpi.title)}</th>{cells}</tr>'

"""What the numbers rest on, and how they were made."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from kpikit.observations.build import used_sources
from kpikit.results import notes_html
from kpikit.review.numbers import Carried, review_numbers
from kpikit.review.sections.words import Section
from kpikit.tables import table_html

if TYPE_CHECKING:
    from kpikit.review.findings import Review


def data_quality(review: Review) -> Section:
    """Show what the numbers rest on."""
    used = used_sources(review.strategy, [item.kpi for item in review.kpis])
    frame = review.sources[review.sources["source"].isin(used)]
    shown = frame.rename(columns=str.capitalize)
    table = table_html(shown.assign(Rows=[f"{rows:,}" for rows in shown["Rows"]]))
    found = review.identities
    if found.frame.empty and not found.notes:
        return Section(table)
    return Section(f"{table}<p>{escape(found.summary())}</p>{notes_html(found.notes)}")


def methods(review: Review) -> Section:
    """Say how the numbers were made, and what they cannot tell."""
    notes = [
        "Values are computed from the facts at the grain shown: a ratio is a ratio of sums.",
        "Partial periods are drawn hollow and take no part in trends, forecasts and targets.",
        "Trend: regression with season where there is one and autocorrelated errors; "
        "a 95 % interval that excludes 0 makes it rising or falling.",
        "A chance near 0 or 100 % claims too much, for the reason that follows.",
    ]
    parts = [part for item in review.kpis for part in (item.trend, item.forecast, item.proposals)]
    notes += [note for part in parts if part is not None for note in part.notes]
    return Section(notes_html(tuple(dict.fromkeys(notes))))


# one KPI ---------------------------------------------------------------------------------


def numbers(review: Review) -> Carried:
    """Keep every number of the review in the notebook, for machines; a page shows none of it."""
    return Carried(review_numbers(review))

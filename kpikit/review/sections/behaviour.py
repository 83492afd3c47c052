"""How a KPI's process behaves: what was expected, what stands out, and the moving ranges."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from kpikit.charts.behaviour import behaviour_chart
from kpikit.charts.embed import picture
from kpikit.units import format_value

if TYPE_CHECKING:
    from kpikit.analysis.signals import Signals
    from kpikit.review.findings import KpiReview, Review


def behaviour(item: KpiReview, review: Review) -> str:
    """Return the process behaviour chart of a KPI with its season; nothing where too short."""
    signals = item.signals
    if signals is None or bool(signals.series["too_short"].all()):
        return ""
    currency = review.strategy.organisation.currency or ""
    said = " ".join(
        (*_season(item, currency), _expected(item, signals, review), *_quiet(item, signals, review))
    )
    limits = str(signals.raw_limits(item.kpi.id))
    image = picture(
        lambda ax: behaviour_chart(
            signals.to_frame(),
            marks=signals.marks,
            ax=ax,
            title=f"{item.kpi.title}: its process",
            unit=item.kpi.unit,
            currency=currency,
        ),
        alt=f"{said} {limits}",
    )
    note = f"Above: values within their limits; below: from one {item.kpi.grain} to the next."
    caption = f"<figcaption>{escape(note)} {escape(limits)}</figcaption>"
    return f"<p>{escape(said)}</p><figure>{image}{caption}</figure>"


def _season(item: KpiReview, currency: str) -> list[str]:
    """Say whether it repeats with the year, as far as that can be told."""
    if item.season is None:
        return []
    words = item.season.told(item.kpi.unit, currency=currency).partition(": ")[2]
    return [f"Season: {words}"]


def _expected(item: KpiReview, signals: Signals, review: Review) -> str:
    """Say what was to be expected of the newest period."""
    known = signals.to_frame().dropna(subset=["value", "expected"])
    row, kpi = known.iloc[-1], item.kpi
    currency = review.strategy.organisation.currency or ""
    value, low, high = (
        format_value(float(row[name]), kpi.unit, currency=currency)
        for name in ("value", "lower", "upper")
    )
    when = review.strategy.calendar.label(row["period_start"].date(), kpi.grain)
    return f"{when}: {value}, where {low} to {high} was to be expected."


def _quiet(item: KpiReview, signals: Signals, review: Review) -> list[str]:
    """Say where nothing was unusual for long."""
    label, grain = review.strategy.calendar.label, item.kpi.grain
    return [
        f"Nothing unusual for {row['periods']} {grain}s, since {label(row['since'].date(), grain)}."
        for row in signals.quiet().to_dict("records")
    ]

"""A page for each KPI: its past, its trend, what comes, and what will be done about it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from kpikit.charts.behaviour import signal_marks
from kpikit.charts.embed import picture
from kpikit.charts.key import draw_key
from kpikit.charts.series import (
    change_lines,
    expected_band,
    forecast_fan,
    history_chart,
    target_line,
    trend_line,
)
from kpikit.observations.build import used_sources
from kpikit.review.sections.behaviour import behaviour
from kpikit.review.sections.dictionary import entry
from kpikit.review.sections.ledger import comments_on
from kpikit.review.sections.words import Section, number, owner_name, target_of
from kpikit.strategy import Kpi
from kpikit.units import format_change, format_value

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from kpikit.analysis.trend import Trend
    from kpikit.review.findings import KpiReview, Review

SHOWN = 36  # periods of history in a chart


def kpi_pages(review: Review) -> Section:
    """Show each KPI: its past, its trend, what comes, and what will be done about it."""
    return Section("".join(_kpi_section(item, review) for item in review.kpis))


def _kpi_section(item: KpiReview, review: Review) -> str:
    kpi = item.kpi
    sentences = [_value_sentence(item, review)]
    if item.trend is not None:
        sentences.append(f"Trend: {_trend_words(item.trend, kpi, review)}")
    if item.net is not None:
        sentences.append(f"Net of its market: {_trend_words(item.net, kpi, review)}")
    rows = "".join(
        f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in entry(item, review) if text
    )
    said = comments_on(kpi.id, review)
    comments = f"<ul>{said}</ul>" if said else ""
    image = picture(lambda ax: _draw(item, review, ax), alt=" ".join(sentences))
    figure = f"<figure>{image}<figcaption>{escape(_grades(kpi, review))}</figcaption></figure>"
    return (
        f'<section class="kpi"><h3>{escape(kpi.title)}</h3>'
        f'<p class="note">{owner_name(item, review)} · {escape(kpi.unit)} · '
        f"{escape(kpi.direction.replace('_', ' '))} · <code>{escape(kpi.formula)}</code></p>"
        f"<p>{escape(' '.join(sentences))}</p>{comments}{figure}"
        f"{behaviour(item, review)}<dl>{rows}</dl></section>"
    )


def _grades(kpi: Kpi, review: Review) -> str:
    """Say what the KPI rests on, and how far that can be trusted."""
    grades = dict(zip(review.sources["source"], review.sources["grade"], strict=True))
    used = used_sources(review.strategy, [kpi])
    return "Facts: " + ", ".join(f"{name} (grade {grades.get(name, '–')})" for name in used)


def _draw(item: KpiReview, review: Review, ax: Axes) -> None:
    kpi, currency = item.kpi, review.strategy.organisation.currency or ""
    history = item.history.tail(SHOWN)
    history_chart(
        history, ax=ax, title=f"{kpi.title} by {kpi.grain}", unit=kpi.unit, currency=currency
    )
    since = history["period_start"].min()
    if item.signals is not None:
        seen = item.signals.to_frame()
        seen = seen[seen["period_start"] >= since]
        expected_band(seen, ax=ax)
        signal_marks(seen, ax=ax)
    if item.changes is not None:
        change_lines(_dated(item.changes.to_frame(), since, kpi, review), ax=ax)
    if item.trend is not None and item.row["trend"] != "drifting":  # it follows no line
        line = item.trend.line()
        trend_line(line[line["period_start"] >= since], ax=ax)
    if item.forecast is not None:
        known = item.history[item.history["complete"] & item.history["value"].notna()]
        last = (known["period_start"].iloc[-1], float(known["value"].iloc[-1]))
        forecast_fan(item.forecast.to_frame(), ax=ax, last=last)
    if item.aggregate in ("mean", "ratio", "last") or kpi.grain == review.period.grain:
        for level in target_of(kpi, review.period.label, review):
            target_line(level, ax=ax, label=f"target {review.period.label}")
    draw_key(ax, columns=4)


def _dated(changes: pd.DataFrame, since: pd.Timestamp, kpi: Kpi, review: Review) -> pd.DataFrame:
    """Return the changes to be drawn, each with the name of the period in which it began."""
    shown = changes[changes["period_start"] >= since]
    calendar = review.strategy.calendar
    names = [calendar.label(start.date(), kpi.grain) for start in shown["period_start"]]
    return shown.assign(text=names)


def _value_sentence(item: KpiReview, review: Review) -> str:
    kpi, currency = item.kpi, review.strategy.organisation.currency or ""
    value = number(item.row["value"])
    partial = "" if item.complete else f" so far (as of {review.as_of})"
    if value != value:
        return f"{review.period.label}: no value."
    return f"{review.period.label}: {format_value(value, kpi.unit, currency=currency)}{partial}."


def _trend_words(trend: Trend, kpi: Kpi, review: Review) -> str:
    """Say the verdict with the slope of a year, in the KPI's unit."""
    row = trend.to_frame().iloc[0]
    verdict = str(row["verdict"])
    if verdict == "too short":
        return "too short to tell."
    currency = review.strategy.organisation.currency or ""
    slope, low, high = (
        format_change(float(row[name]) * trend.per_year, kpi.unit, currency=currency)
        for name in ("slope", "slope_lower", "slope_upper")
    )
    said = {
        "rising": f"rising, {slope} a year",
        "falling": f"falling, {slope} a year",
        "no clear trend": f"none that is clear ({slope} a year)",
        "drifting": f"drifting ({slope} a year), which cannot be told from a random walk",
    }[verdict]
    return f"{said}; 95 % interval {low} to {high}."

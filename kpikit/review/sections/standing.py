"""The first page: whose review it is, and where every KPI stands."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from kpikit.review.sections.words import (
    STATUS,
    Section,
    num,
    number,
    owner_name,
    person_name,
    target_of,
)
from kpikit.units import MISSING, format_chance, format_change, format_value

if TYPE_CHECKING:
    from kpikit.review.findings import KpiReview, Review

PER_PAGE = 7  # KPIs; more than that on one page are not read


def header(review: Review) -> Section:
    """Say whose review this is, of which period, seen from which day."""
    strategy, department = review.strategy, review.strategy.departments.get(review.department)
    facts = [
        ("Department", review.title.partition(" · ")[0]),
        ("Owner", person_name(review, department.owner) if department else ""),
        ("Period", f"{review.period.label} ({review.period.start} to {review.period.end})"),
        ("As of", f"{review.as_of}: nothing later was seen"),
        ("Vision", department.vision.text if department and department.vision else ""),
        ("Mission", strategy.mission.text if strategy.mission else ""),
    ]
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts if text
    )
    warning = "" if review.complete else f'<p class="warning">{escape(_partial(review))}</p>'
    return Section(f'<p class="lead">{escape(review.summary())}</p>{warning}<dl>{rows}</dl>')


def board(review: Review) -> Section:
    """Show every KPI with value, comparison, target, attainment and status; seven to a table."""
    chance = "Outcome" if any(item.complete for item in review.kpis) else "Chance"
    before = f"{review.period.grain.title()} before"
    head = ("KPI", "Value", before, "Year ago", "Target", chance, "Status", "Trend")
    tables = []
    for first in range(0, len(review.kpis), PER_PAGE):
        rows = "".join(_board_row(item, review) for item in review.kpis[first : first + PER_PAGE])
        cells = "".join(
            f'<th scope="col"{num(place in (1, 2, 3, 4, 5))}>{name}</th>'
            for place, name in enumerate(head)
        )
        tables.append(f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>")
    said = "Better and worse: by the direction that the KPI declares."
    if not review.complete:
        said = f"Chance: of ending the period on target, given what it holds already. {said}"
    return Section(f'{"".join(tables)}<p class="note">{said}</p>')


def _board_row(item: KpiReview, review: Review) -> str:
    row, kpi = item.row, item.kpi
    currency = review.strategy.organisation.currency or ""
    value = number(row["value"])
    cells = [
        format_value(value, kpi.unit, currency=currency) + _so_far(item),
        _compared(item, "previous", review),
        _compared(item, "year_ago", review),
        _target_text(item, review),
        _chance(item, review),
    ]
    numbers = "".join(f'<td class="num">{cell}</td>' for cell in cells)
    status = str(row["status"])
    known = status if status != "no_target" else "no_data"
    return (
        f'<tr><th scope="row">{escape(kpi.title)}<br><small>{owner_name(item, review)}</small></th>'
        f'{numbers}<td><span class="status {known}">{STATUS[status]}</span></td>'
        f"<td>{escape(str(row['trend']))}</td></tr>"
    )


def _chance(item: KpiReview, review: Review) -> str:
    """Return the chance of ending on target, or what became of it."""
    attainment = number(item.row["attainment"])
    if item.complete and attainment == attainment:
        return "reached" if attainment == 1 else "missed"
    alone = not any(other.complete for other in review.kpis) or attainment != attainment
    return format_chance(attainment) + ("" if alone else "<br><small>chance</small>")


def _so_far(item: KpiReview) -> str:
    return "" if item.complete else "<br><small>so far</small>"


def _compared(item: KpiReview, earlier: str, review: Review) -> str:
    """Return an earlier value, and under it the change in words; none from a partial period."""
    kpi, currency = item.kpi, review.strategy.organisation.currency or ""
    value, other = number(item.row["value"]), number(item.row[earlier])
    then = format_value(other, kpi.unit, currency=currency)
    redefined = item.row["redefined"]
    if isinstance(redefined, tuple) and earlier in redefined:
        return f"{then}<br><small>other definition</small>"
    change = value - other
    if change != change or not item.complete:
        return then
    relative = kpi.unit != "share" and other > 0
    text = format_change(change / other if relative else change, kpi.unit, relative=relative)
    if change == 0 or kpi.direction == "on_target":
        word = ""
    else:
        word = " better" if (change > 0) == (kpi.direction == "higher_is_better") else " worse"
    return f"{then}<br><small>{text}{word}</small>"


def _target_text(item: KpiReview, review: Review) -> str:
    declared = target_of(item.kpi, review.period.label, review)
    if not declared:
        return MISSING
    currency = review.strategy.organisation.currency or ""
    return "<br>to ".join(format_value(x, item.kpi.unit, currency=currency) for x in declared)


def _partial(review: Review) -> str:
    late = [item.kpi.title for item in review.kpis if not item.complete]
    if len(late) < len(review.kpis):
        return f"Not complete yet, and not judged as whole: {', '.join(late)}."
    return (
        f"{review.period.label} is partial: it runs to {review.period.end}, and the facts are "
        f"seen up to {review.as_of}. Its values are not judged as those of a whole period."
    )

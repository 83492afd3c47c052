"""The page above the departments': statuses, the strategy's map, objectives, alignment."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.results import notes_html
from kpikit.review.mapped import map_picture
from kpikit.review.sections.alignment import findings_table
from kpikit.review.sections.happened import links_table
from kpikit.review.sections.words import STATUS, Section, name_of, table
from kpikit.strategy.tree import department_title
from kpikit.units import MISSING, format_chance, format_change, format_value

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from kpikit.review.company import CompanyReview

WHERE = (("off_target",), ("at_risk",), ("on_target",), ("no_data", "no_target"))
HEAD = ("Department", "Off target", "At risk", "On target", "Without a verdict")


def company_header(company: CompanyReview) -> Section:
    """Say of which company and period this is, and what it is all for."""
    strategy, period = company.strategy, company.period
    facts = [
        ("Period", f"{period.label} ({period.start} to {period.end})"),
        ("As of", f"{company.as_of}: nothing later was seen"),
        ("Vision", strategy.vision.text if strategy.vision else ""),
        ("Mission", strategy.mission.text if strategy.mission else ""),
    ]
    rows = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts if text)
    partial = "" if company.as_of >= period.end else _partial(company)
    return Section(f'<p class="lead">{escape(company.summary())}</p>{partial}<dl>{rows}</dl>')


def company_board(company: CompanyReview) -> Section:
    """Show where every KPI of every department stands, worst on the left."""
    frame = company.to_frame()
    body = []
    for name, part in frame.groupby("department", sort=False):
        cells = "".join(f"<td>{_standing(part, statuses)}</td>" for statuses in WHERE)
        title = escape(department_title(company.strategy, str(name)))
        body.append(f'<tr><th scope="row">{title}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in HEAD)
    return Section(f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>")


def company_map(company: CompanyReview) -> Section:
    """Show how departments and KPIs hang together, and what they serve."""
    frame = company.to_frame()
    image, said = map_picture(
        company.strategy, dict(zip(frame["kpi"], frame["status"], strict=True))
    )
    return Section(f"<figure>{image}<figcaption>{escape(said)}</figcaption></figure>")


def company_objectives(company: CompanyReview) -> Section:
    """Show how far each objective is, and how likely it is to be reached by its day."""
    frame = company.audited.objectives
    if frame.empty:
        return Section("<p>No objective is measured by a KPI.</p>")
    rows = [_objective(row, company) for row in frame.to_dict("records")]
    head = ("Objective", "Measured by", "By", "Likely", "Now", "Target", "Gap", "Chance")
    note = (
        '<p class="note">Now: the newest complete period of the KPI. Gap: now less the target. '
        "Chance: of a value that reaches the target in the period that holds the day.</p>"
    )
    return Section(table(head, rows, numbers=4) + note)


def company_links(company: CompanyReview) -> Section:
    """Show which of the links that are claimed the numbers bear out."""
    frame = company.links.to_frame()
    if frame.empty:
        return Section("<p>No KPI claims to lead another.</p>")
    said = escape(company.links.summary())
    return Section(
        f"<p>{said}</p>{links_table(frame, company.links.titles)}"
        f"{notes_html(company.links.notes[-1:])}"
    )


def company_audit(company: CompanyReview) -> Section:
    """Show how each family of rules is kept, and the worst findings."""
    found = company.audited.audit
    rows = [
        (
            str(row["title"]),
            f"{row['kept']:,}",
            f"{row['asked']:,}",
            format_value(float(row["score"]), "share"),
        )
        for row in found.score().to_dict("records")
    ]
    score = table(("Rules about", "Kept", "Asked", "Share"), rows, numbers=3)
    shown = findings_table(found.to_frame())
    return Section(f"<p>{escape(found.summary())}</p>{score}{shown}{notes_html(found.notes)}")


def _partial(company: CompanyReview) -> str:
    return (
        f'<p class="warning">{escape(company.period.label)} is partial: it runs to '
        f"{company.period.end}, and the facts are seen up to {company.as_of}.</p>"
    )


def _standing(part: pd.DataFrame, statuses: tuple[str, ...]) -> str:
    rows = part[part["status"].isin(statuses)]
    if rows.empty:
        return MISSING
    head = f'<span class="status {statuses[0]}">{len(rows)} {STATUS[statuses[0]]}</span>'
    if len(statuses) > 1:
        head = f'<span class="status {statuses[0]}">{len(rows)}</span>'
    return head + "".join(f"<br>{escape(title)}" for title in rows["title"])


def _objective(row: dict[Hashable, Any], company: CompanyReview) -> tuple[str, ...]:
    strategy = company.strategy
    goal, kpi = strategy.objectives[str(row["objective"])], strategy.kpis[str(row["kpi"])]
    currency = strategy.organisation.currency or ""
    value, target, chance = (float(row[name]) for name in ("value", "target", "attainment"))
    return (
        f"{goal.title} ({name_of(strategy, goal.owner)})",
        kpi.title,
        row["by"] or MISSING,
        STATUS[row["status"]],
        format_value(value, kpi.unit, currency=currency),
        format_value(target, kpi.unit, currency=currency),
        format_change(value - target, kpi.unit, currency=currency),
        format_chance(chance),
    )

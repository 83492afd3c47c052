"""What changed, what moved it, and what the numbers show of the links that are claimed."""

from __future__ import annotations

from collections.abc import Hashable
from html import escape
from typing import TYPE_CHECKING, Any

from kpikit.results import notes_html
from kpikit.review.sections.words import Section, num, owner_name
from kpikit.units import MISSING, format_p

if TYPE_CHECKING:
    import pandas as pd

    from kpikit.review.findings import KpiReview, Review

QUIET = "Nothing stands out: no recent change, and no period beyond what was to be expected."
EVIDENCE = ("KPI", "Leads", "Claimed", "Verdict", "Found", "Explains", "p")


def happened(review: Review) -> Section:
    """Say what changed and stood out, and what moved each KPI, with its owner."""
    rows = [row for item in review.kpis if (row := _row(item, review))]
    if not rows:
        return Section(f"<p>{QUIET}</p>")
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("KPI", "What stands out", "What moved it")
    )
    quiet = len(review.kpis) - len(rows)
    rest = f'<p class="note">Nothing stands out in the other {quiet} KPIs.</p>' if quiet else ""
    return Section(
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{rest}"
    )


def leads(review: Review) -> Section:
    """Show the links that are claimed to or from these KPIs, each with its evidence."""
    own = {item.kpi.id for item in review.kpis}
    frame = review.links.to_frame()
    frame = frame[frame["candidate"].isin(own) | frame["target"].isin(own)]
    if frame.empty:
        return Section(
            "<p>No KPI here claims to lead another, and none is claimed to lead one of them.</p>"
        )
    return Section(links_table(frame, review.links.titles) + notes_html(review.links.notes[-1:]))


def links_table(frame: pd.DataFrame, titles: dict[str, str]) -> str:
    """Return claimed links with their evidence as a table."""
    head = "".join(
        f'<th scope="col"{num(place > 4)}>{name}</th>' for place, name in enumerate(EVIDENCE)
    )
    rows = "".join(_evidence(row, titles) for row in frame.to_dict("records"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(item: KpiReview, review: Review) -> str:
    said = "".join(f"<li>{escape(finding.sentence)}</li>" for finding in item.happened)
    moved = item.drivers.summary().partition(": ")[2] if item.drivers is not None else ""
    if not said and item.row["status"] not in ("off_target", "at_risk"):
        return ""
    name = f"{escape(item.kpi.title)}<br><small>{owner_name(item, review)}</small>"
    return (
        f'<tr><th scope="row">{name}</th><td>{f"<ul>{said}</ul>" if said else MISSING}</td>'
        f"<td>{escape(moved) or MISSING}</td></tr>"
    )


def _evidence(row: dict[Hashable, Any], titles: dict[str, str]) -> str:
    found = row["lag"] == row["lag"] and row["verdict"] in ("supported", "wrong lag", "wrong sign")
    cells = (
        titles.get(str(row["target"]), str(row["target"])),
        f"after {row['claimed_lag']}, {row['claimed_sign']}",
        str(row["verdict"]),
        f"after {row['after']}, {row['sign']}" if found else MISSING,
    )
    share, p_value = (float(str(row[name])) for name in ("partial_r2", "p_value"))
    numbers = (f"{share * 100:.0f} %" if found else MISSING, format_p(p_value))
    text = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    figures = "".join(f'<td class="num">{escape(cell)}</td>' for cell in numbers)
    name = escape(titles.get(str(row["candidate"]), str(row["candidate"])))
    return f'<tr><th scope="row">{name}</th>{text}{figures}</tr>'

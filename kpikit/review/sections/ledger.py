"""What is on record: decisions, actions and their follow-through, milestones, kpikit's own record.

Without a ledger these parts are empty, headings included.
"""

from __future__ import annotations

from datetime import date
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.ledger.follow_through import kept_promises, milestones_reached
from kpikit.review.sections.words import Section, person_name, table
from kpikit.units import MISSING, format_value

if TYPE_CHECKING:
    from kpikit.review.findings import Review

MOST = 10  # rows of a table; the ledger itself holds them all
NOTHING = Section("")


def follow_through(review: Review) -> Section:
    """Show what was decided, what is to be done about it, and what became of that."""
    if review.remembered is None:
        return NOTHING
    decisions = _of_department(review.remembered.decisions, review)
    actions = _of_department(review.remembered.actions, review)
    shown = actions[actions["state"] != "dropped"].sort_values(["due", "seq"]).tail(MOST)
    parts = [
        table(
            ("Decided", "Why", "By", "On"),
            [
                (
                    row["text"],
                    row["why"],
                    person_name(review, row["who"]),
                    f"{row['when']:%Y-%m-%d}",
                )
                for row in decisions.tail(MOST).to_dict("records")
            ],
        ),
        table(
            ("Action", "Owner", "Due", "State"),
            [
                (
                    row["text"],
                    person_name(review, row["owner"]),
                    f"{row['due']:%Y-%m-%d}",
                    _state(row["state"], row["due"], review.as_of),
                )
                for row in shown.to_dict("records")
            ],
        ),
    ]
    said = f"<p>{escape(_kept(actions, review.as_of))}</p>"
    none = "" if any(parts) else "<p>Nothing is on record of this department.</p>"
    return Section(
        f"<h2>What was decided, and what became of it?</h2>{none}{said if parts[1] else ''}"
        f"{''.join(parts)}"
    )


def milestones(review: Review) -> Section:
    """Show the milestones reached in the period: what there is to celebrate."""
    if review.remembered is None:
        return NOTHING
    until = max(review.period.start, min(review.period.end, review.as_of))
    found = milestones_reached(review.remembered.milestones, since=review.period.start, until=until)
    if found.empty:
        return NOTHING
    objectives = review.strategy.objectives
    rows = [
        (
            objectives[row["objective"]].title
            if row["objective"] in objectives
            else row["objective"],
            row["criteria"],
            f"{row['reached_on']:%Y-%m-%d}",
            _early(int(row["days_early"])),
        )
        for row in found.to_dict("records")
    ]
    shown = table(("Objective", "Milestone", "Reached on", "Against its day"), rows)
    return Section(f"<h2>Which milestones were reached?</h2>{shown}")


def own_record(review: Review) -> Section:
    """Show how good kpikit's own forecasts were, those on record whose period has come."""
    if review.remembered is None or review.remembered.scores.empty:
        return NOTHING
    rows = [
        (
            row["method"],
            str(row["forecasts"]),
            f"{row['error']:.1f} %",
            f"{row['bias']:+.1f} %",
            MISSING if pd.isna(row["inside"]) else format_value(float(row["inside"]), "share"),
        )
        for row in review.remembered.scores.to_dict("records")
    ]
    head = ("Method", "Forecasts", "Mean error", "Bias", "Inside the middle 80 %")
    return Section(
        "<h2>How good were earlier forecasts?</h2>"
        "<p>All forecasts on record whose period has come, of every department; the last column "
        f"should be near 80 %.</p>{table(head, rows, numbers=4)}"
    )


def comments_on(kpi: str, review: Review) -> str:
    """Return what was said of a KPI in the period, as a list; empty where nothing was."""
    if review.remembered is None:
        return ""
    frame = review.remembered.comments
    own = frame[(frame["kpi"] == kpi) & (frame["period"] == review.period.label)]
    return "".join(
        f"<li>{escape(row['text'])} <small>{escape(person_name(review, row['who']))}, "
        f"{row['when']:%Y-%m-%d}</small></li>"
        for row in own.tail(MOST).to_dict("records")
    )


def last_decision(kpi: str, review: Review) -> str:
    """Return the newest decision that cites a KPI, with its day; empty where there is none."""
    if review.remembered is None:
        return ""
    frame = review.remembered.decisions
    cited = frame[np.array([kpi in names for names in frame["kpis"]], dtype=bool)]
    if cited.empty:
        return ""
    newest = cited.iloc[-1]
    return f"{newest['text']} ({newest['when']:%Y-%m-%d})"


def _of_department(records: pd.DataFrame, review: Review) -> pd.DataFrame:
    """Return the records of a department, or of its KPIs, up to the period under review."""
    own = {item.kpi.id for item in review.kpis}
    calendar, end = review.strategy.calendar, review.period.end
    kept = [
        (row["department"] == review.department or bool(own & set(row["kpis"])))
        and calendar.parse(row["period"]).start <= end
        for row in records.to_dict("records")
    ]
    return records[np.array(kept, dtype=bool)]


def _kept(actions: pd.DataFrame, as_of: date) -> str:
    promises = kept_promises(actions, as_of=as_of)
    due, in_time, late, overdue = (
        int(promises[name].sum()) for name in ("due", "in_time", "late", "overdue")
    )
    if not due:
        return f"No action has come due by {as_of}."
    return (
        f"Actions due by {as_of}: {due}, of which {in_time} were done in time, {late} late, "
        f"and {overdue} are overdue."
    )


def _state(state: str, due: pd.Timestamp, as_of: date) -> str:
    days = (pd.Timestamp(as_of) - due).days
    return f"open, {days} days overdue" if state == "open" and days > 0 else state


def _day(moment: pd.Timestamp) -> str:
    return f"{moment:%Y-%m-%d}"


def _early(days: int) -> str:
    if days == 0:
        return "on the day"
    return f"{abs(days)} days {'early' if days > 0 else 'late'}"

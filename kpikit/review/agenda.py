"""What a review meeting talks about, and the page a team brings to it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.ledger import Action, Concern, Milestone
from kpikit.ledger.follow_through import milestones_reached, open_actions, overdue_actions
from kpikit.results import Result
from kpikit.review.handover import due_reviews
from kpikit.review.sections import Section, board, header
from kpikit.review.sections.words import STATUS
from kpikit.strategy.tree import kpis_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from kpikit.ledger import Ledger
    from kpikit.review.findings import Review

TOPICS = ("celebrate", "promised", "off target", "concern", "next targets", "the KPI set")
COLUMNS = ["topic", "subject", "owner", "reason"]
Item = tuple[str, str, str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Agenda(Result):
    """What to talk about, in this order: `topic, subject, owner, reason`."""

    title: str

    def summary(self) -> str:
        """Say how many items there are, by topic."""
        if self.frame.empty:
            return f"{self.title}: nothing needs to be talked about."
        counts = self.frame["topic"].value_counts()
        said = ", ".join(f"{topic} {counts[topic]}" for topic in TOPICS if topic in counts)
        return f"{self.title}: items {len(self.frame)} ({said})."

    def _shown(self) -> pd.DataFrame:
        return self.frame

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.cycle import topics_chart

        topics_chart(self.frame["topic"], order=TOPICS, title=self.title, ax=ax)


def set_agenda(review: Review, ledger: Ledger) -> Agenda:
    """Say what the meeting on a review should talk about.

    Milestones reached come first; then what was promised and is overdue, KPIs that are
    not on target, open concerns, the next period's targets, and the set of KPIs where it
    is due.
    """
    items = [
        *_reached(review, ledger),
        *_promised(review, ledger),
        *_off_target(review),
        *_concerns(review, ledger),
        *_next_targets(review, ledger),
        *_kpi_set(review, ledger),
    ]
    return Agenda(frame=pd.DataFrame(items, columns=COLUMNS), title=f"Agenda of {review.title}")


def one_pager(review: Review, ledger: Ledger) -> Section:
    """Return what a team brings to the meeting: what it is for, its KPIs, and what it owes."""
    actions = open_actions(ledger.latest(Action).to_frame())
    own = actions[actions["department"].isin([review.department, ""])]
    rows = "".join(
        f"<tr><td>{escape(row['text'])}</td><td>{escape(row['owner'])}</td><td>{row['due']:%Y-%m-%d}</td></tr>"
        for row in own.to_dict(orient="records")
    )
    table = (
        "<table><caption>Open actions</caption><thead><tr><th>Action</th><th>Owner</th>"
        f"<th>Due</th></tr></thead><tbody>{rows}</tbody></table>"
    )
    owed = table if rows else "<p>No action is open.</p>"
    return Section(f"{header(review).html}{board(review).html}{owed}")


def _reached(review: Review, ledger: Ledger) -> Iterator[Item]:
    found = milestones_reached(
        ledger.latest(Milestone).to_frame(), since=review.period.start, until=review.as_of
    )
    objectives = review.strategy.objectives
    for row in found.to_dict(orient="records"):
        objective = objectives.get(str(row["objective"]))
        owner = objective.owner if objective else ""
        title = objective.title if objective else str(row["objective"])
        yield (
            "celebrate",
            title,
            owner,
            f"reached on {row['reached_on']:%Y-%m-%d}: {row['criteria']}",
        )


def _promised(review: Review, ledger: Ledger) -> Iterator[Item]:
    late = overdue_actions(ledger.latest(Action).to_frame(), as_of=review.as_of)
    for row in late[late["department"].isin([review.department, ""])].to_dict(orient="records"):
        yield "promised", row["text"], row["owner"], f"due on {row['due']:%Y-%m-%d}"


def _off_target(review: Review) -> Iterator[Item]:
    for row in review.to_frame().to_dict(orient="records"):
        if row["status"] in ("at_risk", "off_target"):
            kpi = review.strategy.kpis[str(row["kpi"])]
            plan = f"; agreed for this case: {kpi.if_off_target}" if kpi.if_off_target else ""
            yield "off target", kpi.title, kpi.owner, f"{STATUS[row['status']]}{plan}"


def _concerns(review: Review, ledger: Ledger) -> Iterator[Item]:
    found = ledger.latest(Concern).to_frame()
    own = {kpi.id for kpi in kpis_of(review.strategy, review.department)}
    for row in found[found["state"] == "open"].to_dict(orient="records"):
        if not row["kpis"] or own & set(row["kpis"]):
            yield "concern", row["text"], row["who"], f"open since {row['when']:%Y-%m-%d}"


def _next_targets(review: Review, ledger: Ledger) -> Iterator[Item]:
    calendar, period = review.strategy.calendar, review.period
    label = calendar.label(calendar.shift(period.start, period.grain, 1), period.grain)
    targets = ledger.accepted_targets()
    accepted = set(targets.loc[targets["period"] == label, "kpi"])
    for kpi in kpis_of(review.strategy, review.department):
        if kpi.status == "active" and kpi.id not in accepted:
            yield "next targets", kpi.title, kpi.owner, f"no target is accepted for {label}"


def _kpi_set(review: Review, ledger: Ledger) -> Iterator[Item]:
    due = due_reviews(review.strategy, ledger, as_of=review.as_of).iloc[-1]
    if due["state"] != "done":
        yield "the KPI set", "Are these still the right KPIs?", "", f"due on {due['due']:%Y-%m-%d}"

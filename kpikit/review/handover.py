"""What a review hands on to the next one, and which reviews are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.ledger import (
    Action,
    BaselineReset,
    Comment,
    Concern,
    Decision,
    KpiSetReview,
    Ledger,
    Review,
)
from kpikit.ledger.follow_through import decisions_per_kpi, open_actions
from kpikit.periods import Grain, Period, parse_date
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy import Kpi, Strategy

DONE = ("held", "closed")
RHYTHM: tuple[tuple[str, Grain], ...] = (
    ("report of the month", "month"),
    ("evaluation of objectives", "quarter"),
)
KPI_SET = "review of the KPI set"


@dataclass(frozen=True, kw_only=True, eq=False)
class Handover(Result):
    """What a period's review begins with: the KPIs, and what is known of each.

    The table is `kpi, title, owner, target, decisions, actions, open_actions, comment`: the
    accepted target (else the declared one), how often the KPI was cited, and the newest
    comment before the period's end.

    Attributes
    ----------
    actions, concerns
        Those that earlier reviews left open.
    evidence
        The hash of the newest report frozen before, or no text.
    """

    period: str
    actions: pd.DataFrame = field(repr=False)
    concerns: pd.DataFrame = field(repr=False)
    evidence: str = ""

    def summary(self) -> str:
        """Say how much is handed on."""
        return (
            f"Review of {self.period} begins with: KPIs {len(self.frame)}, "
            f"open actions {len(self.actions)}, open concerns {len(self.concerns)}."
        )

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.cycle import cited_chart

        cited_chart(self.frame, title=f"What KPIs of {self.period} were cited for", ax=ax)


def hand_over(
    strategy: Strategy, ledger: Ledger, *, period: Period, department: str | None = None
) -> Handover:
    """Gather what earlier reviews leave to the review of a period.

    Parameters
    ----------
    period
        The period whose review begins.
    department
        Only the KPIs of this one; of all departments unless given.

    Returns
    -------
    Handover
        One row for each KPI in use or proposed, in the file's order.
    """
    kpis = [
        kpi
        for kpi in strategy.kpis.values()
        if kpi.status != "retired" and department in (None, kpi.department)
    ]
    actions = ledger.latest(Action).to_frame()
    concerns = ledger.latest(Concern).to_frame()
    left = open_actions(actions)
    cited = decisions_per_kpi(
        ledger.read(Decision).to_frame(), actions, kpis=[kpi.id for kpi in kpis]
    )
    comments = ledger.read(Comment).to_frame().drop_duplicates("kpi", keep="last")
    said = comments.set_index("kpi")["text"]
    still_open = left["kpis"].explode().value_counts()
    reviews = ledger.read(Review).to_frame()
    frozen = [text for text in reviews["report_sha256"] if text]
    table = cited.assign(
        title=[kpi.title for kpi in kpis],
        owner=[kpi.owner for kpi in kpis],
        target=_targets(strategy, ledger, period, kpis),
        open_actions=still_open.reindex(cited["kpi"]).fillna(0).astype(int).to_numpy(),
        comment=said.reindex(cited["kpi"]).fillna("").to_numpy(),
    )
    names = [
        "kpi", "title", "owner", "target", "decisions", "actions", "open_actions", "comment",
    ]  # fmt: skip
    return Handover(
        frame=table[names],
        period=period.label,
        actions=left,
        concerns=concerns[concerns["state"] == "open"].reset_index(drop=True),
        evidence=frozen[-1] if frozen else "",
    )


def due_reviews(strategy: Strategy, ledger: Ledger, *, as_of: date | str) -> pd.DataFrame:
    """Say which reviews are due: the month's, the quarter's, and that of the KPI set.

    Returns
    -------
    pandas.DataFrame
        `what, period, last, due, state`: the newest period gone by, the day on which such
        a review was last held, the day by which this one is due, and `done`, `due` or
        `overdue`. A month's or quarter's review is due before the next one ends. The KPI
        set is due as many days after it was last looked at as the policy says, at once
        where a baseline was reset since, or where it never was.
    """
    today = parse_date(as_of)
    reviews = ledger.read(Review).to_frame()
    rows = [_by_rhythm(strategy, reviews, what, grain, today) for what, grain in RHYTHM]
    rows.append(_of_the_set(strategy, ledger, today))
    return pd.DataFrame(rows, columns=["what", "period", "last", "due", "state"])


def _by_rhythm(
    strategy: Strategy, reviews: pd.DataFrame, what: str, grain: Grain, today: date
) -> tuple[object, ...]:
    calendar = strategy.calendar
    running = calendar.period(today, grain)
    gone = calendar.period(calendar.shift(running.start, grain, -1), grain)
    held = reviews[reviews["state"].isin(DONE)]
    of_grain = held[held["period"].map(lambda text: calendar.parse(text).grain) == grain]
    is_done = bool((of_grain["period"] == gone.label).any())
    last = of_grain["when"].max().tz_localize(None).normalize() if len(of_grain) else pd.NaT
    return what, gone.label, last, pd.Timestamp(running.end), "done" if is_done else "due"


def _of_the_set(strategy: Strategy, ledger: Ledger, today: date) -> tuple[object, ...]:
    looked = ledger.read(KpiSetReview).to_frame()["on"]
    written = [kpi.last_reviewed for kpi in strategy.kpis.values() if kpi.last_reviewed]
    days = [*looked, *(pd.Timestamp(max(written)) for _ in written[:1])]
    now = pd.Timestamp(today)
    if not days:
        return KPI_SET, "", pd.NaT, now, "due"
    last = max(days)
    resets = ledger.read(BaselineReset).to_frame()["since"]
    changed = resets[resets > last]
    limit = last + pd.Timedelta(days=strategy.policy.limits.review_days)
    due = min([limit, *changed])
    state = "done" if now <= due else "overdue"
    return KPI_SET, "", last, due, state


def _targets(
    strategy: Strategy, ledger: Ledger, period: Period, kpis: Sequence[Kpi]
) -> list[float]:
    """Return the committed target that counts for each KPI: accepted, else declared."""
    accepted = ledger.accepted_targets()
    of_period = accepted[(accepted["period"] == period.label) & (accepted["level"] == "committed")]
    found = of_period[of_period["segment"] == ""].set_index("kpi")["value"]
    declared = {
        kpi.id: target.committed
        for kpi in kpis
        for target in kpi.targets
        if strategy.calendar.parse(target.period).label == period.label
        and target.committed is not None
    }
    return [float(found.get(kpi.id, declared.get(kpi.id, float("nan")))) for kpi in kpis]

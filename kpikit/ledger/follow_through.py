"""What became of what was decided: plain tables in, plain tables out.

Every function takes the frames of `Ledger.read` or `Ledger.latest`, and changes none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from kpikit.periods import parse_date

OVERDUE = ["action", "text", "owner", "due", "days_overdue", "kpis", "department", "period"]


def open_actions(actions: pd.DataFrame) -> pd.DataFrame:
    """Return the actions still to be done, the one due first on top.

    Parameters
    ----------
    actions
        `ledger.latest(Action)` as a frame.
    """
    found: pd.DataFrame = actions[actions["state"] == "open"]
    return found.sort_values(["due", "seq"], ignore_index=True)


def overdue_actions(actions: pd.DataFrame, *, as_of: date | str) -> pd.DataFrame:
    """Return the open actions whose day has passed, the longest overdue on top.

    Returns
    -------
    pandas.DataFrame
        `action, text, owner, due, days_overdue, kpis, department, period`. An action due
        today is not overdue.
    """
    found = open_actions(actions)
    days = (pd.Timestamp(parse_date(as_of)) - found["due"]).dt.days
    late: pd.DataFrame = found.assign(days_overdue=days).loc[days > 0, OVERDUE]
    return late.reset_index(drop=True)


def kept_promises(actions: pd.DataFrame, *, as_of: date | str) -> pd.DataFrame:
    """Count, for each owner, the actions that had come due, and those done by their day.

    Parameters
    ----------
    actions
        `ledger.latest(Action)` as a frame. Dropped actions are left out.

    Returns
    -------
    pandas.DataFrame
        `owner, due, in_time, late, overdue, share` with the share done in time.
    """
    today = pd.Timestamp(parse_date(as_of))
    came = actions[(actions["due"] <= today) & (actions["state"] != "dropped")]
    done = came["state"] == "done"
    on_time = done & (came["when"].dt.tz_localize(None).dt.normalize() <= came["due"])
    counted = pd.DataFrame(
        {
            "owner": came["owner"],
            "due": 1,
            "in_time": on_time.astype(int),
            "late": (done & ~on_time).astype(int),
            "overdue": (~done & (came["due"] < today)).astype(int),
        }
    )
    table = counted.groupby("owner", as_index=False).sum()
    return table.assign(share=table["in_time"] / table["due"])


def reaction_days(actions: pd.DataFrame) -> pd.DataFrame:
    """Return how many days passed from a signal until an action was logged that answers it.

    Parameters
    ----------
    actions
        `ledger.read(Action)` as a frame: the first record of each action counts.

    Returns
    -------
    pandas.DataFrame
        `action, kpis, signal_on, logged_on, days`; actions that answer no signal are left out.
    """
    first = actions.drop_duplicates("action").dropna(subset=["signal_on"])
    logged = first["when"].dt.tz_localize(None).dt.normalize()
    table = first.assign(logged_on=logged, days=(logged - first["signal_on"]).dt.days)
    return table[["action", "kpis", "signal_on", "logged_on", "days"]].reset_index(drop=True)


def decisions_per_kpi(
    decisions: pd.DataFrame, actions: pd.DataFrame, *, kpis: Iterable[str]
) -> pd.DataFrame:
    """Count the decisions and actions that cite each KPI: what nobody cites decides nothing.

    Parameters
    ----------
    decisions, actions
        `ledger.read(Decision)` and `ledger.latest(Action)` as frames.
    kpis
        The KPIs asked about; one that is never cited has 0.

    Returns
    -------
    pandas.DataFrame
        `kpi, decisions, actions, last_cited` (the day of the newest of them, or missing).
    """
    names = list(kpis)
    cited = {"decisions": _cited(decisions), "actions": _cited(actions)}
    table = pd.DataFrame({"kpi": pd.Series(names, dtype="str")})
    for what, rows in cited.items():
        table[what] = rows["kpis"].value_counts().reindex(names).fillna(0).astype(int).to_numpy()
    newest = pd.concat(cited.values()).groupby("kpis")["when"].max().reindex(names)
    return table.assign(last_cited=newest.dt.tz_localize(None).dt.normalize().to_numpy())


def milestones_reached(
    milestones: pd.DataFrame, *, since: date | str, until: date | str
) -> pd.DataFrame:
    """Return the milestones reached from one day to another: what there is to celebrate.

    Returns
    -------
    pandas.DataFrame
        `objective, criteria, value, by, reached_on, days_early` (negative where late).
    """
    first, last = pd.Timestamp(parse_date(since)), pd.Timestamp(parse_date(until))
    found = milestones[milestones["reached_on"].between(first, last)]
    found = found.assign(days_early=(found["by"] - found["reached_on"]).dt.days)
    names = ["objective", "criteria", "value", "by", "reached_on", "days_early"]
    return found.sort_values("reached_on")[names].reset_index(drop=True)


def _cited(records: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each KPI that a record cites."""
    return records[["kpis", "when"]].explode("kpis").dropna(subset=["kpis"])

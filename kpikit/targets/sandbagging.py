"""Habits of targets over past cycles: set low, just beaten, or following the last outcome."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.errors import DataError
from kpikit.results import ROWS_SHOWN, Result
from kpikit.units import format_p

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALPHA = 0.05  # of the honest, so many are named at most, over the three habits together
HABITS = 3
HONEST = NormalDist().inv_cdf(0.8)  # standard deviations that a promise at 80 % leaves
SURE = 0.005  # chances beyond it and 1 less it are held there: a tail knows no more
MIN_CYCLES = 6
MIN_PAIRS = 8
COLUMNS = [
    "cycles",
    "targets",
    "reached",
    "mean_attainment",
    "mean_excess",
    "margin",
    "p_low",
    "p_just_beaten",
    "p_follows",
    "verdict",
]
WORDS = {
    "low": "lie further below what comes than a promise at 80 % would",
    "just beaten": "are all beaten, and move with what is to come",
    "follows": "get harder after they are beaten and easier after they are missed",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetHabits(Result):
    """How targets were set over past cycles, in numbers; it says nothing of reasons.

    Attributes
    ----------
    by
        The column whose groups are looked at: `kpi` or `owner`.
    """

    by: str

    def summary(self) -> str:
        """Name the groups whose targets show a habit, with their numbers."""
        told = self.frame["verdict"] != "too few cycles"
        shown = self.frame[told & (self.frame["verdict"] != "none")]
        if shown.empty:
            return f"Targets of past cycles, by {self.by}: no habit among {int(told.sum())}."
        said = [
            f"those of {row[self.by]} {WORDS[row['verdict']]} "
            f"({row['reached']:.0f} of {row['targets']:.0f} reached, "
            f"p {format_p(_p(row))})"
            for _, row in shown.iterrows()
        ]
        return f"Targets of past cycles: {'; '.join(said)}."

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.habits import habits_chart

        told = self._shown()
        habits_chart(told.assign(name=told[self.by]), ax=ax, honest=HONEST)

    def _shown(self) -> pd.DataFrame:
        """Return the groups with enough cycles, those with a habit first; else all."""
        told = self.frame[self.frame["verdict"] != "too few cycles"]
        order = (told["verdict"] == "none").sort_values(kind="stable").index
        return told.loc[order] if len(told) else self.frame.tail(ROWS_SHOWN)


def find_sandbagging(cycles: pd.DataFrame, *, by: str = "kpi") -> TargetHabits:
    """Say whose targets were set low, are always just beaten, or follow the last outcome.

    Parameters
    ----------
    cycles
        One row per past target, in the order of time, as `recall_targets` returns them:
        `excess` and `surprise` (how much better it came than the target, and than the
        forecast made on the eve, in spreads of that forecast), `attainment` (its chance on
        the eve), `reached`, and the column `by`;
        where there are `period` and `kpi`, an owner's KPIs are told apart.
    by
        Groups: `kpi` or `owner`.

    Returns
    -------
    TargetHabits
        One row per group: `by, cycles, targets, reached, mean_attainment, mean_excess, margin,
        p_low, p_just_beaten, p_follows, verdict`. `margin` is the mean excess in its own
        standard deviations, 0.84 of an honest promise at 80 %. Verdicts: `low`, `just
        beaten`, `follows`, `none`, and `too few cycles` below six periods.

    Raises
    ------
    DataError
        A column is missing.

    Notes
    -----
    Both tests of size rest on the group's own variation, so that a forecast too sure of
    itself, or not sure enough, names nobody.

    - `low`: the excess, in its own standard deviations, is above the 0.84 that a promise
      kept four times in five leaves (one-sided test against the noncentral t).
    - `just beaten`: every target was reached, and the excess varies less than the
      forecast's own error does (Pitman 1939 and Morgan 1939): the targets moved with what
      was to come.
    - `follows`: the chance that a target had on its eve falls as the excess of the one
      before rises (one-sided t-test of the slope; from eight pairs on). What the last
      outcome says of the next one is in that chance already.

    Each at 0.05 / 3, so that of honest owners, however noisy, about one in twenty is named
    at most. A habit is a question to ask, and says nothing of reasons: caution after a bad
    year looks the same.
    """
    needed = (by, "excess", "surprise", "attainment", "reached")
    if lacking := [name for name in needed if name not in cycles.columns]:
        raise DataError(f"cycles: there is no column {' and no column '.join(map(repr, lacking))}.")
    known = cycles.dropna(subset=list(needed))
    rows = [(name, *_look_at(group)) for name, group in known.groupby(by, sort=True)]
    few = sum(row[-1] == "too few cycles" for row in rows)
    return TargetHabits(
        frame=pd.DataFrame(rows, columns=[by, *COLUMNS]),
        notes=(f"Too few cycles to tell: {few} of {len(rows)}.",) if few else (),
        by=by,
    )


def _look_at(group: pd.DataFrame) -> tuple[object, ...]:
    cycles = int(group["period"].nunique()) if "period" in group else len(group)
    shown = (
        cycles,
        len(group),
        int(group["reached"].sum()),
        float(group["attainment"].mean()),
        float(group["excess"].mean()),
        float(group["excess"].mean() / group["excess"].std()) if cycles > 1 else np.nan,
    )
    if cycles < MIN_CYCLES:
        return (*shown, np.nan, np.nan, np.nan, "too few cycles")
    values = {
        "low": _p_low(group),
        "just beaten": _p_just_beaten(group),
        "follows": _p_follows(group),
    }
    name, least = min(values.items(), key=lambda pair: np.nan_to_num(pair[1], nan=1.0))
    verdict = name if least < ALPHA / HABITS else "none"
    return (*shown, *values.values(), verdict)


def _p_low(group: pd.DataFrame) -> float:
    from scipy import stats

    # KPIs of one owner share what a period brings: a period counts once
    excess = group.groupby("period")["excess"].mean() if "period" in group else group["excess"]
    spread, count = float(excess.std()), len(excess)
    if spread == 0.0:
        return 0.0 if float(excess.iloc[0]) > 0 else 1.0
    ratio = float(excess.mean()) / spread * count**0.5
    return float(stats.nct.sf(ratio, count - 1, HONEST * count**0.5))


def _p_just_beaten(group: pd.DataFrame) -> float:
    from scipy import stats

    if not group["reached"].astype(bool).all():
        return 1.0
    centred = [
        one[["excess", "surprise"]] - one[["excess", "surprise"]].mean() for one in _each_kpi(group)
    ]
    both = pd.concat(centred)
    added, apart = both["excess"] + both["surprise"], both["excess"] - both["surprise"]
    if float(np.ptp(added)) == 0.0 or float(np.ptp(apart)) == 0.0:
        return 1.0
    correlation = float(np.corrcoef(added, apart)[0, 1])
    free = len(group) - len(centred) - 1
    if free < 1:
        return 1.0
    ratio = correlation * (free / max(1 - correlation**2, 1e-12)) ** 0.5
    return float(stats.t.cdf(ratio, free))


def _p_follows(group: pd.DataFrame) -> float:
    from scipy import stats

    before, after = [], []
    for one in _each_kpi(group):
        chance = np.clip(one["attainment"].to_numpy(dtype=float), SURE, 1 - SURE)
        ease = np.array([NormalDist().inv_cdf(float(level)) for level in chance])
        excess = one["excess"].to_numpy(dtype=float)
        if len(one) > 1:  # each KPI about its own mean: they need not be alike
            before.append(excess[:-1] - excess[:-1].mean())
            after.append(ease[1:] - ease[1:].mean())
    if sum(map(len, before)) < MIN_PAIRS:
        return float("nan")
    first, second = np.concatenate(before), np.concatenate(after)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(stats.linregress(first, second, alternative="less").pvalue)


def _each_kpi(group: pd.DataFrame) -> list[pd.DataFrame]:
    keys = [name for name in ("kpi", "segment") if name in group]
    return [one for _, one in group.groupby(keys, sort=False)] if keys else [group]


def _p(row: pd.Series) -> float:
    columns = {"low": "p_low", "just beaten": "p_just_beaten", "follows": "p_follows"}
    return float(row[columns[row["verdict"]]])

"""Do people understand what they work for? Likert answers by team, small groups kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.errors import DataError
from kpikit.ledger.records import Feedback
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WORDS = {
    "strongly disagree": 1, "disagree": 2, "neutral": 3, "neither agree nor disagree": 3,
    "agree": 4, "strongly agree": 5,
}  # fmt: skip
AGREES = 4  # from this answer on, of 1 to 5, a person agrees
SMALLEST = 5  # people in the smallest group that is shown
SMALL = "(small teams)"
ALL = "(all)"
Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True, kw_only=True, eq=False)
class Alignment(Result):
    """How far people agree, by team: `team, item, people, favourable, lower, upper`.

    The item is a statement; no text means all of them together.
    """

    survey: str

    def records(self) -> tuple[Feedback, ...]:
        """Return what can be put on the ledger: counts and shares, nobody's answers."""
        rows = self.frame.to_dict(orient="records")
        return tuple(Feedback.model_validate({"survey": self.survey, **row}) for row in rows)

    def summary(self) -> str:
        """Say how far everybody agrees, and where least."""
        if self.frame.empty:
            return f"{self.survey}: too few answers to show any."
        teams = self.frame[self.frame["item"] == ""]
        whole = teams[teams["team"] == ALL].iloc[0]
        said = (
            f"{self.survey}: alignment index {whole['favourable']:.0%} "
            f"({whole['lower']:.0%} to {whole['upper']:.0%}, {whole['people']} people)"
        )
        others = teams[teams["team"] != ALL].sort_values("favourable", kind="stable")
        least = others.iloc[0]
        return f"{said}, least in {least['team']} with {least['favourable']:.0%}."

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.records import share_chart

        teams = self.frame[self.frame["item"] == ""]
        share_chart(
            teams, label="team", title=f"{self.survey}: share of statements agreed with", ax=ax
        )


def read_survey(path: Path | str) -> pd.DataFrame:
    """Read answers from a CSV file: a column `team`, then one column a statement.

    Each row is a person; an answer is a number from 1 to 5 or its English words, and may
    be left out.

    Raises
    ------
    DataError
        When the file cannot be read; every answer that is none of these, with its line.
    """
    path = Path(path)
    try:
        frame = pd.read_csv(path, dtype="str", encoding="utf-8-sig", skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Check the file.") from None
    if "team" not in frame.columns or len(frame.columns) < 2:
        raise DataError(
            f"{path}: has no column 'team', or no statement. Begin its lines with team."
        )
    faults, given = [], frame[["team"]].copy()
    for item in frame.columns.drop("team"):
        scores = frame[item].map(_score, na_action="ignore")
        wrong = frame[item].notna() & scores.isna()
        faults += [
            f"\n  line {place + 2}: {item} is {frame[item].iloc[place]!r}. Write 1 to 5."
            for place in np.flatnonzero(wrong)
        ]
        given[item] = scores.astype("float64")
    faults += [f"\n  line {line + 2}: team is empty." for line in frame.index[frame["team"].isna()]]
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise DataError(f"{path}: {count}.{''.join(faults)}")
    return given


def measure_alignment(answers: pd.DataFrame, *, survey: str, smallest: int = SMALLEST) -> Alignment:
    """Say how far each team agrees with the statements of a survey.

    Parameters
    ----------
    answers
        One row a person: `team`, and a column of scores from 1 to 5 a statement. Missing
        answers are left out.
    survey
        Its name, such as `2026Q3 alignment`.
    smallest
        People in the smallest group that is shown.

    Returns
    -------
    Alignment
        Per team, and for all: the share of a person's answers that agree (4 or 5), averaged
        over people, with a 95 % interval; for each statement the share that agrees.

    Notes
    -----
    Teams with fewer people than `smallest` are shown together. Where even that group would
    be too small, the smallest team shown joins it: else it could be had by taking the
    others from the whole. The interval is Wilson's (1927) with the number of people, not of
    answers, since the answers of a person hang together: it is rather too wide.

    Examples
    --------
    >>> answers = pd.DataFrame({"team": ["a"] * 6 + ["b"] * 6, "I know our goals": [4, 2] * 6})
    >>> measure_alignment(answers, survey="Autumn").summary()
    'Autumn: alignment index 50% (25% to 75%, 12 people), least in a with 50%.'
    """
    agrees = (answers.drop(columns="team") >= AGREES).astype("float64")
    agrees = agrees.where(answers.drop(columns="team").notna())
    agrees.insert(0, "", agrees.mean(axis="columns"))
    rows = []
    for item in agrees.columns:
        given = pd.DataFrame({"team": answers["team"], "share": agrees[item]}).dropna()
        rows += _by_team(given, str(item), smallest)
    names = ["team", "item", "people", "favourable", "lower", "upper"]
    frame = pd.DataFrame(rows, columns=names)
    pooled = frame["team"].eq(SMALL).any()
    note = f"Teams of fewer than {smallest} people are shown together, as {SMALL}."
    return Alignment(frame=frame, survey=survey, notes=(note,) if pooled else ())


def _by_team(given: pd.DataFrame, item: str, smallest: int) -> list[tuple[object, ...]]:
    if len(given) < smallest:
        return []
    team = _pooled(given["team"], smallest)
    groups = [(ALL, given["share"]), *given["share"].groupby(team)]
    rows: list[tuple[object, ...]] = []
    for name, shares in groups:
        lower, upper = wilson(float(shares.mean()), len(shares))
        rows.append((name, item, len(shares), float(shares.mean()), lower, upper))
    return rows


def _pooled(team: pd.Series[str], smallest: int) -> pd.Series[str]:
    """Return the groups that may be shown: no group below the smallest size, nor derivable."""
    sizes = team.value_counts().sort_values(kind="stable")
    small = sizes[sizes < smallest]
    pool = list(small.index)
    if pool and small.sum() < smallest:
        pool.append(sizes.index[len(pool)])  # the next in size joins, so that no rest is left
    return team.where(~team.isin(pool), SMALL)


def wilson(share: float, people: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0.5, 10)]
    [0.237, 0.763]
    """
    middle = share + Z**2 / (2 * people)
    half = Z * np.sqrt(share * (1 - share) / people + Z**2 / (4 * people**2))
    scale = 1 + Z**2 / people
    return max(0.0, float((middle - half) / scale)), min(1.0, float((middle + half) / scale))


def _score(text: str) -> float:
    plain = text.strip().casefold()
    if plain in WORDS:
        return float(WORDS[plain])
    return float(plain) if plain in {"1", "2", "3", "4", "5"} else float("nan")

"""Say of every number that differs between two reviews why it does."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.errors import DataError
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = ["department", "kpi", "number", "before", "after", "why"]
BOARD = ("value", "previous", "year_ago", "target", "attainment", "status", "trend")
PROPOSED = ("floor", "committed", "stretch")
PLANNED = ("target", "attainment", "status")  # these also rest on what the plan declares
SAME = 1e-9  # of a number's size: less is rounding


@dataclass(frozen=True, kw_only=True, eq=False)
class ReviewComparison(Result):
    """Every number that differs between two reviews, with the reason.

    Attributes
    ----------
    before, after
        The periods of the two.
    compared
        How many numbers both have.
    """

    before: str
    after: str
    compared: int = field(default=0)

    def summary(self) -> str:
        """Say how many numbers differ, and why."""
        what = f"{self.before} against {self.after}: {self.compared} numbers compared"
        if self.frame.empty:
            return f"{what}, none differs."
        counts = self.frame["why"].value_counts()
        said = ", ".join(f"{why} {count}" for why, count in counts.items())
        return f"{what}, {len(self.frame)} differ ({said})."

    def _draw(self, ax: Axes) -> None:
        counts = self.frame["why"].value_counts()[::-1]
        ax.barh(counts.index.tolist(), counts.to_numpy())
        ax.set_xlabel("numbers that differ")
        ax.set_title("Why numbers differ")


def compare_reviews(before: Path | str, after: Path | str) -> ReviewComparison:
    """Say why each number of one review differs from that of another.

    Parameters
    ----------
    before, after
        Folders of finished reviews, with `run.json` and `review.json`.

    Returns
    -------
    ReviewComparison
        One row per number that differs: `department, kpi, number, before, after, why`.
        `why` is the first that holds of `period` (the reviews look at different
        periods), `definition` (formula, filter, source contract, calendar or declared
        target), `data` (the facts or the as-of date) and `code` (kpikit, its libraries
        or the notebook); `unknown` where none does.

    Raises
    ------
    DataError
        When a folder holds no finished review.

    Notes
    -----
    Numbers are the same where they differ by less than 1e-9 of their size. KPIs that
    only one review has are named in the notes.
    """
    one, other = _read(before), _read(after)
    left, right = dict(_numbers(one["review"])), dict(_numbers(other["review"]))
    both = [key for key in left if key in right]
    rows = [
        (*key, left[key], right[key], _why(key, one, other))
        for key in both
        if not _are_same(left[key], right[key])
    ]
    return ReviewComparison(
        frame=pd.DataFrame(rows, columns=COLUMNS),
        before=one["review"]["period"],
        after=other["review"]["period"],
        compared=len(both),
        notes=(*_alone(left, right, "before"), *_alone(right, left, "after")),
    )


def _read(folder: Path | str) -> dict[str, Any]:
    place = Path(folder)
    place = place if place.is_dir() else place.parent
    found = {}
    for name in ("run", "review"):
        path = place / f"{name}.json"
        try:
            found[name] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise DataError(
                f"{path}: there is no finished review. Name a folder that `kpikit review` wrote."
            ) from None
    return found


def _numbers(review: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str, str], object]]:
    for department, numbers in review["departments"].items():
        for kpi, values in numbers["kpis"].items():
            for name in BOARD:
                yield (department, kpi, name), values["board"].get(name)
            for name in PROPOSED:
                yield (department, kpi, f"proposed {name}"), (values["proposals"] or {}).get(name)


def _are_same(one: object, other: object) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=SAME, abs_tol=0.0)
    return one == other


def _why(key: tuple[str, str, str], one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    department, kpi, number = key
    if one["review"]["period"] != other["review"]["period"]:
        return "period"
    values = [side["review"]["departments"][department]["kpis"][kpi] for side in (one, other)]
    targets = [value["board"].get("target") for value in values]
    if values[0]["definition"] != values[1]["definition"] or (
        number in PLANNED and targets[0] != targets[1]
    ):
        return "definition"
    hashes = [
        [side["run"]["sha256"]["sources"].get(name) for name in value["sources"]]
        for side, value in zip((one, other), values, strict=True)
    ]
    if hashes[0] != hashes[1] or one["run"]["as_of"] != other["run"]["as_of"]:
        return "data"
    made = [
        (side["run"]["code"], side["run"]["versions"], side["run"]["sha256"]["notebooks"])
        for side in (one, other)
    ]
    return "code" if made[0] != made[1] else "unknown"


def _alone(
    mine: Mapping[tuple[str, str, str], object],
    theirs: Mapping[tuple[str, str, str], object],
    which: str,
) -> tuple[str, ...]:
    alone = {key[:2] for key in mine} - {key[:2] for key in theirs}
    names = ", ".join(sorted(f"{department}/{kpi}" for department, kpi in alone))
    return (f"Only in the review {which}: {names}.",) if names else ()

"""kpikit's own record: chances given earlier, scored by what came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.record import reliability_chart
from kpikit.errors import DataError
from kpikit.results import Result
from kpikit.units import format_chance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GROUPS = 10
ENOUGH = 20  # with fewer, the share reached is uncertain by ten points and more
COLUMNS = ["least", "most", "promises", "promised", "reached"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Record(Result):
    """How often came true what was given a chance.

    Attributes
    ----------
    promises
        How many chances could be scored.
    promised, reached
        Their mean, and the share that came true.
    brier
        The mean squared distance of a chance from what came: 0 is perfect, and a chance of
        one half for everything makes 0.25.
    calibration_error
        The mean distance, over groups of like chances, of the chance given and the share
        that came true, each group weighing as many as it holds (ECE).
    coverage
        The share of outcomes inside intervals, by their nominal level; where there were any.
    """

    promises: int
    promised: float
    reached: float
    brier: float
    calibration_error: float
    coverage: dict[float, float]

    def summary(self) -> str:
        """Say how many came true of how many that should have."""
        if not self.promises:
            return "No chance given earlier can be scored yet."
        said = (
            f"Of {self.promises} chances given earlier, {format_chance(self.reached)} came true "
            f"and {format_chance(self.promised)} should have"
        )
        if self.promises < ENOUGH:
            return f"{said}; too few to judge by."
        points = f"{100 * self.calibration_error:.1f}"
        return f"{said}; they were off by {points} percentage points on average."

    def _draw(self, ax: Axes) -> None:
        reliability_chart(self.frame, ax=ax, title="What was promised, and what came")


def score_record(records: pd.DataFrame) -> Record:
    """Say how true the chances were that were given earlier.

    Parameters
    ----------
    records
        One row per chance given: `chance` (0..1), and `reached` (true or false, missing
        while it is open). Where they carry `actual` and two quantiles' columns such as
        `q0.1` and `q0.9`, the intervals are scored too.

    Returns
    -------
    Record
        One row per tenth of chances: `least, most, promises, promised, reached`.

    Raises
    ------
    DataError
        A column is missing, or a chance is outside 0..1.

    Notes
    -----
    Nothing is looked up: the score can be computed again from the records alone.

    Examples
    --------
    >>> given = pd.DataFrame({"chance": [0.8] * 5, "reached": [True] * 4 + [False]})
    >>> record = score_record(given)
    >>> record.reached, round(record.calibration_error, 3)
    (0.8, 0.0)
    """
    lacking = [name for name in ("chance", "reached") if name not in records.columns]
    if lacking:
        raise DataError(
            f"records: there is no column {' and no column '.join(map(repr, lacking))}."
        )
    known = records.dropna(subset=["chance", "reached"])
    chance, came = known["chance"].to_numpy(dtype=float), known["reached"].to_numpy(dtype=float)
    if outside := chance[(chance < 0) | (chance > 1)].tolist():
        raise DataError(f"records: chance holds {outside[:3]}; each lies between 0 and 1.")
    group = np.minimum((chance * GROUPS).astype(int), GROUPS - 1)
    table = pd.DataFrame({"group": group, "promised": chance, "reached": came})
    table = table.groupby("group").agg(
        promises=("reached", "size"), promised=("promised", "mean"), reached=("reached", "mean")
    )
    table = table.reset_index()
    table = table.assign(least=table["group"] / GROUPS, most=(table["group"] + 1) / GROUPS)
    apart = (table["promised"] - table["reached"]).abs()
    return Record(
        frame=table[COLUMNS],
        promises=len(known),
        promised=float(chance.mean()) if len(known) else float("nan"),
        reached=float(came.mean()) if len(known) else float("nan"),
        brier=float(((chance - came) ** 2).mean()) if len(known) else float("nan"),
        calibration_error=float(np.average(apart, weights=table["promises"]))
        if len(known)
        else float("nan"),
        coverage=_coverage(records),
    )


def _coverage(records: pd.DataFrame) -> dict[float, float]:
    """Return the share of outcomes in every central interval that the records hold."""
    if "actual" not in records:
        return {}
    levels = sorted(
        float(name[1:])
        for name in records.columns
        if name.startswith("q") and name[1:].replace(".", "", 1).isdigit()
    )
    found = {}
    for low in (level for level in levels if level < 0.5):
        high = next((level for level in levels if np.isclose(level, 1 - low)), None)
        if high is None:
            continue
        ends = records[["actual", f"q{low:g}", f"q{high:g}"]].dropna()
        if len(ends):
            inside = ends["actual"].between(ends[f"q{low:g}"], ends[f"q{high:g}"])
            found[round(high - low, 6)] = float(inside.mean())
    return found

"""Find KPIs that say the same: near-duplicates beyond trend and season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.board import Board, read_boards
from kpikit.analysis.discovery import q_values
from kpikit.analysis.innovations import find_innovations
from kpikit.analysis.panel import Floats, season_length
from kpikit.analysis.same_period import ALIKE
from kpikit.analysis.shared_shocks import correlate_pairs
from kpikit.analysis.tradeoffs import interval
from kpikit.errors import DataError
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = ["kpi", "other", "correlation", "lower", "upper", "q_value", "verdict", "segment"]
NAMED = 3
SHOWN = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Overlap(Result):
    """Every pair of KPIs, and whether the two say the same.

    Attributes
    ----------
    alike
        The correlation beyond which two KPIs are near-duplicates.
    """

    alike: float

    def found(self) -> pd.DataFrame:
        """Return the near-duplicates only."""
        return self.frame[self.frame["verdict"] == "near-duplicate"].reset_index(drop=True)

    def summary(self) -> str:
        """Name the near-duplicates, and how many pairs were compared."""
        pairs, found = int(self.frame["correlation"].notna().sum()), self.found()
        if found.empty:
            return f"KPIs that say the same: none among {pairs} pairs compared."
        said = "; ".join(
            f"{row['kpi']} and {row['other']} ({row['correlation']:+.2f})"
            for _, row in found.head(NAMED).iterrows()
        )
        rest = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
        return (
            f"KPIs that say the same: {len(found)} of {pairs} pairs compared: {said}{rest}, by "
            "their correlation beyond trend and season."
        )

    def _shown(self) -> pd.DataFrame:
        return self.frame.head(8)

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.tradeoffs import pair_chart

        shown = self.found().head(SHOWN)
        pair_chart(
            (shown["kpi"] + "\n" + shown["other"]).tolist(),
            list(shown[["correlation", "lower", "upper"]].itertuples(index=False, name=None)),
            said=[f"{size:+.2f}" for size in shown["correlation"]],
            ax=ax,
            title="These say the same, beyond trend and season",
        )


def find_overlap(
    panel: pd.DataFrame, *, alike: float = ALIKE, fdr: float = 0.10, period: int | None = None
) -> Overlap:
    """Find pairs of KPIs of which one would do.

    Parameters
    ----------
    panel
        `kpi, period_start, value`, and `segment` where there are several: pairs are
        formed within a segment. Missing values stay out, and so do periods that are not
        `complete`. Never modified.
    alike
        The correlation, of either sign, beyond which two KPIs say the same.
    fdr
        The share of pairs below it among those found, on average, over all pairs.
    period
        Periods in a season; told from the dates unless given. 1 means no season.

    Returns
    -------
    Overlap
        One row per pair, near-duplicates first, then by correlation: `kpi, other,
        correlation, lower, upper` (95 %)`, q_value, verdict, segment`. Verdicts:
        `near-duplicate`, `apart`, and `too short` where there is too little history.

    Raises
    ------
    DataError
        A column is missing, a value is no number, or a period stands twice.
    PeriodError
        The dates fit no grain.

    Notes
    -----
    Trend, season and a KPI's own past are taken off first, so that two KPIs that only grow
    together are not alike. What all KPIs share stays in: who follows it says nothing of
    their own. Tested is whether the correlation is at most `alike` (Fisher's z).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> orders = 100 + rng.normal(size=60)
    >>> months = pd.date_range("2020-01-01", periods=60, freq="MS")
    >>> made = {"orders": orders, "baskets": 3 * orders + 0.2 * rng.normal(size=60)}
    >>> panel = pd.DataFrame(made, index=months).rename_axis("period_start")
    >>> find_overlap(panel.reset_index().melt("period_start", var_name="kpi")).summary()
    'KPIs that say the same: 1 of 1 pairs compared: baskets and orders (+1.00), by their
    correlation beyond trend and season.'
    """
    if not 0 < alike < 1:
        raise DataError(f"alike is {alike!r}; it lies between 0 and 1.")
    boards, notes = read_boards(panel)
    rows = [_rows(board, alike, period) for board in boards]
    frame = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=COLUMNS)
    frame["q_value"] = q_values(_column(frame, "p_value"))
    told = frame["correlation"].notna()
    frame["verdict"] = np.select(
        [frame["q_value"] <= fdr, ~told], ["near-duplicate", "too short"], "apart"
    )
    frame["size"] = np.abs(_column(frame, "correlation"))
    frame["later"] = frame["verdict"] != "near-duplicate"
    frame = frame.sort_values(["later", "size"], ascending=[True, False], kind="stable")
    return Overlap(frame=frame[COLUMNS].reset_index(drop=True), notes=notes, alike=alike)


def _rows(board: Board, alike: float, period: int | None) -> pd.DataFrame:
    from scipy import stats

    new = find_innovations(board.observed, period=season_length(period, board.grain))
    tests = correlate_pairs(new, shared=False)
    names = np.array(board.names, dtype=object)
    told = tests.freedom > 2
    lower, upper = (np.where(told, end, np.nan) for end in interval(tests))
    size = np.arctanh(np.clip(np.abs(tests.correlation), 0, 1 - 1e-12))
    beyond = (size - np.arctanh(alike)) * np.sqrt(np.maximum(tests.freedom - 1, 1))
    frame = pd.DataFrame(
        {
            "kpi": names[tests.first],
            "other": names[tests.second],
            "correlation": np.where(told, tests.correlation, np.nan),
            "lower": lower,
            "upper": upper,
            "segment": board.segment,
            "p_value": np.where(told, stats.norm.sf(beyond), np.nan),
        }
    )
    return frame[board.native[tests.first] | board.native[tests.second]]


def _column(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.empty(0)
    return frame[name].to_numpy(dtype=float)

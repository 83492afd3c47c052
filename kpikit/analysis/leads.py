"""Find which KPIs' past tells another's future, with the rate of false findings held."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.board import Board, read_boards
from kpikit.analysis.discovery import find_targets, hold_leads
from kpikit.analysis.lag_tests import Lagged, judge_lags, lay_lags
from kpikit.analysis.lead_tables import lead_tables
from kpikit.analysis.link_words import links_in_words
from kpikit.analysis.panel import season_length
from kpikit.analysis.steady import steady_innovations
from kpikit.errors import DataError, UnknownNameError
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMED = 3  # leads that the sentence names
SHOWN = 8
CAVEAT = (
    "A lead tells what comes; that changing it would change the target does not follow from it."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Leads(Result):
    """Every pair of a candidate and a target, with its evidence and its verdict.

    Attributes
    ----------
    fdr
        The share of false ones among the leads found that is allowed on average.
    max_lag
        The longest lag tested.
    """

    fdr: float
    max_lag: int
    _curves: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)

    def summary(self) -> str:
        """Name the strongest leads and how many pairs were tested."""
        found = self.frame[self.frame["verdict"] == "leads"]
        pairs = int(self.frame["p_value"].notna().sum())
        if found.empty:
            seen = self.frame["smallest_seen"].min()
            more = (
                f"; to be seen, one had to explain {seen * 100:.0f} % of what is new in its target"
                if pairs
                else "; there is too little history"
            )
            return f"Leads found: none among {pairs} pairs tested{more}."
        said = "; ".join(_say(row) for _, row in found.head(NAMED).iterrows())
        rest = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
        return (
            f"Leads found: {len(found)} among {pairs} pairs tested, of which {self.fdr:.0%} may "
            f"be false on average: {said}{rest}."
        )

    def curve(self, candidate: str, target: str, *, segment: str = "") -> pd.DataFrame:
        """Return the partial correlation at every lag: `lag, correlation, limit`.

        Lag 0 is the same period. A correlation beyond `limit` would be seen in one lag's
        test alone in one of twenty unrelated pairs.

        Raises
        ------
        UnknownNameError
            When the pair was not tested.
        """
        curves = self._curves
        keys = (curves["candidate"], curves["target"], curves["segment"])
        row = curves[(keys[0] == candidate) & (keys[1] == target) & (keys[2] == segment)]
        if row.empty:
            known = (curves["candidate"] + " to " + curves["target"]).tolist()
            raise UnknownNameError("pair", f"{candidate} to {target}", known, where="leads")
        lags = range(self.max_lag + 1)
        return pd.DataFrame(
            {
                "lag": list(lags),
                "correlation": [float(row[f"lag{lag}"].iloc[0]) for lag in lags],
                "limit": float(row["limit"].iloc[0]),
            }
        )

    def _shown(self) -> pd.DataFrame:
        return links_in_words(self.frame.head(SHOWN))

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.lags import lead_chart

        lead_chart(self.frame, ax=ax)


def find_leads(  # noqa: PLR0913 - the contract's, with what must not be tested and what changed
    panel: pd.DataFrame,
    *,
    target: str | None = None,
    candidates: Iterable[str] | None = None,
    max_lag: int = 6,
    fdr: float = 0.10,
    period: int | None = None,
    exclude: Iterable[Collection[str]] = (),
    changes: pd.DataFrame | None = None,
) -> Leads:
    """Find the KPIs whose past tells another's future, beyond that one's own past.

    Parameters
    ----------
    panel
        `kpi, period_start, value`, and `segment` where there are several: pairs are
        formed within a segment. With `known_at` a candidate's value belongs to the period
        in which it was known: what was known of July 30 days before counts for June. Where
        a column `complete` says that a period is partial, it is left out. Never modified.
    target
        The KPI whose future is asked for; all of them unless given.
    candidates
        The KPIs that may tell it; all of them unless given.
    max_lag
        The longest lag in periods.
    fdr
        The share of false ones among the leads found, on average, over all pairs tested.
    period
        Periods in a season; told from the dates unless given. 1 means no season.
    exclude
        Pairs of KPIs that are not tested in either direction, as one is part of the other.
    changes
        `kpi, period_start` (and `segment`), as `find_changes` returns: `since` then is the
        last change of either KPI, where enough of the history lies on both sides.

    Returns
    -------
    Leads
        One row per pair, leads first, then by p-value: `candidate, target, lag, sign,
        p_value, q_value, partial_r2, gain, verdict`, and `segment`; `after` (the lag in
        words); `partial_r2_lower, partial_r2_upper` (95 %); `smallest_seen` (the partial
        R² that would have been found four times in five); `together, together_q` (the same
        period); `earlier, later, since, holds` (the partial correlation before and from
        `since` on, the middle of the history, and where the link holds); `through` (leads of
        the target beside which this one adds nothing). `gain` is by which share forecasts of
        the last third err less with it than by the target's own past.

    Raises
    ------
    DataError
        A column is missing, a value is no number, a period stands twice, or there is only
        one KPI.
    UnknownNameError
        There is no such KPI.
    PeriodError
        The dates fit no grain.

    Notes
    -----
    Verdicts: `leads` where the q-value is at most `fdr`; else `moves together` where the
    same period's is; else `too short` where only a lead that explains more than half of
    what is new in the target would have been seen; else `no evidence`. The method is that
    of `judge_lags`, `judge_beside` and `hold_leads`; docs/methods/leads.md has its rates.

    A missing value of a candidate counts as nothing new; one of the target leaves a
    period out. KPIs of finer grain are brought to the coarser one of a pair.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> visits, noise = rng.normal(size=61), rng.normal(size=60)
    >>> months = pd.date_range("2020-01-01", periods=60, freq="MS")
    >>> made = {"visits": visits[1:], "orders": visits[:-1] + noise}
    >>> panel = pd.DataFrame(made, index=months).rename_axis("period_start")
    >>> panel = panel.reset_index().melt("period_start", var_name="kpi")
    >>> find_leads(panel).to_frame().loc[0, ["candidate", "target", "after", "verdict"]].tolist()
    ['visits', 'orders', '1 month', 'leads']
    """
    if isinstance(max_lag, bool) or max_lag != int(max_lag) or max_lag < 1:
        raise DataError(f"max_lag is {max_lag!r}; it is a whole number of periods, 1 or more.")
    if not 0 < fdr < 1:
        raise DataError(f"fdr is {fdr!r}; it lies between 0 and 1.")
    from threadpoolctl import threadpool_limits

    boards, notes = read_boards(panel)
    names = {name for board in boards for name in board.names}
    if len(names) < 2:
        raise DataError("panel: a lead needs two KPIs, a candidate and a target. Add another.")
    wanted = list(candidates) if candidates is not None else None
    for name in [*([target] if target is not None else []), *(wanted or [])]:
        if name not in names:
            raise UnknownNameError("KPI", name, names, where="panel")
    apart = {frozenset(pair) for pair in exclude}
    # so small are the regressions that threads would wait for each other most of the time
    with threadpool_limits(limits=1, user_api="blas"):
        lagged = [_lag(board, period, int(max_lag)) for board in boards]
        asked = [
            (number, index, judge_lags(lagged[number], index, places))
            for number, board in enumerate(boards)
            for index in range(len(board.names))
            if target is None or board.names[index] == target
            if len(places := _candidates(board, index, wanted, apart))
        ]
        targets = hold_leads(find_targets(asked, lagged, fdr=fdr), lagged, fdr=fdr)
        frame, curves = lead_tables(targets, boards, lagged, fdr=fdr, changes=changes)
    return Leads(frame=frame, notes=(*notes, CAVEAT), fdr=fdr, max_lag=int(max_lag), _curves=curves)


def _lag(board: Board, period: int | None, max_lag: int) -> Lagged:
    new = steady_innovations(board.observed, period=season_length(period, board.grain))
    return lay_lags(new, max_lag=max_lag, ahead=board.ahead)


def _candidates(
    board: Board, index: int, wanted: list[str] | None, apart: set[frozenset[str]]
) -> NDArray[np.int64]:
    """Return the candidates for a target: at least one of the two came at this grain."""
    own = board.names[index]
    chosen = [
        place
        for place, name in enumerate(board.names)
        if place != index
        and (board.native[place] or board.native[index])
        and (wanted is None or name in wanted)
        and frozenset((name, own)) not in apart
    ]
    return np.array(chosen, dtype=np.int64)


def _say(row: pd.Series) -> str:
    way = "falls" if row["sign"] == "negative" else "rises"
    where = f" in {row['segment']}" if row["segment"] else ""
    return f"{row['target']} {way} {row['after']} after a rise of {row['candidate']}{where}"

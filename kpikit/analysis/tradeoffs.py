"""Find KPIs of different owners that move against each other's direction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.board import Board, read_boards
from kpikit.analysis.discovery import q_values
from kpikit.analysis.innovations import find_innovations
from kpikit.analysis.panel import Floats, season_length
from kpikit.analysis.shared_shocks import PairTests, correlate_pairs
from kpikit.errors import DataError
from kpikit.results import Result
from kpikit.units import format_change

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = [
    "kpi",
    "other",
    "owner",
    "other_owner",
    "correlation",
    "q_value",
    "exchange_rate",
    "verdict",
    "segment",
    "p_value",
    "lower",
    "upper",
]
SIGNS = {"higher_is_better": 1.0, "lower_is_better": -1.0}
TELLABLE = 0.7  # where only a stronger correlation would be seen, it is too short
POWER = 0.84  # standard errors beyond the threshold, for four chances in five
NORMAL = 1.96
NAMED = 3  # trade-offs that the sentence names
SHOWN = 12  # rows of a picture
CAVEAT = (
    "A trade-off is what happened so far, in the same period; that more of one has to cost the "
    "other does not follow from it."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tradeoffs(Result):
    """Every pair of KPIs, and whether a gain in one went with a loss in the other.

    Attributes
    ----------
    fdr
        The share of false ones among the trade-offs found that is allowed on average.
    """

    fdr: float

    def found(self) -> pd.DataFrame:
        """Return the trade-offs only."""
        return self.frame[self.frame["verdict"] == "trade-off"].reset_index(drop=True)

    def summary(self) -> str:
        """Name the strongest trade-offs, their owners, and how many pairs were tested."""
        pairs, found = int(self.frame["p_value"].notna().sum()), self.found()
        if found.empty:
            return f"Trade-offs found: none among {pairs} pairs tested."
        said = "; ".join(_say(row) for _, row in found.head(NAMED).iterrows())
        rest = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
        return (
            f"Trade-offs found: {len(found)} among {pairs} pairs tested, of which {self.fdr:.0%} "
            f"may be false on average: {said}{rest}."
        )

    def _shown(self) -> pd.DataFrame:
        return self.frame[COLUMNS[:8]].head(8)

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.tradeoffs import pair_chart

        shown = self.found().head(SHOWN)
        pair_chart(
            [_say_pair(row) for _, row in shown.iterrows()],
            list(shown[["correlation", "lower", "upper"]].itertuples(index=False, name=None)),
            said=[_say_rate(row) for _, row in shown.iterrows()],
            ax=ax,
            title="A gain in one went with a loss in the other",
        )


def find_tradeoffs(  # noqa: PLR0913 - the contract's, with what must not be tested
    panel: pd.DataFrame,
    *,
    directions: Mapping[str, str],
    owners: Mapping[str, str] | None = None,
    fdr: float = 0.10,
    period: int | None = None,
    exclude: Iterable[tuple[str, str]] = (),
) -> Tradeoffs:
    """Find pairs of KPIs of which one was better when the other was worse.

    Parameters
    ----------
    panel
        `kpi, period_start, value`, and `segment` where there are several: pairs are
        formed within a segment. Missing values stay out, and so do periods that are not
        `complete`. Never modified.
    directions
        For each KPI `higher_is_better`, `lower_is_better`, or `on_target`: the latter has
        no better side, so that it is left out.
    owners
        For each KPI its owner. Pairs of one owner are not tested; all are without owners.
    fdr
        The share of false ones among the trade-offs found, on average, over all pairs.
    period
        Periods in a season; told from the dates unless given. 1 means no season.
    exclude
        Pairs of KPIs that are not tested, as one is part of the other.

    Returns
    -------
    Tradeoffs
        One row per pair tested, trade-offs first, then by p-value: `kpi, other, owner,
        other_owner, correlation, q_value, exchange_rate, verdict`, and `segment, p_value,
        lower, upper` (95 % interval of the correlation). Of a KPI to be raised and one to
        be lowered, the former is `kpi`. The exchange rate is by how many of its own units
        `other` moved when `kpi` rose by one of its own. Verdicts:
        `trade-off`, `no evidence`, and `too short` where only a correlation beyond 0.7
        would have been seen.

    Raises
    ------
    DataError
        A column is missing, a value is no number, a period stands twice, or a KPI has no
        direction or owner.
    PeriodError
        The dates fit no grain.

    Notes
    -----
    Trend, season and a KPI's own past are taken off first, then what all KPIs share
    (`correlate_pairs`): a shock that hits all of them is no trade-off. What is left is
    correlated, and tested against one side only: the one on which a gain is a loss. KPIs
    that are parts of one another by arithmetic move together by that alone: `exclude` them.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> speed, luck = rng.normal(size=60), rng.normal(size=60)
    >>> months = pd.date_range("2020-01-01", periods=60, freq="MS")
    >>> made = {"releases": 20 + speed, "incidents": 50 + 2 * speed + luck}
    >>> panel = pd.DataFrame(made, index=months).rename_axis("period_start")
    >>> panel = panel.reset_index().melt("period_start", var_name="kpi")
    >>> sides = {"releases": "higher_is_better", "incidents": "lower_is_better"}
    >>> find_tradeoffs(panel, directions=sides).to_frame().loc[0, ["kpi", "verdict"]].tolist()
    ['releases', 'trade-off']
    """
    if not 0 < fdr < 1:
        raise DataError(f"fdr is {fdr!r}; it lies between 0 and 1.")
    boards, notes = read_boards(panel)
    names = {name for board in boards for name in board.names}
    _check_names("directions", directions, names)
    if wrong := sorted(set(directions.values()) - {*SIGNS, "on_target"}):
        raise DataError(
            f"directions: {wrong[0]!r} is none. Use higher_is_better, lower_is_better or on_target."
        )
    if owners is not None:
        _check_names("owners", owners, names)
    sideless = sorted(name for name in names if directions[name] == "on_target")
    said = [f"Left out, because they have no better side: {', '.join(sideless)}."]
    rows = [_rows(board, directions, owners, period) for board in boards]
    frame = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=COLUMNS)
    apart = {frozenset(pair) for pair in exclude}
    tied = [frozenset(pair) in apart for pair in zip(frame["kpi"], frame["other"], strict=True)]
    frame = frame.loc[~np.array(tied, dtype=bool)]
    return Tradeoffs(
        frame=_judge(frame, fdr), notes=(*notes, *(said if sideless else []), CAVEAT), fdr=fdr
    )


def unscaled(board: Board, new: Floats) -> Floats:
    """Return the standard deviation of what is new in every KPI, in its own unit."""
    with np.errstate(all="ignore"):
        spread = np.nanstd(np.where(np.isfinite(board.observed), board.observed, np.nan), axis=0)
        return np.asarray(spread * np.sqrt(np.nanmean(new**2, axis=0)))


def interval(tests: PairTests) -> tuple[Floats, Floats]:
    """Return the 95 % interval of every correlation (Fisher's z)."""
    reach = NORMAL * np.sqrt(tests.noise / np.maximum(tests.freedom - 1, 1))
    middle = np.arctanh(np.clip(tests.correlation, -1 + 1e-12, 1 - 1e-12))
    return np.tanh(middle - reach), np.tanh(middle + reach)


def _rows(
    board: Board,
    directions: Mapping[str, str],
    owners: Mapping[str, str] | None,
    period: int | None,
) -> pd.DataFrame:
    new = find_innovations(board.observed, period=season_length(period, board.grain))
    tests = correlate_pairs(new, shared=True)
    names = np.array(board.names, dtype=object)
    side = np.array([SIGNS.get(directions[name], 0.0) for name in names])
    owner = np.array([owners[name] if owners else "" for name in names], dtype=object)
    # what is wanted more of comes first: one more of it costs so much of the other
    back = side[tests.first] < side[tests.second]
    first, second = (
        np.where(back, one, other)
        for one, other in ((tests.second, tests.first), (tests.first, tests.second))
    )
    against = -side[first] * side[second]
    spread = unscaled(board, new.left)
    lower, upper = interval(tests)
    with np.errstate(all="ignore"):
        rate = np.where(back, tests.slope_back, tests.slope) * spread[second] / spread[first]
    frame = pd.DataFrame(
        {
            "kpi": names[first],
            "other": names[second],
            "owner": owner[first],
            "other_owner": owner[second],
            "correlation": tests.correlation,
            "exchange_rate": rate,
            "segment": board.segment,
            "p_value": tests.p_values(against),
            "lower": lower,
            "upper": upper,
            "against": against,
            "error": np.sqrt(tests.noise / np.maximum(tests.freedom - 1, 1)),
        }
    )
    wanted = (against != 0) & (board.native[first] | board.native[second])
    if owners is not None:
        wanted &= owner[first] != owner[second]
    return frame.loc[np.asarray(wanted, dtype=bool)]


def _judge(frame: pd.DataFrame, fdr: float) -> pd.DataFrame:
    """Return the table with q-values and verdicts, trade-offs first."""
    from scipy import stats

    p_value = frame["p_value"].to_numpy(dtype=float)
    q_value = q_values(p_value)
    found = q_value <= fdr
    limit = fdr * (found.sum() + 1) / max(int(np.isfinite(p_value).sum()), 1)  # of one more
    error = frame["error"].to_numpy(dtype=float) if "error" in frame else np.empty(0)
    seen = np.tanh((stats.norm.isf(limit) + POWER) * error)
    short = ~np.isfinite(p_value) | (seen > TELLABLE)
    verdict = np.select([found, short], ["trade-off", "too short"], "no evidence")
    frame = frame.assign(q_value=q_value, verdict=verdict, later=~found)[[*COLUMNS, "later"]]
    frame.loc[~np.isfinite(p_value), ["correlation", "exchange_rate", "lower", "upper"]] = np.nan
    ordered = frame.sort_values(["later", "p_value"], kind="stable", ignore_index=True)
    return ordered.reindex(columns=COLUMNS)


def _check_names(what: str, given: Mapping[str, str], names: set[str]) -> None:
    lacking = sorted(names - set(given))
    if lacking:
        raise DataError(f"{what}: there is none for {', '.join(lacking)}. Name one for every KPI.")


def _say_rate(row: pd.Series) -> str:
    return f"{format_change(row['exchange_rate'])} of the latter\nfor +1 of the former"


def _say_pair(row: pd.Series) -> str:
    pairs = ((row["kpi"], row["owner"]), (row["other"], row["other_owner"]))
    return "\n".join(f"{kpi} ({owner})" if owner else str(kpi) for kpi, owner in pairs)


def _say(row: pd.Series) -> str:
    owners = ", ".join(filter(None, (row["owner"], row["other_owner"])))
    where = f" in {row['segment']}" if row["segment"] else ""
    return (
        f"{row['kpi']} against {row['other']}{where}, {format_change(row['exchange_rate'])} of the "
        f"latter for +1 of the former{f' ({owners})' if owners else ''}"
    )

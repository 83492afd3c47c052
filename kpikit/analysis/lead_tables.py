"""Lay out what was found about every pair of a candidate and a target."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.board import Board
from kpikit.analysis.discovery import Target, q_values
from kpikit.analysis.evidence import (
    both_parts,
    forecast_gain,
    in_words,
    partial_r2,
    smallest_seen,
)
from kpikit.analysis.lag_tests import Lagged
from kpikit.analysis.panel import Floats

COLUMNS = [
    "candidate",
    "target",
    "segment",
    "lag",
    "after",
    "sign",
    "p_value",
    "q_value",
    "partial_r2",
    "partial_r2_lower",
    "partial_r2_upper",
    "smallest_seen",
    "gain",
    "together",
    "together_q",
    "earlier",
    "later",
    "since",
    "holds",
    "beside",
    "verdict",
]
TELLABLE = 0.5  # where only leads could be seen that explain more than this, it is too short


def lead_tables(
    targets: list[Target],
    boards: list[Board],
    lagged: list[Lagged],
    *,
    fdr: float,
    changes: pd.DataFrame | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table of pairs, and their correlations by lag, in the same order."""
    if not targets:
        return pd.DataFrame(columns=COLUMNS), pd.DataFrame()
    p_values = np.concatenate([one.beside.p_value for one in targets])
    q_value = q_values(p_values)
    found = q_value <= fdr
    tested = max(int(np.isfinite(p_values).sum()), 1)
    limit = float(p_values[found].max()) if found.any() else fdr / tested
    rows = [_rows(one, boards[one.board], lagged[one.board], limit, changes) for one in targets]
    frame = pd.concat(rows, ignore_index=True)
    curves = pd.concat([_curve(one, boards[one.board]) for one in targets], ignore_index=True)
    frame["q_value"] = q_value
    frame["together_q"] = q_values(frame.pop("together_p").to_numpy(dtype=float))
    frame["verdict"] = np.select(
        [
            found,
            frame["together_q"] <= fdr,
            frame["p_value"].isna() | (frame["smallest_seen"] > TELLABLE),
        ],
        ["leads", "moves together", "too short"],
        "no evidence",
    )
    order = frame.assign(later=~found).sort_values(["later", "p_value"], kind="stable").index
    return (
        frame.loc[order, COLUMNS].reset_index(drop=True),
        curves.loc[order].reset_index(drop=True),
    )


def _rows(
    one: Target, board: Board, lagged: Lagged, limit: float, changes: pd.DataFrame | None
) -> pd.DataFrame:
    from scipy import stats

    tested, new = one.beside, lagged.new
    count = np.arange(len(tested.candidates))
    lag = tested.lag
    t_value = tested.t_values[lag - 1, count]
    untold = ~np.isfinite(tested.p_value)
    share, lower, upper = partial_r2(t_value, tested.freedom)
    # half of the combined test, of the best of several lags
    one_lag = -np.expm1(np.log1p(-limit / 2) / lagged.max_lag)
    rows = new.known[:, one.index]
    split = _splits(one, board, changes)
    earlier, later, holds = both_parts(tested.left, tested.lagged[lag - 1, :, count].T, rows, split)
    gain = forecast_gain(
        new.bases[one.index], rows, one.alone.left, one.alone.lagged[lag - 1, :, count].T
    )
    free = max(one.alone.freedom - 2, 1)
    together = one.alone.together
    t_same = together * np.sqrt(free / np.maximum(1 - together**2, 1e-12))
    frame = pd.DataFrame(
        {
            "candidate": [board.names[place] for place in tested.candidates],
            "target": board.names[one.index],
            "segment": board.segment,
            "lag": lag,
            "after": [in_words(int(step), board.grain) for step in lag],
            "sign": np.where(t_value < 0, "negative", "positive"),
            "p_value": tested.p_value,
            "partial_r2": share,
            "partial_r2_lower": lower,
            "partial_r2_upper": upper,
            "smallest_seen": smallest_seen(tested.freedom, one_lag),
            "gain": gain,
            "together": together,
            "together_p": np.where(untold, np.nan, 2 * stats.t.sf(np.abs(t_same), free)),
            "earlier": earlier,
            "later": later,
            "since": board.starts[np.clip(split, 0, len(board.starts) - 1)],
            "holds": holds,
            "beside": _beside(one, board),
        }
    )
    numbers = ["partial_r2", "partial_r2_lower", "partial_r2_upper", "smallest_seen", "gain"]
    frame.loc[untold, [*numbers, "together", "earlier", "later"]] = np.nan
    frame.loc[untold, "holds"] = ""
    return frame


def _beside(one: Target, board: Board) -> list[str]:
    """Return the leads held fixed in each candidate's tests."""
    names = [board.names[one.beside.candidates[place]] for place in one.held]
    before = dict(zip(one.held, range(len(names)), strict=True))
    return [
        ", ".join(names[: before.get(place, len(names))])
        for place in range(len(one.beside.candidates))
    ]


def _splits(one: Target, board: Board, changes: pd.DataFrame | None) -> NDArray[np.int64]:
    """Return the period that begins the later part, for each candidate."""
    rows = np.flatnonzero(np.isfinite(board.observed[:, one.index]))
    middle = int(rows[len(rows) // 2]) if len(rows) else 0
    names = [board.names[place] for place in one.beside.candidates]
    if changes is None or changes.empty:
        return np.full(len(names), middle)
    here = changes[changes["segment"] == board.segment] if "segment" in changes else changes
    last = here.groupby("kpi")["period_start"].max()
    own = last.get(board.names[one.index])
    found = []
    for name in names:
        days = [day for day in (own, last.get(name)) if day is not None]
        at = int(np.searchsorted(board.starts, max(days))) if days else middle
        found.append(at)
    return np.array(found, dtype=np.int64)


def _curve(one: Target, board: Board) -> pd.DataFrame:
    """Return the partial correlations beside the target's own past, at every lag."""
    free = max(one.alone.freedom - 1, 1)
    t_values: Floats = one.alone.t_values
    by_lag = np.vstack([one.alone.together, t_values / np.sqrt(t_values**2 + free)])
    frame = pd.DataFrame(by_lag.T, columns=[f"lag{lag}" for lag in range(len(by_lag))])
    frame["candidate"] = [board.names[place] for place in one.alone.candidates]
    return frame.assign(
        target=board.names[one.index], segment=board.segment, limit=min(1.0, 2 / np.sqrt(free))
    )

"""Lay out what was found about every pair of a candidate and a target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.board import Board
from kpikit.analysis.discovery import FOUND, Target, pair_q_values, q_values
from kpikit.analysis.evidence import (
    LEAST,
    both_parts,
    forecast_gain,
    in_words,
    partial_r2,
    smallest_seen,
)
from kpikit.analysis.lag_tests import Lagged, LagTests, at_lag

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
    "through",
    "verdict",
]
Columns = dict[str, NDArray[Any]]  # one value for each candidate
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
    q_value = pair_q_values(targets)
    found = q_value <= fdr
    p_values = np.concatenate([one.tests.p_value for one in targets])
    tested = max(int(np.isfinite(p_values).sum()), 1)
    limit = FOUND * fdr * (int(found.sum()) + 1) / tested  # of the next one to be found
    rows = [_rows(one, boards[one.board], lagged[one.board], limit, changes) for one in targets]
    longest = max(len(one.alone.correlations) for one in targets)
    frame = _frame(rows)
    curves = _frame([_curve(one, boards[one.board], longest) for one in targets])
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


def _frame(parts: list[Columns]) -> pd.DataFrame:
    """Return the columns of all targets as one table: a table each would take far longer."""
    names = parts[0]
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in names})


def _rows(
    one: Target, board: Board, lagged: Lagged, limit: float, changes: pd.DataFrame | None
) -> Columns:
    # half of the combined test, of the best of several lags
    one_lag = -np.expm1(np.log1p(-limit / 2) / lagged.max_lag)
    tests = one.tests
    place = (lagged, one.index)
    found = evidence(tests, one.alone, tests.lag, place=place, board=board, changes=changes)
    count = len(tests.candidates)
    return found | {
        "segment": np.full(count, board.segment, dtype=object),
        "p_value": tests.p_value,
        "smallest_seen": np.full(count, smallest_seen(tests.freedom, one_lag)),
        "together_p": np.where(np.isfinite(tests.p_value), one.alone.p_together, np.nan),
        "through": np.array(_through(one, board, limit), dtype=object),
    }


def evidence(  # noqa: PLR0913 - all that is known of a target's tests
    tests: LagTests,
    alone: LagTests,
    lag: NDArray[np.int64],
    *,
    place: tuple[Lagged, int],
    board: Board,
    changes: pd.DataFrame | None,
) -> Columns:
    """Return what there is to say of each candidate at its lag, but verdicts, by column.

    Parameters
    ----------
    alone
        The tests beside the target's own past only; forecasts are made from these, and
        parts of the history compared.
    place
        What lies side by side, and the target in it.
    """
    lagged, index = place
    new = lagged.new
    count = np.arange(len(tests.candidates))
    t_value = tests.t_values[lag - 1, count]
    share, lower, upper = partial_r2(t_value, tests.freedom)
    rows = new.known[:, index]
    names = [board.names[candidate] for candidate in tests.candidates]
    split = _splits(names, index, board, changes)
    left, past = new.filled[:, index], at_lag(lagged, index, tests.candidates, lag)
    earlier, later, holds = both_parts(left, past, rows, split=split, freedom=alone.freedom)
    numbers = {
        "partial_r2": share,
        "partial_r2_lower": lower,
        "partial_r2_upper": upper,
        "gain": forecast_gain(new.bases[index], rows, left, past),
        "together": alone.together,
        "earlier": earlier,
        "later": later,
    }
    told = np.isfinite(tests.p_value)
    return {
        "candidate": np.array(names, dtype=object),
        "target": np.full(len(names), board.names[index], dtype=object),
        "lag": lag,
        "after": np.array([in_words(int(step), board.grain) for step in lag], dtype=object),
        "sign": np.where(t_value < 0, "negative", "positive"),
        **{name: np.where(told, values, np.nan) for name, values in numbers.items()},
        "since": board.starts[np.clip(split, 0, len(board.starts) - 1)].to_numpy(),
        "holds": np.where(told, holds, ""),
    }


def _through(one: Target, board: Board, limit: float) -> list[str]:
    """Name the leads beside which a candidate that tells something adds nothing."""
    names = ", ".join(board.names[one.beside.candidates[place]] for place in one.held)
    adds_nothing = (one.alone.p_value <= limit) & ~(one.beside.p_value <= limit)
    return [names if said else "" for said in adds_nothing]


def _splits(
    names: list[str], index: int, board: Board, changes: pd.DataFrame | None
) -> NDArray[np.int64]:
    """Return the period that begins the later part, for each candidate."""
    rows = np.flatnonzero(np.isfinite(board.observed[:, index]))
    middle = int(rows[len(rows) // 2]) if len(rows) else 0
    if changes is None or changes.empty:
        return np.full(len(names), middle)
    here = changes[changes["segment"] == board.segment] if "segment" in changes else changes
    last = here.groupby("kpi")["period_start"].max()
    own = last.get(board.names[index])
    found = []
    for name in names:
        days = [day for day in (own, last.get(name)) if day is not None]
        at = int(np.searchsorted(board.starts, max(days))) if days else middle
        kept = rows[0] + LEAST <= at <= rows[-1] + 1 - LEAST if len(rows) else False
        found.append(at if kept else middle)
    return np.array(found, dtype=np.int64)


def _curve(one: Target, board: Board, longest: int) -> Columns:
    """Return the partial correlations beside the target's own past, a column for each lag."""
    names = [board.names[place] for place in one.alone.candidates]
    sizes = np.full((longest, len(names)), np.nan)
    sizes[: len(one.alone.correlations)] = one.alone.correlations
    return {
        **{f"lag{lag}": size for lag, size in enumerate(sizes)},
        "candidate": np.array(names, dtype=object),
        "target": np.full(len(names), board.names[one.index], dtype=object),
        "segment": np.full(len(names), board.segment, dtype=object),
        "limit": np.full(len(names), one.alone.chance),
    }

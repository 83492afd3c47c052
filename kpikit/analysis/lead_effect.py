"""How much a supported lead moves its target, corrected for having been selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kpikit.analysis.board import Board, read_boards
from kpikit.analysis.claims import ALPHA, SURE
from kpikit.analysis.lag_tests import at_lag, lay_lags
from kpikit.analysis.panel import Floats, season_length
from kpikit.analysis.steady import steady_innovations

if TYPE_CHECKING:
    import pandas as pd

    from kpikit.analysis.links import LinkEvidence
    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

SIZES = 2000  # equally likely values of an effect
REACH = 12.0  # standard errors around the estimate in which an effect is looked for
LEAST_MARGIN = 1e-3  # by which a test that was passed passes its limit, at least
VIEWS = 40  # of what is new in a candidate, which share is real: equally likely values
LEAST_REAL = 0.4  # as where half of a KPI's own moves are real, and half of those are remembered


@dataclass(frozen=True, kw_only=True, eq=False)
class LeadEffect:
    """What a unit of the candidate adds to the target `lag` periods later.

    Attributes
    ----------
    sizes
        Equally likely values, ascending: in logarithms of a KPI where its `logs` is set. Of a
        real change of the candidate, which moves the target by more than one that is partly
        an error of its measurement.
    """

    candidate: str
    target: str
    lag: int
    sizes: Floats
    candidate_logs: bool
    target_logs: bool


def lead_effects(
    strategy: Strategy,
    observations: Observations,
    *,
    evidence: LinkEvidence,
    fdr: float = 0.10,
) -> tuple[list[LeadEffect], dict[tuple[str, str], str]]:
    """Say how much each supported link moves its target, and why others are left out.

    Parameters
    ----------
    evidence
        What `test_links` returned for the same strategy and observations.
    fdr
        The one it was asked with.

    Returns
    -------
    list of LeadEffect
        One per supported link whose two KPIs have the same grain.
    dict
        The reason, by candidate and target, for every other claimed link.

    Notes
    -----
    What is new in the target is regressed on what was new in the candidate at the lag, both
    beside their own past, trend and season. A link that was let through by a test looks
    stronger than it is; so the effect is estimated given that it was let through: its
    distribution is that of a normal estimate cut off where the test would have failed
    (Zhong and Prentice 2008; Lee and others 2016), and holds no effect of the sign that was
    not claimed.

    What a candidate is measured to be new by is partly an error (few answered, some were
    counted a month late), and moves nothing; regression gives the real effect times the share
    that is real (Fuller 1987). Periods alone do not tell that share. So two views are
    averaged, at even weights: that the KPI is measured without error, and that of what is
    new in it any share from two fifths upwards is real.
    """
    table = evidence.to_frame()
    frame = observations.to_frame()
    frame = frame[frame["segment"] == ""]
    limit = _limit(table, fdr)
    found, left_out = [], {}
    for row in table.to_dict("records"):
        pair = (str(row["candidate"]), str(row["target"]))
        if row["verdict"] != "supported":
            left_out[pair] = f"the link is {row['verdict']}"
            continue
        board = _shared_board(frame, pair)
        if board is None:
            left_out[pair] = "the two have different grains"
            continue
        logs = [_in_logs(strategy.kpis[name].unit, board, name) for name in pair]
        sign = 1.0 if row["claimed_sign"] == "positive" else -1.0
        sizes = _sizes(
            board, pair, int(row["lag"]), logs, sign=sign, p_values=(float(row["p_value"]), limit)
        )
        found.append(
            LeadEffect(
                candidate=pair[0],
                target=pair[1],
                lag=int(row["lag"]),
                sizes=sizes,
                candidate_logs=logs[0],
                target_logs=logs[1],
            )
        )
    return found, left_out


def _limit(table: pd.DataFrame, fdr: float) -> float:
    """Return the p-value up to which a claimed link was let through."""
    if table.empty:
        return ALPHA
    count = max(int(table["p_value"].notna().sum()), 1)
    return min(ALPHA, fdr * int((table["verdict"] == "supported").sum()) / count)


def _shared_board(frame: pd.DataFrame, pair: tuple[str, str]) -> Board | None:
    boards, _ = read_boards(frame[frame["kpi"].isin(pair)])
    whole = [one for one in boards if len(one.names) == 2 and bool(one.native.all())]
    return whole[0] if whole else None


def _in_logs(unit: str, board: Board, name: str) -> bool:
    """Return whether a KPI changes by shares of itself; what is a share changes by points."""
    values = board.observed[:, board.names.index(name)]
    return unit != "share" and bool((values[np.isfinite(values)] > 0).all())


def _sizes(  # noqa: PLR0913 - a link, its scales, and how it was let through
    board: Board,
    pair: tuple[str, str],
    lag: int,
    logs: list[bool],
    *,
    sign: float,
    p_values: tuple[float, float],
) -> Floats:
    from scipy import stats

    candidate, target = (board.names.index(name) for name in pair)
    columns = board.observed[:, [candidate, target]]
    scaled = np.column_stack(
        [np.log(one) if log else one for one, log in zip(columns.T, logs, strict=True)]
    )
    new = steady_innovations(scaled, period=season_length(None, board.grain))
    lagged = lay_lags(new, max_lag=lag, ahead=board.ahead[[candidate, target]])
    rows, basis = new.known[:, 1], new.bases[1]
    column = lagged.past[lag, :, 0] * rows
    column = column - basis @ (basis.T @ column)
    left, squares = new.filled[:, 1], float(column @ column)
    tested = at_lag(lagged, 1, np.array([0]), np.array([lag]))[:, 0]
    size = float(column @ left) / squares
    freedom = max(int(new.freedom[1]) - 1, 3)
    rest = left - size * column
    error = float(np.sqrt(rest @ rest / freedom / squares))
    error *= float(stats.t.isf(0.05, freedom) / stats.norm.isf(0.05))  # few periods told it
    alike = abs(float(column @ tested)) / np.sqrt(squares * float(tested @ tested))
    passed, limit = (float(stats.norm.isf(min(SURE * one, 0.5))) for one in p_values)
    margin = max(passed - limit, LEAST_MARGIN) / max(float(alike), 0.1)
    found = sign * _given_selection(sign * size / error, margin)
    spread = np.nanstd(scaled, axis=0)
    return np.sort(_of_real_changes(found * error * spread[1] / spread[0]))


def _of_real_changes(sizes: Floats) -> Floats:
    """Return equally likely effects of what is real in a candidate, from those of all that is new.

    Half of them as they are; the others divided by the share that is real.
    """
    half = VIEWS // 2
    real = np.ones(VIEWS)
    real[half:] = LEAST_REAL + (1 - LEAST_REAL) * (np.arange(half) + 0.5) / half
    return np.asarray(np.quantile(np.outer(sizes, 1 / real), _levels()))


def _levels() -> Floats:
    return np.asarray((np.arange(SIZES) + 0.5) / SIZES)


def _given_selection(estimate: float, margin: float) -> Floats:
    """Return equally likely effects, in standard errors, given that the estimate was let through.

    An estimate lower by more than `margin` would not have been. The chance that an effect
    gives at least this estimate, among those let through, grows with the effect from 0 to
    1: that is the effect's distribution.
    """
    from scipy import stats

    effects = np.linspace(0.0, max(estimate, 0.0) + REACH, 2401)
    above = stats.norm.logsf(estimate - effects)
    through = stats.norm.logsf(estimate - margin - effects)
    return np.asarray(np.interp(_levels(), np.exp(above - through), effects))

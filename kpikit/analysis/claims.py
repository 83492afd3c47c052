"""Judge each claimed link by the test of its own lag and sign."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.board import Board, read_boards
from kpikit.analysis.discovery import q_values
from kpikit.analysis.evidence import partial_r2, smallest_seen
from kpikit.analysis.lag_tests import (
    Lagged,
    LagTests,
    judge_lags,
    lay_lags,
    of_several,
    told_by,
)
from kpikit.analysis.lead_tables import TELLABLE, evidence
from kpikit.analysis.panel import season_length
from kpikit.analysis.steady import steady_innovations
from kpikit.analysis.trend import YEARLY
from kpikit.periods import GRAINS, Grain

if TYPE_CHECKING:
    from kpikit.strategy.model import Strategy

COLUMNS = [
    "candidate",
    "target",
    "claimed_lag",
    "claimed_sign",
    "grain",
    "lag",
    "after",
    "sign",
    "p_value",
    "q_value",
    "partial_r2",
    "partial_r2_lower",
    "partial_r2_upper",
    "smallest_seen",
    "claimed_r2_upper",
    "p_beside",
    "gain",
    "together",
    "earlier",
    "later",
    "since",
    "holds",
    "verdict",
]
ALPHA = 0.03  # of a claimed lag's own test, whatever the family: of facts as they are, with
# level shifts and odd months, half as many again pass as of simulated ones
SURE = 0.9  # short histories make a test a little too sure: its p-value is divided by this
LAGS = 6  # looked at beside the claimed one, at least


@dataclass(frozen=True, kw_only=True, eq=False)
class Claim:
    """A claimed link, and where its two KPIs lie side by side; nowhere, if they cannot be."""

    candidate: str
    target: str
    lag: int
    sign: str
    grain: Grain
    tied: bool = False
    board: Board | None = field(default=None, repr=False)
    lagged: Lagged | None = field(default=None, repr=False)

    @property
    def lags(self) -> list[int]:
        """The claimed lag in periods of the observations: one, or the two around it."""
        if self.board is None or self.board.grain in (None, self.grain):
            return [self.lag]
        assert self.board.grain is not None
        exact = self.lag * YEARLY[self.board.grain] / YEARLY[self.grain]
        return sorted({max(1, int(np.floor(exact))), max(1, int(np.ceil(exact)))})


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """The tests of one claim: its own, and of the strongest lag whatever its sign.

    Attributes
    ----------
    p_beside
        Of the strongest lag beside the claimed one, all lags taken into account; NaN where
        they are the same.
    """

    tests: LagTests
    own_lag: int
    p_own: float
    p_any: float
    p_beside: float


def read_claims(
    strategy: Strategy, frame: pd.DataFrame, ties: set[frozenset[str]]
) -> tuple[list[Claim], tuple[str, ...]]:
    """Return every claimed link of a strategy, with its KPIs' boards."""
    named = [(kpi, lead) for kpi in strategy.kpis.values() for lead in kpi.leads]
    wanted = {name for kpi, lead in named for name in (kpi.id, lead.kpi)}
    boards, notes = read_boards(frame[frame["kpi"].isin(wanted)])
    claims = []
    more = list(notes)
    laid = dict[tuple[int, int], Lagged]()
    for kpi, lead in named:
        other = strategy.kpis[lead.kpi]
        claim = Claim(
            candidate=kpi.id,
            target=lead.kpi,
            lag=lead.lag,
            sign=lead.sign,
            grain=max(kpi.grain, other.grain, key=GRAINS.index),
            tied=frozenset((kpi.id, lead.kpi)) in ties,
        )
        if claim.tied:
            more.append(f"{kpi.id}, {lead.kpi}: one is part of the other, which is no lead.")
        claims.append(_placed(claim, boards, laid))
    absent = sorted(wanted - set(frame["kpi"]))
    if absent:
        more.append(f"Not among the observations: {', '.join(absent)}.")
    return claims, tuple(more)


def claim_rows(
    claims: list[Claim], *, fdr: float, changes: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table of claims with their verdicts, and the correlations by lag."""
    judged = [_judge(claim) for claim in claims]
    p_own = np.array([one.p_own if one else np.nan for one in judged], dtype=float)
    p_any = np.array([one.p_any if one else np.nan for one in judged], dtype=float)
    q_own, q_any = q_values(p_own), q_values(p_any)
    supported = (p_own <= ALPHA) & (q_own <= fdr)
    count = max(int(np.isfinite(p_own).sum()), 1)
    limit = min(ALPHA, fdr * (int(supported.sum()) + 1) / count)  # of the next one
    rows, curves = [], []
    for place, (claim, one) in enumerate(zip(claims, judged, strict=True)):
        row: dict[str, object] = {
            "candidate": claim.candidate,
            "target": claim.target,
            "claimed_lag": claim.lag,
            "claimed_sign": claim.sign,
            "grain": claim.grain,
            "p_value": p_own[place],
            "q_value": q_own[place],
        }
        if one is None or claim.board is None:
            verdict = "not supported" if claim.tied else "too short"
            rows.append(row | {"verdict": verdict})
            continue
        lag = one.own_lag if supported[place] else int(one.tests.lag[0])
        row |= _evidence(claim, one, lag, limit=limit, changes=changes)
        elsewhere = bool(p_any[place] <= ALPHA and q_any[place] <= fdr)
        row["verdict"] = _verdict(row, supported=bool(supported[place]), elsewhere=elsewhere)
        rows.append(row)
        curves.append(_curve(claim, one.tests))
    empty = pd.DataFrame(columns=["candidate", "target", "lag", "correlation", "limit"])
    found = pd.concat(curves, ignore_index=True) if curves else empty
    return pd.DataFrame(rows, columns=COLUMNS), found


def _placed(claim: Claim, boards: list[Board], laid: dict[tuple[int, int], Lagged]) -> Claim:
    """Return a claim with the board that holds both its KPIs, at the coarser of their grains."""
    if claim.tied:
        return claim
    pair = (claim.candidate, claim.target)
    for number, board in enumerate(boards):
        if not set(pair) <= set(board.names):
            continue
        if not any(board.native[board.names.index(name)] for name in pair):
            continue
        placed = replace(claim, board=board)
        longest = max(LAGS, *(lag + 1 for lag in placed.lags))
        if (number, longest) not in laid:
            new = steady_innovations(board.observed, period=season_length(None, board.grain))
            laid[number, longest] = lay_lags(new, max_lag=longest, ahead=board.ahead)
        return replace(placed, lagged=laid[number, longest])
    return claim


def _judge(claim: Claim) -> Judged | None:
    """Return a claim's tests, or None where nothing can be said."""
    if claim.board is None or claim.lagged is None:
        return None
    names = claim.board.names
    target, candidate = names.index(claim.target), names.index(claim.candidate)
    tests = judge_lags(claim.lagged, target, np.array([candidate]))
    if not np.isfinite(tests.p_value[0]):
        return None
    two_sided, strongest = tests.p_lags[:, 0], int(tests.lag[0])
    p_any = float(of_several(two_sided.min(), len(two_sided)))
    own, p_beside = tests, float("nan")
    if strongest not in claim.lags and p_any <= ALPHA:
        # another lag tells more: does the claimed one tell anything beside it?
        given = told_by(claim.lagged, candidate, strongest)
        own = judge_lags(claim.lagged, target, np.array([candidate]), given=given)
    wanted = _side(claim)
    at = np.array(claim.lags) - 1
    agrees = wanted * own.t_values[at, 0] > 0
    one_sided = np.where(agrees, own.p_lags[at, 0] / 2, 1 - own.p_lags[at, 0] / 2)
    best = int(one_sided.argmin())
    if strongest not in claim.lags:
        given = told_by(claim.lagged, candidate, claim.lags[best])
        other = judge_lags(claim.lagged, target, np.array([candidate]), given=given)
        p_beside = float(of_several(other.p_lags[strongest - 1, 0], len(two_sided)))
    return Judged(
        tests=tests,
        own_lag=claim.lags[best],
        p_own=min(float(of_several(one_sided[best], len(at))) / SURE, 1.0),
        p_any=min(p_any / SURE, 1.0),
        p_beside=p_beside,
    )


def _side(claim: Claim) -> int:
    return 1 if claim.sign == "positive" else -1


def _most_told(claim: Claim, one: Judged) -> float:
    """Return the largest share that the claimed lag may tell in the claimed sign (95 %)."""
    signed = _side(claim) * one.tests.t_values[one.own_lag - 1, 0]
    return float(partial_r2(np.array([max(signed, 0.0)]), one.tests.freedom)[2][0])


def _evidence(
    claim: Claim, one: Judged, lag: int, *, limit: float, changes: pd.DataFrame | None
) -> dict[str, object]:
    assert claim.board is not None  # else it was not judged
    assert claim.lagged is not None
    index = claim.board.names.index(claim.target)
    found = evidence(
        one.tests,
        one.tests,
        np.array([lag]),
        place=(claim.lagged, index),
        board=claim.board,
        changes=changes,
    )
    seen = smallest_seen(one.tests.freedom, limit, tails=1)
    said = {"smallest_seen": seen, "p_beside": one.p_beside}
    said["claimed_r2_upper"] = _most_told(claim, one)
    return {name: values[0] for name, values in found.items()} | said


def _verdict(row: dict[str, object], *, supported: bool, elsewhere: bool) -> str:
    if supported:
        return "supported"
    if elsewhere:
        return "wrong lag" if row["sign"] == row["claimed_sign"] else "wrong sign"
    seen = row["smallest_seen"]
    assert isinstance(seen, float)
    return "too short" if seen > TELLABLE else "not supported"


def _curve(claim: Claim, tests: LagTests) -> pd.DataFrame:
    sizes = tests.correlations[:, 0]
    return pd.DataFrame(
        {
            "candidate": claim.candidate,
            "target": claim.target,
            "lag": range(len(sizes)),
            "correlation": sizes,
            "limit": tests.chance,
        }
    )

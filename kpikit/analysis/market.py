"""A KPI net of an outside series: what is left once the market's own moves are taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats, Series, read_panel
from kpikit.analysis.signals import find_signals
from kpikit.errors import DataError

MIN_PERIODS = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class NetOfMarket:
    """A KPI's history net of its market.

    Attributes
    ----------
    history
        `period_start, value`: the value had the market stood still at its median.
    share
        How much the KPI moves for a move of the market of 1; in logarithms where both are
        above 0, so that 0.8 reads as 0.8 % for 1 %.
    relative
        Whether that is so.
    """

    history: pd.DataFrame
    share: float
    relative: bool


def net_of_market(history: pd.DataFrame, market: pd.DataFrame) -> NetOfMarket:
    """Take a market's moves out of a KPI.

    Parameters
    ----------
    history, market
        `period_start, value`, of the same grain. Periods without a value in both are
        missing in the result.

    Raises
    ------
    DataError
        Fewer than 12 periods have a value in both, or the market never moves.

    Notes
    -----
    The share comes from changes of one period to the next, by least squares: levels that
    merely rise together would make any market look like a reason. Both in logarithms
    where all values are above 0.

    Examples
    --------
    >>> months = pd.date_range("2024-01-01", periods=24, freq="MS")
    >>> market = pd.DataFrame({"period_start": months, "value": [100.0, 110.0, 95.0, 120.0] * 6})
    >>> ours = market.assign(value=market["value"] * 2)
    >>> net = net_of_market(ours, market)
    >>> round(net.share, 2), net.history["value"].round(6).nunique()
    (1.0, 1)
    """
    own, outside = _only(history, "history"), _only(market, "market")
    given = pd.Series(outside.observed, index=outside.starts).reindex(own.starts)
    values: Floats = own.observed
    moves: Floats = np.asarray(given, dtype=np.float64)
    both = np.isfinite(values) & np.isfinite(moves)
    if both.sum() < MIN_PERIODS:
        raise DataError(
            f"market: {int(both.sum())} periods have a value in both, {MIN_PERIODS} are needed. "
            "Give a market of the same grain that covers the KPI's periods."
        )
    relative = bool((values[both] > 0).all() and (moves[both] > 0).all())
    if relative:
        values, moves = (_logs(values, both), _logs(moves, both))
    share = _share(values, moves)
    net = values - share * (moves - float(np.median(moves[both])))
    net = np.where(both, np.exp(net) if relative else net, np.nan)
    return NetOfMarket(
        history=pd.DataFrame({"period_start": own.starts, "value": net}),
        share=share,
        relative=relative,
    )


def compare_with_market(signal: str, net: str, market: str) -> str | None:
    """Say what the signals of a KPI, of it net of its market, and of the market mean together.

    Examples
    --------
    >>> compare_with_market("none", "exceptional", "exceptional")
    'the market moved and we did not'
    """
    ours, alone, theirs = (word != "none" for word in (signal, net, market))
    return {
        (False, True, True): "the market moved and we did not",
        (True, False, True): "we moved with the market",
        (True, True, False): "we moved and the market did not",
        (True, True, True): "we moved otherwise than the market",
    }.get((ours, alone, theirs))


@dataclass(frozen=True, kw_only=True, eq=False)
class BesideMarket:
    """How a KPI's newest period stands beside its market's.

    Attributes
    ----------
    net
        The KPI once the market's moves are taken out.
    signal
        The word for the KPI net of its market, or for the KPI where it moved with it.
    sentence
        What happened, in a few words; None where neither stands out.
    """

    net: NetOfMarket
    signal: str
    sentence: str | None


def look_beside_market(history: pd.DataFrame, market: pd.DataFrame) -> BesideMarket:
    """Ask whether a KPI's newest period moved with its market, or one without the other.

    Parameters
    ----------
    history, market
        `period_start, value`, of the same grain.

    Raises
    ------
    DataError
        Fewer than 12 periods have a value in both, or the market never moves.
    """
    net = net_of_market(history, market)
    newest = net.history["period_start"].iloc[-1]
    ours, alone, theirs = (_word(values, newest) for values in (history, net.history, market))
    return BesideMarket(
        net=net,
        signal=ours if alone == "none" else alone,
        sentence=compare_with_market(ours, alone, theirs),
    )


def _word(history: pd.DataFrame, period_start: pd.Timestamp) -> str:
    found = find_signals(history).frame
    word = found.loc[found["period_start"] == period_start, "signal"]
    return str(word.iloc[0]) if len(word) else "none"


def _only(frame: pd.DataFrame, name: str) -> Series:
    series, _ = read_panel(frame)
    if len(series) != 1:
        raise DataError(f"{name}: it holds {len(series)} series. Give the history of one.")
    return series[0]


def _logs(values: Floats, known: NDArray[np.bool_]) -> Floats:
    logs: Floats = np.log(np.where(known, values, np.nan))
    return logs


def _share(values: Floats, moves: Floats) -> float:
    change, move = np.diff(values), np.diff(moves)
    known = np.isfinite(change) & np.isfinite(move)
    move, change = move[known] - move[known].mean(), change[known] - change[known].mean()
    squares = float(move @ move)
    if squares == 0.0:
        raise DataError("market: it never moves, so nothing can be taken out.")
    return float(move @ change) / squares

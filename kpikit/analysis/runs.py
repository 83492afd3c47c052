"""Long runs on one side of what was expected, and long stretches without a signal."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pandas as pd

from kpikit.analysis.panel import rows_of_series

LONG = 8  # periods: the eight of Wheeler's rule 2
QUIET = 24  # periods without a signal; two years of months

RUNS = ["kpi", "segment", "first", "last", "length", "side"]
QUIETS = ["kpi", "segment", "since", "periods"]


def find_runs(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the long runs of a table of signals, the order of time within a series.

    A value just as expected ends a run, a missing one neither ends nor lengthens it.
    """
    found = []
    away = (frame["value"] - frame["expected"]).to_numpy(dtype=float)
    days = frame["period_start"].to_numpy()
    for kpi, segment, rows in rows_of_series(frame):
        known = rows[np.isfinite(away[rows])]
        least = max(LONG, round(np.log2(max(len(known), 1)) + 3))
        place = 0
        for sign, members in groupby(np.sign(away[known])):
            length = len(list(members))
            if sign and length >= least:
                word = "above" if sign > 0 else "below"
                ends = days[known[[place, place + length - 1]]]
                found.append((kpi, segment, *ends, length, word))
            place += length
    return pd.DataFrame(found, columns=RUNS)


def find_quiet(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the series whose newest periods, many of them, hold no signal."""
    found = []
    days, signal = frame["period_start"].to_numpy(), frame["signal"].to_numpy()
    known = frame["value"].notna().to_numpy()
    for kpi, segment, rows in rows_of_series(frame):
        told = rows[known[rows]]
        loud = np.flatnonzero(signal[told] != "none")
        since = int(loud[-1]) + 1 if len(loud) else 0
        if len(told) - since >= QUIET:
            found.append((kpi, segment, days[told[since]], len(told) - since))
    return pd.DataFrame(found, columns=QUIETS)

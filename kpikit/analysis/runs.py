"""Long runs on one side of what was expected, and long stretches without a signal."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pandas as pd

LONG = 8  # periods: the eight of Wheeler's rule 2
QUIET = 24  # periods without a signal; two years of months

RUNS = ["kpi", "segment", "first", "last", "length", "side"]
QUIETS = ["kpi", "segment", "since", "periods"]


def find_runs(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the long runs of a table of signals, the order of time within a series.

    A value just as expected ends a run, a missing one neither ends nor lengthens it.
    """
    found = []
    for (kpi, segment), rows in frame.groupby(["kpi", "segment"], sort=False):
        known = rows[(rows["value"] - rows["expected"]).notna()]
        side = np.sign((known["value"] - known["expected"]).to_numpy(dtype=float))
        starts = known["period_start"].to_numpy()
        least = max(LONG, round(np.log2(max(len(known), 1)) + 3))
        place = 0
        for sign, members in groupby(side):
            length = len(list(members))
            if sign and length >= least:
                word = "above" if sign > 0 else "below"
                ends = (starts[place], starts[place + length - 1])
                found.append((kpi, segment, *ends, length, word))
            place += length
    return pd.DataFrame(found, columns=RUNS)


def find_quiet(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the series whose newest periods, many of them, hold no signal."""
    found = []
    for (kpi, segment), rows in frame.groupby(["kpi", "segment"], sort=False):
        told = rows[rows["value"].notna()]
        loud = np.flatnonzero(told["signal"].to_numpy() != "none")
        since = int(loud[-1]) + 1 if len(loud) else 0
        if len(told) - since >= QUIET:
            found.append((kpi, segment, told["period_start"].iloc[since], len(told) - since))
    return pd.DataFrame(found, columns=QUIETS)

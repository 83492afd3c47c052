"""How much faster are many Granger tests at once than a loop, and is the result the same?

One target, 200 candidates, 1 to 12 lags: `granger_f` against statsmodels'
`grangercausalitytests` (looped over some candidates, and scaled up), and the whole of
`find_leads` on the same board. With `--kpis 500`, `find_leads` for all pairs and six lags.
Seconds are of the processor, and memory is the most the process held. With
`OMP_NUM_THREADS=1`, as `make` sets it: threads that wait for each other count as well.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import resource
import time
import warnings

import numpy as np
import pandas as pd

import kpikit
from kpikit.analysis.block_f import granger_f

CANDIDATES, LAGS, LOOPED, TIMES = 200, 12, 20, 5


def board(rng: np.random.Generator, months: int, kpis: int) -> np.ndarray:
    """Return KPIs that drift, and one that the fourth leads by five months."""
    values = 0.3 * rng.normal(size=(months, kpis)).cumsum(axis=0)
    values += rng.normal(size=(months, kpis))
    values[5:, 0] += 0.8 * values[:-5, 3]
    return values


def panel(values: np.ndarray) -> pd.DataFrame:
    """Return the board as one long table."""
    months = pd.date_range("2015-01-01", periods=len(values), freq="MS", name="period_start")
    names = [f"kpi_{kpi:03d}" for kpi in range(values.shape[1])]
    wide = pd.DataFrame(values, index=months, columns=names)
    return wide.reset_index().melt("period_start", var_name="kpi")


def run_kernel(months: int) -> None:
    """Print speed and agreement of the kernel, and the time of `find_leads`."""
    from statsmodels.tsa.stattools import grangercausalitytests

    values = board(np.random.default_rng(1), months, CANDIDATES + 1)
    granger_f(values[:, 0], values[:, 1:], max_lag=LAGS)  # what is loaded once is not counted
    start = time.process_time()
    for _ in range(TIMES):
        ratio, _, _ = granger_f(values[:, 0], values[:, 1:], max_lag=LAGS)
    at_once = (time.process_time() - start) / TIMES
    apart = 0.0
    start = time.process_time()
    for kpi in range(LOOPED):
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            found = grangercausalitytests(values[:, [0, kpi + 1]], LAGS)
        known = np.array([found[lag][0]["ssr_ftest"][0] for lag in range(1, LAGS + 1)])
        apart = max(apart, float(np.abs(ratio[:, kpi] / known - 1).max()))
    looped = (time.process_time() - start) * CANDIDATES / LOOPED
    long = panel(values)
    kpikit.find_leads(long, target="kpi_000", max_lag=LAGS)
    start = time.process_time()
    kpikit.find_leads(long, target="kpi_000", max_lag=LAGS)
    whole = time.process_time() - start
    print(
        f"{months} months: loop {looped:.2f} s, at once {at_once:.4f} s, "
        f"{looped / at_once:.0f} times; F differs by {apart:.1e} at most; "
        f"find_leads {whole:.2f} s",
        flush=True,
    )


def run_all_pairs(kpis: int, months: int) -> None:
    """Print the time and memory of `find_leads` for all pairs."""
    long = panel(board(np.random.default_rng(2), months, kpis))
    start, clock = time.process_time(), time.perf_counter()
    found = kpikit.find_leads(long)
    used, passed = time.process_time() - start, time.perf_counter() - clock
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"{kpis} KPIs, {len(found.to_frame())} pairs, 6 lags, {months} months: "
        f"{used:.1f} s of processor, {passed:.1f} s passed, {memory:.1f} GB at most",
        flush=True,
    )


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kpis", type=int, help="all pairs among so many, instead")
    parser.add_argument("--months", type=int, nargs="+", default=[60, 120])
    options = parser.parse_args()
    for months in options.months:
        if options.kpis:
            run_all_pairs(options.kpis, months)
        else:
            run_kernel(months)


if __name__ == "__main__":
    main()

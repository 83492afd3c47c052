"""How long do season, trend, changes and signals of a thousand KPIs take, as one would call them?

1,000 monthly KPIs of 120 months (`--kpis`, `--months`): a trend, in half of them a season, errors
that remember the month before, and in every fourth a step. Each verb is asked once of the whole
panel with `--workers` processes; then of a single KPI, warm, the median of nine. Wall clock and
processor time: on a machine with other work, the second is the one to read.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pandas as pd

from kpikit import find_changes, find_season, find_signals, fit_trend

VERBS: dict[str, Callable[..., object]] = {
    "find_season": find_season,
    "fit_trend": fit_trend,
    "find_changes": find_changes,
    "find_signals": find_signals,
}


def make_panel(kpis: int, months: int, seed: int) -> pd.DataFrame:
    """Return KPIs of every kind that is slow: nothing in them is exact."""
    rng = np.random.default_rng(seed)
    time_, noise = np.arange(months), rng.normal(size=(kpis, months + 30))
    for now in range(1, months + 30):
        noise[:, now] += 0.4 * noise[:, now - 1]
    profile = rng.normal(size=(kpis, 12)) * (rng.random((kpis, 1)) < 0.5)
    value = 100 + 4 * noise[:, 30:] + 6 * profile[:, time_ % 12]
    value += rng.uniform(-0.2, 0.2, (kpis, 1)) * time_
    value += 15 * (np.arange(kpis)[:, None] % 4 == 0) * (time_ >= months * 3 // 5)
    return pd.DataFrame(
        {
            "kpi": np.repeat([f"kpi {number:04d}" for number in range(kpis)], months),
            "segment": "",
            "period_start": np.tile(pd.date_range("2015-01-01", periods=months, freq="MS"), kpis),
            "value": value.ravel(),
        }
    )


def clock() -> tuple[float, float]:
    """Return wall clock and processor time, that of processes that have ended included."""
    used = os.times()
    return time.perf_counter(), sum(used[:4])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kpis", type=int, default=1_000)
    parser.add_argument("--months", type=int, default=120)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    panel = make_panel(options.kpis, options.months, options.seed)
    one = panel[panel["kpi"] == panel["kpi"].iloc[-1]]
    print("verb           all: wall s  processor s   one, warm: wall ms  processor ms")
    total = np.zeros(2)
    for name, verb in VERBS.items():
        start = np.array(clock())
        verb(panel, workers=options.workers)
        whole = np.array(clock()) - start
        total += whole
        verb(one)
        alone = []
        for _ in range(9):
            begin = time.perf_counter(), time.process_time()
            verb(one)
            alone.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
        wall, used = (1_000 * median(times) for times in zip(*alone, strict=True))
        print(f"{name:13s}  {whole[0]:11.1f}  {whole[1]:11.1f}   {wall:18.1f}  {used:12.1f}")
    print(f"{'all four':13s}  {total[0]:11.1f}  {total[1]:11.1f}")


if __name__ == "__main__":
    main()

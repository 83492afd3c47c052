"""How often `check_sources` cries without need, and how often it finds what was done to facts.

Each run is one source of so many months: rows a month around a level that drifts and has a
season, a category of eight names, a number. Faults are put into one month in the second half
(or from it on). Shown is the share of sources in which the check says anything at all, and
with a fault the share in which it names the month.

    python benchmarks/source_checks.py --runs 300
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from kpikit.sources.checks.amounts import FIVEFOLD, NEAR, TWICE
from kpikit.sources.checks.mix import find_mix_breaks
from kpikit.sources.checks.months import Breaks, find_breaks

FAULTS = {
    "none": (1.0, 1.0, 0.0),  # rows, size of the number, share of rows with other names
    "half the rows lost": (0.5, 1.0, 0.0),
    "two thirds of the rows lost": (1 / 3, 1.0, 0.0),
    "rows loaded three times": (3.0, 1.0, 0.0),
    "cents for euros": (1.0, 100.0, 0.0),
    "minutes for seconds": (1.0, 1 / 60, 0.0),
    "half the rows from elsewhere": (1.0, 1.0, 0.5),
    "all rows from elsewhere": (1.0, 1.0, 1.0),
}


def main() -> None:
    """Print a table for each length and size of source."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    runs = parser.parse_args().runs
    for months in (18, 36, 72):
        for rows in (30, 3000):
            print(f"\n{months} months, about {rows} rows a month ({runs} sources a line)")
            for fault in FAULTS:
                seen = [told(fault, months, rows, seed) for seed in range(runs)]
                shares = np.mean(seen, axis=0)
                print(
                    f"  {fault:<30} volume {shares[0]:.3f}  unit {shares[1]:.3f}  "
                    f"mix {shares[2]:.3f}"
                )


def told(fault: str, months: int, rows: int, seed: int) -> tuple[bool, bool, bool]:
    """Return which checks speak: at all without a fault, of its month with one."""
    random = np.random.default_rng(seed)
    index = pd.period_range("2020-01", periods=months, freq="M")
    at = int(random.integers(months // 2, months))
    more, size, foreign = FAULTS[fault]
    season = random.normal(0, 0.2, 12)[np.arange(months) % 12]
    drift = np.cumsum(random.normal(0.01, 0.08, months))
    counts = pd.Series(random.poisson(rows * np.exp(season + drift)), index).clip(lower=1)
    usual = (
        np.cumsum(random.normal(0.0, 0.05, months))
        + random.normal(0, 0.1, 12)[np.arange(months) % 12]
    )
    sizes = pd.Series(usual + random.normal(0, 1 / np.sqrt(counts)), index)
    prior = random.dirichlet(np.full(8, 2.0))
    mixes = [random.dirichlet(300 * prior + 0.01) for _ in range(months)]
    mixes[at] = (1 - foreign) * mixes[at] + foreign * random.dirichlet(np.full(8, 0.5))
    counts.iloc[at] = max(1, int(counts.iloc[at] * more))
    sizes.iloc[at] += np.log(size)
    names = pd.DataFrame(
        [random.multinomial(count, mix) for count, mix in zip(counts, mixes, strict=True)], index
    )
    expected = counts.rolling(NEAR, center=True, min_periods=1).median()
    found = (
        find_breaks(counts.map(np.log), smallest=TWICE, noise=expected**-0.5),
        find_breaks(sizes, smallest=FIVEFOLD),
        find_mix_breaks(names),
    )
    month = None if fault == "none" else index[at]
    return tuple(_speaks(breaks, month) for breaks in found)


def _speaks(breaks: Breaks, month: pd.Period | None) -> bool:
    if month is None:
        return bool(len(breaks.odd) or len(breaks.shifts))
    return month in breaks.odd.index or month in breaks.shifts.index


if __name__ == "__main__":
    main()

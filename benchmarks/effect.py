"""How often is an effect seen where there is none, and found where there is one?

Monthly KPIs: a level, AR(1) noise of standard deviation 1, in two of three a season of
standard deviation 1 or 3, in two of three a line that rises or falls by up to five.
The date of the change is picked in one of four ways: blindly; as the month after the
worst of the middle months; two months after the worst of them; after the worst three
months in a row. The last part plants a change of 2 standard deviations at a blind
date, and halves the noise by a control in its second table. Printed: the share with a
verdict of `higher` or `lower`, its standard error, the share of `too short to tell`,
and how often the 95 % interval holds the truth.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from kpikit.analysis.effect import estimate_effect

PHIS = (0.0, 0.4, 0.8)
LENGTHS = (24, 36, 60, 120)
STEP = 2.0
Pick = Callable[[np.random.Generator, np.ndarray], int]


def noise(rng: np.random.Generator, phi: float, length: int) -> np.ndarray:
    """Return AR(1) noise with standard deviation 1, started in its stationary state."""
    value = rng.normal(size=length)
    for now in range(1, length):
        value[now] = phi * value[now - 1] + np.sqrt(1 - phi**2) * value[now]
    return value


def shape(rng: np.random.Generator, length: int) -> np.ndarray:
    """Return a level, a season and a line."""
    months = np.arange(length)
    season = rng.normal(size=12) * rng.choice([0.0, 1.0, 3.0])
    return 50 + season[months % 12] + rng.choice([0, 1, -1]) * rng.uniform(1, 5) * months / length


def blindly(rng: np.random.Generator, moved: np.ndarray) -> int:
    """Pick any month that leaves half the history before and five months after."""
    return int(rng.integers(len(moved) // 2, len(moved) - 5))


def _worst(moved: np.ndarray) -> int:
    first = len(moved) // 3
    return first + int(np.argmin(moved[first : len(moved) - 6]))


def after_the_worst(_: np.random.Generator, moved: np.ndarray) -> int:
    """Pick the month after the worst."""
    return _worst(moved) + 1


def two_after_the_worst(_: np.random.Generator, moved: np.ndarray) -> int:
    """Pick the second month after the worst."""
    return _worst(moved) + 2


def after_the_worst_three(_: np.random.Generator, moved: np.ndarray) -> int:
    """Pick the month after the worst three in a row."""
    sums = np.convolve(moved, np.ones(3), mode="valid")
    first = len(moved) // 3
    return first + int(np.argmin(sums[first : len(moved) - 8])) + 3


PICKS: dict[str, Pick] = {
    "blind": blindly,
    "worst": after_the_worst,
    "worst + 1": two_after_the_worst,
    "worst 3": after_the_worst_three,
}


def cell(
    rng: np.random.Generator, phi: float, length: int, pick: Pick, table: tuple[int, float, bool]
) -> str:
    """Return one line of a table: how many KPIs, their change, whether there is a control."""
    runs, step, shared = table
    months = pd.date_range("2015-01-01", periods=length, freq="MS")
    called, short, held = [], [], []
    for _ in range(runs):
        own, common = noise(rng, phi, length), noise(rng, phi, length)
        moved = (own + common) / np.sqrt(2) if shared else own
        since = pick(rng, moved)
        value = shape(rng, length) + moved + step * (np.arange(length) >= since)
        history = pd.DataFrame({"period_start": months, "value": value})
        control = None
        if shared:
            control = history.assign(value=shape(rng, length) + common)
        found = estimate_effect(history, since=months[since].date(), controls=control)
        row = found.to_frame().iloc[0]
        called.append(row["verdict"] in ("higher", "lower"))
        short.append(row["verdict"] == "too short to tell")
        held.append(row["lower"] <= step <= row["upper"])
    share = float(np.mean(called))
    error = np.sqrt(share * (1 - share) / runs)
    return f"{share:.3f}  {error:.3f}   {np.mean(short):.3f}  {np.mean(held):.3f}"


def main() -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400, help="KPIs in a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", type=int, nargs="*", help="some of the six only, from 0")
    options = parser.parse_args()
    print("picked       change  phi    n   called  s.e.   short  interval holds")
    tables = [(name, pick, 0.0, False) for name, pick in PICKS.items()]
    tables += [("blind", blindly, STEP, False), ("+ control", blindly, STEP, True)]
    for place, (name, pick, step, shared) in enumerate(tables):
        if options.tables and place not in options.tables:
            continue
        for phi in PHIS:
            for length in LENGTHS:
                rng = np.random.default_rng([options.seed, place, int(10 * phi), length])
                line = cell(rng, phi, length, pick, (options.runs, step, shared))
                print(f"{name:12s} {step:4.0f}   {phi:.1f}  {length:3d}   {line}", flush=True)


if __name__ == "__main__":
    main()

"""How often is a trade-off seen where there is none, and found where there is one?

Monthly KPIs that remember the month before (AR(1), 0.1 to 0.8), of which some grow or fall
and some have a season, half of them better when higher. One pair in six KPIs is tied against
its directions, correlated by 0.5 to 0.7. The shock that all share is none; or is in
every KPI by 9 to 64 % of its variance, in either direction; or is in a third of them by 64 %.
The last part draws boards without any tied pair, and near-duplicates: of correlation 0.8, which
are none, and 0.95. Printed: the share of false ones among the trade-offs found (0 where none
is), its standard error, the share of the planted ones found, and how often any was false.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from kpikit.analysis.overlap import find_overlap
from kpikit.analysis.tradeoffs import find_tradeoffs

LENGTHS = (36, 60, 120)
SIZES = (6, 12, 24, 48)
BURN = 60


def loadings(rng: np.random.Generator, count: int, shock: str) -> np.ndarray:
    """Return how much of the shock each KPI takes."""
    if shock == "all":
        return rng.uniform(0.3, 0.8, count) * rng.choice([-1, 1], count)
    found = np.zeros(count)
    if shock == "third":
        found[rng.permutation(count)[: count // 3]] = 0.8
    return found


def dress(rng: np.random.Generator, new: np.ndarray) -> pd.DataFrame:
    """Give what is new a memory, a line and a season, and lay it out as a panel."""
    total, count = new.shape
    memory = rng.uniform(0.1, 0.8, count)
    value = new.copy()
    for now in range(1, total):
        value[now] += memory * value[now - 1]
    value = value[BURN:] / value[BURN:].std(axis=0)
    months = np.arange(len(value))
    line = np.outer(months / len(value), rng.choice([0, 1, -1], count) * rng.uniform(1.5, 4, count))
    season = np.outer(rng.normal(size=12)[months % 12], rng.choice([0.0, 0.7, 1.5], count))
    names = [f"k{place:02d}" for place in range(count)]
    starts = pd.date_range("2015-01-01", periods=len(value), freq="MS", name="period_start")
    table = pd.DataFrame(100 + 10 * (value + line + season), columns=names, index=starts)
    return table.reset_index().melt("period_start", var_name="kpi")


def board(
    rng: np.random.Generator, length: int, count: int, shock: str, pairs: int
) -> tuple[pd.DataFrame, dict[str, str], set[frozenset[str]]]:
    """Return a panel, the directions of its KPIs, and the pairs that are tied."""
    side = rng.choice([-1, 1], count)
    new = rng.normal(size=(length + BURN, count))
    order, tied = rng.permutation(count), set()
    for one, other in zip(order[0 : 2 * pairs : 2], order[1 : 2 * pairs : 2], strict=True):
        strength = rng.uniform(0.5, 0.7)
        new[:, other] = np.sqrt(1 - strength**2) * new[:, other]
        new[:, other] -= side[one] * side[other] * strength * new[:, one]
        tied.add(frozenset((f"k{one:02d}", f"k{other:02d}")))
    share = loadings(rng, count, shock)
    new = new * np.sqrt(1 - share**2) + np.outer(rng.normal(size=len(new)), share)
    words = {1: "higher_is_better", -1: "lower_is_better"}
    directions = {f"k{place:02d}": words[int(one)] for place, one in enumerate(side)}
    return dress(rng, new), directions, tied


def tradeoff_cell(rng: np.random.Generator, length: int, count: int, shock: str, runs: int) -> str:
    """Return one line of the table of boards with tied pairs, or (`null`) without."""
    pairs = 0 if shock == "null" else count // 6
    false, hit = [], []
    for _ in range(runs):
        panel, directions, tied = board(rng, length, count, shock, pairs)
        found = find_tradeoffs(panel, directions=directions).found()
        claims = [frozenset(pair) for pair in zip(found["kpi"], found["other"], strict=True)]
        wrong = sum(claim not in tied for claim in claims)
        false.append(wrong / max(len(claims), 1))
        hit.append((len(claims) - wrong) / max(pairs, 1))
    error = np.std(false) / np.sqrt(runs)
    cell = (
        f"{np.mean(false):.3f}  {error:.3f}  {np.mean(hit):.3f}  {np.mean(np.array(false) > 0):.3f}"
    )
    return f"{shock:7s} {count:3d}  {length:3d}   {cell}"


def overlap_cell(rng: np.random.Generator, length: int, strength: float, runs: int) -> str:
    """Return one line of the table of near-duplicates: 12 KPIs, of which six are pairs."""
    called = []
    for _ in range(runs):
        new = rng.normal(size=(length + BURN, 12))
        new[:, 6:] = strength * new[:, :6] + np.sqrt(1 - strength**2) * new[:, 6:]
        found = find_overlap(dress(rng, new)).found()
        called.append(len(found) / 6)
    return (
        f"{strength:.2f}  {length:3d}   {np.mean(called):.3f}  {np.std(called) / np.sqrt(runs):.3f}"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="boards in a cell")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("shock  KPIs    n   false   s.e.  found  any false")
    for place, shock in enumerate(("none", "all", "third", "null")):
        for count in SIZES:
            for length in LENGTHS:
                if shock == "third" and count < 12:
                    continue  # what two KPIs share is a tie of these two
                rng = np.random.default_rng([options.seed, place, count, length])
                print(tradeoff_cell(rng, length, count, shock, options.runs), flush=True)
    print("near-duplicates of correlation, n, called so, s.e.")
    for strength in (0.8, 0.95):
        for length in LENGTHS:
            rng = np.random.default_rng([options.seed, 9, int(100 * strength), length])
            print(overlap_cell(rng, length, strength, options.runs), flush=True)


if __name__ == "__main__":
    main()

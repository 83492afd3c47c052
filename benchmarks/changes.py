"""How often is a change seen where there is none, and where are those found that are there?

Monthly KPIs of 36, 60 and 120 months, noise of standard deviation 1. Eight kinds have no
change: independent noise, AR(1) of 0.5 and of 0.8, a season of standard deviation 2, a trend,
both with AR(1) of 0.5, isolated outliers, heavy tails. Seven have changes of three standard
deviations: a step in noise, in AR(1), in a season, on a trend, beside outliers; two steps in a
season with AR(1) of 0.3; a bend of the slope. Printed: for the first the share with any change
found, for the others F1 (a step found within 3 months, a bend within 6) and how often the 95 %
interval holds the true size, where its date is right within a month; with standard errors.

`--data FOLDER` scores the annotated series in `changepoint_dev.json` there, by the F1 (margin
5) and covering of van den Burg and Williams (2020), one by one and on average. Its series
are theirs, and are not in this repository.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from trend import noise, panel, profile

from kpikit import find_changes

LENGTHS = (36, 60, 120)
CALM = {  # name: AR(1), what else
    "noise": (0.0, ""),
    "AR 0.5": (0.5, ""),
    "AR 0.8": (0.8, ""),
    "season": (0.0, "season"),
    "trend": (0.0, "trend"),
    "trend, season, AR 0.5": (0.5, "trend season"),
    "outliers": (0.0, "outliers"),
    "heavy tails": (0.0, "heavy"),
}
CHANGED = {
    "step": (0.0, "step"),
    "step, AR 0.5": (0.5, "step"),
    "step, season": (0.0, "step season"),
    "two steps, season, AR 0.3": (0.3, "two season"),
    "step on a trend": (0.0, "step trend"),
    "bend": (0.0, "bend"),
    "step, outliers": (0.0, "step outliers"),
}
SIZE = 3.0


def add_changes(
    rng: np.random.Generator, values: np.ndarray, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Add changes to every column, and return their places and sizes, one row a run."""
    length, runs = values.shape
    times = np.arange(length)[:, None]
    signs = SIZE * rng.choice([-1, 1], (runs, 2))
    if "two" in what:
        parts = [
            rng.integers(int(low * length), int(high * length), runs)
            for low, high in ((0.2, 0.4), (0.6, 0.8))
        ]
        places = np.column_stack(parts)
        for place, size in zip(places.T, signs.T, strict=True):
            values += size * (times >= place)
        return places, signs
    if "bend" in what:
        places = rng.integers(int(0.3 * length), int(0.7 * length), runs)
        slopes = 2 * signs[:, 0] / (length - places)
        values += slopes * np.maximum(times - places, 0)
        return places[:, None], slopes[:, None]
    places = rng.integers(int(0.25 * length), int(0.75 * length), runs)
    values += signs[:, 0] * (times >= places)
    return places[:, None], signs[:, :1]


def simulate(
    rng: np.random.Generator, phi: float, what: str, length: int, runs: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, one column a run, and the places and sizes of their changes."""
    values = noise(rng, phi, length, runs, heavy="heavy" in what)
    places, sizes = np.empty((runs, 0), dtype=int), np.empty((runs, 0))
    if "season" in what:
        values += profile(rng, length, runs, spread=2.0)
    if "trend" in what:
        rise = rng.choice([-1, 1], runs) * rng.uniform(3, 8, runs)
        values += rise * np.arange(length)[:, None] / length
    if "outliers" in what:
        for _ in range(length // 30):
            away = rng.choice([-1, 1], runs) * rng.uniform(5, 8, runs)
            values[rng.integers(length, size=runs), np.arange(runs)] += away
    if any(word in what for word in ("step", "two", "bend")):
        places, sizes = add_changes(rng, values, what)
    return values, places, sizes


def matches(true: list[int], found: list[int], margin: int) -> list[tuple[int, int]]:
    """Return the pairs of a true date and the nearest one found, each used once."""
    left, pairs = set(found), []
    for date in sorted(true):
        near = sorted((abs(date - one), one) for one in left if abs(date - one) <= margin)
        if near:
            left.remove(near[0][1])
            pairs.append((date, near[0][1]))
    return pairs


def score(
    found: pd.DataFrame, places: np.ndarray, sizes: np.ndarray, margin: int
) -> tuple[list[float], list[bool]]:
    """Return F1 of each run, and whether intervals hold the sizes of changes well dated."""
    dates = found["period_start"].dt.year * 12 + found["period_start"].dt.month - 2015 * 12 - 1
    by_run = dict(list(found.assign(place=dates).groupby(found["kpi"].astype(int))))
    scores, holds = [], []
    for run, (true, size) in enumerate(zip(places.tolist(), sizes.tolist(), strict=True)):
        rows = by_run.get(run)
        seen = [] if rows is None else rows["place"].tolist()
        pairs = matches(true, seen, margin)
        scores.append(2 * len(pairs) / (len(true) + len(seen)) if seen else 0.0)
        for date, one in pairs:
            if abs(date - one) <= 1:
                row = rows[rows["place"] == one].iloc[0]
                holds.append(row["size_lower"] <= size[true.index(date)] <= row["size_upper"])
    return scores, holds


def simulated(runs: int, seed: int) -> None:
    """Print the rates on simulated KPIs."""
    calm, changed = [], []
    for number, (name, (phi, what)) in enumerate({**CALM, **CHANGED}.items()):
        for length in LENGTHS:
            rng = np.random.default_rng([seed, number, length])
            values, places, sizes = simulate(rng, phi, what, length, runs)
            found = find_changes(panel(values)).to_frame()
            if name in CALM:
                rate = found["kpi"].nunique() / runs
                calm.append(rate)
                error = np.sqrt(rate * (1 - rate) / runs)
                print(
                    f"{name:26s} {length:3d}  any change {rate:.3f}  s.e. {error:.3f}", flush=True
                )
                continue
            scores, holds = score(found, places, sizes, 6 if what == "bend" else 3)
            changed.append(np.mean(scores))
            error = np.std(scores) / np.sqrt(runs)
            line = f"{name:26s} {length:3d}  F1 {np.mean(scores):.3f}  s.e. {error:.3f}"
            print(f"{line}  size held {np.mean(holds):.3f}", flush=True)
    print(f"without a change: {np.mean(calm):.3f} on average, {max(calm):.3f} at worst")
    print(f"with changes: F1 {np.mean(changed):.3f} on average")


def covering(true: list[int], found: list[int], length: int) -> float:
    """Return how well the stretches found cover the true ones."""
    total = 0.0
    for begin, end in stretches(true, length):
        shared = [
            (max(0, min(end, last) - max(begin, first)), max(end, last) - min(begin, first))
            for first, last in stretches(found, length)
        ]
        total += (end - begin) * max(common / whole for common, whole in shared if whole)
    return total / length


def stretches(dates: list[int], length: int) -> list[tuple[int, int]]:
    """Return the first place of every stretch, and the one after its last."""
    edges = [0, *sorted({date for date in dates if 0 < date < length}), length]
    return list(zip(edges[:-1], edges[1:], strict=True))


def annotated(folder: Path) -> None:
    """Print the scores on annotated series."""
    series = json.loads((folder / "changepoint_dev.json").read_text(encoding="utf-8"))["series"]
    rows = []
    for one in series:
        values = pd.Series(one["y"], dtype=float)
        days = pd.date_range("1900-01-01", periods=len(values), freq="D")
        history = pd.DataFrame({"period_start": days, "value": values})
        found = find_changes(history, period=one["period"]).to_frame()["period_start"]
        seen = [0, *(found - days[0]).dt.days.tolist()]
        people = [sorted({0, *marks}) for marks in one["annotations"].values()]
        anyone = sorted({mark for marks in people for mark in marks})
        precision = len(matches(anyone, seen, 5)) / len(seen)
        recall = np.mean([len(matches(marks, seen, 5)) / len(marks) for marks in people])
        cover = np.mean([covering(marks, seen, len(values)) for marks in people])
        rows.append((2 * precision * recall / (precision + recall), cover))
        print(
            f"{one['name']:20s} {len(values):4d}  F1 {rows[-1][0]:.3f}  cover {cover:.3f}",
            flush=True,
        )
    print("average F1 {:.3f}, cover {:.3f}".format(*np.mean(rows, axis=0)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="KPIs in a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="folder with changepoint_dev.json")
    options = parser.parse_args()
    if options.data:
        annotated(options.data)
    else:
        simulated(options.runs, options.seed)


if __name__ == "__main__":
    main()

"""How often does `find_signals` cry without need, and see a value that stands out?

Monthly KPIs of eight kinds (independent, AR(1) 0.5, trend, season, all three with AR(1) 0.4,
t(5) noise, AR(1) 0.95, growth in which noise, season and trend multiply), 24 to 120 months, noise
of one standard deviation. False alarms per 100 periods and the share of series with any are
counted on KPIs without a signal; then one value, in the middle or the last, is moved by 4 and by 6
standard deviations. With `--board`, boards of 50 and 500 such KPIs without a signal, independent or
with half of their variance shared by all, get a budget, and what is raised is set against it.
With `--baselines` levels begin anew at every step that `find_baselines` finds, as in a review; that
some of those are found where nothing changed is part of what is measured then.

`--data FILE` scores daily series (`series, date, y, label, in_window`): an event is seen where a
signal falls within a day of it, and a signal is false outside the windows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from kpikit import find_signals
from kpikit.analysis.baselines import find_baselines

KINDS = {
    "independent": 0.0,
    "memory 0.5": 0.5,
    "trend": 0.0,
    "season": 0.0,
    "trend, season, memory": 0.4,
    "heavy tails": 0.0,
    "growth": 0.0,
    "near random walk": 0.95,
}
LENGTHS = (24, 36, 60, 120)
SD = 4.0


def noise(rng: np.random.Generator, count: int, n: int, phi: float, *, heavy: bool) -> np.ndarray:
    """Return AR(1) noise, a row a series, standard deviation 1 where it has one."""
    shocks = rng.standard_t(5, (count, n + 60)) * np.sqrt(3 / 5) if heavy else None
    shocks = rng.normal(size=(count, n + 60)) if shocks is None else shocks
    value = np.zeros_like(shocks)
    for now in range(1, n + 60):
        value[:, now] = phi * value[:, now - 1] + shocks[:, now]
    return value[:, 60:] * (np.sqrt(1 - phi**2) if phi < 0.9 else 1.0)


def simulate(rng: np.random.Generator, kind: str, count: int, n: int) -> np.ndarray:
    """Return KPIs of a kind without a signal, a row each."""
    value = noise(rng, count, n, KINDS[kind], heavy=kind == "heavy tails")
    if "trend" in kind:
        rise = rng.choice([-1, 1], (count, 1)) * rng.uniform(2, 6, (count, 1))
        value = value + rise * np.arange(n) / n
    if "season" in kind or kind == "growth":
        profile = rng.normal(size=(count, 12))
        profile -= profile.mean(axis=1, keepdims=True)
        profile *= 2 / profile.std(axis=1, keepdims=True)
        value = value + profile[:, np.arange(n) % 12]
    if kind == "growth":
        return 100 * np.exp(0.04 * value + 0.8 * np.arange(n) / n)
    return 100 + SD * value


def words(
    values: np.ndarray, *, budget: float | None = None, baselines: bool = False
) -> np.ndarray:
    """Return the signals of series, a row each."""
    count, n = values.shape
    months = pd.date_range("2010-01-01", periods=n, freq="MS")
    names = [f"{number:06d}" for number in range(count)]
    panel = pd.DataFrame(
        {
            "kpi": np.repeat(names, n),
            "segment": "",
            "period_start": np.tile(months, count),
            "value": values.ravel(),
        }
    )
    resets = find_baselines(panel) if baselines else None
    found = find_signals(panel, budget=budget, resets=resets).to_frame()["signal"]
    return found.to_numpy(dtype=str).reshape(count, n)


def moved(
    rng: np.random.Generator, kind: str, values: np.ndarray, size: float, *, last: bool
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return series with one value moved, and where."""
    count, n = values.shape
    rows = np.arange(count)
    place = np.full(count, n - 1) if last else rng.integers(n // 4, n - 3, count)
    by = rng.choice([-1, 1], count) * size * SD
    by = by * values[rows, place] / 100 if kind == "growth" else by
    changed = values.copy()
    changed[rows, place] += by
    return changed, (rows, place)


def cells(runs: int, seed: int, lengths: Sequence[int], *, baselines: bool) -> pd.DataFrame:
    """Return one row per kind and length."""
    rows = []
    for number, kind in enumerate(KINDS):
        for n in lengths:
            rng = np.random.default_rng([seed, number, n])
            values = simulate(rng, kind, runs, n)
            found = words(values, baselines=baselines)
            alarm, look = found == "exceptional", found != "none"
            row = {"kind": kind, "n": n, "false": 100 * alarm.mean()}
            row["false s.e."] = 100 * alarm.mean(axis=1).std() / np.sqrt(runs)
            row |= {"any": alarm.any(axis=1).mean(), "look": 100 * look.mean()}
            row["look s.e."] = 100 * look.mean(axis=1).std() / np.sqrt(runs)
            some = values[: max(runs // 8, 20)]
            for size in (4, 6):
                for last in (False, True):
                    changed, where = moved(rng, kind, some, size, last=last)
                    seen = words(changed, baselines=baselines)[where]
                    name = f"{'last' if last else 'mid'} {size}"
                    row[f"{name} exceptional"] = (seen == "exceptional").mean()
                    row[f"{name} any"] = (seen != "none").mean()
            rows.append(row)
            print(".", end="", flush=True)
    print()
    return pd.DataFrame(rows)


def boards(runs: int, seed: int) -> None:
    """Print the alarms raised on boards without a signal, against their budget."""
    print("KPIs  shared  periods  budget  raised / budget  s.e.")
    for count, least in ((50, 1), (500, 10)):
        for shared in (0.0, 0.5):
            for n in (36, 60):
                rng = np.random.default_rng([seed, count, n, int(10 * shared)])
                repeats, budget = max(runs // count, least), 2.0 if count == 50 else 8.0
                raised = []
                for _ in range(repeats):
                    own = noise(rng, count, n, 0.3, heavy=False)
                    common = noise(rng, 1, n, 0.3, heavy=False)
                    value = np.sqrt(1 - shared) * own + np.sqrt(shared) * common
                    raised.append((words(100 + SD * value, budget=budget) == "exceptional").sum())
                ratio = np.array(raised) / budget
                error = ratio.std() / np.sqrt(repeats)
                cell = f"{count:4d}  {shared:6.1f}  {n:7d}  {budget:6.1f}"
                print(f"{cell}  {ratio.mean():15.2f}  {error:.2f}", flush=True)


def real(path: str) -> None:
    """Print recall, precision and F1 of labelled daily series, for each word."""
    table = pd.read_parquet(path)
    for least in ("exceptional", "worth a look"):
        seen = events = false = 0
        for _, rows in table.sort_values("date").groupby("series"):
            value = rows["y"].to_numpy(dtype=float)
            days = pd.date_range("2020-01-01", periods=len(value))
            history = pd.DataFrame({"period_start": days, "value": value})
            found = find_signals(history, period=7).to_frame()["signal"]
            flag = (
                found == "exceptional" if least == "exceptional" else found != "none"
            ).to_numpy()
            near = rows["in_window"].to_numpy(dtype=bool).copy()
            for place in np.flatnonzero(rows["label"].to_numpy(dtype=bool)):
                around = slice(max(0, place - 1), place + 2)
                seen, events = seen + bool(flag[around].any()), events + 1
                near[around] = True
            false += int((flag & ~near).sum())
        recall, precision = seen / events, seen / max(1, seen + false)
        f1 = 2 * recall * precision / max(1e-9, recall + precision)
        print(f"{least}: recall {recall:.2f}, precision {precision:.2f}, F1 {f1:.2f}")


def speed() -> None:
    """Print the processor time of one KPI and of a thousand."""
    rng = np.random.default_rng(1)
    words(simulate(rng, "season", 2, 120))
    for count in (1, 1_000):
        values = simulate(rng, "season", count, 120)
        start = time.process_time()
        words(values)
        print(f"{count} of 120 months: {time.process_time() - start:.3f} s")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="KPIs in a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--board", action="store_true", help="boards with a budget instead")
    parser.add_argument("--baselines", action="store_true", help="begin anew at steps found")
    parser.add_argument("--data", help="labelled daily series, as Parquet, instead")
    options = parser.parse_args()
    if options.data:
        real(options.data)
        return
    if options.board:
        boards(options.runs, options.seed)
        return
    table = cells(options.runs, options.seed, options.lengths, baselines=options.baselines)
    with pd.option_context("display.width", 250, "display.max_columns", 30):
        print(table.round(3).to_string(index=False))
        core = table[table["kind"] != "near random walk"]
        print("mean, near random walks aside:")
        print(core.drop(columns=["kind", "n"]).mean().round(3).to_string())
        print(core.groupby("n").mean(numeric_only=True).round(3).to_string())
    speed()


if __name__ == "__main__":
    main()

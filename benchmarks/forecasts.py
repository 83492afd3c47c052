"""Do forecasts hit, do their intervals hold what they promise, and what does it cost?

    python benchmarks/forecasts.py [--runs 300] [--peers AutoETS AutoTheta AutoARIMA]
    python benchmarks/forecasts.py --data FOLDER [--core] [--limit 150]

FOLDER holds `forecast_*.parquet` with `series_id, freq (M, Q, W, Y), t, y, split (train, test)`
and, for `--core`, a column `core`. Each series is forecast once, from the end of its training
part, by `kpikit.forecast`, and scored on its test part:

- OWA: the mean of sMAPE and MASE, each over that of Naive2 on the same series (the M4 rule).
- 80 % and 95 % holds: the share of outcomes inside the intervals, mean over series, with
  standard errors.
- sQL: twice the pinball loss over seven quantiles, by the scale of MASE, mean over series.
- hit: the share of totals (12 months, 4 quarters, 13 weeks, 3 years) that reach the value
  promised with a chance of 0.8, with standard errors.
- ms: processor milliseconds a series, one thread, once all is loaded.

The shipped table was learned from collections: rates on those tell how well it fits, and
`learn_calibration.py --folds` tells the rates on series that taught nothing. Without `--data`
KPIs are simulated (`--seed`): a level that wanders, noise, a season of their own, growth, of 20
to 120 months, and as quarters; none of them taught the table. `--peers` adds methods of
statsforecast, where it is installed (a benchmark's dependency only), on the same series.
`--scale` measures 1,000 monthly KPIs: wall clock on two workers, memory, and the second run from
the cache.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

import kpikit as kk

FREQUENCIES = {"M": ("month", "MS", 12), "Q": ("quarter", "QS", 4), "W": ("week", "W-MON", 1)} | {
    "Y": ("year", "YS", 1)
}
TOTALS = {"M": 12, "Q": 4, "W": 13, "Y": 3}
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
COLUMNS = [f"q{level:g}" for level in LEVELS]
PEER_LEVELS = (50, 80, 95)


@dataclass(frozen=True)
class Case:
    """One series: what is known, and what came."""

    name: str
    frequency: str
    known: np.ndarray
    came: np.ndarray


def simulated(runs: int, seed: int) -> list[Case]:
    """Return KPIs with a wandering level, growth, a season and noise, as months and quarters."""
    cases = []
    for frequency, horizon in (("M", 18), ("Q", 8)):
        rng = np.random.default_rng([seed, horizon])
        period = FREQUENCIES[frequency][2]
        for run in range(runs):
            length = int(rng.integers(20, 121)) // (12 // period if period == 4 else 1) + horizon
            level = rng.uniform(0.0, 0.03) * rng.normal(size=length).cumsum()
            season = rng.choice([0.0, 0.1, 0.3]) * rng.normal(size=period)
            noise = rng.uniform(0.01, 0.1) * rng.standard_t(5, size=length)
            growth = rng.normal(0.0, 0.06) / period * np.arange(length)
            values = 100 * np.exp(level + growth + season[np.arange(length) % period] + noise)
            cases.append(Case(f"s{run:04d}", frequency, values[:-horizon], values[-horizon:]))
    return cases


def collected(folder: Path, *, core: bool) -> list[Case]:
    """Return the series of a folder of collections."""
    cases = []
    for file in sorted(folder.glob("forecast_*.parquet")):
        table = pd.read_parquet(file).sort_values(["series_id", "t"])
        table = table[table["core"]] if core else table
        for name, rows in table.groupby(table["series_id"].astype(str)):
            train = (rows["split"].astype(str) == "train").to_numpy()
            values = rows["y"].to_numpy(float)
            frequency = str(rows["freq"].iloc[0])
            cases.append(Case(str(name), frequency, values[train], values[~train]))
    return cases


def panel_of(cases: Iterable[Case], alias: str) -> pd.DataFrame:
    """Return the known values as a panel on made-up dates."""
    tables = []
    for case in cases:
        days = pd.date_range("1700-01-01", periods=len(case.known), freq=alias, unit="s")
        tables.append(pd.DataFrame({"kpi": case.name, "period_start": days, "value": case.known}))
    return pd.concat(tables).assign(segment="")


def naive2(known: np.ndarray, period: int, horizon: int) -> np.ndarray:
    """Return the last value, seasonally adjusted where a test sees a season (the M4 rule)."""
    figure = np.ones(period)
    if period > 1 and len(known) >= 3 * period and _looks_seasonal(known, period):
        weights = np.r_[0.5, np.ones(period - 1), 0.5] / period
        half = period // 2
        ratio = np.full(len(known), np.nan)
        ratio[half:-half] = known[half:-half] / np.convolve(known, weights, "valid")
        means = np.array([np.nanmean(ratio[place::period]) for place in range(period)])
        figure = means / means.mean()
    if not (np.isfinite(figure).all() and (figure > 0).all()):
        figure = np.ones(period)
    n = len(known)
    return known[-1] / figure[(n - 1) % period] * figure[(n + np.arange(horizon)) % period]


def _looks_seasonal(known: np.ndarray, period: int) -> bool:
    off = known - known.mean()
    whole = off @ off
    if whole <= 0:
        return False
    memory = np.array([off[lag:] @ off[:-lag] / whole for lag in range(1, period + 1)])
    limit = 1.645 / np.sqrt(len(known)) * np.sqrt(1 + 2 * memory[:-1] @ memory[:-1])
    return bool(abs(memory[-1]) > limit)


def scores(case: Case, mean: np.ndarray, quantiles: np.ndarray) -> dict[str, float]:
    """Return one series' scores."""
    period = FREQUENCIES[case.frequency][2]
    came, lag = case.came, period if len(case.known) > period else 1
    scale = np.abs(case.known[lag:] - case.known[:-lag]).mean() or np.nan
    plain = naive2(case.known, period, len(came))
    levels = np.array(LEVELS)
    under = came[:, None] - quantiles
    return {
        "smape": _smape(came, mean),
        "mase": np.abs(came - mean).mean() / scale,
        "smape_naive": _smape(came, plain),
        "mase_naive": np.abs(came - plain).mean() / scale,
        "cover80": ((came >= quantiles[:, 1]) & (came <= quantiles[:, 5])).mean(),
        "cover95": ((came >= quantiles[:, 0]) & (came <= quantiles[:, 6])).mean(),
        "sql": 2 * np.maximum(levels * under, (levels - 1) * under).mean() / scale,
    }


def _smape(came: np.ndarray, mean: np.ndarray) -> float:
    size = np.abs(came) + np.abs(mean)
    return float(np.mean(200 * np.abs(came - mean) / np.where(size > 0, size, 1.0)))


def own(cases: list[Case]) -> tuple[pd.DataFrame, float]:
    """Return the scores of `kpikit.forecast`, and its milliseconds a series."""
    frequency = cases[0].frequency
    grain, alias, _ = FREQUENCIES[frequency]
    panel, horizon = panel_of(cases, alias), max(len(case.came) for case in cases)
    kk.forecast(panel.head(len(cases[0].known)), horizon=horizon, grain=grain)
    begun = time.process_time()
    found = kk.forecast(panel, horizon=horizon, grain=grain)
    spent = 1000 * (time.process_time() - begun) / len(cases)
    tables = dict(iter(found.to_frame().groupby("kpi")))
    reach = min(TOTALS[frequency], horizon)
    totals = kk.forecast(panel, horizon=horizon, grain=grain, quantiles=(0.2,)).total(reach)
    promised = totals.set_index("kpi")["q0.2"]
    rows = []
    for case in cases:
        table = tables[case.name].head(len(case.came))
        row = scores(case, table["mean"].to_numpy(), table[COLUMNS].to_numpy())
        if len(case.came) >= reach:
            row["hit"] = float(case.came[:reach].sum() >= promised[case.name])
        rows.append(row)
    return pd.DataFrame(rows), spent


def peer(name: str, cases: list[Case]) -> tuple[pd.DataFrame, float]:
    """Return the scores of one of statsforecast's methods, and its milliseconds a series."""
    from statsforecast import models

    period = FREQUENCIES[cases[0].frequency][2]
    rows, begun = [], 0.0
    for number, case in enumerate(cases):
        if number == 1:  # the first one compiles
            begun = time.process_time()
        model = getattr(models, name)(season_length=period)
        found = model.forecast(y=case.known.copy(), h=len(case.came), level=list(PEER_LEVELS))
        low = [found[f"lo-{level}"] for level in PEER_LEVELS[::-1]]
        high = [found[f"hi-{level}"] for level in PEER_LEVELS]
        rows.append(scores(case, found["mean"], np.column_stack([*low, found["mean"], *high])))
    return pd.DataFrame(rows), 1000 * (time.process_time() - begun) / max(len(cases) - 1, 1)


def report(name: str, table: pd.DataFrame, spent: float) -> None:
    """Print one line."""
    owa = (table["smape"].mean() / table["smape_naive"].mean()) / 2
    owa += (table["mase"].mean() / table["mase_naive"].mean()) / 2
    cells = [
        f"{100 * table[rate].mean():5.1f} ±{100 * table[rate].std() / np.sqrt(len(table)):3.1f}"
        for rate in ("cover80", "cover95", "hit")
        if rate in table
    ]
    print(
        f"  {name:12s} OWA {owa:.3f}  sQL {table['sql'].mean():.3f}  {'  '.join(cells)}  "
        f"{spent:.1f} ms",
        flush=True,
    )


def measure_scale() -> None:
    """Print what 1,000 monthly KPIs cost."""
    import resource

    rng = np.random.default_rng(0)
    season = np.sin(np.arange(96) * np.pi / 6)
    noise = rng.normal(size=(1000, 96))
    values = 100 * np.exp(0.1 * season + 0.02 * noise.cumsum(axis=1) + 0.03 * noise[:, ::-1])
    cases = [Case(f"k{n:04d}", "M", row, row[:0]) for n, row in enumerate(values)]
    panel = panel_of(cases, "MS")
    with TemporaryDirectory() as folder:
        os.environ["KPIKIT_CACHE"] = folder
        for name in ("first run", "second run, from the cache"):
            begun = time.perf_counter()
            kk.forecast(panel, horizon=12, grain="month", workers=2)
            between = time.perf_counter()
            kk.propose_targets(panel, horizon=12, aggregate="sum", grain="month", workers=2)
            ended = time.perf_counter()
            print(
                f"  {name}: forecast {between - begun:.1f} s, "
                f"targets {ended - between:.1f} s of clock"
            )
        most = [
            resource.getrusage(who).ru_maxrss
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ]
        print(f"  memory at most {most[0] / 1024:.0f} MB here, {most[1] / 1024:.0f} MB a worker")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=300, help="simulated KPIs of each grain")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--core", action="store_true")
    parser.add_argument("--limit", type=int, help="series of each grain")
    parser.add_argument("--peers", nargs="*", default=[])
    parser.add_argument("--scale", action="store_true")
    asked = parser.parse_args()
    os.environ["KPIKIT_CACHE"] = "off"
    if asked.scale:
        print("1,000 KPIs of 96 months, 12 ahead")
        return measure_scale()
    cases = (
        collected(asked.data, core=asked.core) if asked.data else simulated(asked.runs, asked.seed)
    )
    print("method, OWA, sQL, 80 % holds, 95 % holds, target at 0.8 hit, processor time a series")
    for frequency in FREQUENCIES:
        some = [case for case in cases if case.frequency == frequency][: asked.limit]
        if some:
            print(f"{FREQUENCIES[frequency][0]}: {len(some)} series")
            report("kpikit", *own(some))
            for name in asked.peers:
                report(name, *peer(name, some))
    return None


if __name__ == "__main__":
    main()

"""How often is a trend seen where there is none, and found where there is one?

Monthly KPIs of 24 to 120 months with autocorrelated noise, AR(1), of standard deviation 1:
plain, with a season of standard deviation 2, with heavy tails (t with 3 degrees of freedom),
with two outliers of 6 standard deviations, and as a random walk. The second part of the table
has a rise or a fall of three standard deviations over the whole history; the third a step of
five in the middle, after which there is nothing, or such a rise. Printed: the share called
rising or falling, with its standard error, how often the 95 % interval holds the slope at the
end, and the shares called drifting and too short.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from kpikit import fit_trend

PHIS = (0.0, 0.2, 0.4, 0.6, 0.8)
LENGTHS = (24, 36, 60, 120)
SEASONAL = [(length, phi) for length in (36, 60, 120) for phi in (0.0, 0.4, 0.8)]
CELLS = [
    *[("plain", 0.0, length, phi) for length in LENGTHS for phi in PHIS],
    *[("season", 0.0, length, phi) for length, phi in SEASONAL],
    *[(kind, 0.0, length, 0.4) for kind in ("heavy tails", "outliers") for length in (36, 120)],
    *[("random walk", 0.0, length, 1.0) for length in (36, 120)],
    *[("plain", 3.0, length, phi) for length in LENGTHS for phi in (0.0, 0.4, 0.8)],
    *[("season", 3.0, length, 0.4) for length in (36, 60, 120)],
    *[("step", rise, length, 0.4) for rise in (0.0, 3.0) for length in (60, 120)],
]


def noise(
    rng: np.random.Generator, phi: float, length: int, runs: int, *, heavy: bool = False
) -> np.ndarray:
    """Return AR(1) noise of standard deviation 1, one column a run; a walk where phi is 1."""
    size = (length + 100, runs)
    shocks = rng.standard_t(3, size) / np.sqrt(3) if heavy else rng.normal(size=size)
    if phi == 1.0:
        return shocks[100:].cumsum(axis=0)
    values = np.zeros(size)
    for now in range(1, len(values)):
        values[now] = phi * values[now - 1] + np.sqrt(1 - phi**2) * shocks[now]
    return values[100:]


def profile(rng: np.random.Generator, length: int, runs: int, *, spread: float) -> np.ndarray:
    """Return a season of 12 months, drawn anew for each run, of that standard deviation."""
    months = rng.normal(size=(12, runs))
    months = (months - months.mean(axis=0)) / months.std(axis=0) * spread
    return months[np.arange(length) % 12]


def panel(values: np.ndarray) -> pd.DataFrame:
    """Return one KPI for each column, as one long table."""
    length, runs = values.shape
    return pd.DataFrame(
        {
            "kpi": np.repeat([f"{run:05d}" for run in range(runs)], length),
            "segment": "",
            "period_start": np.tile(pd.date_range("2015-01-01", periods=length, freq="MS"), runs),
            "value": 100 + values.T.ravel(),
        }
    )


def simulate(
    rng: np.random.Generator, cell: tuple[str, float, int, float], runs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return values, one column a run, and the true slope of each at its end."""
    kind, rise, length, phi = cell
    values = noise(rng, phi, length, runs, heavy=kind == "heavy tails")
    times = np.arange(length)[:, None]
    since = length // 2 if kind == "step" else 0
    slopes = rise / (length - since) * rng.choice([-1, 1], runs)
    values += slopes * np.maximum(times - since, 0)
    if kind == "step":
        values += 5 * rng.choice([-1, 1], runs) * (times >= since)
    if kind == "season":
        values += profile(rng, length, runs, spread=2.0)
    if kind == "outliers":
        for _ in range(2):
            values[rng.integers(length, size=runs), np.arange(runs)] += rng.choice([-6, 6], runs)
    return values, slopes


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500, help="KPIs in a cell")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("kind         rise    n  phi   called  s.e.  holds  drifting  too short")
    for number, cell in enumerate(CELLS):
        kind, rise, length, phi = cell
        rng = np.random.default_rng([options.seed, number])
        values, slopes = simulate(rng, cell, options.runs)
        found = fit_trend(panel(values)).to_frame()
        called = found["verdict"].isin(["rising", "falling"]).mean()
        told = found["slope"].notna()
        holds = found["slope_lower"].le(slopes) & found["slope_upper"].ge(slopes)
        error = np.sqrt(called * (1 - called) / options.runs)
        rates = found["verdict"].value_counts(normalize=True)
        print(
            f"{kind:12s} {rise:4.0f}  {length:3d}  {phi:.1f}    {called:.3f}  {error:.3f} "
            f" {holds[told].mean():.3f}     {rates.get('drifting', 0):.3f}      "
            f"{rates.get('too short', 0):.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

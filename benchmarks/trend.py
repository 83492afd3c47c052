"""How often is a trend seen where there is none, and found where there is one?

Monthly KPIs with a mean, autocorrelated noise (AR(1)) of standard deviation 1 and, in
the second half of the table, a rise of three standard deviations over the whole
history. Printed: the share called rising or falling, with its standard error, and
how often the 95 % interval of the slope holds the true one.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from kpikit import fit_trend

PHIS = (0.0, 0.2, 0.4, 0.6, 0.8)
LENGTHS = (24, 36, 60, 120)


def noise(rng: np.random.Generator, phi: float, length: int) -> np.ndarray:
    """Return AR(1) noise with standard deviation 1, started in its stationary state."""
    value = np.empty(length)
    value[0] = rng.normal()
    for now in range(1, length):
        value[now] = phi * value[now - 1] + np.sqrt(1 - phi**2) * rng.normal()
    return value


def panel(
    rng: np.random.Generator, phi: float, length: int, *, rise: float, runs: int
) -> pd.DataFrame:
    """Return `runs` KPIs as one long table."""
    months = pd.date_range("2015-01-01", periods=length, freq="MS")
    line = rise * np.arange(length) / (length - 1)
    parts = [
        pd.DataFrame(
            {
                "kpi": f"{run:05d}",
                "segment": "",
                "period_start": months,
                "value": 100 + line + noise(rng, phi, length),
            }
        )
        for run in range(runs)
    ]
    return pd.concat(parts, ignore_index=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500, help="KPIs in a cell")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    print("rise  phi    n  called  s.e.   interval holds")
    for rise in (0.0, 3.0):
        for phi in PHIS:
            for length in LENGTHS:
                made = panel(rng, phi, length, rise=rise, runs=options.runs)
                found = fit_trend(made).to_frame()
                called = found["verdict"].isin(["rising", "falling"]).mean()
                true = rise / (length - 1)
                holds = found["slope_lower"].le(true) & found["slope_upper"].ge(true)
                error = np.sqrt(called * (1 - called) / options.runs)
                cell = f"{rise:4.0f}  {phi:.1f}  {length:3d}   {called:.3f}  {error:.3f}"
                print(f"{cell}  {holds.mean():.3f}", flush=True)


if __name__ == "__main__":
    main()

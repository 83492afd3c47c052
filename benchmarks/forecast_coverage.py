"""How often does an 80 % interval of a quarter's total hold what came?

Monthly KPIs: 100, a slight rise, AR(1) noise (0.5), with or without a yearly season.
The last three months are held back; their total is compared with the interval of the
forecast's simulated totals, and with the target proposed at a chance of 80 %.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from kpikit import propose_targets

HORIZON = 3


def series(rng: np.random.Generator, length: int, *, seasonal: bool) -> np.ndarray:
    """Return one KPI of `length` months and the quarter after."""
    total = length + HORIZON
    noise = np.zeros(total + 30)
    for now in range(1, len(noise)):
        noise[now] = 0.5 * noise[now - 1] + rng.normal()
    profile = rng.normal(size=12) * (1.5 if seasonal else 0.0)
    return 100 + 0.05 * np.arange(total) + noise[30:] + profile[np.arange(total) % 12]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="KPIs in a cell")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("season  months  cover 80 %  target of 80 % reached")
    for seasonal in (True, False):
        for length in (36, 60):
            rng = np.random.default_rng([options.seed, length, seasonal])
            values = [series(rng, length, seasonal=seasonal) for _ in range(options.runs)]
            months = pd.date_range("2018-01-01", periods=length, freq="MS")
            panel = pd.concat(
                pd.DataFrame(
                    {
                        "kpi": f"{run:05d}",
                        "segment": "",
                        "period_start": months,
                        "value": value[:length],
                    }
                )
                for run, value in enumerate(values)
            )
            found = propose_targets(panel, horizon=HORIZON, aggregate="sum").to_frame()
            came = np.array([value[length:].sum() for value in values])
            holds = (found["q0.1"].to_numpy() <= came) & (came <= found["q0.9"].to_numpy())
            hit = came >= found["committed"].to_numpy()
            word = "yes" if seasonal else "no "
            print(f"{word}     {length:6d}  {holds.mean():10.3f}  {hit.mean():.3f}", flush=True)


if __name__ == "__main__":
    main()

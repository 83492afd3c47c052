"""How often is a season seen where there is none, and found where there is one?

Monthly KPIs of 24 to 120 months with autocorrelated noise, AR(1), of standard deviation 1,
level or with a rise of three standard deviations; then with a season drawn at random, whose
twelve effects have a standard deviation of one half, and of one. Printed: the share called
seasonal, with its standard error.
"""

from __future__ import annotations

import argparse

import numpy as np
from trend import noise, panel, profile

from kpikit import find_season

PHIS = (0.0, 0.4, 0.8)
LENGTHS = (24, 36, 60, 120)
KINDS = ((0.0, 0.0), (0.0, 3.0), (0.5, 0.0), (1.0, 0.0))  # season, rise


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500, help="KPIs in a cell")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("season  rise    n  phi   seasonal  s.e.")
    for season, rise in KINDS:
        for length in LENGTHS:
            for phi in PHIS:
                rng = np.random.default_rng([options.seed, length, int(10 * phi), int(2 * season)])
                values = noise(rng, phi, length, options.runs)
                values += profile(rng, length, options.runs, spread=season)
                values += rise * np.arange(length)[:, None] / length
                found = find_season(panel(values)).to_frame()["verdict"].eq("seasonal").mean()
                error = np.sqrt(found * (1 - found) / options.runs)
                cell = f"{season:6.1f}  {rise:4.0f}  {length:3d}  {phi:.1f}      {found:.3f}"
                print(f"{cell}  {error:.3f}", flush=True)


if __name__ == "__main__":
    main()

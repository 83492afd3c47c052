"""Write the United States' quarterly macroeconomic series that statsmodels carries.

    python data/economy/make_values.py [--out data/economy]

Writes `macro.csv`: a row for each quarter from 1959Q1 to 2009Q3, dated by its first day, and
a column for each series, unchanged.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
SERIES = (
    "realgdp",
    "realcons",
    "realinv",
    "realgovt",
    "realdpi",
    "cpi",
    "m1",
    "tbilrate",
    "unemp",
    "pop",
    "infl",
    "realint",
)


def make_values() -> pd.DataFrame:
    """Return a row for each quarter: its first day, and each series."""
    from statsmodels.datasets import macrodata

    data = macrodata.load_pandas().data
    month = 3 * data["quarter"].astype(int) - 2
    quarter = pd.to_datetime(
        {"year": data["year"].astype(int), "month": month, "day": 1}
    ).dt.strftime("%Y-%m-%d")
    return data.loc[:, list(SERIES)].assign(quarter=quarter)[["quarter", *SERIES]]


def main() -> None:
    """Write the series as one CSV file."""
    parser = argparse.ArgumentParser(description="Write the series of data/economy.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (here)")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    make_values().to_csv(arguments.out / "macro.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()

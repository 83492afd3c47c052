"""Observations as files in a folder, for the processes that read what one has observed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from kpikit.observations import Observations


def write_observations(observations: Observations, folder: Path, name: str) -> None:
    """Write observations into a folder, under a name."""
    observations.to_frame().to_parquet(folder / f"{name}.parquet", index=False)
    observations.missing.to_parquet(folder / f"{name}-missing.parquet", index=False)
    observations.definitions.to_parquet(folder / f"{name}-definitions.parquet", index=False)


def read_observations(folder: Path, name: str, *, as_of: date) -> Observations:
    """Read what `write_observations` wrote."""
    return Observations(
        frame=pd.read_parquet(folder / f"{name}.parquet"),
        missing=pd.read_parquet(folder / f"{name}-missing.parquet"),
        as_of=as_of,
        definitions=pd.read_parquet(folder / f"{name}-definitions.parquet"),
    )

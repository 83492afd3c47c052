"""Which definition of a KPI each period was computed by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from kpikit.observations.assembly import Columns
    from kpikit.observations.formula import Compiled

DEFINED = ("kpi", "period_start", "since", "why")


def used_definitions(
    compiled: Iterable[Compiled], columns: Mapping[str, Sequence[Columns]]
) -> pd.DataFrame:
    """Return the definition of each period: `kpi, period_start, since, why`.

    Only KPIs with a dated definition are in it; `since` is missing for the first one.
    """
    frames = [
        _of_periods(made, np.unique(columns[made.kpi.id][0]["period_start"]))
        for made in compiled
        if columns[made.kpi.id] and any(one.since for one in made.definitions)
    ]
    return pd.concat(frames, ignore_index=True) if frames else no_definitions()


def no_definitions() -> pd.DataFrame:
    """Return the table without a row."""
    return pd.DataFrame(
        {
            "kpi": pd.Series(dtype="str"),
            "period_start": pd.Series(dtype="datetime64[us]"),
            "since": pd.Series(dtype="datetime64[us]"),
            "why": pd.Series(dtype="str"),
        }
    )


def _of_periods(
    made: Compiled, starts: np.ndarray[tuple[int], np.dtype[np.generic]]
) -> pd.DataFrame:
    days = [one.since for one in made.definitions[1:] if one.since is not None]
    place = np.searchsorted(np.array(days, dtype="datetime64[us]"), starts, side="right")
    since = np.array([one.since for one in made.definitions], dtype="datetime64[us]")
    why = np.array([one.why for one in made.definitions], dtype=object)
    frame = pd.DataFrame({"kpi": made.kpi.id, "period_start": starts, "since": since[place]})
    return frame.assign(why=why[place]).astype({"kpi": "str", "why": "str"})


def defined_alike(definitions: pd.DataFrame, kpi: str, periods: Sequence[date]) -> bool:
    """Whether a KPI's values in some periods come from one definition."""
    own = definitions[definitions["kpi"] == kpi]
    since = own.loc[own["period_start"].isin(pd.to_datetime(list(periods))), "since"]
    return len(since.unique()) <= 1


def definition_notes(definitions: pd.DataFrame) -> tuple[str, ...]:
    """Say in one sentence each where a KPI's periods are not computed alike, or restated."""
    notes = []
    for kpi, periods in definitions.groupby("kpi", sort=False):
        named = periods.dropna(subset="since").drop_duplicates("since")
        restated = len(named) == 1 and periods["since"].notna().all()
        for since, why in zip(named["since"], named["why"], strict=True):
            reason = f" ({why})" if why else ""
            if restated and periods["period_start"].min() < since:
                notes.append(f"{kpi}: all periods by the definition of {since:%Y-%m-%d}{reason}.")
            else:
                notes.append(f"{kpi}: another definition from {since:%Y-%m-%d} on{reason}.")
    return tuple(notes)

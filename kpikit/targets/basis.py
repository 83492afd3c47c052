"""What proposed targets rest on, and what growth they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.analysis.panel import Floats, rows_of_series
from kpikit.forecasting.outcomes import Aggregate, Key, Outcome
from kpikit.periods import SEASONS, Grain
from kpikit.targets.direction import Direction, quantile_level
from kpikit.targets.growth import Growth, Run, asked_growth

KEYS = ["kpi", "segment"]
BASIS = [*KEYS, "model", "first", "last", "periods", "missing", "origins", "reached"]
Parts = dict[Key, tuple[Floats, Floats]]
DAYS: dict[Grain, float] = {"day": 1, "week": 7, "month": 30.4, "quarter": 91.3, "year": 365.2}
GROWTH = [*KEYS, "reference", "asked", "typical", "best", "as_often", "windows"]


def basis_table(
    outcomes: Sequence[Outcome],
    parts: Parts,
    *,
    level: float,
    directions: Mapping[str, Direction],
) -> pd.DataFrame:
    """Return the history used, the model, and how it did at past periods; one row a series."""
    known = {key: int(np.isfinite(first + second).sum()) for key, (first, second) in parts.items()}
    rows = [
        (
            one.kpi,
            one.segment,
            one.model,
            one.starts[0],
            one.starts[-1],
            known[one.kpi, one.segment],
            len(one.starts) - known[one.kpi, one.segment],
            *_past_hits(one.errors, level, directions[one.kpi]),
        )
        for one in outcomes
    ]
    return pd.DataFrame(rows, columns=BASIS)


def growth_table(  # noqa: PLR0913 - each argument is a fact of its own
    frame: pd.DataFrame,
    outcomes: Sequence[Outcome],
    parts: Parts,
    *,
    gone: Mapping[Key, int] | None,
    ahead: int,
    directions: Mapping[str, Direction],
) -> pd.DataFrame:
    """Return the growth that each committed target asks for; one row a series.

    Parameters
    ----------
    frame
        The proposals: `kpi, segment, aggregate, horizon, committed`.
    gone
        How many periods of the run have gone by; `None` where it is not told.
    ahead
        How many periods ahead the run ends.
    """
    rows = []
    seasons = {(one.kpi, one.segment): season_of(one) for one in outcomes}
    columns = (frame[name].tolist() for name in (*KEYS, "aggregate", "horizon", "committed"))
    for kpi, segment, aggregate, horizon, committed in zip(*columns, strict=True):
        found = Growth()
        if gone is not None:
            key = (kpi, segment)
            span = int(horizon) + gone.get(key, 0)
            run = Run(span=span, aggregate=aggregate, ahead=ahead, season=seasons[key])
            found = asked_growth(parts[key], run, target=committed, direction=directions[kpi])
        rows.append((kpi, segment, *asdict(found).values()))
    return pd.DataFrame(rows, columns=GROWTH)


def parts_of(panel: pd.DataFrame, outcomes: Sequence[Outcome], aggregate: Aggregate) -> Parts:
    """Return values and ones of every series; numerators and denominators of a ratio.

    One per period from the first to the last, NaN where there is none. The panel is laid
    out along the periods that the outcomes have told, and not read a second time.
    """
    table = panel[panel["complete"].fillna(False).astype(bool)] if "complete" in panel else panel
    days = pd.to_datetime(table["period_start"]).dt.tz_localize(None).dt.normalize().to_numpy()
    rows = {(kpi, segment): own for kpi, segment, own in rows_of_series(table)}
    names = ("numerator", "denominator") if aggregate == "ratio" else ("value",)
    columns = [table[name].to_numpy(dtype=float, na_value=np.nan) for name in names]
    found = {}
    for one in outcomes:
        own = rows[one.kpi, one.segment]
        at = np.asarray(one.starts.searchsorted(pd.DatetimeIndex(days[own])))
        laid = [_laid(column[own], at, len(one.starts)) for column in columns]
        found[one.kpi, one.segment] = (
            laid[0],
            laid[-1] if len(laid) > 1 else np.ones(len(laid[0])),
        )
    return found


def season_of(one: Outcome) -> int:
    """Return the number of periods in a season, told from the mean distance of the periods."""
    if len(one.starts) < 2:
        return 1
    days = (one.starts[-1] - one.starts[0]).days / (len(one.starts) - 1)
    near = min(DAYS, key=lambda grain: abs(np.log(DAYS[grain] / days)))
    return SEASONS[near]


def _laid(values: Floats, at: NDArray[np.int64], count: int) -> Floats:
    laid = np.full(count, np.nan)
    laid[at] = np.where(np.isfinite(values), values, np.nan)
    return laid


def _past_hits(errors: Floats, level: float, direction: Direction) -> tuple[int, float]:
    """Return at how many past periods the forecast can be judged, and its share of hits."""
    from statistics import NormalDist

    known = errors[np.isfinite(errors)]
    if not len(known):
        return 0, float("nan")
    if direction == "on_target":
        edge = NormalDist().inv_cdf(0.5 + level / 2)
        return len(known), float((np.abs(known) <= edge).mean())
    edge = NormalDist().inv_cdf(quantile_level(level, direction))
    hits = known >= edge if direction == "higher_is_better" else known <= edge
    return len(known), float(hits.mean())

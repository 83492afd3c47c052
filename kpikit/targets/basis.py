"""What proposed targets rest on, and what growth they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats, Series, read_panel, season_length
from kpikit.forecasting.outcomes import Aggregate, Key, Outcome
from kpikit.periods import Grain
from kpikit.targets.direction import Direction, quantile_level
from kpikit.targets.growth import Growth, Run, asked_growth

KEYS = ["kpi", "segment"]
BASIS = [*KEYS, "model", "first", "last", "periods", "missing", "origins", "reached"]
Parts = dict[Key, tuple[Series, tuple[Floats, Floats]]]
GROWTH = [*KEYS, "reference", "asked", "typical", "best", "as_often", "windows"]


def basis_table(
    outcomes: Sequence[Outcome],
    parts: Parts,
    *,
    level: float,
    directions: Mapping[str, Direction],
) -> pd.DataFrame:
    """Return the history used, the model, and how it did at past periods; one row a series."""
    known = {
        key: int(np.isfinite(first + second).sum()) for key, (_, (first, second)) in parts.items()
    }
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


def growth_table(
    frame: pd.DataFrame,
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
    columns = (frame[name].tolist() for name in (*KEYS, "aggregate", "horizon", "committed"))
    for kpi, segment, aggregate, horizon, committed in zip(*columns, strict=True):
        found = Growth()
        if gone is not None:
            series, pair = parts[kpi, segment]
            span = int(horizon) + gone.get((kpi, segment), 0)
            season = season_length(None, series.grain)
            run = Run(span=span, aggregate=aggregate, ahead=ahead, season=season)
            found = asked_growth(pair, run, target=committed, direction=directions[kpi])
        rows.append((kpi, segment, *asdict(found).values()))
    return pd.DataFrame(rows, columns=GROWTH)


def parts_of(panel: pd.DataFrame, aggregate: Aggregate, grain: Grain | None) -> Parts:
    """Return values and ones of every series; numerators and denominators of a ratio."""
    if aggregate != "ratio":
        above, _ = read_panel(panel, grain=grain)
        return {
            (one.kpi, one.segment): (one, (one.observed, np.ones(len(one.observed))))
            for one in above
        }
    above, _ = read_panel(panel, grain=grain, column="numerator")
    below, _ = read_panel(panel, grain=grain, column="denominator")
    return {
        (one.kpi, one.segment): (one, (one.observed, other.observed))
        for one, other in zip(above, below, strict=True)
    }


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

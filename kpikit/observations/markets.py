"""The outside series by which KPIs are judged: another KPI, or a source with one column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.errors import DataError
from kpikit.observations.build import build_observations
from kpikit.strategy.kpi import Kpi
from kpikit.strategy.references import market_columns

if TYPE_CHECKING:
    from datetime import date

    from kpikit.periods import Grain
    from kpikit.strategy.model import Strategy

COLUMNS = ["kpi", "period_start", "value"]


def observe_markets(
    strategy: Strategy, kpis: Iterable[Kpi], *, as_of: date | str | None = None
) -> pd.DataFrame:
    """Return how the markets of KPIs do, in the KPIs' own periods.

    Parameters
    ----------
    kpis
        Those without a `market` have no rows.
    as_of
        Nothing later is seen. None is the newest day in the facts.

    Returns
    -------
    pandas.DataFrame
        `kpi, period_start, value`: complete periods of the market of the KPI named. A
        source's column is added up where its `rollup` is `sum`, and averaged else; where it
        holds one value a month and the KPI has weeks, there are no rows.
    """
    by_grain: dict[Grain, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kpi in kpis:
        if kpi.market is not None:
            by_grain[kpi.grain][kpi.market].append(kpi.id)
    found = [pd.DataFrame(columns=COLUMNS)]
    for grain, owners in by_grain.items():
        for market, own in owners.items():
            series = _observe(strategy, market, grain, as_of)
            found += [series.assign(kpi=name)[COLUMNS] for name in own if len(series)]
    return pd.concat(found[1:], ignore_index=True) if len(found) > 1 else found[0]


def _observe(
    strategy: Strategy, market: str, grain: Grain, as_of: date | str | None
) -> pd.DataFrame:
    kpis = dict(strategy.kpis)
    if market not in kpis:
        kpis[market] = _as_kpi(strategy, market, grain)
    known = strategy.model_copy(update={"kpis": kpis})
    try:
        found = build_observations(known, grain=grain, kpis=[market], as_of=as_of).history(market)
    except DataError:  # the market is not known as finely as the KPI
        return pd.DataFrame(columns=COLUMNS)
    return found.loc[found["complete"], ["period_start", "value"]]


def _as_kpi(strategy: Strategy, name: str, grain: Grain) -> Kpi:
    """Return the KPI that a source's one column of numbers is."""
    source = strategy.sources[name]
    (column,) = market_columns({key: one.type for key, one in source.columns.items()}, source.key)
    kpi = Kpi(
        title=name.replace("_", " "),
        department="company",
        owner="nobody",
        source=name,
        formula=f'{"sum" if source.rollup == "sum" else "avg"}("{column}")',
        unit="number",
        direction="on_target",
        grain=grain,
    )
    kpi._id = name  # as a strategy names its own
    return kpi

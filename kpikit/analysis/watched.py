"""Judge a strategy's KPIs as the strategy says: which side, how much matters, what is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.analysis.baselines import find_baselines
from kpikit.analysis.known import known_events
from kpikit.analysis.panel import Panel, read_panel
from kpikit.analysis.signals import Signals, find_signals

if TYPE_CHECKING:
    from kpikit.strategy.model import Strategy


def judge_kpis(
    strategy: Strategy,
    panel: Panel,
    *,
    baselines: pd.DataFrame | None = None,
    budget: float | None = None,
    workers: int = 1,
) -> Signals:
    """Find what stands out in a strategy's KPIs, by all that the strategy says of them.

    Parameters
    ----------
    strategy
        Gives each KPI's `direction` and `smallest`, the known events, and the country
        whose public holidays are known.
    panel
        `kpi, segment, period_start, value`, of the strategy's KPIs. Never modified.
    baselines
        Where levels began anew; what `find_baselines` finds in the panel unless given. To
        count what people decided as well, give `find_baselines(panel, resets=...)` of
        `kpikit.analysis.baselines`.
    budget
        How many false exceptional periods to expect over all that is judged.
    workers
        Local processes; the numbers are the same for any number of them.

    Raises
    ------
    DataError
        A column is missing, a value is no number, a period stands twice.
    PeriodError
        The dates fit no grain.

    Notes
    -----
    `kpikit monitor`, the review and the notebooks judge by this, so that they say the same.

    Examples
    --------
    >>> from kpikit.strategy.model import Strategy
    >>> strategy = Strategy.model_validate({"version": 1, "organisation": {"name": "Acme"}})
    >>> months = pd.date_range("2023-01-01", periods=24, freq="MS")
    >>> panel = pd.DataFrame({"kpi": "bill", "period_start": months, "value": [5, 7, 6, 6] * 6})
    >>> judge_kpis(strategy, panel).to_frame()["signal"].unique().tolist()
    ['none']
    """
    series, notes = read_panel(panel)
    if baselines is None:
        baselines = find_baselines(series, workers=workers)
    kpis = strategy.kpis.values()
    first = min((one.starts[0] for one in series), default=pd.Timestamp(0))
    last = max((one.starts[-1] for one in series), default=pd.Timestamp(0))
    found = find_signals(
        series,
        direction={kpi.id: kpi.direction for kpi in kpis},
        smallest={kpi.id: kpi.smallest for kpi in kpis if kpi.smallest is not None},
        events=known_events(strategy, first=first.date(), last=last.date()),
        resets=baselines,
        budget=budget,
        workers=workers,
    )
    return replace(found, notes=(*notes, *found.notes))

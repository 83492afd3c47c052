"""What several periods together may hold: their sum, mean, end or quotient, as one distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, get_args

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats, Series, read_panel
from kpikit.errors import DataError, UnknownNameError, suggest
from kpikit.forecasting.foresight import Asked, collect_notes, foresee, generator
from kpikit.forecasting.outlook import Outlook
from kpikit.forecasting.scales import Bounds
from kpikit.periods import Grain

Aggregate = Literal["sum", "mean", "last", "ratio"]
AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)
Key = tuple[str, str]
Held = tuple[float, float]  # value and number of periods; or numerator and denominator
NOTHING: Held = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What a run of periods may hold for one KPI in one segment, and what says so.

    Attributes
    ----------
    draws
        Equally likely values, in no order that means anything, read-only. Their quantiles
        are the calibrated ones, and the share of them that reaches a target is its chance.
        NaN where a quotient has no denominator; all NaN where nothing could be forecast.
    to_come
        For `ratio`, the denominator still to come in the same draws; else `None`.
    errors
        How far the same forecast was off when made at each past period: one value per
        period of the history, NaN where it is not known, in units of its own spread.
        Two series' errors tell how their outcomes go together.
    starts
        First day of every period of the history.
    model
        How it was forecast, in a few words.
    """

    kpi: str
    segment: str
    draws: Floats
    to_come: Floats | None
    errors: Floats
    starts: pd.DatetimeIndex
    model: str


def forecast_outcomes(  # noqa: PLR0913 - each argument is a question of its own
    panel: pd.DataFrame,
    *,
    steps: int,
    aggregate: Aggregate,
    skip: int = 0,
    to_date: Mapping[Key, Held] | None = None,
    bounds: Bounds | Mapping[str, Bounds] | None = None,
    grain: Grain | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    seed: int = 0,
) -> tuple[list[Outcome], tuple[str, ...]]:
    """Say what the next periods together may hold, given what their period already does.

    Parameters
    ----------
    panel
        A history or a panel of complete periods; for `ratio` it also carries `numerator`
        and `denominator`, and its values are not read. Never modified.
    steps
        How many periods ahead count, after `skip` that do not.
    aggregate
        `sum`, `mean`, `last` (the end of the run), or `ratio`: the sum of numerators over
        the sum of denominators, both to come, so that it weighs each period with the
        denominator forecast for it.
    to_date
        What the running period already holds, by KPI and segment: for `sum` and `mean` the
        sum so far and its number of periods, for `ratio` numerator and denominator so far.
        `last` needs none.
    bounds
        Least and largest value of one period; of the quotient for `ratio`.
    grain, workers, scheduler, seed
        As for `forecast`.

    Returns
    -------
    list of Outcome
        One per series, ordered by KPI and segment.
    tuple of str
        Notes, a sentence each, naming the series they speak of.

    Raises
    ------
    DataError
        A column is missing or an argument is out of its range.
    UnknownNameError
        `to_date` names a series that the panel does not hold.

    Examples
    --------
    >>> months = pd.date_range("2025-01-01", periods=12, freq="MS")
    >>> history = pd.DataFrame({"period_start": months, "value": 5.0})
    >>> (found,), _ = forecast_outcomes(history, steps=2, aggregate="sum",
    ...                                 to_date={("", ""): (4.0, 1)})
    >>> float(np.median(found.draws))
    14.0
    """
    run = Run(
        panel=panel,
        steps=steps,
        aggregate=aggregate,
        skip=skip,
        to_date=to_date or {},
        bounds=bounds,
        grain=grain,
    )
    (found,) = forecast_runs([run], workers=workers, scheduler=scheduler, seed=seed)
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """Some series, and which of their periods ahead are put together; see `forecast_outcomes`."""

    panel: pd.DataFrame
    steps: int
    aggregate: Aggregate
    skip: int = 0
    to_date: Mapping[Key, Held] = field(default_factory=dict)
    bounds: Bounds | Mapping[str, Bounds] | None = None
    grain: Grain | None = None


def forecast_runs(
    runs: Sequence[Run], *, workers: int = 1, scheduler: str | None = None, seed: int = 0
) -> list[tuple[list[Outcome], tuple[str, ...]]]:
    """Say of each run what `forecast_outcomes` says, in far less time than one after another."""
    read = [_read(run) for run in runs]
    asked = [one for _, _, parts in read for one in parts]
    found = iter(foresee(asked, workers=workers, scheduler=scheduler, seed=seed))
    outcomes = []
    for run, (series, notes, parts) in zip(runs, read, strict=True):
        own, *under = [next(found) for _ in parts]
        below: Sequence[Outlook | None] = under[0] if under else [None] * len(series)
        made = [
            _outcome(one, ahead, lower, run=run, seed=seed)
            for one, ahead, lower in zip(series, own, below, strict=True)
        ]
        outcomes.append((made, (*notes, *collect_notes(series, own))))
    return outcomes


def _read(run: Run) -> tuple[list[Series], tuple[str, ...], list[Asked]]:
    """Return a run's series, notes, and what is to be foreseen: them, and what is below."""
    if run.aggregate not in AGGREGATES:
        raise DataError(
            f"aggregate is {run.aggregate!r}, not one of {', '.join(AGGREGATES)}. "
            f"{suggest(run.aggregate, AGGREGATES)}"
        )
    table = _with_quotient(run.panel) if run.aggregate == "ratio" else run.panel
    series, notes = read_panel(table, grain=run.grain)
    _refuse_unknown(run.to_date, series)
    ask = partial(Asked, horizon=run.skip + run.steps)
    parts = [ask(series=series, bounds=run.bounds)]
    if run.aggregate == "ratio":
        lower, _ = read_panel(table, grain=run.grain, column="denominator")
        parts.append(ask(series=lower, bounds=(0.0, None)))
    return series, notes, parts


def _weights(run: Run) -> Floats:
    """Return the weight of every step: those that count alike, the end alone for `last`."""
    counting = np.full(run.steps, 1 / run.steps)
    if run.aggregate == "last":
        counting = np.eye(run.steps)[-1]
    return np.concatenate([np.zeros(run.skip), counting])


def _outcome(one: Series, own: Outlook, under: Outlook | None, *, run: Run, seed: int) -> Outcome:
    weights, to_come = _weights(run), None
    if under is not None:
        # its own order: a denominator goes its way whatever its quotient does
        to_come = generator(one, seed).permutation(run.steps * under.draws(weights))
        weights = _by_denominator(under, weights)
    held = run.to_date.get((one.kpi, one.segment), NOTHING)
    draws = _whole(own.draws(weights), to_come, run, held)
    draws.setflags(write=False)
    return Outcome(
        kpi=one.kpi,
        segment=one.segment,
        draws=draws,
        to_come=to_come,
        errors=own.past_errors(weights, len(one.observed)),
        starts=one.starts,
        model=own.model,
    )


def _by_denominator(under: Outlook, weights: Floats) -> Floats:
    """Return the weights of a quotient's steps: the denominators expected in them."""
    expected = under.centre(np.eye(len(weights)))
    weighed = np.where(weights > 0, np.maximum(expected, 0.0), 0.0)
    total = float(weighed.sum())
    return weighed / total if np.isfinite(total) and total > 0 else weights


def _whole(values: Floats, to_come: Floats | None, run: Run, held: Held) -> Floats:
    """Return what the whole period holds: what is to come, with what it holds already."""
    first, second = held
    if to_come is not None:
        below = second + to_come
        above = first + values * to_come
        return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0))
    if run.aggregate == "last":
        return np.array(values)
    total = first + run.steps * values
    return np.asarray(total / (second + run.steps) if run.aggregate == "mean" else total)


def _with_quotient(panel: pd.DataFrame) -> pd.DataFrame:
    lacking = [name for name in ("numerator", "denominator") if name not in panel.columns]
    if lacking:
        raise DataError(
            f"panel: aggregate 'ratio' needs a column {' and a column '.join(map(repr, lacking))}. "
            "Pass the observations with both, or another aggregate."
        )
    above, below = panel["numerator"].astype(float), panel["denominator"].astype(float)
    return panel.assign(value=(above / below.where(below != 0)))


def _refuse_unknown(held: Mapping[Key, Held], series: Sequence[Series]) -> None:
    known = {(one.kpi, one.segment) for one in series}
    for kpi, segment in held:
        if (kpi, segment) not in known:
            names = [f"{name} {part}".strip() for name, part in known]
            raise UnknownNameError("series", f"{kpi} {segment}".strip(), names, where="to_date")

"""What several periods together may hold: their sum, mean, end or quotient, as one distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats, Series, read_panel
from kpikit.errors import DataError, UnknownNameError, suggest
from kpikit.forecasting.foresight import collect_notes, foresee, generator
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
    if aggregate not in AGGREGATES:
        raise DataError(
            f"aggregate is {aggregate!r}, not one of {', '.join(AGGREGATES)}. "
            f"{suggest(aggregate, AGGREGATES)}"
        )
    table = _with_quotient(panel) if aggregate == "ratio" else panel
    series, notes = read_panel(table, grain=grain)
    held = dict(to_date or {})
    _refuse_unknown(held, series)
    ask = partial(foresee, horizon=skip + steps, workers=workers, scheduler=scheduler, seed=seed)
    found = ask(series, bounds=bounds)
    below: list[Outlook | None] = [None] * len(series)
    if aggregate == "ratio":
        lower, _ = read_panel(table, grain=grain, column="denominator")
        below = list(ask(lower, bounds=(0.0, None)))
    span = _Span(steps=steps, skip=skip, aggregate=aggregate)
    outcomes = [
        _outcome(
            one, own, under, span=span, held=held.get((one.kpi, one.segment), NOTHING), seed=seed
        )
        for one, own, under in zip(series, found, below, strict=True)
    ]
    return outcomes, (*notes, *collect_notes(series, found))


@dataclass(frozen=True, kw_only=True)
class _Span:
    steps: int
    skip: int
    aggregate: Aggregate

    @property
    def weights(self) -> Floats:
        """Return the weight of every step: those that count alike, the end alone for `last`."""
        counting = np.full(self.steps, 1 / self.steps)
        if self.aggregate == "last":
            counting = np.eye(self.steps)[-1]
        return np.concatenate([np.zeros(self.skip), counting])


def _outcome(  # noqa: PLR0913 - what is forecast, and how it is put together
    one: Series, own: Outlook, under: Outlook | None, *, span: _Span, held: Held, seed: int
) -> Outcome:
    weights, to_come = span.weights, None
    if under is not None:
        # its own order: a denominator goes its way whatever its quotient does
        to_come = generator(one, seed).permutation(span.steps * under.draws(weights))
        weights = _by_denominator(under, weights)
    draws = _whole(own.draws(weights), to_come, span, held)
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


def _whole(values: Floats, to_come: Floats | None, span: _Span, held: Held) -> Floats:
    """Return what the whole period holds: what is to come, with what it holds already."""
    first, second = held
    if to_come is not None:
        below = second + to_come
        above = first + values * to_come
        return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0))
    if span.aggregate == "last":
        return np.array(values)
    total = first + span.steps * values
    return np.asarray(total / (second + span.steps) if span.aggregate == "mean" else total)


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

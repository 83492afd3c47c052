"""Propose honest targets: values that what is to come reaches with a known chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.errors import DataError
from kpikit.forecasting.forecast import QUANTILES, quantile_columns
from kpikit.forecasting.outcomes import Aggregate, Outcome, forecast_outcomes
from kpikit.forecasting.scales import Bounds
from kpikit.periods import Grain
from kpikit.targets.basis import basis_table, growth_table, parts_of
from kpikit.targets.direction import Direction, direction_of, quantile_level
from kpikit.targets.proposals import NAMES, TargetProposals
from kpikit.targets.to_date import periods_gone, sum_to_date

__all__ = ["TargetProposals", "propose_targets"]

ATTAINMENT = (0.9, 0.8, 0.3)
UNDEFINED = "some outcomes have no denominator and are left out"


def propose_targets(  # noqa: PLR0913 - each argument is a question of its own
    panel: pd.DataFrame,
    *,
    horizon: int,
    aggregate: Aggregate,
    attainment: Sequence[float] = ATTAINMENT,
    direction: str | Mapping[str, str] = "higher_is_better",
    quantiles: Sequence[float] = QUANTILES,
    to_date: Mapping[object, object] | pd.DataFrame | None = None,
    bounds: Bounds | Mapping[str, Bounds] | None = None,
    grain: Grain | None = None,
    skip: int = 0,
    workers: int = 1,
    seed: int = 0,
) -> TargetProposals:
    """Say which targets each KPI reaches with a chance of 90, 80 and 30 %.

    Parameters
    ----------
    panel
        A history or a panel of complete periods; for `ratio` it also carries
        `numerator` and `denominator`, and its values are not read. Never modified.
    horizon
        How many periods ahead the target spans, after those to `skip`.
    aggregate
        How the periods add up: `sum`, `mean`, `last`, or `ratio` (a quotient of sums).
    attainment
        The chances of floor, committed and stretch.
    direction
        `higher_is_better`, `lower_is_better` or `on_target`; a mapping by KPI where they
        differ.
    quantiles
        Levels of the outcome to report; each has a column, such as `q0.5`.
    to_date
        What the running period already holds, added to every path: a frame with a row per
        period gone by (`kpi, segment, value`, or `numerator, denominator`), or a mapping
        by KPI (or by KPI and segment) to a number for `sum`, to a sum and its number of
        periods for `mean`, to a numerator and a denominator for `ratio`. `last` needs none.
    bounds
        Least and largest value of one period; of the quotient for `ratio`.
    skip
        How many periods ahead come before those of the target, and do not count.
    grain, workers, seed
        As for `forecast`.

    Returns
    -------
    TargetProposals
        One row per series: `kpi, segment, aggregate, horizon, floor, committed, stretch`,
        and a column per quantile. A KPI that is `on_target` has a band instead: then there
        are also the columns `lower` and `upper`, the central interval that holds what comes
        with committed's chance, and floor, committed and stretch are missing. `.basis` says
        what each rests on, `.growth` what growth it asks for beside what there was.

    Raises
    ------
    DataError
        A column is missing or an argument is out of its range.
    UnknownNameError
        A mapping names a KPI that the panel does not hold, or lacks one.
    PeriodError
        The grain cannot be told from the dates.

    Notes
    -----
    Each target is a quantile of what the periods will hold *together*; quantiles of single
    periods are never added up, since the sum of bad months is far less likely than each of
    them, and periods are not taken for independent either. How often such targets were
    reached is measured in `docs/methods/targets.md`.

    Examples
    --------
    >>> months = pd.date_range("2025-01-01", periods=12, freq="MS")
    >>> history = pd.DataFrame({"period_start": months, "value": 5.0})
    >>> targets = propose_targets(history, horizon=3, aggregate="sum")
    >>> targets.to_frame()["committed"].item(), targets.attainment("", 16)
    (15.0, 0.0)
    """
    levels = _levels(attainment)
    _refuse(horizon, skip, quantiles)
    outcomes, notes = forecast_outcomes(
        panel,
        steps=int(horizon),
        skip=int(skip),
        aggregate=aggregate,
        to_date=sum_to_date(to_date, aggregate),
        bounds=bounds,
        grain=grain,
        workers=workers,
        seed=seed,
    )
    directions = {one.kpi: direction_of(one.kpi, direction) for one in outcomes}
    rows = [_row(one, aggregate, horizon, directions[one.kpi], levels) for one in outcomes]
    names = ["kpi", "segment", "aggregate", "horizon", *NAMES]
    spread = [_quantiles(one, quantiles) for one in outcomes]
    frame = pd.DataFrame(
        [(*row, *own) for row, own in zip(rows, spread, strict=True)],
        columns=[*names, "lower", "upper", *quantile_columns(quantiles)],
    )
    bands = ["lower", "upper"] if "on_target" in directions.values() else []
    undefined = [_name_of(one) for one in outcomes if 0 < _undefined(one) < len(one.draws)]
    parts = parts_of(panel, outcomes, aggregate)
    growth = growth_table(
        frame,
        outcomes,
        parts,
        gone=periods_gone(to_date),
        ahead=int(horizon) + int(skip),
        directions=directions,
    )
    return TargetProposals(
        frame=frame[[*names, *quantile_columns(quantiles), *bands]],
        notes=(*notes, *(f"{name}: {UNDEFINED}." for name in undefined)),
        levels=levels,
        directions=directions,
        basis=basis_table(outcomes, parts, level=levels[1], directions=directions),
        growth=growth,
        _outcomes={(one.kpi, one.segment): _defined(one) for one in outcomes},
    )


def _levels(attainment: Sequence[float]) -> tuple[float, float, float]:
    levels = tuple(float(level) for level in attainment)
    if len(levels) != 3 or not all(0 < level < 1 for level in levels):
        raise DataError(
            f"attainment is {tuple(attainment)}; it holds three chances between 0 and 1, "
            "those of floor, committed and stretch."
        )
    return levels[0], levels[1], levels[2]


def _refuse(horizon: int, skip: int, quantiles: Sequence[float]) -> None:
    if isinstance(horizon, bool) or horizon != int(horizon) or horizon < 1:
        raise DataError(f"horizon is {horizon!r}; it is a whole number of periods, 1 or more.")
    if isinstance(skip, bool) or skip != int(skip) or skip < 0:
        raise DataError(f"skip is {skip!r}; it is a whole number of periods, 0 or more.")
    if outside := [level for level in quantiles if not 0 < level < 1]:
        raise DataError(f"quantiles hold {outside}; each lies between 0 and 1.")


def _row(
    one: Outcome,
    aggregate: Aggregate,
    horizon: int,
    direction: Direction,
    levels: tuple[float, float, float],
) -> tuple[object, ...]:
    defined = _defined(one)
    targets, band = [float("nan")] * 3, [float("nan")] * 2
    if len(defined) and direction == "on_target":
        band = np.quantile(defined, (0.5 - levels[1] / 2, 0.5 + levels[1] / 2)).tolist()
    elif len(defined):
        at = [quantile_level(level, direction) for level in levels]
        targets = np.quantile(defined, at).tolist()
    return (one.kpi, one.segment, aggregate, horizon, *targets, *band)


def _quantiles(one: Outcome, levels: Sequence[float]) -> list[float]:
    defined = _defined(one)
    if not len(defined):
        return [float("nan")] * len(levels)
    return [float(value) for value in np.quantile(defined, list(levels))]


def _defined(one: Outcome) -> Floats:
    defined = one.draws[np.isfinite(one.draws)]
    defined.setflags(write=False)
    return defined


def _undefined(one: Outcome) -> int:
    return int((~np.isfinite(one.draws)).sum())


def _name_of(one: Outcome) -> str:
    return ", ".join(str(part) for part in (one.kpi, one.segment) if part != "") or "The KPI"

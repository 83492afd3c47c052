"""Propose honest targets: values that simulated futures reach with a known chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.charts.attainment import attainment_chart
from kpikit.errors import DataError, UnknownNameError
from kpikit.forecasting.forecast import QUANTILES, quantile_columns
from kpikit.forecasting.scales import Bounds
from kpikit.periods import Grain
from kpikit.results import Result
from kpikit.targets.aggregate import Aggregate
from kpikit.targets.direction import Direction, Target, direction_of, quantile_level, reached
from kpikit.targets.outcomes import (
    Key,
    Outcome,
    Simulation,
    Window,
    simulate_outcomes,
    sum_to_date,
)
from kpikit.units import format_chance, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ATTAINMENT = (0.9, 0.8, 0.3)
NAMES = ("floor", "committed", "stretch")
UNDEFINED = "some simulated outcomes have no denominator and are left out"


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetProposals(Result):
    """Targets with the chance of reaching them, for every KPI.

    Attributes
    ----------
    levels
        The chances that floor, committed and stretch stand for.
    directions
        What counts as reached, by KPI.
    """

    levels: tuple[float, float, float]
    directions: Mapping[str, Direction]
    _outcomes: Mapping[Key, Floats] = field(repr=False)

    def attainment(self, kpi: str, value: Target, segment: str = "") -> float:
        """Return the chance that a target is reached; NaN where nothing could be forecast.

        Parameters
        ----------
        value
            The target, or for a KPI that is `on_target` the band (lower, upper), where
            `None` leaves one side open.

        Raises
        ------
        UnknownNameError
            There is no such KPI and segment.
        DataError
            A band is given where a value is needed, or the other way about.
        """
        outcomes = self._outcomes.get((kpi, segment))
        if outcomes is None:
            known = [f"{name} {part}".strip() for name, part in self._outcomes]
            raise UnknownNameError(
                "proposal for", f"{kpi} {segment}".strip(), known, where="targets"
            )
        hits = reached(outcomes, value, self.directions[kpi])
        return float(hits.mean()) if len(hits) else float("nan")

    def summary(self) -> str:
        """Say the committed target of one KPI with its chance, or how many were proposed."""
        if len(self.frame) != 1:
            return f"Targets proposed for {len(self.frame)} series."
        row = self.frame.iloc[0]
        name, chance = _name(row), format_chance(self.levels[1])
        if not len(self._outcomes[row["kpi"], row["segment"]]):
            return f"{name}: no target can be proposed, since nothing was observed."
        if self.directions[row["kpi"]] == "on_target":
            lower, upper = format_value(row["lower"]), format_value(row["upper"])
            return f"{name}: a band from {lower} to {upper} holds {chance} of simulated outcomes."
        value, stretch = format_value(row["committed"]), format_value(row["stretch"])
        return (
            f"{name}: {value} is reached with a chance of {chance}, "
            f"the stretch of {stretch} with {format_chance(self.levels[2])}."
        )

    def _draw(self, ax: Axes) -> None:
        if self.frame.empty:
            return
        row = self.frame.iloc[0]
        outcomes = self._outcomes[row["kpi"], row["segment"]]
        direction = self.directions[row["kpi"]]
        if not len(outcomes):
            ax.set_title(f"{_name(row)}: nothing to draw")
            return
        grid = np.quantile(outcomes, np.linspace(0.005, 0.995, 100))
        one_sided = "higher_is_better" if direction == "on_target" else direction
        chances = [float(reached(outcomes, float(at), one_sided).mean()) for at in grid]
        marks = {name: float(row[name]) for name in NAMES if np.isfinite(row[name])}
        curve = pd.DataFrame({"target": grid, "chance": chances})
        attainment_chart(curve, marks=marks, ax=ax, title=_name(row))


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
    workers: int = 1,
    seed: int = 0,
) -> TargetProposals:
    """Say which targets each KPI reaches with a chance of 90, 80 and 30 %.

    The chances come from simulated paths of one fitted model and are known to be too
    sure of themselves; `forecast` says by how much.

    Parameters
    ----------
    panel
        A history or a panel of complete periods; for `ratio` it also carries
        `numerator` and `denominator`, and its values are not read. Never modified.
    horizon
        How many periods ahead the target spans.
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
    grain, workers, seed
        As for `forecast`.

    Returns
    -------
    TargetProposals
        One row per series: `kpi, segment, aggregate, horizon, floor, committed, stretch`,
        and a column per quantile. A KPI that is `on_target` has a band instead: then there
        are also the columns `lower` and `upper`, the central interval that holds outcomes
        with committed's chance, and floor, committed and stretch are missing.

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
    Paths are added up one by one; quantiles of single periods never are, since the sum of
    bad months is far less likely than each of them.

    Examples
    --------
    >>> months = pd.date_range("2025-01-01", periods=12, freq="MS")
    >>> history = pd.DataFrame({"period_start": months, "value": 5.0})
    >>> targets = propose_targets(history, horizon=3, aggregate="sum")
    >>> targets.to_frame()["committed"].item(), targets.attainment("", 16)
    (15.0, 0.0)
    """
    levels = _levels(attainment)
    _refuse(horizon, quantiles)
    outcomes, notes = simulate_outcomes(
        panel,
        window=Window(horizon=int(horizon)),
        aggregate=aggregate,
        held=sum_to_date(to_date, aggregate),
        how=Simulation(bounds=bounds, grain=grain, workers=workers, seed=seed),
    )
    directions = {one.kpi: direction_of(one.kpi, direction) for one in outcomes}
    rows = [_row(one, aggregate, horizon, directions[one.kpi], levels) for one in outcomes]
    names = ["kpi", "segment", "aggregate", "horizon", *NAMES]
    frame = pd.DataFrame(rows, columns=[*names, "lower", "upper"])
    spread = [_quantiles(one, quantiles) for one in outcomes]
    frame[quantile_columns(quantiles)] = np.array(spread).reshape(len(outcomes), len(quantiles))
    bands = ["lower", "upper"] if "on_target" in directions.values() else []
    undefined = [_name_of(one) for one in outcomes if 0 < _undefined(one) < len(one.totals)]
    return TargetProposals(
        frame=frame[[*names, *quantile_columns(quantiles), *bands]],
        notes=(*notes, *(f"{name}: {UNDEFINED}." for name in undefined)),
        levels=levels,
        directions=directions,
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


def _refuse(horizon: int, quantiles: Sequence[float]) -> None:
    if isinstance(horizon, bool) or horizon != int(horizon) or horizon < 1:
        raise DataError(f"horizon is {horizon!r}; it is a whole number of periods, 1 or more.")
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
    defined = one.totals[np.isfinite(one.totals)]
    defined.setflags(write=False)
    return defined


def _undefined(one: Outcome) -> int:
    return int((~np.isfinite(one.totals)).sum())


def _name_of(one: Outcome) -> str:
    return ", ".join(str(part) for part in (one.kpi, one.segment) if part != "") or "The KPI"


def _name(row: pd.Series) -> str:
    return ", ".join(str(row[key]) for key in ("kpi", "segment") if row[key] != "") or "The KPI"

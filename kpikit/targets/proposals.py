"""Proposed targets, with the chance of reaching any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.charts.attainment import attainment_chart
from kpikit.errors import UnknownNameError
from kpikit.forecasting.outcomes import Key
from kpikit.results import Result
from kpikit.targets.direction import Direction, Target, reached
from kpikit.units import format_chance, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = ("floor", "committed", "stretch")


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetProposals(Result):
    """Targets with the chance of reaching them, for every KPI.

    Attributes
    ----------
    levels
        The chances that floor, committed and stretch stand for.
    directions
        What counts as reached, by KPI.
    basis
        What each proposal rests on: `kpi, segment, model, first, last` (first days of the
        oldest and newest period), `periods` (with a value), `missing`, and how the same
        forecast did when made at past periods: `origins`, and `reached`, the share of them
        at which a target of committed's chance would have been reached.
    growth
        What committed asks for beside what there was: `kpi, segment, reference, asked,
        typical, best, as_often, windows`. Reference is what the same periods held one
        season before (or more, where that is not known yet); growths are shares of it.
        Missing where it is not above 0, or for a band.
    """

    levels: tuple[float, float, float]
    directions: Mapping[str, Direction]
    basis: pd.DataFrame = field(repr=False)
    growth: pd.DataFrame = field(repr=False)
    _outcomes: Mapping[Key, Floats] = field(repr=False)

    def __post_init__(self) -> None:
        """Keep copies of the tables."""
        super().__post_init__()
        object.__setattr__(self, "basis", self.basis.copy())
        object.__setattr__(self, "growth", self.growth.copy())

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

    def curve(self, kpi: str, segment: str = "") -> pd.DataFrame:
        """Return the chance of reaching each of a hundred targets: `target, chance`.

        Of a KPI that is `on_target`, the chance of ending at or above.
        """
        direction = self.directions.get(kpi, "higher_is_better")
        self.attainment(kpi, (None, 0.0) if direction == "on_target" else 0.0, segment)
        outcomes = self._outcomes[kpi, segment]
        if not len(outcomes):
            return pd.DataFrame({"target": [], "chance": []})
        grid = np.quantile(outcomes, np.linspace(0.005, 0.995, 100))
        one_sided = "higher_is_better" if direction == "on_target" else direction
        chances = [float(reached(outcomes, float(at), one_sided).mean()) for at in grid]
        return pd.DataFrame({"target": grid, "chance": chances})

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
            return f"{name}: a band from {lower} to {upper} holds what comes with {chance}."
        value, stretch = format_value(row["committed"]), format_value(row["stretch"])
        return (
            f"{name}: {value} is reached with a chance of {chance}, "
            f"the stretch of {stretch} with {format_chance(self.levels[2])}."
        )

    def _draw(self, ax: Axes) -> None:
        if self.frame.empty:
            return
        row = self.frame.iloc[0]
        curve = self.curve(row["kpi"], row["segment"])
        if curve.empty:
            ax.set_title(f"{_name(row)}: nothing to draw")
            return
        names = ("lower", "upper") if self.directions[row["kpi"]] == "on_target" else NAMES
        marks = {name: float(row[name]) for name in names}
        attainment_chart(
            curve, marks=marks, ax=ax, title=f"{_name(row)}: which target, and how likely"
        )


def _name(row: pd.Series) -> str:
    return ", ".join(str(row[key]) for key in ("kpi", "segment") if row[key] != "") or "The KPI"

"""Say what a KPI's change is made of: volume, rate and mix, its parts, its segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.identities import observed_grain, parts_of
from kpikit.analysis.pairs import (
    WHOLE,
    Pair,
    find_period,
    partial_notes,
    read_pair,
    refuse_two_definitions,
    whole_values,
)
from kpikit.analysis.parts import EXACT, Row, split_change
from kpikit.charts.contributions import contribution_chart
from kpikit.errors import DataError, UnknownNameError
from kpikit.observations import Observations
from kpikit.observations.definitions import kpis_behind
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.strategy.formula import parse_formula
from kpikit.strategy.nodes import Aggregate, walk
from kpikit.units import Unit, format_change

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Kpi, Strategy

COLUMNS = ["part", "segment", "contribution", "share"]
REMAINDER = "remainder"
NAMED = 4  # parts or segments that the sentence names


@dataclass(frozen=True, kw_only=True, eq=False)
class Decomposition(Result):
    """What the change of a KPI between two periods is made of.

    Attributes
    ----------
    title, unit, currency
        The KPI's name, and what it is measured in.
    period, against
        The names of the two periods.
    before, after
        The KPI's values in `against` and in `period`.
    names
        What a part stands for, where its name does not say it.
    """

    title: str
    unit: Unit
    currency: str
    period: str
    against: str
    before: float
    after: float
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def change(self) -> float:
        """The KPI's change, in its own unit; the contributions add up to it."""
        return self.after - self.before

    def summary(self) -> str:
        """Say the change, and what it comes from, largest first among segments."""
        said = [f"{self.title} {self.period} against {self.against}: {self._say(self.change)}"]
        parts = self.frame.groupby("part", sort=False)["contribution"].sum()
        segments = self.frame[self.frame["segment"] != ""]
        by_segment = segments.groupby("segment", sort=False)["contribution"].sum()
        if len(parts) > 1:
            said.append(self._list({self._part(str(name)): one for name, one in parts.items()}))
        if len(by_segment):
            order = by_segment.abs().sort_values(ascending=False, kind="stable").index
            said.append(self._list({str(name): float(by_segment[name]) for name in order}))
        return "; ".join(said) + "."

    def _list(self, sizes: Mapping[str, float]) -> str:
        shown = [f"{name} {self._say(size)}" for name, size in list(sizes.items())[:NAMED]]
        rest = list(sizes.values())[NAMED:]
        return ", ".join([*shown, f"others {self._say(sum(rest))}"] if rest else shown)

    def _part(self, part: str) -> str:
        return f"{part} ({self.names[part]})" if part in self.names else part

    def _say(self, size: float) -> str:
        return format_change(size, self.unit, currency=self.currency)

    def _draw(self, ax: Axes) -> None:
        pairs = zip(self.frame["part"], self.frame["segment"], strict=True)
        contribution_chart(
            [", ".join(filter(None, (segment, self._part(part)))) for part, segment in pairs],
            list(self.frame["contribution"]),
            say=self._say,
            ax=ax,
            title=f"{self.title}: what changed from {self.against} to {self.period}",
        )


def decompose_change(
    strategy: Strategy,
    observations: Observations,
    *,
    kpi: str,
    period: str | date | Period,
    against: str | date | Period,
) -> Decomposition:
    """Say what made a KPI change between two periods; the parts add up to the change.

    Parameters
    ----------
    strategy
        The definitions; a KPI's `identity` names its factors or terms.
    observations
        Values of the KPI, and of the KPIs in its identity, of one grain. Built with
        `by=`, the change is also told by segment.
    kpi
        The KPI's name.
    period, against
        The later and the earlier period: a name such as `2017Q2`, or one of its days.

    Returns
    -------
    Decomposition
        `part, segment, contribution, share`: contributions in the KPI's unit that add up
        to its change, and their shares of it, which add up to 1 (missing where nothing
        changed in all). The parts are

        - of a ratio by segment: `rate` and `mix`;
        - of a total by segment whose identity is a volume times a rate with that volume
          below the line (`{room_nights} * {adr}`): `volume`, `rate` and `mix`;
        - of any other total by segment: the KPIs of its identity, else `volume`;
        - without segments: `volume` and `rate`, else the KPIs of the identity; of a
          ratio without one `numerator` and `denominator`; else `volume` alone.

        `remainder` is what is left where segments overlap (distinct counts) or an
        identity does not hold; the notes say so.

    Raises
    ------
    UnknownNameError
        When there is no such KPI.
    PeriodError
        When a period is not among the observations, or is of another grain.
    DataError
        When a value is missing, when the two periods are computed by two definitions,
        or when segments of something that never adds up (a median) are asked for.

    Notes
    -----
    Factors and terms get their Shapley value (1953), for two factors Bennet's (1920):
    the order of the factors does not matter, exchanging the periods changes only the
    signs, and zeros and negative numbers need no care. Rate and mix are taken at the
    mean of the two periods; a segment that is new or gone weighs 0 where it is not.
    """
    if kpi not in strategy.kpis:
        raise UnknownNameError("KPI", kpi, strategy.kpis, where=str(strategy.path))
    item = strategy.kpis[kpi]
    grain = observed_grain(strategy, observations, kpi)
    later = find_period(strategy, period, grain=grain, kpi=kpi)
    earlier = find_period(strategy, against, grain=grain, kpi=kpi)
    two = (earlier, later)
    refuse_two_definitions(observations, [kpi, *parts_of(item)], two)
    names = [kpi, *_usable_parts(strategy, observations, item)]
    pairs = {name: read_pair(observations, name, two) for name in names}
    before, after = whole_values(pairs[kpi], kpi, two)
    rows, words = split_change(strategy, item, pairs)
    notes = list(partial_notes(observations, kpi, two))
    if item.identity and len(names) == 1:
        notes.append(f"Its identity, {item.identity}, is not used: observe its parts as well.")
    rest = after - before - sum(size for *_, size in rows)
    if abs(rest) > EXACT * max(abs(before), abs(after), *(abs(size) for *_, size in rows)):
        notes.append(_explain_remainder(strategy, item, pairs[kpi]))
        rows.append((REMAINDER, WHOLE, rest))
    return Decomposition(
        frame=_frame(rows, after - before),
        notes=tuple(notes),
        title=item.title,
        unit=item.unit,
        currency=strategy.organisation.currency or "",
        period=later.label,
        against=earlier.label,
        before=before,
        after=after,
        names=words,
    )


def _usable_parts(strategy: Strategy, observations: Observations, item: Kpi) -> list[str]:
    """Return the KPIs of an identity, where all of them are observed at the KPI's grain."""
    parts = parts_of(item)
    if not parts or not set(parts) <= set(observations.kpis):
        return []
    grains = {observed_grain(strategy, observations, name) for name in (item.id, *parts)}
    return parts if len(grains) == 1 else []


def _explain_remainder(strategy: Strategy, item: Kpi, own: Pair) -> str:
    """Say why parts do not add up.

    Raises
    ------
    DataError
        When they never could.
    """
    if not own.segments:
        return f"Remainder: the identity {item.identity} does not hold in these periods."
    texts = [strategy.kpis[name].formula for name in kpis_behind(item, strategy)]
    nodes = [node for text in texts for node in walk(parse_formula(text).tree)]
    used = {node.function for node in nodes if isinstance(node, Aggregate)}
    if never := sorted(used - {"sum", "count"}):
        raise DataError(
            f"kpis.{item.id}: its segments never add up to the whole, because it is made of "
            f"{', '.join(never)}. Build the observations without by."
        )
    return "Remainder: the segments overlap, or an identity does not hold in each of them."


def _frame(rows: Iterable[Row], change: float) -> pd.DataFrame:
    shares = [(*row, row[-1] / change if change else np.nan) for row in rows]
    return pd.DataFrame(shares, columns=COLUMNS)

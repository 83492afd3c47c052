"""Split a target over the parts that make it, with as little change as possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.charts.cascade import cascade_chart
from kpikit.errors import DataError, UnknownNameError
from kpikit.forecasting.outcomes import Outcome
from kpikit.periods import Period, parse_date
from kpikit.results import Result
from kpikit.targets.joint import correlation_of, joint_chance
from kpikit.targets.parts import parts_of_target
from kpikit.targets.rounding import decimals_for, round_together
from kpikit.targets.split import (
    Lock,
    chance_of,
    limits_of_parts,
    mean_of,
    split_target,
    weights_of,
)
from kpikit.targets.standing import (
    NoDataError,
    Stand,
    Table,
    facts_of,
    foresee,
    newest_day,
    stand_of,
)
from kpikit.units import Unit, format_chance, format_change, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Kpi, Strategy

COLUMNS = ["kpi", "segment", "forecast", "target", "change", "locked", "attainment"]


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetCascade(Result):
    """A target split over segments, or over the KPIs of an identity.

    Attributes
    ----------
    title, unit, currency, period
        Of the KPI whose target is split.
    target, forecast, attainment
        The whole: what is wanted, what is expected, and the chance to reach it.
    joint_attainment
        The chance that every part reaches its own target.
    weights
        What a unit of each part adds to the whole; of a ratio's segments the shares of
        the denominator, of a product the powers.
    names
        What each part is called.
    """

    title: str
    unit: Unit
    currency: str
    period: str
    target: float
    forecast: float
    attainment: float
    joint_attainment: float
    weights: Floats = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    def rounded(self, decimals: int | None = None) -> pd.DataFrame:
        """Return the table with targets rounded so that they still make the rounded whole.

        Parameters
        ----------
        decimals
            Digits after the point, negative for tens and hundreds; unless given, as many as
            leave three digits of the smallest part. Products are rounded one by one.
        """
        table = self.to_frame()
        wanted = table["target"].to_numpy(dtype=float)
        places = decimals_for(wanted) if decimals is None else decimals
        whole = None if self._is_product else self.target
        return table.assign(target=round_together(wanted, self.weights, whole, places))

    def summary(self) -> str:
        """Say what is asked beyond the forecast, who gives most, and how likely it is."""
        asked = self.target - self.forecast
        sizes = self.frame["change"] * self.weights
        if self._is_product:
            sizes = sizes / self.frame["forecast"]
        said = (
            f"{self.title} {self.period}: {self._say(self.target)} is wanted, "
            f"{self._change(asked)} against its forecast, and is reached with a chance of "
            f"{format_chance(self.attainment)}; all parts together reach theirs with "
            f"{format_chance(self.joint_attainment)}."
        )
        if not len(sizes) or float(sizes.abs().max()) == 0.0:
            return said
        return f"{said[:-1]}; {self.names[int(sizes.abs().argmax())]} gives the most."

    def _say(self, value: float) -> str:
        return format_value(value, self.unit, currency=self.currency)

    def _change(self, value: float) -> str:
        return format_change(value, self.unit, currency=self.currency)

    def _shown(self) -> pd.DataFrame:
        places = decimals_for(self.frame["target"].to_numpy(dtype=float))
        table = self.rounded(places)
        change = table["target"] - table["forecast"].round(places)
        return table.assign(
            forecast=[f"{value:,.{places}f}" for value in table["forecast"]],
            target=[f"{value:,.{places}f}" for value in table["target"]],
            change=[f"{value:+,.{places}f}" for value in change],
            locked=["yes" if locked else "" for locked in table["locked"]],
            attainment=[format_chance(value) for value in table["attainment"]],
        )

    def _draw(self, ax: Axes) -> None:
        cascade_chart(
            self.frame.assign(name=self.names),
            ax=ax,
            title=f"{self.title} {self.period}: what each part would have to reach",
            unit=self.unit,
            currency=self.currency,
            relative=self._is_product,
        )

    @property
    def _is_product(self) -> bool:
        """Whether the parts are other KPIs, multiplied: their changes are relative then."""
        made = float(self.weights @ self.frame["target"].to_numpy(dtype=float))
        return not np.isclose(made, self.target, rtol=1e-9)


def cascade_targets(  # noqa: PLR0913 - each argument is a question of its own
    strategy: Strategy,
    observations: Table,
    *,
    kpi: str,
    period: str | date | Period,
    target: float,
    locks: Mapping[str, Lock] | None = None,
    as_of: date | str | None = None,
) -> TargetCascade:
    """Split a target over segments or departments, so that the parts add up exactly.

    Parameters
    ----------
    strategy
        The definitions: bounds, and the KPI's `identity`.
    observations
        At the KPI's own grain. Built with `by=`, the target is split over the segments;
        else over the KPIs of its identity, a sum (`{north} + {south}`) or a product
        (`{room_nights} * {adr}`), which must be observed too.
    kpi, period
        Whose target it is, and for which period; it may be running, not over.
    target
        What is wanted of the whole, in the KPI's unit.
    locks
        By segment (or KPI of the identity): a number fixes its target; a pair
        `(least, most)` limits it, where `None` leaves a side open.
    as_of
        Nothing later is seen; the newest day in the observations unless given.

    Returns
    -------
    TargetCascade
        One row per part: `kpi, segment, forecast, target, change, locked, attainment`, in
        each part's unit; `attainment` is the chance of reaching its own target. The parts
        make `target`: a ratio's weighted with the denominators expected. `.attainment` is
        the whole's chance, `.joint_attainment` that of all parts at once.

    Raises
    ------
    UnknownNameError
        There is no such KPI, or no part of a lock's name.
    DataError
        Nothing to split over; parts that do not make the whole; a part that cannot be
        forecast; a period that is over; or locks and bounds that the target cannot meet.

    Notes
    -----
    Every part starts from its own forecast and moves so that the sum of squared changes,
    each divided by the variance of that forecast, is least: who is least certain gives
    most, and the answer is that of generalised least squares reconciliation with a
    diagonal weight matrix (Wickramasuriya, Athanasopoulos and Hyndman 2019), here within
    limits. Of a product, the changes are relative. A part's bounds are its KPI's, and what
    a running period holds already cannot be taken back.

    The chance of all parts at once ties the parts together as their past forecast errors
    were tied (a Gaussian copula). It is lower than each part's own: everybody promising
    what is reached four times in five does not make a company that is.
    """
    if kpi not in strategy.kpis:
        raise UnknownNameError("KPI", kpi, strategy.kpis, where=str(strategy.path))
    item, table = strategy.kpis[kpi], observations.to_frame()
    _refuse_band(item)
    when = _period(period, strategy)
    today = newest_day(table, strategy) if as_of is None else parse_date(as_of)
    made = parts_of_target(item, when, table, strategy, today)
    for stand in made.stands:
        _refuse_band(stand.kpi)
    whole = _whole(item, when, table, strategy, today)
    outcomes, notes = foresee([*made.stands, whole])
    *parts, own = outcomes
    _refuse_unforeseen(made.stands, parts)
    weights = weights_of(made, parts)
    weights.setflags(write=False)
    named = [stand.segment or stand.kpi.id for stand in made.stands]
    found = split_target(
        made, parts, weights, limits_of_parts(made, parts, named, locks or {}), float(target)
    )
    chances = np.array(
        [
            chance_of(one, wanted, stand)
            for one, wanted, stand in zip(parts, found, made.stands, strict=True)
        ]
    )
    signs = [-1.0 if one.kpi.direction == "lower_is_better" else 1.0 for one in made.stands]
    expected = np.array([mean_of(one) for one in parts])
    rows = {
        "kpi": [stand.kpi.id for stand in made.stands],
        "segment": [stand.segment for stand in made.stands],
        "forecast": expected,
        "target": found,
        "change": found - expected,
        "locked": [not isinstance((locks or {}).get(name, ()), tuple) for name in named],
        "attainment": chances,
    }
    return TargetCascade(
        frame=pd.DataFrame(rows)[COLUMNS],
        notes=notes,
        title=item.title,
        unit=item.unit,
        currency=strategy.organisation.currency or "",
        period=when.label,
        target=float(target),
        forecast=mean_of(own),
        attainment=chance_of(own, float(target), whole),
        joint_attainment=joint_chance(
            chances,
            np.array(signs),
            correlation_of(parts, steps=max(one.open_periods for one in made.stands)),
        ),
        weights=weights,
        names=tuple(stand.segment or stand.kpi.title for stand in made.stands),
    )


def _whole(kpi: Kpi, period: Period, table: pd.DataFrame, strategy: Strategy, today: date) -> Stand:
    rows = facts_of(kpi, table, strategy, today)
    try:
        stand = stand_of(kpi, period, rows, strategy)
    except NoDataError as reason:
        raise DataError(f"kpis.{kpi.id}, {period}: {reason}.") from None
    if not stand.open_periods:
        raise DataError(f"{period}: is over, and holds {stand.actual:g}. Name a later period.")
    return stand


def _refuse_unforeseen(stands: tuple[Stand, ...], parts: list[Outcome]) -> None:
    blind = [
        ", ".join(filter(None, (stand.kpi.id, stand.segment)))
        for stand, one in zip(stands, parts, strict=True)
        if not np.isfinite(one.draws).any()
    ]
    if blind:
        raise DataError(
            f"nothing was observed that could be forecast: {', '.join(blind)}. "
            "Leave these parts out of the observations."
        )


def _refuse_band(kpi: Kpi) -> None:
    if kpi.direction == "on_target":
        raise DataError(
            f"kpis.{kpi.id}: is on_target, and a band cannot be split. Split a KPI of which "
            "more, or less, is better."
        )


def _period(period: str | date | Period, strategy: Strategy) -> Period:
    return period if isinstance(period, Period) else strategy.calendar.parse(str(period))

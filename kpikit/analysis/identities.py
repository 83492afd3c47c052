"""Check the arithmetic that ties KPIs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats
from kpikit.charts.contributions import contribution_chart
from kpikit.errors import FormulaError
from kpikit.observations import Observations
from kpikit.periods import Grain
from kpikit.results import Result
from kpikit.strategy.formula import parse_formula
from kpikit.strategy.nodes import Call, KpiReference, Literal, Node
from kpikit.units import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Kpi, Strategy

TOLERANCE = 1e-9  # of the size of what is added up; sums on engines differ by less
COLUMNS = ["kpi", "segment", "period_start", "value", "expected", "difference", "holds"]


@dataclass(frozen=True, kw_only=True, eq=False)
class IdentityChecks(Result):
    """Each KPI with a declared identity, against what its parts make of it."""

    def summary(self) -> str:
        """Say whether every identity holds, or where the worst does not."""
        if self.frame.empty:
            return "No identity could be checked."
        kpis = ", ".join(dict.fromkeys(self.frame["kpi"]))
        broken = self.frame[~self.frame["holds"]]
        if broken.empty:
            return f"Identities of {kpis}: all {len(self.frame)} values agree with their parts."
        size = (broken["difference"] / broken["expected"]).abs().fillna(np.inf)
        worst = broken.iloc[int(size.argmax())]
        place = ", ".join(filter(None, (worst["kpi"], worst["segment"])))
        return (
            f"Identities of {kpis}: {len(broken)} of {len(self.frame)} values differ from what "
            f"their parts make; the most, {place} from {worst['period_start']:%Y-%m-%d}, "
            f"is {format_value(worst['value'])} and should be {format_value(worst['expected'])}."
        )

    def _draw(self, ax: Axes) -> None:
        broken = self.frame[~self.frame["holds"]]
        places = broken[["kpi", "segment", "period_start"]].itertuples(index=False, name=None)
        contribution_chart(
            [" ".join(filter(None, (kpi, one, f"{day:%Y-%m-%d}"))) for kpi, one, day in places],
            list(broken["difference"]),
            say=format_value,
            ax=ax,
            title="Values that differ from what their parts make",
        )


def check_identities(
    strategy: Strategy, observations: Observations, *, kpis: Sequence[str] | None = None
) -> IdentityChecks:
    """Tell whether KPIs equal what their identities say, in every period and segment.

    Parameters
    ----------
    strategy
        Its KPIs declare identities, such as `{room_nights} * {adr}`.
    observations
        Values of those KPIs and of their parts, all of one grain.
    kpis
        Names of those whose identities to check; all unless given.

    Returns
    -------
    IdentityChecks
        One row per KPI with an identity, segment and period: `kpi, segment,
        period_start, value, expected, difference, holds`, in the KPI's unit. A
        difference of 1e-9 of what is added up is none.

    Raises
    ------
    FormulaError
        When an identity is made of anything but KPIs, numbers and `+ - * /`.

    Notes
    -----
    Where the value or a part is missing, nothing can be checked; the notes count it, and
    name identities whose parts are not among the observations or have another grain.
    """
    frame = observations.frame
    present = set(observations.kpis)
    rows, notes = [], []
    for kpi in strategy.kpis.values():
        if kpi.identity is None or kpi.id not in present or not (kpis is None or kpi.id in kpis):
            continue
        if reason := _cannot_check(kpi, strategy, observations, present):
            notes.append(f"{kpi.id}: its identity is not checked, because {reason}.")
            continue
        checked, left_out = _check(kpi, frame)
        rows.append(checked)
        if left_out:
            notes.append(f"{kpi.id}: left out for want of a value: {left_out}.")
    found = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=COLUMNS)
    return IdentityChecks(frame=found.astype({"holds": bool}), notes=tuple(notes))


def identity_of(kpi: Kpi) -> Node | None:
    """Return a KPI's identity as a tree, or None where it declares none.

    Raises
    ------
    FormulaError
        When it is made of anything but KPIs, numbers and `+ - * /`.
    """
    if kpi.identity is None:
        return None
    tree = parse_formula(kpi.identity).tree
    try:
        evaluate(tree, dict.fromkeys(parts_of(kpi), np.ones(1)))
    except FormulaError as error:
        raise FormulaError(f"kpis.{kpi.id}.identity {error}") from None
    return tree


def parts_of(kpi: Kpi) -> list[str]:
    """Return the names of the KPIs in a KPI's identity."""
    return sorted(parse_formula(kpi.identity).kpis) if kpi.identity else []


def evaluate(tree: Node, values: Mapping[str, Floats]) -> Floats:
    """Return what an identity makes of its parts; missing where a denominator is 0."""
    return _evaluate(tree, values)[0]


def observed_grain(strategy: Strategy, observations: Observations, kpi: str) -> Grain:
    """Return the grain of a KPI's observations."""
    if observations.load is not None:
        return observations.load.grain or strategy.kpis[kpi].grain
    return observations.grain_of(kpi) or strategy.kpis[kpi].grain


def _cannot_check(
    kpi: Kpi, strategy: Strategy, observations: Observations, present: set[str]
) -> str | None:
    parts = parts_of(kpi)
    absent = [name for name in parts if name not in present]
    if absent:
        return f"{', '.join(absent)} is not among the observations"
    grains = {name: observed_grain(strategy, observations, name) for name in (kpi.id, *parts)}
    if len(set(grains.values())) > 1:
        said = ", ".join(f"{name} by {grain}" for name, grain in grains.items())
        return f"its parts have different grains: {said}"
    return None


def _check(kpi: Kpi, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    tree, names = identity_of(kpi), parts_of(kpi)
    assert tree is not None  # only KPIs with an identity come here
    table = frame[frame["kpi"].isin([kpi.id, *names])]
    keyed = table.set_index(["segment", "period_start", "kpi"])["value"]
    table = keyed.unstack("kpi")  # noqa: PD010 - each key stands once, nothing is aggregated
    with np.errstate(all="ignore"):
        parts = {name: table[name].to_numpy(dtype=float) for name in names}
        expected, size = _evaluate(tree, parts)
    value = table[kpi.id].to_numpy(dtype=float)
    own = frame.loc[frame["kpi"] == kpi.id, ["segment", "period_start"]]
    asked = table.index.isin(pd.MultiIndex.from_frame(own))
    known = np.isfinite(value) & np.isfinite(expected)
    found = table.index.to_frame(index=False).assign(
        kpi=kpi.id,
        value=value,
        expected=expected,
        difference=value - expected,
        holds=np.abs(value - expected) <= TOLERANCE * np.maximum(size, np.abs(value)),
    )
    return found.loc[known & asked, COLUMNS], int((asked & ~known).sum())


def _evaluate(tree: Node, values: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Return a tree's value, and the size of what was added up on the way to it."""
    match tree:
        case KpiReference(name):
            return values[name], np.abs(values[name])
        case Literal(value) if isinstance(value, int | float):
            number = np.full(len(next(iter(values.values()))), float(value))
            return number, np.abs(number)
        case Call("neg", (only,)):
            minus, size = _evaluate(only, values)
            return -minus, size
        case Call("+" | "-" | "*" | "/" as sign, (left, right)):
            return _combine(sign, _evaluate(left, values), _evaluate(right, values))
    raise FormulaError("is made of more than KPIs, numbers and + - * /. Write it with those.")


def _combine(
    sign: str, left: tuple[Floats, Floats], right: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    if sign == "+":
        return left[0] + right[0], left[1] + right[1]
    if sign == "-":
        return left[0] - right[0], left[1] + right[1]
    if sign == "*":
        return left[0] * right[0], left[1] * right[1]
    below = np.where(right[0] == 0, np.nan, right[0])
    return left[0] / below, left[1] / np.abs(below)

"""Say what moved a KPI: its exact parts, then what went before it, then what went with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kpikit.analysis.decomposition import REMAINDER, Decomposition, decompose_change
from kpikit.analysis.identities import observed_grain
from kpikit.analysis.leads import Leads, find_leads
from kpikit.analysis.links import LinkEvidence, test_links
from kpikit.analysis.movers import found_before, what_moved
from kpikit.analysis.pairs import find_period
from kpikit.analysis.ties import tied_pairs
from kpikit.charts.drivers import driver_chart
from kpikit.observations import Observations
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.units import Unit, format_change

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy.model import Strategy

COLUMNS = [
    "driver",
    "name",
    "owner",
    "kind",
    "contribution",
    "share",
    "after",
    "sign",
    "change",
    "evidence",
    "words",
]
KINDS = ("part", "lead", "moves together")
NAMED = 2  # drivers of a kind that the sentence names
CAVEAT = (
    "Parts are arithmetic. Leads and what moves together are what the history shows; that they "
    "moved the KPI does not follow."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Drivers(Result):
    """What moved a KPI between two periods, in the order of certainty.

    Attributes
    ----------
    title, unit, currency
        The KPI's name, and what it is measured in.
    period, against
        The names of the two periods.
    change
        The KPI's change between them.
    """

    title: str
    unit: Unit
    currency: str
    period: str
    against: str
    change: float

    def summary(self) -> str:
        """Say the change, and the first drivers of each kind."""
        start = f"{self.title} {self.period} against {self.against}: {self._say(self.change)}"
        said = [self._list(kind) for kind in KINDS if (self.frame["kind"] == kind).any()]
        return f"{start}; {'; '.join(said) or 'nothing in the strategy or its history tells why'}."

    def _list(self, kind: str) -> str:
        rows = self.frame[self.frame["kind"] == kind]
        shown = rows.head(NAMED)
        if kind == "part":
            pairs = zip(shown["name"], shown["contribution"], strict=True)
            said = ", ".join(f"{name} {self._say(size)}" for name, size in pairs)
            rest = rows["contribution"].iloc[NAMED:].sum()
            more = f", others {self._say(rest)}" if len(rows) > NAMED else ""
            return f"by arithmetic {said}{more}"
        word = "before it" if kind == "lead" else "with it"
        pairs = zip(shown["name"], shown["words"], strict=True)
        return f"{word} " + ", ".join(f"{name} ({words})" for name, words in pairs)

    def _say(self, size: float) -> str:
        return format_change(size, self.unit, currency=self.currency)

    def _shown(self) -> pd.DataFrame:
        return self.frame.head(10)[["name", "owner", "kind", "contribution", "words"]]

    def _draw(self, ax: Axes) -> None:
        driver_chart(
            self.frame,
            say=self._say,
            ax=ax,
            title=f"{self.title}: what moved it from {self.against} to {self.period}",
        )


def rank_drivers(  # noqa: PLR0913 - two periods, and what was found before, if it was
    strategy: Strategy,
    observations: Observations,
    *,
    kpi: str,
    period: str | date | Period,
    against: str | date | Period,
    history: Observations | None = None,
    links: LinkEvidence | None = None,
    leads: Leads | None = None,
) -> Drivers:
    """Say what moved a KPI between two periods: parts, then leads, then what moved with it.

    Parameters
    ----------
    strategy
        The definitions, with owners and claimed links.
    observations
        Values of the KPI and of the KPIs in its identity, at the grain of the two periods.
    kpi
        The KPI's name.
    period, against
        The later and the earlier period: a name such as `2017Q2`, or one of its days.
    history
        Observations in which leads are looked for, such as months where the periods are
        quarters; `observations` unless given.
    links
        The claimed links, tested on `history`; tested here unless given.
    leads
        Leads of the KPI, found in `history`; looked for here unless given.

    Returns
    -------
    Drivers
        One row per driver: `driver, name, owner, kind, contribution, share, after, sign,
        change, evidence, words`. Kinds, in this order: `part`, exact, with its contribution
        in the KPI's unit, largest first; `lead`, a supported claim (or a lead that nobody
        claims) whose KPI moved at its lag as the link says, with its own `change`, the
        strongest first; and `moves together`. A KPI that moved by less than half of what
        is usual for it is left out. `evidence` is the share of what is new in the KPI
        that goes with what is new in the driver (partial R²).

    Raises
    ------
    UnknownNameError
        When there is no such KPI.
    PeriodError
        When a period is not among the observations, or is of another grain.
    DataError
        When the KPI has no value in one of the periods, or they are computed by two
        definitions.

    Notes
    -----
    Parts are those of `decompose_change`; a KPI that is one of the parts by arithmetic is
    no lead. A driver's change is that of its mean value over the two periods, each moved
    back by the lag.
    """
    split = decompose_change(strategy, observations, kpi=kpi, period=period, against=against)
    grain = observed_grain(strategy, observations, kpi)
    spans = [find_period(strategy, one, grain=grain, kpi=kpi) for one in (against, period)]
    seen = observations if history is None else history
    notes = [*split.notes]
    if links is None:
        links = test_links(strategy, seen)
    if leads is None:
        leads, more = _leads_of(strategy, seen, kpi)
        notes += more
    rows = [
        *_parts(strategy, split, kpi),
        *what_moved(
            strategy,
            seen,
            (kpi, split.change),
            (spans[0], spans[1]),
            found_before(kpi, links, leads),
        ),
    ]
    rows.sort(key=_order)
    return Drivers(
        frame=pd.DataFrame([row[:-1] for row in rows], columns=COLUMNS),
        notes=(*notes, CAVEAT),
        title=split.title,
        unit=split.unit,
        currency=split.currency,
        period=split.period,
        against=split.against,
        change=split.change,
    )


def _order(row: tuple[Any, ...]) -> tuple[int, bool, float]:
    """Order drivers by kind, then by weight, those without one last."""
    kind, weight = row[COLUMNS.index("kind")], float(row[-1])
    return KINDS.index(kind), weight != weight, -weight


def _leads_of(strategy: Strategy, seen: Observations, kpi: str) -> tuple[Leads | None, list[str]]:
    panel = seen.panel()
    whole = panel[panel["segment"] == ""]
    if whole["kpi"].nunique() < 2:
        return None, ["There is no other KPI among the observations that could tell it."]
    ties = [(min(pair), max(pair)) for pair in tied_pairs(strategy)]
    return find_leads(whole, target=kpi, exclude=ties), []


def _parts(strategy: Strategy, split: Decomposition, kpi: str) -> Iterator[tuple[object, ...]]:
    """Return the exact parts, where they say something.

    A single one is the change itself; and of a mean the sum and the count, which only grew
    or shrank together, tell nothing.
    """
    rows = split.to_frame()
    cancels = rows["contribution"].abs().min() > abs(split.change)
    if len(rows) < 2 or (set(rows["part"]) == {"numerator", "denominator"} and cancels):
        return
    for part, segment, size, share in rows.itertuples(index=False):
        of = strategy.kpis.get(part)
        word = split.names.get(part, part)
        name = ", ".join(
            filter(None, (segment, word if of or word == part else f"{part} ({word})"))
        )
        owner = (of or strategy.kpis[kpi]).owner
        lacking = (None, None, np.nan, np.nan)
        weight = -1.0 if part == REMAINDER else abs(size)
        yield (part, name, owner, "part", size, share, *lacking, "exact", weight)

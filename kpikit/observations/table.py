"""The long table of observations."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.series import history_chart, segments_chart
from kpikit.charts.style import BLUE, MUTED, ORANGE, SIZE, dress
from kpikit.errors import PeriodError, UnknownNameError
from kpikit.observations.eras import no_definitions
from kpikit.periods import infer_grain
from kpikit.results import Result

if TYPE_CHECKING:
    from datetime import date

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from kpikit.periods import Grain

COLUMNS = (
    "kpi",
    "segment",
    "period_start",
    "value",
    "numerator",
    "denominator",
    "rows",
    "complete",
    "known_at",
)
LINE_HEIGHT = 0.14  # inches, of a KPI's name in the picture of all


@dataclass(frozen=True)
class SourceRead:
    """What a source held when it was read: its rows, and its first and newest day."""

    source: str
    rows: int
    first: date | None
    last: date | None


@dataclass(frozen=True, kw_only=True)
class Load:
    """What was asked of the facts: None is every KPI's own grain, and all there is."""

    grain: Grain | None = None
    by: str | None = None
    since: date | None = None
    until: date | None = None
    as_of: date | None = None
    definitions: str = "dated"
    sources: tuple[SourceRead, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Observations(Result):
    """Values of KPIs by segment and period.

    Attributes
    ----------
    missing
        Why a value is missing: `kpi, segment, period_start, reason`.
    as_of
        The date at which the facts were looked at.
    definitions
        By which definition a period was computed, for KPIs with dated ones:
        `kpi, period_start, since, why`; `since` is missing for the first definition.
    load
        What was asked, and what the sources held; None where the table was not
        computed from facts.
    """

    missing: pd.DataFrame = field(repr=False)
    as_of: date | None = None
    definitions: pd.DataFrame = field(default_factory=no_definitions, repr=False)
    load: Load | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Keep copies of the tables."""
        super().__post_init__()
        object.__setattr__(self, "missing", self.missing.copy(deep=False))
        object.__setattr__(self, "definitions", self.definitions.copy(deep=False))

    @property
    def kpis(self) -> tuple[str, ...]:
        """The names of the KPIs that are observed."""
        return tuple(self._rows)

    def segments(self, kpi: str) -> list[str]:
        """Return the names of the segments that a KPI is observed in; the whole is `""`.

        Raises
        ------
        UnknownNameError
            When there is no such KPI among the observations.
        """
        if kpi not in self._rows:
            raise UnknownNameError("KPI", kpi, set(self._rows), where="observations")
        return sorted(self._rows[kpi])

    def of(self, kpi: str, segment: str = "") -> pd.DataFrame:
        """Return all that is known of one KPI, in the order of time, complete or not.

        Raises
        ------
        UnknownNameError
            When there is no such KPI or segment among the observations.
        """
        own = self._places(kpi, segment)
        return pd.DataFrame({name: self.frame[name].array[own] for name in self.frame})

    def history(self, kpi: str, segment: str = "") -> pd.DataFrame:
        """Return one KPI's history: `period_start, value, complete`, in the order of time.

        Raises
        ------
        UnknownNameError
            When there is no such KPI or segment among the observations.
        """
        key = (kpi, segment)
        if key not in self._histories:
            own = self._places(kpi, segment)
            names = ("period_start", "value", "complete")
            columns = {name: self.frame[name].array[own] for name in names}
            self._histories[key] = pd.DataFrame(columns)
        return self._histories[key].copy(deep=False)

    def grain_of(self, kpi: str) -> Grain | None:
        """Return the grain of a KPI's periods; None where their first days do not tell it."""
        if kpi not in self._grains:
            days = self.frame["period_start"].to_numpy()[self._places(kpi, "")]
            try:
                self._grains[kpi] = infer_grain(days)
            except PeriodError:
                self._grains[kpi] = None
        return self._grains[kpi]

    def _places(self, kpi: str, segment: str) -> NDArray[np.intp]:
        if segment not in self.segments(kpi):
            where = f"observations of {kpi}"
            raise UnknownNameError("segment", segment, self.segments(kpi), where=where)
        return self._rows[kpi][segment]

    @cached_property
    def _histories(self) -> dict[tuple[str, str], pd.DataFrame]:
        """The histories asked for so far: a review asks for each a dozen times."""
        return {}

    @cached_property
    def _grains(self) -> dict[str, Grain | None]:
        """The grains asked for so far."""
        return {}

    @cached_property
    def _rows(self) -> dict[str, dict[str, NDArray[np.intp]]]:
        """Which rows hold each KPI and segment, by their places, in the order of time."""
        kpi, kpis = pd.factorize(self.frame["kpi"], use_na_sentinel=False)
        segment, segments = pd.factorize(self.frame["segment"], use_na_sentinel=False)
        names = [str(name) for name in kpis], [str(name) for name in segments]
        owner = kpi * len(segments) + segment
        order = np.lexsort((self.frame["period_start"].to_numpy(), owner))
        owners, first = np.unique(owner[order], return_index=True)
        found: dict[str, dict[str, NDArray[np.intp]]] = {name: {} for name in names[0]}
        parts = np.split(order, first[1:])  # a single one, and empty, of no rows
        for one, own in zip(owners.tolist(), parts, strict=False):
            found[names[0][one // len(segments)]][names[1][one % len(segments)]] = own
        return found

    def panel(self) -> pd.DataFrame:
        """Return complete periods only, as analyses take them.

        The columns are `kpi, segment, period_start, value`, with `numerator` and
        `denominator`, which are missing where a formula is no quotient, and `known_at`,
        the day on which the value was known, by which leads are judged.
        """
        columns = ["kpi", "segment", "period_start", "value", "numerator", "denominator"]
        columns.append("known_at")
        return self.frame.loc[self.frame["complete"], columns].reset_index(drop=True)

    def summary(self) -> str:
        """Say how many KPIs there are, over which periods, and what is partial."""
        frame = self.frame
        if frame.empty:
            return "No observation: the sources hold no row in the periods asked for."
        first, last = frame["period_start"].min(), frame["period_start"].max()
        kpis = frame["kpi"].nunique()
        partial = frame.loc[~frame["complete"], "period_start"].nunique()
        text = (
            f"KPIs: {kpis}; periods starting {first:%Y-%m-%d} to {last:%Y-%m-%d}, "
            f"as of {self.as_of}"
        )
        missing = int(frame["value"].isna().sum())
        parts = [f"partial periods: {partial}"] if partial else []
        parts += [f"missing values: {missing}"] if missing else []
        return f"{text}; {', '.join(parts)}." if parts else f"{text}; all complete."

    def _draw(self, ax: Axes) -> None:
        from matplotlib.figure import Figure

        kpis = self.frame["kpi"].unique()
        if len(kpis) == 1 and (self.frame["segment"] != "").any():
            segments_chart(self.frame, ax=ax, title=str(kpis[0]))
            return
        if len(kpis) == 1:
            history_chart(self.history(str(kpis[0])), ax=ax, title=str(kpis[0]))
            return
        whole = self.frame[self.frame["segment"] == ""]
        kinds = (
            ("complete", whole["complete"] & whole["value"].notna(), BLUE, "s"),
            ("partial", ~whole["complete"] & whole["value"].notna(), ORANGE, "d"),
            ("missing", whole["value"].isna(), MUTED, "x"),
        )
        if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
            ax.figure.set_figheight(max(SIZE[1], LINE_HEIGHT * (len(kpis) + 3)))
        places = {kpi: place for place, kpi in enumerate(reversed(kpis))}
        for name, chosen, color, marker in kinds:
            rows = whole[chosen]
            where = rows["kpi"].map(places)
            ax.plot(rows["period_start"], where, marker, color=color, markersize=3, label=name)
        dress(ax, title="What there is of each KPI")
        ax.set_yticks(list(places.values()), list(places), fontsize=7)
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1))

"""Compare the running period with earlier ones at the same point: first days with first days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.charts.series import history_chart
from kpikit.charts.style import BLUE, INK, MUTED
from kpikit.errors import DataError
from kpikit.observations.build import Wanted, choose_kpis, observe, used_sources
from kpikit.observations.formula import compile_kpi
from kpikit.observations.spans import needs_past
from kpikit.periods import Calendar, Grain, parse_date, parse_grain
from kpikit.results import Result
from kpikit.sources import Facts, open_facts
from kpikit.strategy.model import Kpi, Strategy
from kpikit.units import format_change, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = ["kpi", "segment", "period_start", "value", "days"]
MOST = 30  # KPIs drawn


@dataclass(frozen=True, kw_only=True, eq=False)
class SamePoint(Result):
    """The first days of the running period, and the same days of earlier periods.

    The columns are `kpi, segment, period_start, value, days`; `days` is how many days of
    the period the value covers.

    Attributes
    ----------
    as_of
        The day on which the facts were looked at.
    grain
        The grain of the periods; None is each KPI's own.
    """

    strategy: Strategy = field(repr=False)
    as_of: date
    grain: Grain | None = None

    def running(self) -> pd.DataFrame:
        """Return the running periods, each beside the period before and a year before.

        The columns are `kpi, segment, period_start, days, value, previous, year_ago`; a
        value is missing where the facts do not hold that period's first days.
        """
        calendar = self.strategy.calendar
        rows = []
        for (kpi, segment), part in self.frame.groupby(["kpi", "segment"], sort=False):
            grain = self._grain(str(kpi))
            values = part.set_index("period_start")["value"]
            now = part.sort_values("period_start").iloc[-1]
            start = now["period_start"].date()
            earlier = {
                "previous": calendar.shift(start, grain, -1),
                "year_ago": calendar.year_ago(start, grain),
            }
            found = {
                name: values.get(pd.Timestamp(day), float("nan")) for name, day in earlier.items()
            }
            kept = {name: now[name] for name in ("period_start", "days", "value")}
            rows.append({"kpi": kpi, "segment": segment} | kept | found)
        columns = ["kpi", "segment", "period_start", "days", "value", "previous", "year_ago"]
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> str:
        """Say where the running period stands against the one before, at the same point."""
        running = self.running()
        running = running[running["segment"] == ""]
        if len(running) == 1:
            return self._tell(running.iloc[0])
        change = running["value"] - running["previous"]
        parts = [
            f"{count} {word}"
            for word, count in (
                ("above", int((change > 0).sum())),
                ("below", int((change < 0).sum())),
                ("equal", int((change == 0).sum())),
                ("without a comparison", int(change.isna().sum())),
            )
            if count
        ]
        return (
            f"KPIs against the period before at the same point: {', '.join(parts) or 'none'}, "
            f"as of {self.as_of}."
        )

    def _tell(self, row: pd.Series) -> str:
        kpi, calendar = self.strategy.kpis[row["kpi"]], self.strategy.calendar
        grain, start = self._grain(kpi.id), row["period_start"].date()
        currency = self.strategy.organisation.currency or ""
        parts = [
            f"{kpi.title}: {format_value(row['value'], kpi.unit, currency=currency)} "
            f"in the {_first(row['days'])} of {calendar.label(start, grain)}"
        ]
        earlier = {
            "previous": calendar.shift(start, grain, -1),
            "year_ago": calendar.year_ago(start, grain),
        }
        for name in ("previous",) if grain == "year" else ("previous", "year_ago"):
            if pd.notna(row[name]):
                change = format_change(row["value"] - row[name], kpi.unit, currency=currency)
                parts.append(f"{change} against {calendar.label(earlier[name], grain)}")
        return f"{'; '.join(parts)}."

    def _grain(self, kpi: str) -> Grain:
        return self.grain or self.strategy.kpis[kpi].grain

    def _draw(self, ax: Axes) -> None:
        running = self.running()
        running = running[running["segment"] == ""]
        if len(running) != 1:
            _draw_changes(running, self.strategy, ax)
            return
        kpi, days = self.strategy.kpis[running["kpi"].iloc[0]], running["days"].iloc[0]
        frame = self.frame[self.frame["segment"] == ""]
        title = f"{kpi.title}: {_first(days)} of each {self._grain(kpi.id)}"
        currency = self.strategy.organisation.currency or ""
        history_chart(frame, ax=ax, title=title, unit=kpi.unit, currency=currency)
        ax.axhline(running["value"].iloc[0], color=MUTED, linestyle=":", linewidth=1.2)


def compare_same_point(
    strategy: Strategy,
    *,
    kpis: Sequence[str] | None = None,
    as_of: date | str | None = None,
    grain: str | None = None,
    by: str | None = None,
) -> SamePoint:
    """Ask how the running period does against earlier ones at the same point.

    The first days of the running period, up to the as-of date, stand against as many
    first days of every earlier period, each computed anew from the facts: a ratio is a
    ratio of sums over those days.

    Parameters
    ----------
    strategy
        A loaded strategy.
    kpis
        KPIs wanted; None takes all that are not retired.
    as_of
        Nothing later is seen. None is the newest day in the facts.
    grain
        Day, week, month, quarter or year; None takes each KPI's own.
    by
        A column whose values become segments, beside the whole (`""`).

    Returns
    -------
    SamePoint
        One row per KPI, segment and period: `kpi, segment, period_start, value, days`.
        Values are in the KPI's unit, missing where there is nothing to compute them from.
        `days` is smaller where a period is shorter than the running one is old.

    Raises
    ------
    DataError
        When a source breaks its contract, or no KPI can be compared.
    UnknownNameError
        When there is no such KPI, or no source with the column `by`.

    Notes
    -----
    Days are counted, whichever weekdays they are. Where a KPI's sources are complete only
    to a day before the as-of date, the running period is the one that holds that day, and
    reaches to it. Earlier periods are seen with today's facts and today's definition.
    Left out, with a note, are KPIs that look beyond their own period (`cumulative`,
    `rolling`, `to_date`, conversions, what was known some days before) and ready-made
    values of longer periods than days.
    """
    seen = parse_date(as_of) if as_of is not None else None
    wanted = parse_grain(grain) if grain is not None else None
    chosen = choose_kpis(strategy, kpis)
    left_out = [kpi.id for kpi in chosen if not _has_first_days(kpi, strategy)]
    held = [kpi for kpi in chosen if kpi.id not in left_out]
    notes = [f"Left out, because they have no first days: {', '.join(left_out)}."] * bool(left_out)
    if not held:
        raise DataError(f"{strategy.path}: no KPI can be compared. {' '.join(notes)}")
    frames = []
    with open_facts(strategy, sources=used_sources(strategy, held), as_of=seen) as facts:
        day = seen or max((fact.last for fact in facts.values() if fact.last), default=None)
        if day is None:
            raise DataError(f"{strategy.path}: the sources hold no dated row. Check their time.")
        for (own, reach), part in _by_reach(held, strategy, facts, wanted).items():
            frames.append(_first_days(strategy, facts, part, (own, reach), by))
            if reach < day:
                names = ", ".join(kpi.id for kpi in part)
                notes.append(f"Compared to {reach}, the day to which facts are complete: {names}.")
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    order = {kpi.id: place for place, kpi in enumerate(held)}
    frame = frame.sort_values("kpi", key=lambda ids: ids.map(order), kind="stable")
    return SamePoint(
        frame=frame.reset_index(drop=True),
        notes=tuple(notes),
        strategy=strategy,
        as_of=day,
        grain=wanted,
    )


def _has_first_days(kpi: Kpi, strategy: Strategy) -> bool:
    """Whether a KPI's value over the first days of a period follows from their rows alone."""
    if kpi.known_days_before is not None:
        return False
    for part in compile_kpi(kpi, strategy).aggregates:
        source = strategy.sources[part.home[0]] if part.home else None
        if needs_past(part.span) or part.function == "converted":
            return False
        if source is not None and source.rollup is not None and source.grain != "day":
            return False
    return True


def _by_reach(
    kpis: Iterable[Kpi], strategy: Strategy, facts: Mapping[str, Facts], grain: Grain | None
) -> dict[tuple[Grain, date], list[Kpi]]:
    """Group KPIs by grain, and by the day to which all of their sources are complete."""
    found: dict[tuple[Grain, date], list[Kpi]] = {}
    for kpi in kpis:
        reaches = [facts[name].complete_through for name in used_sources(strategy, [kpi])]
        known = [reach for reach in reaches if reach is not None]
        if known and len(known) == len(reaches):
            found.setdefault((grain or kpi.grain, min(known)), []).append(kpi)
    return found


def _first_days(
    strategy: Strategy,
    facts: Mapping[str, Facts],
    kpis: Sequence[Kpi],
    point: tuple[Grain, date],
    by: str | None,
) -> pd.DataFrame:
    """Return the values of the first days of all periods, as many as have gone by."""
    grain, reach = point
    count = (reach - strategy.calendar.start(reach, grain)).days + 1
    wanted = Wanted(grain=grain, until=reach, by=by, definitions="latest", first_days=count)
    found = observe(strategy, facts, kpis=kpis, wanted=wanted, as_of=reach).to_frame()
    found = found[found["complete"]]
    running = pd.Timestamp(strategy.calendar.start(reach, grain))
    if not (found["period_start"] == running).any():  # the sources are silent so far
        silent = found[["kpi", "segment"]].drop_duplicates().assign(period_start=running)
        found = pd.concat([found, silent], ignore_index=True)
    starts = found["period_start"].drop_duplicates()
    lengths = dict(zip(starts, _lengths(starts, strategy.calendar, grain), strict=True))
    days = found["period_start"].map(lengths).clip(upper=count).astype("int64")
    return found.assign(days=days)[COLUMNS]


def _first(days: int) -> str:
    return "first day" if days == 1 else f"first {days} days"


def _lengths(starts: Iterable[pd.Timestamp], calendar: Calendar, grain: Grain) -> Iterator[int]:
    for start in starts:
        following = calendar.period(start.date(), grain).end + timedelta(days=1)
        yield (following - start.date()).days


def _draw_changes(running: pd.DataFrame, strategy: Strategy, ax: Axes) -> None:
    """Draw the change against the period before of many KPIs, in percent."""
    ax.set_title("Change against the period before at the same point, in %")
    known = running["value"].notna() & running["previous"].notna() & (running["previous"] != 0)
    shown = running[known].head(MOST)
    if shown.empty:
        ax.text(0.5, 0.5, "no KPI can be compared", ha="center", color=MUTED)
        return
    change = 100 * (shown["value"] - shown["previous"]) / shown["previous"].abs()
    places = range(len(shown), 0, -1)
    ax.barh(list(places), change, color=BLUE, height=0.5)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_yticks(list(places), [strategy.kpis[kpi].title for kpi in shown["kpi"]])

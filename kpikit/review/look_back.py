"""What was forecast, what was wanted, and what came, period by period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.ledger import ForecastMade, Ledger
from kpikit.ledger.scores import match_outcomes, score_forecasts
from kpikit.observations import build_observations
from kpikit.periods import Period
from kpikit.results import ROWS_SHOWN, Result
from kpikit.targets.direction import Target, reached

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from kpikit.strategy import Kpi, Strategy

COLUMNS = [
    "kpi", "title", "owner", "period", "method", "forecast", "lower", "upper", "target", "basis",
    "actual", "reached", "inside",
]  # fmt: skip
KEYS = ["kpi", "segment", "period"]


@dataclass(frozen=True, kw_only=True, eq=False)
class LookBack(Result):
    """Forecast, target and actual value of past periods, a row a KPI, period and method.

    The table is `kpi, title, owner, period, method, forecast, lower, upper, target, basis,
    actual, reached, inside`: the newest forecast on record with its middle 80 %, the target
    that counted and whether it was `accepted` or only `declared`, the whole period's value,
    whether it reached the target, and whether it lay inside the forecast.
    """

    matched: pd.DataFrame

    def summary(self) -> str:
        """Say how many targets were reached, and how many values the forecasts held."""
        judged = self.frame.dropna(subset=["reached"]).drop_duplicates(["kpi", "period"])
        held = self.frame.dropna(subset=["inside"])
        said = f"Targets reached: {int(judged['reached'].sum())} of {len(judged)}"
        if held.empty:
            return f"{said}; no forecast on record has come to its period yet."
        return (
            f"{said}; values inside the middle 80 % of their forecast: "
            f"{int(held['inside'].sum())} of {len(held)}."
        )

    def _shown(self) -> pd.DataFrame:
        names = ["title", "owner", "period", "forecast", "target", "actual", "reached"]
        words = self.frame["reached"].map({True: "yes", False: "no"})
        return self.frame.assign(reached=words)[names].tail(ROWS_SHOWN)

    def by(self, column: str) -> pd.DataFrame:
        """Return targets judged and reached by `owner`, `period`, `kpi` or `basis`."""
        judged = self.frame.dropna(subset=["reached"]).drop_duplicates(["kpi", "period"])
        table = judged.groupby(column)["reached"].agg(targets="size", reached="sum").reset_index()
        return table.assign(share=table["reached"] / table["targets"])

    def scores(self) -> pd.DataFrame:
        """Return kpikit's own record: how far off its forecasts were, by method."""
        return score_forecasts(self.matched)

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.look_back import outcomes_chart

        outcomes_chart(self.frame, ax=ax)


def look_back(
    strategy: Strategy,
    ledger: Ledger,
    *,
    periods: Iterable[str],
    as_of: date | str | None = None,
    kpis: Iterable[str] | None = None,
) -> LookBack:
    """Hold what was forecast and wanted in past periods against what came.

    Parameters
    ----------
    periods
        Names of periods of one grain, such as `2026Q1` and `2026Q2`. One that is not
        complete in the facts has no actual value.
    as_of
        Nothing later is seen; unless given, everything in the facts.
    kpis
        Only these; every KPI in use unless given.

    Returns
    -------
    LookBack
        Rows where there is a target, a forecast on record, or both.

    Notes
    -----
    For a KPI and period the newest accepted committed target counts, else the declared
    one, as the ledger stands now. A band is reached inside of it.
    """
    wanted = [strategy.calendar.parse(name) for name in periods]
    chosen = [strategy.kpis[name] for name in kpis] if kpis is not None else _in_use(strategy)
    actuals = _actuals(strategy, wanted, chosen, as_of)
    forecasts = ledger.latest(ForecastMade).to_frame()
    matched = match_outcomes(forecasts, actuals)
    newest = matched.sort_values("as_of").drop_duplicates([*KEYS, "method"], keep="last")
    newest = newest.set_index(["kpi", "period"])
    targets = _targets(strategy, ledger, wanted, chosen)
    values = actuals.set_index(["kpi", "period"])["value"]
    rows = [
        row
        for kpi in chosen
        for period in wanted
        for row in _rows(kpi, period, newest, targets, values)
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return LookBack(
        frame=frame.astype({"reached": "boolean", "inside": "boolean"}),
        matched=matched[matched["period"].isin([period.label for period in wanted])],
    )


def _in_use(strategy: Strategy) -> list[Kpi]:
    return [kpi for kpi in strategy.kpis.values() if kpi.status == "active"]


def _actuals(
    strategy: Strategy, periods: list[Period], kpis: list[Kpi], as_of: date | str | None
) -> pd.DataFrame:
    """Return the values of complete periods: `kpi, segment, period, value`."""
    if not periods or not kpis:
        return pd.DataFrame(columns=[*KEYS, "value"]).astype({"value": float})
    frame = build_observations(
        strategy,
        grain=periods[0].grain,
        since=min(period.start for period in periods),
        until=max(period.end for period in periods),
        as_of=as_of,
        kpis=[kpi.id for kpi in kpis],
    ).to_frame()
    frame = frame[frame["complete"] & (frame["segment"] == "")]
    labels = {pd.Timestamp(period.start): period.label for period in periods}
    return frame.assign(period=frame["period_start"].map(labels)).dropna(subset=["period"])[
        [*KEYS, "value"]
    ]


def _targets(
    strategy: Strategy, ledger: Ledger, periods: list[Period], kpis: list[Kpi]
) -> dict[tuple[str, str], tuple[Target, str]]:
    """Return the target that counts for a KPI and period, and whether it was accepted."""
    labels = {period.label for period in periods}
    found: dict[tuple[str, str], tuple[Target, str]] = {}
    for kpi in kpis:
        for target in kpi.targets:
            label = strategy.calendar.parse(target.period).label
            value = _declared(kpi, target.committed, target.lower, target.upper)
            if label in labels and value is not None:
                found[kpi.id, label] = value, "declared"
    accepted = ledger.accepted_targets()
    accepted = accepted[accepted["segment"] == ""]
    known = {kpi.id: kpi for kpi in kpis}
    accepted = accepted[accepted["kpi"].isin(known) & accepted["period"].isin(labels)]
    for (name, period), rows in accepted.groupby(["kpi", "period"]):
        levels = rows.set_index("level")["value"].to_dict()
        ends = (levels.get("committed"), levels.get("lower"), levels.get("upper"))
        value = _declared(known[str(name)], *ends)
        if value is not None:
            found[str(name), str(period)] = value, "accepted"
    return found


def _declared(
    kpi: Kpi, committed: float | None, lower: float | None, upper: float | None
) -> Target | None:
    if kpi.direction != "on_target":
        return committed
    return None if lower is None and upper is None else (lower, upper)


def _rows(
    kpi: Kpi,
    period: Period,
    forecasts: pd.DataFrame,
    targets: dict[tuple[str, str], tuple[Target, str]],
    values: pd.Series[float],
) -> list[tuple[object, ...]]:
    key = (kpi.id, period.label)
    target, basis = targets.get(key, (None, ""))
    made = forecasts.loc[[key]] if key in forecasts.index else forecasts.iloc[:0]
    if target is None and made.empty:
        return []
    actual = float(values.get(key, float("nan")))
    hit: object = pd.NA
    if target is not None and np.isfinite(actual):
        hit = bool(reached(np.array([actual]), target, kpi.direction)[0])
    shown = float("nan") if target is None else _middle(target)
    around = (kpi.id, kpi.title, kpi.owner, period.label)
    unknown: tuple[object, ...] = ("", float("nan"), float("nan"), float("nan"), pd.NA)
    each = made[["method", "median", "lower", "upper", "inside"]].itertuples(index=False, name=None)
    return [
        (*around, method, middle, lower, upper, shown, basis, actual, hit, inside)
        for method, middle, lower, upper, inside in list(each) or [unknown]
    ]


def _middle(target: Target) -> float:
    if not isinstance(target, tuple):
        return target
    return float(np.mean([end for end in target if end is not None]))

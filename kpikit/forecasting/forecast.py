"""Forecast every KPI by simulated paths, so that sums over periods come out right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats, Series, read_panel
from kpikit.charts.series import forecast_fan, history_chart
from kpikit.errors import DataError
from kpikit.forecasting.ladder import PATHS
from kpikit.forecasting.scales import Bounds
from kpikit.forecasting.simulation import collect_notes, mean_of, simulate
from kpikit.periods import Grain, parse_grain
from kpikit.results import Result
from kpikit.units import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Key = tuple[str, str]

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast(Result):
    """Simulated futures of every KPI, and their quantiles period by period."""

    horizon: int
    quantiles: tuple[float, ...]
    seed: int
    _paths: Mapping[Key, Floats] = field(repr=False)
    _history: pd.DataFrame = field(repr=False)

    def total(self, steps: int | Sequence[int] | None = None) -> pd.DataFrame:
        """Return the quantiles of the sum over periods, added up path by path.

        Parameters
        ----------
        steps
            The first so many periods, or the numbers of the steps to add (from 1);
            all of them unless given.

        Returns
        -------
        pandas.DataFrame
            One row per series: `kpi, segment, steps, mean`, and a column per quantile.
        """
        chosen = self._chosen(steps)
        rows = [
            (*key, len(chosen), *_spread(paths[:, chosen].sum(axis=1), self.quantiles))
            for key, paths in self._paths.items()
        ]
        names = ["kpi", "segment", "steps", "mean", *quantile_columns(self.quantiles)]
        return pd.DataFrame(rows, columns=names)

    def paths(self, n: int = PATHS) -> pd.DataFrame:
        """Return the first `n` simulated paths of every series, one row per period.

        Returns
        -------
        pandas.DataFrame
            `kpi, segment, path` (from 1)`, period_start, step, value`.
        """
        if not 1 <= n <= PATHS:
            raise DataError(f"n is {n}; {PATHS} paths were simulated, so 1 to {PATHS} can be had.")
        parts = []
        for key, paths in self._paths.items():
            rows = _rows(self.frame, key)
            parts.append(
                pd.DataFrame(
                    {
                        "kpi": key[0],
                        "segment": key[1],
                        "path": np.repeat(np.arange(1, n + 1), self.horizon),
                        "period_start": np.tile(rows["period_start"].to_numpy(), n),
                        "step": np.tile(rows["step"].to_numpy(), n),
                        "value": paths[:n].ravel(),
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)

    def summary(self) -> str:
        """Say where one KPI is expected at the horizon, or how many were forecast."""
        if len(self._paths) != 1:
            return f"Forecasts of {len(self._paths)} series, {self.horizon} periods ahead."
        (key, paths), when = next(iter(self._paths.items())), self.frame["period_start"].iloc[-1]
        low, middle, high = (format_value(v) for v in np.quantile(paths[:, -1], (0.1, 0.5, 0.9)))
        return (
            f"{_name(key)}: about {middle} in the period from {when:%Y-%m-%d}, "
            f"and in 80 % of simulated outcomes {low} to {high}."
        )

    def _chosen(self, steps: int | Sequence[int] | None) -> list[int]:
        if steps is None:
            return list(range(self.horizon))
        wanted = list(range(1, steps + 1)) if isinstance(steps, int) else [int(s) for s in steps]
        if not wanted or min(wanted) < 1 or max(wanted) > self.horizon:
            raise DataError(
                f"steps is {steps!r}; the forecast has steps 1 to {self.horizon}. "
                "Forecast with a longer horizon, or ask for fewer."
            )
        return [step - 1 for step in wanted]

    def _draw(self, ax: Axes) -> None:
        if not self._paths:
            return
        key = next(iter(self._paths))
        past = _rows(self._history, key)
        ahead = _rows(self.frame, key)
        levels = dict(zip(quantile_columns(QUANTILES), QUANTILES, strict=True))
        drawn = {
            name: np.quantile(self._paths[key], level, axis=0) for name, level in levels.items()
        }
        history_chart(past, ax=ax, title=_name(key))
        known = past.dropna(subset=["value"])
        last = (
            (known["period_start"].iloc[-1], float(known["value"].iloc[-1])) if len(known) else None
        )
        forecast_fan(ahead[["period_start"]].assign(**drawn), ax=ax, last=last)


def forecast(  # noqa: PLR0913 - each argument is a question of its own, all but one optional
    panel: pd.DataFrame,
    *,
    horizon: int,
    grain: Grain | None = None,
    quantiles: Sequence[float] = QUANTILES,
    bounds: Bounds | Mapping[str, Bounds] | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    seed: int = 0,
) -> Forecast:
    """Say what each KPI may become over the next periods, and how likely that is.

    The intervals come from simulated paths of one fitted model and are **known to be too
    narrow**: nominal 80 % intervals of a quarter's total, from 36 monthly periods, have
    been measured to cover 46 % (1900 simulated KPIs; elsewhere 52 to 66 %). Read them as
    the least there is to doubt.

    Parameters
    ----------
    panel
        A history (`period_start, value`) or a panel (also `kpi, segment`) of complete
        periods; rows that a column `complete` marks as partial are left out. Never modified.
    horizon
        Periods ahead, from the one after the last in the panel.
    grain
        Told from the dates unless given.
    quantiles
        Levels between 0 and 1; each has a column, such as `q0.975`.
    bounds
        Least and largest value possible, `None` for no limit; a mapping by KPI where they
        differ. Unless given, a KPI that was never below 0 stays there.
    workers
        Local processes; the numbers are the same for any number of them.
    scheduler
        Only local workers are available: any address is refused.
    seed
        Where the random numbers start; each series draws its own, whatever else is there.

    Returns
    -------
    Forecast
        One row per series and step: `kpi, segment, period_start, step, mean`, and a
        column per quantile. `.total(steps)` adds up path by path.

    Raises
    ------
    DataError
        A column is missing, a value is no number, a period stands twice, or an argument
        is out of its range.
    PeriodError
        The grain cannot be told from the dates.

    Notes
    -----
    Exponential smoothing with damped trend (statsmodels), with a season where
    the season test finds one at 0.05; on a log scale where all values are above their lower
    bound, on a logit scale between two bounds. Missing values are bridged
    for fitting only. Where a history carries less, a plainer way is taken and named in the
    notes: without a season below two of them and two periods; the last value and steps like
    those seen below 10 periods; draws from recent values where three in ten are 0; the value
    itself where there is only one; nothing (NaN) where nothing was observed.

    Examples
    --------
    >>> months = pd.date_range("2025-01-01", periods=12, freq="MS")
    >>> ahead = forecast(pd.DataFrame({"period_start": months, "value": 5.0}), horizon=2)
    >>> ahead.to_frame()[["period_start", "step", "mean", "q0.5"]]
      period_start  step  mean  q0.5
    0   2026-01-01     1   5.0   5.0
    1   2026-02-01     2   5.0   5.0
    """
    if scheduler is not None:
        raise DataError(
            f"scheduler is {scheduler!r}, but only local workers are available. "
            "Pass scheduler=None, and workers= for several processes."
        )
    _refuse(horizon, quantiles)
    series, notes = read_panel(panel, grain=parse_grain(grain) if grain else None)
    futures = [one.future(horizon) for one in series]
    found = simulate(series, horizon=horizon, bounds=bounds, workers=workers, seed=seed)
    levels = tuple(float(level) for level in quantiles)
    tables = [
        _table(one, future, simulated.paths, levels)
        for one, future, simulated in zip(series, futures, found, strict=True)
    ]
    names = ["kpi", "segment", "period_start", "step", "mean", *quantile_columns(levels)]
    return Forecast(
        frame=pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=names),
        notes=(*notes, *collect_notes(series, found)),
        horizon=horizon,
        quantiles=levels,
        seed=seed,
        _paths={
            (one.kpi, one.segment): _frozen(s.paths) for one, s in zip(series, found, strict=True)
        },
        _history=pd.concat([_past(one) for one in series]) if series else pd.DataFrame(),
    )


def quantile_columns(quantiles: Iterable[float]) -> list[str]:
    """Return the names of quantiles' columns, such as `q0.975`."""
    return [f"q{level:g}" for level in quantiles]


def _refuse(horizon: int, quantiles: Sequence[float]) -> None:
    faults = []
    if isinstance(horizon, bool) or horizon != int(horizon) or horizon < 1:
        faults.append(f"horizon is {horizon!r}; it is a whole number of periods, 1 or more.")
    if outside := [level for level in quantiles if not 0 < level < 1]:
        faults.append(f"quantiles hold {outside}; each lies between 0 and 1.")
    if faults:
        raise DataError(" ".join(faults))


def _table(
    one: Series, future: list[pd.Timestamp], paths: Floats, levels: tuple[float, ...]
) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "kpi": one.kpi,
            "segment": one.segment,
            "period_start": pd.DatetimeIndex(future),
            "step": np.arange(1, len(future) + 1),
            "mean": mean_of(paths),
        }
    )
    spread = np.quantile(paths, levels, axis=0) if levels else np.empty((0, len(future)))
    return table.assign(**dict(zip(quantile_columns(levels), spread, strict=True)))


def _spread(outcomes: Floats, levels: Sequence[float]) -> list[float]:
    return [float(mean_of(outcomes)), *np.quantile(outcomes, levels).tolist()]


def _past(one: Series) -> pd.DataFrame:
    past = pd.DataFrame({"period_start": one.starts, "value": one.observed})
    return past.assign(kpi=one.kpi, segment=one.segment)


def _rows(frame: pd.DataFrame, key: Key) -> pd.DataFrame:
    return frame[(frame["kpi"] == key[0]) & (frame["segment"] == key[1])]


def _frozen(paths: Floats) -> Floats:
    paths.setflags(write=False)
    return paths


def _name(key: Key) -> str:
    return ", ".join(str(part) for part in key if part != "") or "The KPI"

"""Forecast every KPI with calibrated intervals, of single periods and of their sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Series, read_panel
from kpikit.charts.series import forecast_fan, history_chart
from kpikit.errors import DataError
from kpikit.forecasting.foresight import Asked, collect_notes, foresee, generator
from kpikit.forecasting.outlook import PATHS, Outlook
from kpikit.forecasting.scales import Bounds
from kpikit.periods import Grain, parse_grain
from kpikit.results import Result
from kpikit.units import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast(Result):
    """What may come of every KPI, and its quantiles period by period."""

    horizon: int
    quantiles: tuple[float, ...]
    seed: int
    _series: tuple[Series, ...] = field(repr=False)
    _outlooks: tuple[Outlook, ...] = field(repr=False)

    def total(self, steps: int | Sequence[int] | None = None) -> pd.DataFrame:
        """Return the calibrated quantiles of the sum over periods.

        Parameters
        ----------
        steps
            The first so many periods, or the numbers of the steps to add (from 1);
            all of them unless given.

        Returns
        -------
        pandas.DataFrame
            One row per series: `kpi, segment, steps, mean`, and a column per quantile.

        Notes
        -----
        From the past errors of the same sum. Never from sums of quantiles, which promise
        that all periods go wrong together, nor from steps as if they were independent.
        """
        chosen = self._chosen(steps)
        count = len(chosen)
        weights = np.zeros((1, self.horizon))
        weights[0, chosen] = 1 / count
        rows = [
            (
                one.kpi,
                one.segment,
                count,
                count * float(outlook.centre(weights)[0]),
                *(count * outlook.quantiles(weights, np.array(self.quantiles))[0]),
            )
            for one, outlook in zip(self._series, self._outlooks, strict=True)
        ]
        names = ["kpi", "segment", "steps", "mean", *quantile_columns(self.quantiles)]
        return pd.DataFrame(rows, columns=names)

    def paths(self, n: int = PATHS) -> pd.DataFrame:
        """Return `n` simulated paths of every series, one row per period.

        Returns
        -------
        pandas.DataFrame
            `kpi, segment, path` (from 1)`, period_start, step, value`.

        Notes
        -----
        Each period is spread as its quantiles say, and periods go together as their past
        errors did (a Gaussian copula).
        """
        if not 1 <= n <= PATHS:
            raise DataError(f"n is {n}; there are {PATHS} paths, so 1 to {PATHS} can be had.")
        parts = []
        for one, outlook in zip(self._series, self._outlooks, strict=True):
            paths = outlook.paths(generator(one, self.seed))
            parts.append(
                pd.DataFrame(
                    {
                        "kpi": one.kpi,
                        "segment": one.segment,
                        "path": np.repeat(np.arange(1, n + 1), self.horizon),
                        "period_start": np.tile(
                            pd.DatetimeIndex(one.future(self.horizon)).to_numpy(), n
                        ),
                        "step": np.tile(np.arange(1, self.horizon + 1), n),
                        "value": paths[:n].ravel(),
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)

    def summary(self) -> str:
        """Say where one KPI is expected at the horizon, or how many were forecast."""
        if len(self._series) != 1:
            return f"Forecasts of {len(self._series)} series, {self.horizon} periods ahead."
        when, name = self.frame["period_start"].iloc[-1], _name(self._series[0])
        last = np.eye(self.horizon)[-1:]
        spread = self._outlooks[0].quantiles(last, np.array([0.1, 0.5, 0.9]))[0]
        low, middle, high = (format_value(v) for v in spread)
        return (
            f"{name}: about {middle} in the period from {when:%Y-%m-%d}, "
            f"and with a chance of 80 % {low} to {high}."
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
        if not self._series:
            return
        one, outlook = self._series[0], self._outlooks[0]
        drawn = outlook.quantiles(np.eye(self.horizon), np.array(QUANTILES))
        past = pd.DataFrame({"period_start": one.starts, "value": one.observed})
        history_chart(past, ax=ax, title=_name(one))
        known = past.dropna(subset=["value"])
        last = (
            (known["period_start"].iloc[-1], float(known["value"].iloc[-1])) if len(known) else None
        )
        ahead = pd.DataFrame(drawn, columns=quantile_columns(QUANTILES))
        ahead.insert(0, "period_start", pd.DatetimeIndex(one.future(self.horizon)))
        forecast_fan(ahead, ax=ax, last=last)
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


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

    The intervals are calibrated: on series that taught nothing to the method, 80 % intervals
    held 80 % of what came, and 95 % intervals 95 %, months, quarters, weeks and years alike
    (the figures are in `docs/methods/forecasts.md`).

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
        Address of a Dask cluster that does the work instead, such as `tcp://host:8786`.
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
    The forecast is the mean of six members where a history is long enough for its season
    (Theta, statsmodels' damped exponential smoothing of logarithms, two other smoothings, two
    autoregressions), else of Theta and damped smoothing. How far the same forecast was off
    when made at each past period, held towards what collections of series taught, says how
    wide the intervals are. Missing values are bridged for fitting only, so that the periods
    of a known event may be left out. Where a history carries less, a plainer way is taken and
    named in the notes: the last value and steps like those seen below 6 values; draws from
    recent values where three in ten are 0; the value itself where there is only one; nothing
    (NaN) where nothing was observed.

    Examples
    --------
    >>> months = pd.date_range("2025-01-01", periods=12, freq="MS")
    >>> ahead = forecast(pd.DataFrame({"period_start": months, "value": 5.0}), horizon=2)
    >>> ahead.to_frame()[["period_start", "step", "mean", "q0.5"]]
      period_start  step  mean  q0.5
    0   2026-01-01     1   5.0   5.0
    1   2026-02-01     2   5.0   5.0
    """
    _refuse(horizon, quantiles)
    series, notes = read_panel(panel, grain=parse_grain(grain) if grain else None)
    asked = Asked(series=series, horizon=int(horizon), bounds=bounds)
    (found,) = foresee([asked], workers=workers, scheduler=scheduler, seed=seed)
    levels = tuple(float(level) for level in quantiles)
    return Forecast(
        frame=_table(series, found, int(horizon), levels),
        notes=(*notes, *collect_notes(series, found)),
        horizon=int(horizon),
        quantiles=levels,
        seed=seed,
        _series=tuple(series),
        _outlooks=tuple(found),
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
    series: Sequence[Series], found: Sequence[Outlook], horizon: int, levels: tuple[float, ...]
) -> pd.DataFrame:
    steps, asked = np.eye(horizon), np.array(levels)
    rows = {
        "kpi": [one.kpi for one in series for _ in steps],
        "segment": [one.segment for one in series for _ in steps],
        "period_start": pd.DatetimeIndex([day for one in series for day in one.future(horizon)]),
        "step": np.tile(np.arange(1, horizon + 1), len(series)),
        "mean": np.concatenate([outlook.centre(steps) for outlook in found] or [np.empty(0)]),
    }
    spread = [outlook.quantiles(steps, asked) for outlook in found]
    columns = np.concatenate(spread or [np.empty((0, len(levels)))]).T
    return pd.DataFrame(rows | dict(zip(quantile_columns(levels), columns, strict=True)))


def _name(one: Series) -> str:
    return f"{one.name[0].upper()}{one.name[1:]}" if one.name == "the KPI" else one.name

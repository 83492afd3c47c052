"""Forecast what has already come, as if it had not, and score what was promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.panel import Floats, Series, read_panel, series_title
from kpikit.charts.promises import promise_chart
from kpikit.errors import DataError
from kpikit.forecasting.forecast import QUANTILES, quantile_columns
from kpikit.forecasting.foresight import Asked, foresee
from kpikit.forecasting.outlook import Outlook
from kpikit.forecasting.scales import Bounds
from kpikit.periods import SEASONS, Grain, parse_grain
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KEYS = ["kpi", "segment"]
SCORES = ["mase", "cover80", "cover95", "quantile_loss", "relative"]
NONE = "too short to look back at"


@dataclass(frozen=True, kw_only=True, eq=False)
class Backtest(Result):
    """How past forecasts did, by series and step.

    Attributes
    ----------
    promises
        Every forecast made and what came of it: `kpi, segment, origin` (the last period
        known), `period_start, step, value, mean`, and a column per quantile.
    """

    horizon: int
    origins: int
    promises: pd.DataFrame = field(repr=False)
    _history: pd.DataFrame = field(repr=False)

    def summary(self) -> str:
        """Say how many outcomes the 80 % intervals held, and what beats the seasonal naive."""
        came = self.promises.dropna(subset=["value", "mean"])
        if came.empty:
            return "No forecast could be looked back at."
        held = int(_inside(came, 0.1, 0.9).sum())
        series = came[KEYS].drop_duplicates()
        name = series_title(*series.iloc[0]) if len(series) == 1 else f"{len(series)} series"
        relative = float(self.frame["relative"].median())
        beside = f"; errors are {relative:.2f} times those of last season's values"
        return (
            f"{name}: 80 % intervals held {held} of {len(came)} outcomes"
            f"{beside if np.isfinite(relative) else ''}."
        )

    def _draw(self, ax: Axes) -> None:
        if self._history.empty:
            return
        kpi, segment = self._history[KEYS].iloc[0]
        own = [
            table[(table["kpi"] == kpi) & (table["segment"] == segment)]
            for table in (self._history, self.promises)
        ]
        promise_chart(own[0], own[1], ax=ax, title=series_title(kpi, segment))


def backtest(  # noqa: PLR0913 - each argument is a question of its own
    panel: pd.DataFrame,
    *,
    horizon: int,
    origins: int,
    grain: Grain | None = None,
    bounds: Bounds | Mapping[str, Bounds] | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    seed: int = 0,
) -> Backtest:
    """Say how far forecasts of the past were off, and whether their intervals held.

    Parameters
    ----------
    panel
        A history or a panel of complete periods. Never modified.
    horizon
        Periods ahead that are forecast from each origin.
    origins
        From how many periods a forecast is made: the last ones that have `horizon` periods
        after them. A series with fewer is forecast from those it has.
    grain, bounds, workers, scheduler, seed
        As for `forecast`.

    Returns
    -------
    Backtest
        One row per series and step, means over origins: `kpi, segment, step`; `mase`, the
        absolute error over the mean absolute change of one season in the history known;
        `cover80, cover95`, the share of outcomes inside the intervals; `quantile_loss`, twice
        the pinball loss over seven quantiles, scaled like `mase`; `relative`, the absolute
        errors over those of last season's value.

    Raises
    ------
    DataError
        A column is missing or an argument is out of its range.
    PeriodError
        The grain cannot be told from the dates.

    Notes
    -----
    At each origin the whole forecast is made anew from what lies before it. The shipped
    table was learned elsewhere and knows nothing of the series.

    Examples
    --------
    >>> months = pd.date_range("2024-01-01", periods=24, freq="MS")
    >>> history = pd.DataFrame({"period_start": months, "value": 5.0})
    >>> backtest(history, horizon=1, origins=3).to_frame()["cover80"].item()
    1.0
    """
    _refuse(horizon, origins)
    series, notes = read_panel(panel, grain=parse_grain(grain) if grain else None)
    cuts = [
        (place, cut)
        for place, one in enumerate(series)
        for cut in _cuts(one, int(horizon), int(origins))
    ]
    known = [_until(series[place], cut) for place, cut in cuts]
    asked = Asked(series=known, horizon=int(horizon), bounds=bounds)
    (found,) = foresee([asked], workers=workers, scheduler=scheduler, seed=seed)
    tables = [
        _promise(series[place], cut, outlook, int(horizon))
        for (place, cut), outlook in zip(cuts, found, strict=True)
    ]
    names = [*KEYS, "origin", "period_start", "step", "value", "mean", "naive", "scale"]
    promises = (
        pd.concat(tables, ignore_index=True)
        if tables
        else pd.DataFrame(columns=[*names, *quantile_columns(QUANTILES)])
    )
    short = [one.name for place, one in enumerate(series) if place not in {p for p, _ in cuts}]
    return Backtest(
        frame=_scores(promises),
        notes=(*notes, *(f"{name}: {NONE}." for name in short)),
        horizon=int(horizon),
        origins=int(origins),
        promises=promises.drop(columns=["naive", "scale"]),
        _history=pd.concat([_past(one) for one in series]) if series else pd.DataFrame(),
    )


def _refuse(horizon: int, origins: int) -> None:
    faults = [
        f"{name} is {value!r}; it is a whole number, 1 or more."
        for name, value in (("horizon", horizon), ("origins", origins))
        if isinstance(value, bool) or value != int(value) or value < 1
    ]
    if faults:
        raise DataError(" ".join(faults))


def _cuts(one: Series, horizon: int, origins: int) -> list[int]:
    """Return how many periods are known at each origin, the earliest first."""
    last = len(one.observed) - horizon
    return [cut for cut in range(last - origins + 1, last + 1) if cut >= 2]


def _until(one: Series, cut: int) -> Series:
    return replace(one, starts=one.starts[:cut], observed=one.observed[:cut])


def _promise(one: Series, cut: int, outlook: Outlook, horizon: int) -> pd.DataFrame:
    steps = np.eye(horizon)
    season = SEASONS[one.grain] if one.grain else 1
    lag = season if cut > season else 1
    ahead = slice(cut, cut + horizon)
    table = pd.DataFrame(
        {
            "kpi": one.kpi,
            "segment": one.segment,
            "origin": one.starts[cut - 1],
            "period_start": one.starts[ahead],
            "step": np.arange(1, horizon + 1),
            "value": one.observed[ahead],
            "mean": outlook.centre(steps),
            "naive": _last_season(one.observed[:cut], lag, horizon),
            "scale": _change(one.observed[:cut], lag),
        }
    )
    spread = outlook.quantiles(steps, np.array(QUANTILES)).T
    return table.assign(**dict(zip(quantile_columns(QUANTILES), spread, strict=True)))


def _last_season(known: Floats, lag: int, horizon: int) -> Floats:
    return known[len(known) - lag + np.arange(horizon) % lag]


def _change(known: Floats, lag: int) -> float:
    change = np.abs(known[lag:] - known[:-lag])
    change = change[np.isfinite(change)]
    return float(change.mean()) if len(change) and change.mean() > 0 else float("nan")


def _scores(promises: pd.DataFrame) -> pd.DataFrame:
    came = promises.dropna(subset=["value", "mean"])
    off = (came["value"] - came["mean"]).abs()
    levels = np.array(QUANTILES)
    under = came["value"].to_numpy()[:, None] - came[quantile_columns(QUANTILES)].to_numpy()
    pinball = 2 * np.maximum(levels * under, (levels - 1) * under).mean(axis=1)
    scored = came[[*KEYS, "step"]].assign(
        mase=off / came["scale"],
        cover80=_inside(came, 0.1, 0.9),
        cover95=_inside(came, 0.025, 0.975),
        quantile_loss=pinball / came["scale"],
        off=off,
        naive=(came["value"] - came["naive"]).abs(),
    )
    means = scored.groupby([*KEYS, "step"], sort=False).mean().reset_index()
    means["relative"] = means["off"] / means["naive"].where(means["naive"] > 0)
    return means[[*KEYS, "step", *SCORES]]


def _inside(came: pd.DataFrame, lower: float, upper: float) -> pd.Series:
    low, high = quantile_columns((lower, upper))
    slack = 1e-9 * came["value"].abs()
    inside = (came["value"] >= came[low] - slack) & (came["value"] <= came[high] + slack)
    return inside.astype(float)


def _past(one: Series) -> pd.DataFrame:
    past = pd.DataFrame({"period_start": one.starts, "value": one.observed})
    return past.assign(kpi=one.kpi, segment=one.segment)

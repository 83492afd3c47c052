"""Draw what was promised and what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.charts.style import BLUE, MUTED, ORANGE, SKY, axes, dress
from kpikit.units import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEFORE = 2  # times as many periods before the first promise as there are promised ones
BANDS = (("q0.025", "q0.975", 0.2, "95 %"), ("q0.1", "q0.9", 0.45, "80 %"))


def promise_chart(  # noqa: PLR0913 - how every chart over time is asked for
    history: pd.DataFrame,
    promises: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    unit: Unit = "number",
    currency: str = "",
) -> Axes:
    """Draw forecasts made earlier over what came, each period once; upright lines say when.

    Parameters
    ----------
    history
        `period_start, value` of one series.
    promises
        `origin, period_start, value` and quantiles. Where forecasts overlap, those made a
        whole horizon apart are drawn, the newest first.
    """
    ax = axes(ax)
    drawn = _apart(promises)
    since = drawn["period_start"].min() if len(drawn) else history["period_start"].max()
    first = int((history["period_start"] < since).sum())
    shown = history.iloc[max(0, first - BEFORE * max(len(drawn), 12)) :]
    for number, (_, fan) in enumerate(drawn.groupby("origin")):
        when = _edges(fan["period_start"])
        for lower, upper, strength, name in BANDS:
            label = f"{name} promised" if number == 0 else None
            low, high = _steps(fan[lower]), _steps(fan[upper])
            ax.fill_between(when, low, high, color=SKY, alpha=strength, linewidth=0, label=label)
        ax.axvline(when[0], color=MUTED, linewidth=0.8)
        label = "median promised" if number == 0 else None
        ax.plot(when, _steps(fan["q0.5"]), color=MUTED, linestyle=":", label=label)
    ax.plot(
        shown["period_start"], shown["value"], color=BLUE, marker="o", markersize=3, label="came"
    )
    missed = drawn[(drawn["value"] < drawn["q0.1"]) | (drawn["value"] > drawn["q0.9"])]
    if len(missed):
        ax.plot(
            missed["period_start"],
            missed["value"],
            linestyle="none",
            marker="X",
            markersize=7,
            color=ORANGE,
            label="outside 80 %",
        )
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return dress(ax, title=title, unit=unit, currency=currency)


def _apart(promises: pd.DataFrame) -> pd.DataFrame:
    """Return the forecasts that do not overlap, the newest and those a horizon apart."""
    if promises.empty:
        return promises
    horizon = int(promises["step"].max())
    origins = np.sort(promises["origin"].unique())[::-1][::horizon]
    return promises[promises["origin"].isin(origins)]


def _edges(starts: pd.Series) -> NDArray[np.datetime64]:
    """Return where each period's box begins and ends, half a period to either side."""
    when = starts.to_numpy().astype("datetime64[h]")
    gaps = np.diff(when) if len(when) > 1 else np.array([np.timedelta64(30 * 24, "h")])
    before, after = np.append(gaps[:1], gaps) // 2, np.append(gaps, gaps[-1:]) // 2
    return np.column_stack([when - before, when + after]).ravel()


def _steps(values: pd.Series) -> NDArray[np.float64]:
    return np.repeat(values.to_numpy(dtype=float), 2)

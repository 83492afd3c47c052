"""Draw the way to a target: what was, what is expected, what is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.series import history_chart
from kpikit.charts.style import MUTED, ORANGE, SKY, axes
from kpikit.units import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def glide_chart(  # noqa: PLR0913 - each argument is a part of the picture
    frame: pd.DataFrame,
    *,
    history: pd.DataFrame,
    ax: Axes | None = None,
    title: str = "",
    unit: Unit = "number",
    currency: str = "",
) -> Axes:
    """Draw the history, the forecast's 80 % band, and the planned path.

    Parameters
    ----------
    frame
        `period_start, actual, expected, q0.1, q0.9, plan`; open periods have no actual.
    history
        `period_start, value`, up to the newest complete period.
    """
    ax = history_chart(history, ax=axes(ax), unit=unit, currency=currency)
    ahead = frame[frame["actual"].isna()]
    known = history.dropna(subset=["value"])
    when, low, high, middle = (
        ahead[name].to_numpy() for name in ("period_start", "q0.1", "q0.9", "expected")
    )
    if len(known):
        last = known.iloc[-1]
        when = np.concatenate([[np.datetime64(last["period_start"])], when])
        low, high, middle = (
            np.concatenate([[float(last["value"])], part]) for part in (low, high, middle)
        )
    ax.fill_between(when, low, high, color=SKY, alpha=0.3, linewidth=0, label="80 % of outcomes")
    ax.plot(when, middle, color=MUTED, linestyle=":", label="expected")
    path = frame["plan"].to_numpy(dtype=float)
    if len(known) and len(ahead) == len(frame):  # it begins where the history ends
        start = np.datetime64(known["period_start"].iloc[-1]), float(known["value"].iloc[-1])
        ax.plot(
            [start[0], frame["period_start"].iloc[0]],
            [start[1], path[0]],
            color=ORANGE,
            linestyle=":",
        )
    ax.plot(
        frame["period_start"],
        path,
        color=ORANGE,
        linestyle="-.",
        marker="D",
        markersize=4,
        label="path to the target",
    )
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    if title:
        ax.set_title(title, parse_math=False)
    return ax

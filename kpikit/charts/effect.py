"""Draw a history against what it would have been without a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.charts.series import history_chart
from kpikit.charts.style import INK, MUTED, SKY, axes
from kpikit.units import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def effect_chart(
    frame: pd.DataFrame,
    *,
    since: pd.Timestamp,
    ax: Axes | None = None,
    title: str = "",
    unit: Unit = "number",
) -> Axes:
    """Draw a history, the date of a change, and what was expected without it.

    Parameters
    ----------
    frame
        `period_start, value, counts, judged`; `expected, lower, upper` where there are any.
        Periods that do not count are crossed, those that are judged lie on the darker band.
    since
        First day of the first period after the change.
    """
    ax = axes(ax)
    history_chart(frame, ax=ax, title=title, unit=unit)
    when, value = frame["period_start"].to_numpy(), frame["value"].to_numpy(dtype=float)
    after = (frame["period_start"] >= since).to_numpy()
    if "expected" in frame:
        expected = frame["expected"].to_numpy(dtype=float)
        ax.plot(when[~after], expected[~after], color=MUTED, linewidth=1, label="fitted before")
        ax.plot(
            when[after], expected[after], color=INK, linestyle="--", label="expected without it"
        )
        judged = frame["judged"].to_numpy(dtype=bool)
        last = np.flatnonzero(judged).max()
        late = after & (np.arange(len(after)) >= last)
        for part, strength, label in (
            (after & ~late | (np.arange(len(after)) == last), 0.45, "95 % of what chance brings"),
            (late, 0.2, "later: not judged"),
        ):
            if part.sum() > 1:
                band = frame.loc[part, ["period_start", "lower", "upper"]].T.to_numpy()
                ax.fill_between(
                    when[part],
                    band[1].astype(float),
                    band[2].astype(float),
                    color=SKY,
                    alpha=strength,
                    linewidth=0,
                    label=label,
                )
    left_out = ~frame["counts"].to_numpy(dtype=bool) & np.isfinite(value)
    if left_out.any():
        ax.plot(
            when[left_out],
            value[left_out],
            linestyle="none",
            marker="x",
            markersize=7,
            color=INK,
            label="does not count",
        )
    _mark(ax, frame["period_start"], since)
    ax.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncols=3, handlelength=1.6)
    return ax


def _mark(ax: Axes, starts: pd.Series, since: pd.Timestamp) -> None:
    """Draw the date between the last period before the change and the first one after it."""
    before = starts[starts < since]
    place = since if before.empty else before.iloc[-1] + (since - before.iloc[-1]) / 2
    ax.axvline(place, color=INK, linewidth=1)  # type: ignore[arg-type]  # dates are places
    ax.annotate(
        f"since {since:%Y-%m-%d} ",
        (place, 1.0),
        xycoords=("data", "axes fraction"),
        ha="right",
        va="top",
        fontsize=8,
    )

"""Draw what a period may hold under each of several scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from kpikit.charts.style import BLUE, INK, ORANGE, SKY, axes
from kpikit.units import Unit, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def scenario_chart(  # noqa: PLR0913 - each argument is a part of the picture
    rows: Mapping[str, NDArray[np.float64]],
    *,
    ax: Axes | None = None,
    title: str = "",
    unit: Unit = "number",
    currency: str = "",
    target: float | tuple[float | None, float | None] | None = None,
) -> Axes:
    """Draw a bar of outcomes for every scenario, one below the other.

    Parameters
    ----------
    rows
        Equally likely values, by the scenario's name.
    target
        A line across all of them; of a band, its ends.
    """
    ax = axes(ax)
    places = np.arange(len(rows))[::-1]
    for place, draws in zip(places, rows.values(), strict=True):
        low, lower, middle, upper, high = np.quantile(draws, (0.025, 0.1, 0.5, 0.9, 0.975))
        first = place == places[0]
        ax.plot([low, high], [place] * 2, color=SKY, linewidth=3, label="95 %" if first else None)
        ax.plot(
            [lower, upper], [place] * 2, color=BLUE, linewidth=10, solid_capstyle="butt",
            label="80 % of outcomes" if first else None,
        )  # fmt: skip
        ax.plot(middle, place, color="white", marker="D", markersize=6, markeredgecolor=INK)
        said = format_value(float(middle), unit, currency=currency)
        ax.annotate(said, (middle, place), xytext=(0, 11), textcoords="offset points", ha="center")
    ends = target if isinstance(target, tuple) else (target,)
    for name, end in zip(("target",) if len(ends) == 1 else ("from", "to"), ends, strict=True):
        if end is not None:
            said = f"{name} {format_value(end, unit, currency=currency)}"
            ax.axvline(end, color=ORANGE, linestyle="--", linewidth=1.5, label=said)
    ax.set_yticks(places, list(rows))
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: format_value(value, unit, currency=currency))
    )
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    if title:
        ax.set_title(title, parse_math=False)
    return ax

"""Draw what is expected of each part beside what is wanted of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from kpikit.charts.style import BLUE, MUTED, ORANGE, SIZE, axes
from kpikit.units import Unit, format_chance, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 20  # more parts than this cannot be read
LINE_HEIGHT = 0.32  # inches, of one part


def cascade_chart(  # noqa: PLR0913 - each argument is a part of the picture
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    unit: Unit = "number",
    currency: str = "",
    relative: bool = False,
) -> Axes:
    """Draw an arrow from each part's forecast to its target, and say its chance.

    Where the parts differ in size by far, the changes are drawn in percent too. Where there
    are too many, those that change most are shown.

    Parameters
    ----------
    frame
        `name, forecast, target, change, locked, attainment`.
    relative
        Whether changes are in percent of each part's forecast, since their units differ.
    """
    ax = axes(ax)
    order = frame["change"].abs().sort_values(ascending=False, kind="stable").index[:MOST]
    shown = frame.loc[frame.index.isin(order)][::-1].reset_index(drop=True)
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_figheight(max(SIZE[1] / 1.5, LINE_HEIGHT * (len(shown) + 3)))
    percent = relative or _differ(shown)
    scale = 100 / shown["forecast"].abs() if percent else pd.Series(1.0, index=shown.index)
    origin = shown["forecast"] if percent else 0.0
    start, end = (shown["forecast"] - origin) * scale, (shown["target"] - origin) * scale
    for place, (first, last) in enumerate(zip(start, end, strict=True)):
        ax.plot([first, last], [place, place], color=MUTED, linewidth=1.2, zorder=1)
    ax.scatter(
        start, shown.index, s=34, facecolor="white", edgecolor=BLUE, zorder=2, label="forecast"
    )
    ax.scatter(end, shown.index, s=34, color=ORANGE, marker="D", zorder=2, label="target")
    chances = zip(shown["attainment"], shown["locked"], strict=True)
    for place, (chance, locked) in enumerate(chances):
        words = f"{format_chance(chance)}{', locked' if locked else ''}"
        ax.annotate(words, (1.01, place), xycoords=("axes fraction", "data"), va="center")
    ax.annotate("chance", (1.01, len(shown) - 0.4), xycoords=("axes fraction", "data"), color=MUTED)
    ax.set_yticks(range(len(shown)), shown["name"].tolist())
    ax.set_ylim(-0.6, len(shown) - 0.2)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    if percent:
        ax.set_xlabel("target against forecast, in %")
        ax.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:+.3g} %" if value else "0 %")
        )
    else:
        ax.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: format_value(value, unit, currency=currency))
        )
    ax.margins(x=0.08)
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    if title:
        ax.set_title(title, parse_math=False, pad=20)
    return ax


def _differ(shown: pd.DataFrame) -> bool:
    """Return whether one axis could not show the changes: they are small beside the parts."""
    sizes = shown["forecast"].abs()
    if shown.empty or sizes.min() == 0:
        return False
    reach = float(max(shown["forecast"].max(), shown["target"].max()) - sizes.min())
    return bool(sizes.max() > 10 * sizes.min() or reach > 20 * shown["change"].abs().max() > 0)

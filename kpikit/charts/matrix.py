"""Draw matrices: KPIs against responsibilities, departments against departments."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.charts.style import BLUE, GRID, INK, MUTED, ORANGE, axes
from kpikit.units import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.2  # inches
LINES = 34  # characters of a label
ACROSS = 112  # characters of all that stands beside it
FULL = 0.09  # width of a bar that stands for all of a department, so that its number has room
# kind of link -> its letter in a cell
LETTERS = {
    "contributes": "C",
    "identity": "=",
    "leads": "L",
    "guards": "G",
    "conflicts": "X",
}
MEANINGS = (
    "L is said to lead · C contributes to · = is a part of · G keeps from harm · X conflicts with"
)


def coverage_chart(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw, for each responsibility, its weight as a bar and the KPIs that measure it.

    Parameters
    ----------
    frame
        `department, responsibility, weight, kpi, title`; without a KPI nothing measures it.
    """
    from matplotlib.figure import Figure

    ax = axes(ax)
    duties = frame.groupby(["department", "responsibility"], sort=False)
    height = 0.0
    last = None
    for (department, duty), rows in duties:
        if department != last:
            height += 0.4 if last is None else 1.0
            ax.text(0.0, height, str(department), weight="bold", fontsize=9, va="center")
            own = frame[frame["department"] == department].drop_duplicates("responsibility")
            share = own.loc[own["kpi"].notna(), "weight"].sum()
            ax.text(
                0.36,
                height,
                f"{format_value(float(share), 'share')} covered",
                fontsize=8,
                va="center",
                color=MUTED,
            )
            height += 1.0
            last = department
        weight, covered = float(rows["weight"].iloc[0]), rows["kpi"].notna().all()
        ax.text(0.015, height, shorten(str(duty), LINES), fontsize=8, va="center")
        ax.barh(
            height,
            FULL * weight,
            left=0.2,
            height=0.6,
            color=BLUE if covered else "white",
            edgecolor=BLUE if covered else ORANGE,
            hatch=None if covered else "////",
            linewidth=0.8,
        )
        ax.text(
            0.2 + FULL * weight + 0.006,
            height,
            format_value(weight, "share"),
            fontsize=7,
            va="center",
            color=MUTED,
        )
        if covered:
            names = " · ".join(
                shorten(str(title), LINES, placeholder=" …") for title in rows["title"]
            )
            ax.text(0.36, height, shorten(names, ACROSS, placeholder=" …"), fontsize=8, va="center")
        else:
            ax.text(
                0.36,
                height,
                "nothing measures it",
                fontsize=8,
                va="center",
                color=ORANGE,
                weight="bold",
            )
        height += 1.0
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_size_inches(9.6, max(1.6, ROW * (height + 2)))
    ax.set_xlim(0, 1)
    ax.set_ylim(height, -1.0)
    ax.set_axis_off()
    ax.set_title("What departments are there for, its weight, and the KPIs that measure it")
    return ax


def dependence_chart(
    frame: pd.DataFrame, *, departments: Sequence[str], ax: Axes | None = None
) -> Axes:
    """Draw a matrix of departments; a cell holds the links from its row to its column.

    Parameters
    ----------
    frame
        `department, other, kind`, one row per link.
    departments
        The rows and columns.
    """
    from matplotlib.colors import to_rgb
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    ax = axes(ax)
    count = len(departments)
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_size_inches(2.6 + 0.72 * count, 1.7 + 0.44 * count)
    counts = frame.groupby(["department", "other"]).size()
    most = counts.max() if len(counts) else 1
    for row, one in enumerate(departments):
        for column, other in enumerate(departments):
            kinds = frame.loc[(frame["department"] == one) & (frame["other"] == other), "kind"]
            color: Any = "white"
            if row == column:
                color = GRID  # a department and itself
            elif len(kinds):
                color = (*to_rgb(BLUE), 0.1 + 0.5 * len(kinds) / most)
            ax.add_patch(Rectangle((column, row), 1, 1, facecolor=color, edgecolor=GRID))
            if len(kinds):
                found = kinds.value_counts(sort=False)
                letters = " ".join(
                    f"{number if number > 1 else ''}{LETTERS[str(kind)]}"
                    for kind, number in found.items()
                )
                ax.text(
                    column + 0.5,
                    row + 0.5,
                    letters,
                    ha="center",
                    va="center",
                    fontsize=9,
                    color=INK,
                )
    ax.set_xlim(0, count)
    ax.set_ylim(count, 0)
    names = [shorten(name, 22, placeholder=" …") for name in departments]
    ax.set_xticks(
        [n + 0.5 for n in range(count)], names, rotation=30, ha="left", rotation_mode="anchor"
    )
    ax.set_yticks([n + 0.5 for n in range(count)], names)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title("What a row's KPIs do for a column's", pad=8)
    ax.set_xlabel(MEANINGS, fontsize=7.5, color=MUTED)
    return ax

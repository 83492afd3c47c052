"""Draw a strategy on one page: departments, KPIs, what they serve, and how they are linked."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.charts.style import BLUE, GREEN, GRID, INK, MUTED, ORANGE, SKY, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.19  # inches, of a KPI
TITLE = 44  # characters of a KPI's title
# status -> marker, colour, words: shape and colour both tell it
STATUSES = {
    "on_target": ("o", GREEN, "on target"),
    "at_risk": ("D", SKY, "at risk"),
    "off_target": ("v", ORANGE, "off target"),
    "no_data": ("s", "white", "no data"),
}
# kind of link -> colour, dashes, width, words
KINDS: dict[str, tuple[str, Any, float, str]] = {
    "contributes": (MUTED, "-", 0.8, "contributes to"),
    "identity": (INK, (0, (1, 1.2)), 1.1, "is a part of"),
    "leads": (BLUE, "-", 1.5, "is said to lead"),
    "guards": (GREEN, (0, (5, 2)), 1.1, "keeps from harm"),
    "conflicts": (ORANGE, (0, (3, 1, 1, 1)), 1.6, "conflicts with"),
}
LEFT, NAMES, GOALS, STEP, ARCS = 0.0, 2.3, 6.3, 0.34, 0.5  # of the columns, in their own unit


def strategy_map(  # noqa: PLR0913 - the parts of a map
    frame: pd.DataFrame,
    *,
    links: pd.DataFrame,
    objectives: Mapping[str, str],
    departments: Mapping[str, str],
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw one line per KPI, by department, with the objectives it serves and its links.

    Parameters
    ----------
    frame
        `kpi, title, department, status, objectives, measures`, in the order to draw.
    links
        `source, target, kind` between those KPIs.
    objectives, departments
        Titles by ids.
    """
    from matplotlib.figure import Figure

    ax = axes(ax)
    places = _places(frame)
    bottom = max(places.values(), default=0.0)
    if isinstance(ax.figure, Figure) and len(ax.figure.axes) == 1:
        ax.figure.set_size_inches(9.6, ROW * (bottom + 15))
    right = GOALS + STEP * len(objectives) + ARCS
    _draw_departments(ax, frame, places, departments, title)
    _draw_kpis(ax, frame, places)
    _draw_objectives(ax, frame, places, objectives)
    reach = _draw_links(ax, links, places, right)
    _draw_legend(ax, frame, links)
    ax.set_xlim(LEFT - 0.1, right + reach + 0.2)
    ax.set_ylim(bottom + 1, -7.5)
    ax.set_axis_off()
    return ax


def _places(frame: pd.DataFrame) -> dict[str, float]:
    """Return the height of each KPI; between departments there is a gap."""
    places: dict[str, float] = {}
    height, last = 0.0, None
    for kpi, department in zip(frame["kpi"], frame["department"], strict=True):
        height += 0.0 if last is None else 1.0 if department == last else 1.8
        places[str(kpi)], last = height, department
    return places


def _draw_departments(
    ax: Axes,
    frame: pd.DataFrame,
    places: Mapping[str, float],
    departments: Mapping[str, str],
    title: str,
) -> None:
    whole = shorten(title, TITLE, placeholder=" …")
    ax.text(LEFT, -1.6, whole, weight="bold", fontsize=10, va="center")
    middles = []
    for name, rows in frame.groupby("department", sort=False):
        heights = [places[kpi] for kpi in rows["kpi"]]
        top, end = min(heights), max(heights)
        middles.append((top + end) / 2)
        ax.plot([NAMES - 0.16] * 2, [top - 0.35, end + 0.35], color=INK, linewidth=1.6)
        ax.plot([LEFT + 0.12, NAMES - 0.16], [middles[-1] + 0.55] * 2, color=GRID, linewidth=0.8)
        words = shorten(departments.get(str(name), str(name)), 24, placeholder=" …")
        ax.text(LEFT + 0.2, middles[-1], words, va="center", fontsize=8.5, weight="bold")
    if middles:
        ax.plot([LEFT + 0.12] * 2, [-0.9, max(middles) + 0.55], color=GRID, linewidth=1.2, zorder=0)


def _draw_kpis(ax: Axes, frame: pd.DataFrame, places: Mapping[str, float]) -> None:
    for row in frame.itertuples(index=False):
        marker, color, _ = STATUSES[str(row.status)]
        y = places[str(row.kpi)]
        ax.plot(
            [NAMES],
            [y],
            marker,
            color=color,
            markeredgecolor=INK,
            markeredgewidth=0.7,
            markersize=6,
        )
        ax.text(
            NAMES + 0.14,
            y,
            shorten(str(row.title), TITLE, placeholder=" …"),
            va="center",
            fontsize=8,
        )


def _draw_objectives(
    ax: Axes, frame: pd.DataFrame, places: Mapping[str, float], objectives: Mapping[str, str]
) -> None:
    bottom = max(places.values(), default=0.0)
    for n, (name, title) in enumerate(objectives.items()):
        x = GOALS + STEP * n
        ax.plot([x, x], [-0.6, bottom + 0.5], color=GRID, linewidth=0.8, zorder=0)
        words = shorten(title, 34, placeholder=" …")
        ax.text(
            x,
            -0.9,
            words,
            rotation=38,
            fontsize=7.5,
            ha="left",
            va="bottom",
            rotation_mode="anchor",
        )
        for row in frame.itertuples(index=False):
            if name in row.objectives:  # type: ignore[operator]
                measured = name in row.measures  # type: ignore[operator]
                ax.plot(
                    [x],
                    [places[str(row.kpi)]],
                    "o",
                    color=INK if measured else "white",
                    markeredgecolor=INK,
                    markeredgewidth=0.8,
                    markersize=6 if measured else 3.6,
                )


def _draw_links(ax: Axes, links: pd.DataFrame, places: Mapping[str, float], right: float) -> float:
    """Draw the links as arcs beside the lines, the wider the further they reach."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    bottom = max(places.values(), default=1.0) or 1.0
    reach = 2.6
    for row in links.itertuples(index=False):
        start, end = places[str(row.source)], places[str(row.target)]
        color, dashes, width, _ = KINDS[str(row.kind)]
        out = 0.25 + (reach - 0.25) * (abs(end - start) / bottom) ** 0.6
        path = Path(
            [(right, start), (right + out * 1.3, start), (right + out * 1.3, end), (right, end)],
            [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
        )
        ax.add_patch(
            FancyArrowPatch(
                path=path,
                arrowstyle="-" if row.kind == "conflicts" else "-|>",
                mutation_scale=6,
                color=color,
                linewidth=width,
                linestyle=dashes,
            )
        )
    for y in places.values():
        ax.plot([right], [y], ".", color=MUTED, markersize=2.5)
    return reach


def _draw_legend(ax: Axes, frame: pd.DataFrame, links: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    shown = [
        Line2D([], [], marker=marker, color=color, markeredgecolor=INK, linestyle="", label=words)
        for status, (marker, color, words) in STATUSES.items()
        if status in set(frame["status"])
    ]
    shown += [
        Line2D([], [], marker="o", color=INK, linestyle="", markersize=6, label="measures it"),
        Line2D(
            [],
            [],
            marker="o",
            color="white",
            markeredgecolor=INK,
            linestyle="",
            markersize=3.6,
            label="leads to it",
        ),
    ]
    shown += [
        Line2D([], [], color=color, linestyle=dashes, linewidth=width, label=words)
        for kind, (color, dashes, width, words) in KINDS.items()
        if kind in set(links["kind"])
    ]
    ax.legend(handles=shown, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=4, fontsize=7.5)

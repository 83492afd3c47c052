"""Turn tables into HTML: everything escaped, words to the left, numbers to the right."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Real

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from kpikit.units import MISSING

CLASS = "kpikit-table"
# twice the class, since a notebook's own style, which puts every cell to the right, says much
OWN = f"table.{CLASS}.{CLASS}"
STYLE = (
    f"<style>{OWN} th, {OWN} td {{ text-align: left; vertical-align: top; }}"
    f" {OWN} .num {{ text-align: right; font-variant-numeric: tabular-nums; }}</style>"
)
WHOLE = 1000.0  # from here on, digits behind the point tell nothing
TINY = 1e-4  # below, a number is told by its power of ten


@dataclass(frozen=True, eq=False)
class Table:
    """A table as a notebook shows it: the index as a column where it says something.

    Examples
    --------
    >>> "<td>ann</td>" in Table(pd.DataFrame({"owner": ["ann"]}))._repr_html_()
    True
    """

    frame: pd.DataFrame | pd.Series

    def _repr_html_(self) -> str:
        frame = self.frame.to_frame() if isinstance(self.frame, pd.Series) else self.frame
        if not is_numeric_dtype(frame.index) or frame.index.name is not None:
            frame = frame.reset_index(names=str(frame.index.name or ""))
        return STYLE + table_html(frame) if len(frame) else "<p>Nothing yet.</p>"


def table_html(frame: pd.DataFrame) -> str:
    """Return a table as HTML, without its index; nothing where it has no rows.

    A dash stands for what is missing; columns of empty text, such as `segment` where there is
    none, are left out.

    Examples
    --------
    >>> "&lt;b&gt;" in table_html(pd.DataFrame({"kpi": ["<b>"]}))
    True
    """
    shown = [place for place, name in enumerate(frame) if not frame.iloc[:, place].eq("").all()]
    frame = frame.iloc[:, shown]
    numbers = {
        place
        for place, kind in enumerate(frame.dtypes)
        if is_numeric_dtype(kind) and not is_bool_dtype(kind)
    }
    rows = [[cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    return write_table([str(name) for name in frame], rows, numbers=numbers)


def write_table(
    head: Sequence[str],
    rows: Sequence[Iterable[str]],
    *,
    numbers: Container[int],
    caption: str = "",
) -> str:
    """Return texts as an HTML table, its `numbers` columns to the right; nothing without rows."""
    if not rows:
        return ""

    def sided(place: int) -> str:
        return ' class="num"' if place in numbers else ""

    cells = "".join(
        f'<th scope="col"{sided(place)}>{escape(name)}</th>' for place, name in enumerate(head)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{sided(place)}>{escape(text) or MISSING}</td>" for place, text in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    whole = f"{above}<thead><tr>{cells}</tr></thead><tbody>{body}</tbody>"
    return f'<table class="{CLASS}">{whole}</table>'


def cell(value: object) -> str:
    """Return a value as a reader of a table wants to see it.

    Examples
    --------
    >>> cell(43630.2), cell(0.53741), cell(7.1e-10), cell(float("nan")), cell(True)
    ('43,630', '0.5374', '7.1e-10', '–', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Real):
        return _number(float(value))
    if value is None or value is pd.NaT or value is pd.NA:
        return MISSING
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return f"{value:%Y-%m-%d}"
    return str(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return MISSING
    size = abs(value)
    if size >= WHOLE:
        return f"{value:,.0f}"
    return f"{value:.1e}" if 0 < size < TINY else f"{value:.4g}"

"""The numbers of a review as a workbook, in which no text is a formula."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

BOARD = (
    "department", "kpi", "title", "owner", "unit", "direction", "value", "previous", "year_ago",
    "target", "attainment", "status", "trend",
)  # fmt: skip
AHEAD = ("department", "kpi", "period_start", "step", "mean", "q0.1", "q0.5", "q0.9")
SOURCES = ("source", "check", "severity", "rows", "example", "grade")
WIDTH = 16


def review_workbook(reviews: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return the bytes of a workbook: a sheet of the board, of what comes, and of the sources.

    Parameters
    ----------
    reviews
        The numbers of each department's review, by its name.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    _sheet(book, "Board", BOARD, [row for review in reviews.values() for row in _board(review)])
    _sheet(book, "Forecast", AHEAD, [row for review in reviews.values() for row in _ahead(review)])
    found = [source for review in reviews.values() for source in review["sources"]]
    unique = {tuple(row.get(name) for name in SOURCES): row for row in found}
    _sheet(book, "Sources", SOURCES, list(unique.values()))
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _board(review: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**kpi, **kpi["board"], "department": review["department"], "kpi": name}
        | {"trend": kpi["board"]["trend"]}
        for name, kpi in review["kpis"].items()
    ]


def _ahead(review: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**row, "department": review["department"], "kpi": name}
        for name, kpi in review["kpis"].items()
        for row in kpi["forecast"]
    ]


def _sheet(book: Any, title: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:  # noqa: ANN401
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    for place, name in enumerate(columns, start=1):
        sheet.cell(1, place, name).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = WIDTH
        for line, row in enumerate(rows, start=2):
            _put(sheet.cell(line, place), row.get(name))
    sheet.freeze_panes = "A2"


def _put(cell: Any, value: object) -> None:  # noqa: ANN401
    if isinstance(value, str):
        cell.value = value
        cell.data_type = "s"  # text, whatever it begins with
    else:
        cell.value = value

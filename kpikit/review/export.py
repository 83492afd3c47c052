"""What a review is given out as besides HTML: printed pages, and a workbook of its numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from kpikit.errors import KpikitError
from kpikit.files import write_file
from kpikit.review.printing import printer
from kpikit.review.workbook import review_workbook

FORMATS = ("html", "pdf", "xlsx")
WORKBOOK = "numbers.xlsx"


def check_formats(formats: Sequence[str] | str) -> tuple[str, ...]:
    """Return the formats asked for, or say which is none."""
    wanted = (formats,) if isinstance(formats, str) else tuple(formats)
    for name in wanted:
        if name not in FORMATS:
            raise KpikitError(f"format {name!r} is not available. Use html, pdf or xlsx.")
    return wanted


def export(frame: pd.DataFrame, formats: Sequence[str], *, folder: Path, line: str) -> pd.DataFrame:
    """Make the further formats of finished reports, and return the run's table with them.

    Where pages cannot be printed, the pages stand as they are, and their rows say why.

    Parameters
    ----------
    frame
        One row per report: `state`, `html`, `pdf`, `message`.
    line
        What stands on top of every printed page.
    """
    made = frame["state"].eq("ok")
    if "xlsx" in formats:
        reviews = json.loads((folder / "review.json").read_text(encoding="utf-8"))["departments"]
        write_file(folder / WORKBOOK, review_workbook(reviews))
    if "pdf" not in formats or not made.any():
        return frame
    frame = frame.copy()
    try:
        with printer() as print_page:
            pages = [os.fspath(print_page(Path(html), line)) for html in frame.loc[made, "html"]]
        frame.loc[made, "pdf"] = pages
    except KpikitError as error:
        frame.loc[made, "message"] = str(error)
    return frame

"""Print reports to PDF, by the Chromium that the machine has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from kpikit.errors import KpikitError
from kpikit.files import write_file

if TYPE_CHECKING:
    from playwright.sync_api import PdfMargins

Print = Callable[[Path, str], Path]

MARGINS: PdfMargins = {"top": "18mm", "bottom": "18mm", "left": "14mm", "right": "14mm"}
LINE = (
    '<div style="width:100%;margin:0 14mm;font-size:7pt;color:#6b7280;font-family:sans-serif;'
    'display:flex;justify-content:space-between">{}</div>'
)
PAGES = '<span></span><span>Page <span class="pageNumber"></span> of <span class="totalPages"></span></span>'  # noqa: E501

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """Return the path of a Chromium: that of `KPIKIT_CHROMIUM`, else one on the path."""
    wanted = (os.environ.get("KPIKIT_CHROMIUM"), *NAMES)
    return next((path for name in wanted if name and (path := shutil.which(name))), None)


def check_printing() -> str:
    """Return the Chromium that prints, or say what is missing."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        raise KpikitError(
            "PDF: the package playwright is missing. Install kpikit[pdf], or leave PDF out."
        ) from None
    found = find_chromium()
    if found is None:
        raise KpikitError(
            "PDF: there is no Chromium on this machine. Install it, or name one in "
            "KPIKIT_CHROMIUM, or leave PDF out."
        )
    return found


@contextmanager
def printer() -> Iterator[Print]:
    """Give what prints a page of HTML: tagged, with an outline and page numbers.

    One browser prints all pages. It fetches nothing and runs no script.
    """
    from playwright.sync_api import sync_playwright

    chromium = check_printing()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_context(java_script_enabled=False, offline=True).new_page()

        def print_page(html: Path, heading: str) -> Path:
            page.goto(html.absolute().as_uri())
            content = page.pdf(
                format="A4",
                margin=MARGINS,
                display_header_footer=True,
                header_template=LINE.format(f"<span>{escape(heading)}</span><span></span>"),
                footer_template=LINE.format(PAGES),
                print_background=True,
                tagged=True,
                outline=True,
            )
            return write_file(html.with_suffix(".pdf"), content)

        try:
            yield print_page
        finally:
            browser.close()

"""Turn an executed notebook into one page that holds everything it needs, and no code.

Whatever a notebook puts out passes an allow-list on its way to the page: a strategy
file or a fact may carry markup, and a report is opened by people who did not write it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from kpikit.review.markup import clean
from kpikit.review.notebook import read_notebook

if TYPE_CHECKING:
    from jinja2 import Environment
    from nbformat import NotebookNode

TEMPLATES = Path(__file__).parent / "template"

# what Python says of an object that cannot be shown; its address differs in every run
ADDRESS = re.compile(r"\A<[^<>]*>\Z|\bat 0x[0-9a-f]+>")


@dataclass(frozen=True)
class Page:
    """What stands around a report: its title, the line above it, the way to the others."""

    title: str
    masthead: str = ""
    home: str = ""
    language: str = "en"
    has_heading: bool = False


def render_report(path: Path, page: Page) -> str:
    """Return an executed notebook as a page: prose and results, no code, nothing live.

    Markdown and results are shown; code, errors' traces and what was written to the
    error stream are not. Of a result in several forms the richest is shown. A cell
    tagged `remove-cell` is left out. The same notebook gives the same text.
    """
    from nbconvert.exporters import TemplateExporter

    notebook = read_notebook(path)
    exporter = TemplateExporter(  # type: ignore[no-untyped-call]
        extra_template_basedirs=[str(TEMPLATES.parent)],
        template_name=TEMPLATES.name,
        template_file="report.html.j2",
        filters={"prose": _prose, "shown": _shown},
    )
    environment: Environment = exporter.environment
    environment.autoescape = True
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals["page"] = replace(page, has_heading=_has_heading(notebook))
    text, _ = exporter.from_notebook_node(notebook)
    return str(text)


def render_page(template: str, page: Page, values: Mapping[str, object]) -> str:
    """Return a page of its own, such as the index, from a template; every value is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(page=page, **values)


def _prose(source: str) -> str:
    from markupsafe import Markup
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    return Markup(clean(str(MarkdownWithMath(renderer=renderer).render(source))))


def _shown(output: NotebookNode) -> str:
    """Return one output as safe HTML, nothing for what a reader has no use for."""
    from markupsafe import Markup

    if output.output_type == "stream" and output.name == "stdout":
        return Markup(_text(output.text))
    if output.output_type in ("display_data", "execute_result"):
        return Markup(_richest(output))
    return Markup("")


def _richest(output: NotebookNode) -> str:
    data = output.data
    if "application/vnd.jupyter.widget-view+json" in data:  # a slider on paper says nothing
        return ""
    if "text/html" in data:
        return clean(data["text/html"])
    if picture := _picture(output):
        return picture
    if "text/markdown" in data:
        return _prose(data["text/markdown"])
    text = data.get("text/plain", "")
    return "" if ADDRESS.search(text) else _text(text)


def _picture(output: NotebookNode) -> str:
    from base64 import b64encode

    for kind in ("image/svg+xml", "image/png", "image/jpeg"):
        if kind in output.data:
            content = output.data[kind]
            if kind == "image/svg+xml":
                content = b64encode(content.encode()).decode("ascii")
            source = f"data:{kind};base64,{''.join(content.split())}"
            alt = escape(_alt(output, kind))
            return clean(f'<figure><img alt="{alt}" src="{source}"></figure>')
    return ""


def _alt(output: NotebookNode, kind: str) -> str:
    metadata = output.get("metadata", {})
    of_kind = metadata.get(kind, {})
    given = (of_kind.get("alt") if isinstance(of_kind, dict) else None) or metadata.get("alt")
    text = str(given or output.data.get("text/plain", "")).strip()
    return "Chart" if not text or ADDRESS.search(text) else text


def _text(text: str) -> str:
    from nbconvert.filters.ansi import strip_ansi

    plain = str(strip_ansi(text)).strip("\n")  # type: ignore[no-untyped-call]
    return f"<pre>{escape(plain)}</pre>" if plain else ""


def _has_heading(notebook: NotebookNode) -> bool:
    """Tell whether the notebook brings a heading of the first order of its own."""
    for cell in notebook.cells:
        if "remove-cell" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown" and "<h1" in _prose(cell.source):
            return True
        if any("<h1" in _shown(output) for output in cell.get("outputs", [])):
            return True
    return False

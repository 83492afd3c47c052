import re
from html.parser import HTMLParser

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from kpikit.review.markup import clean
from kpikit.review.render import Page, render_page, render_report

PAYLOADS = (
    "<script>mark()</script>",
    '<img src=x onerror="mark()">',
    '<svg onload="mark()"><script>mark()</script></svg>',
    '<a href="javascript:mark()">go</a>',
    '<iframe srcdoc="<script>mark()</script>"></iframe>',
    '<style>@import "https://e.example/mark.css"</style>',
    '<p style="background:url(https://e.example/mark)">x</p>',
    '<img src="https://e.example/mark.png">',
    '<img src="data:text/html,<script>mark()</script>">',
    '<meta http-equiv="refresh" content="0;url=https://e.example/mark">',
    '<form action="https://e.example/mark"><button>go</button></form>',
    '<object data="mark"></object><embed src="mark"><base href="https://e.example/mark">',
    "<math><mtext><table><mglyph><style><img src=x onerror=mark()>",
    '</pre></title></style><body onload="mark()">',
    "{{ page.__class__ }}{% include 'mark' %}",
)


class Live(HTMLParser):
    """Collects what a browser would run, fetch or follow."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag in ("script", "iframe", "object", "embed", "form", "base", "svg", "link", "math"):
            self.found.append(tag)
        if tag == "meta" and "refresh" in str(attrs):
            self.found.append("refresh")
        self.found += [name for name in values if name.startswith("on") or name == "style"]
        for name in ("src", "href", "action", "srcdoc"):
            if not (values.get(name) or "data:image/png").startswith(("data:image/", "index.html")):
                self.found.append(values[name])


def live(html):
    parser = Live()
    parser.feed(html)
    return parser.found


def report(tmp_path, *cells, title="Support, 2026Q3", masthead=""):
    path = tmp_path / "executed.ipynb"
    nbformat.write(new_notebook(cells=list(cells)), path)
    return render_report(path, Page(title=title, masthead=masthead, home="index.html"))


def showing(**data):
    output = new_output("display_data", data={k.replace("_", "/"): v for k, v in data.items()})
    return new_code_cell("secret = 'source'", outputs=[output])


def body(html):
    return html[html.index("<main>") : html.index("</main>")]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_text_is_dead_wherever_it_stands(tmp_path, payload):
    stream = new_output("stream", name="stdout", text=payload)
    html = report(
        tmp_path,
        new_markdown_cell(f"## {payload}\n\n{payload}"),
        showing(text_html=f"<div>{payload}</div>"),
        showing(text_plain=payload),
        showing(text_markdown=payload),
        showing(image_png="iVBORw0KGgo=", text_plain=payload),
        new_code_cell("1", outputs=[stream]),
        title=payload,
        masthead=payload,
    )
    assert live(html) == []


def test_a_report_shows_prose_and_results_but_no_code_and_no_noise(tmp_path):
    stderr = new_output("stream", name="stderr", text="FutureWarning: old")
    html = report(
        tmp_path,
        new_markdown_cell("# How is support doing?\n\nIt is **well**."),
        showing(
            text_html="<table><tr><td class='num'>4.1</td></tr></table>", text_plain="4.1 plain"
        ),
        showing(text_plain="<Figure size 640x480 with 1 Axes>"),
        showing(text_plain="[<matplotlib.lines.Line2D at 0x7f11c0>]"),
        new_code_cell("secret = 1", outputs=[stderr]),
        new_code_cell(
            "1", metadata={"tags": ["remove-cell"]}, outputs=showing(text_plain="gone").outputs
        ),
    )
    assert "<h1>How is support doing?</h1>" in html
    assert "<strong>well</strong>" in html
    assert '<td class="num">4.1</td>' in html
    for absent in ("secret", "FutureWarning", "4.1 plain", "Figure", "0x7f", "gone", "In ["):
        assert absent not in html


def test_a_report_holds_all_it_needs(tmp_path):
    html = report(
        tmp_path, new_markdown_cell("[our site](https://e.example) ![x](https://e.example/a.png)")
    )
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html
    assert re.findall(r"https?://|<script|<link|@import", html) == []
    assert '<html lang="en">' in html
    assert "<h1>Support, 2026Q3</h1>" in html  # the notebook brings no heading of its own


def test_a_picture_has_a_text_for_those_who_cannot_see_it(tmp_path):
    told = showing(image_png="iVBORw0KGgo=", text_plain="Reply time fell <to> 4 hours")
    figure = showing(image_png="iVBORw0KGgo=", text_plain="<Figure size 640x480 with 1 Axes>")
    given = showing(image_png="iVBORw0KGgo=")
    given.outputs[0].metadata["image/png"] = {"alt": "Reply time by month"}
    html = body(report(tmp_path, told, figure, given))
    texts = ["Reply time fell &lt;to&gt; 4 hours", "Chart", "Reply time by month"]
    assert re.findall('alt="([^"]*)"', html) == texts


def test_the_same_notebook_gives_the_same_bytes(tmp_path):
    cells = [new_markdown_cell("# A\n\n```python\nx = 1\n```"), showing(text_html="<b>1</b>")]
    assert report(tmp_path, *cells) == report(tmp_path, *cells)


def test_a_table_and_its_picture_survive_the_cleaning():
    html = (
        '<section class="kpi"><table><thead><tr><th scope="col" class="num">Value</th></tr></thead>'
        '<tbody><tr><td colspan="2" class="num">4</td></tr></tbody></table>'
        '<figure><img alt="A" src="data:image/svg+xml;base64,PHN2Zz4="><figcaption>A</figcaption>'
        '</figure><span class="status at_risk">at risk</span></section>'
    )
    kept = clean(html)
    for part in (
        'scope="col"',
        'class="num"',
        'colspan="2"',
        "<thead>",
        "<figcaption>A",
        'alt="A"',
    ):
        assert part in kept
    assert 'src="data:image/svg+xml;base64,PHN2Zz4="' in kept
    assert '<span class="status at_risk">at risk</span></section>' in kept


def test_a_page_that_says_what_failed_escapes_it():
    html = render_page(
        "failure.html.j2",
        Page(title="Support <b>", home="index.html"),
        {"state": "timed_out", "message": PAYLOADS[1], "earlier": ""},
    )
    assert live(html) == []
    assert "&lt;img src=x" in html
    assert "timed out" in html

"""Hostile text in every field that a report shows, opened in a real browser: none of it lives.

Sixty payloads stand in each of the fields of `FIELDS`; what one of them does when it lives is
told by `mark`, by a request, by a dialog, or by an element that no report has. The same payloads
are shown to live on a page that escapes nothing, so that silence means something.
"""

import datetime as dt

import pandas as pd
import pytest
import yaml
from openpyxl import load_workbook

from kpikit import open_ledger, run_review
from kpikit.ledger import Action, Comment, Concern, Decision, Milestone, Target

pytestmark = pytest.mark.browser
OUTSIDE = "http://outside.invalid"
BARE = (
    "<script>mark()</script>",
    "<ScRiPt>mark()</sCrIpT >",
    f"<script src={OUTSIDE}/a.js></script>",
    "<script type=module>mark()</script>",
    "<svg><script>mark()</script></svg>",
    '<svg onload="mark()"></svg>',
    "<svg/onload=mark()>",
    '<img src=x onerror="mark()">',
    "<img src=x onerror=mark()//>",
    f"<img src={OUTSIDE}/a.png>",
    f'<img srcset="{OUTSIDE}/b.png 1x">',
    f"<input type=image src={OUTSIDE}/c.png>",
    "<input autofocus onfocus=mark()>",
    "<video><source onerror=mark()></video>",
    f"<video poster={OUTSIDE}/d.png></video>",
    "<audio src=x onerror=mark()></audio>",
    "<details open ontoggle=mark()>x</details>",
    '<iframe srcdoc="<script>parent.mark()</script>"></iframe>',
    "<iframe src=javascript:parent.mark()></iframe>",
    f"<iframe src={OUTSIDE}/e></iframe>",
    f"<object data={OUTSIDE}/f></object>",
    f"<embed src={OUTSIDE}/g>",
    f'<link rel=stylesheet href="{OUTSIDE}/h.css">',
    f'<style>@import "{OUTSIDE}/i.css";</style>',
    f'<p style="background:url({OUTSIDE}/j.png)">x</p>',
    f"<table background={OUTSIDE}/k.png><tr><td>x</td></tr></table>",
    "<marquee onstart=mark()>x</marquee>",
    "<style>@keyframes k{}</style><b style='animation:k 1s' onanimationstart=mark()>x</b>",
    '<math><mi xlink:href="javascript:mark()">x</mi></math>',
    "<math><mtext><table><mglyph><style><img src=x onerror=mark()>",
)
BREAKING = ('"><', "'><", "</td></table>", "</title></head><body>", "</pre></code>", "]]>")
AROUND = ("<script>mark()</script>", "<img src=x onerror=mark()>", "<svg onload=mark()></svg>")
PAYLOADS = (
    *BARE,
    *(
        f"{way}{around.removeprefix('<') if way[-1] == '<' else around}"
        for way in BREAKING
        for around in AROUND
    ),
    '" onmouseover="mark()" autofocus onfocus="mark()" x="',
    "![x](javascript:mark())",
    "[x](javascript:mark())",
    "<a href=javascript:mark()>x</a>",
    "{{ ''.__class__.__mro__ }}",
    "{% include '/etc/passwd' %}",
    "$\\href{javascript:mark()}{x}$",
    "&lt;script&gt;mark()&lt;/script&gt;",
    "<noscript><p title='</noscript><img src=x onerror=mark()>'></noscript>",
    "<template><img src=x onerror=mark()></template>",
    "<form action=javascript:mark()><button autofocus>x</button></form>",
    '=HYPERLINK("javascript:mark()",1)',
)
KPIS, DAYS = 12, pd.date_range("2024-10-01", "2026-06-30", freq="D")
FIELDS = (
    "organisation", "mission", "vision", "value", "department", "heading", "person",
    "title", "purpose", "decisions", "if_off_target", "lever", "basis", "objective", "event",
    "cell", "comment", "decision", "reason", "action", "concern", "milestone", "who",
)  # fmt: skip
UNSEEN = ("value", "basis", "event", "cell", "concern")  # in no text today, filled all the same


def text(field, number=None):
    """Return payloads as a field holds them: those of one KPI, or all."""
    own = PAYLOADS if number is None else PAYLOADS[number::KPIS]
    return f"{field} " + " ".join(own)


def company(folder):
    """Write a company with hostile text in every field, and its ledger; return its strategy."""
    rows = [
        {"day": day, "kpi": number, "kind": text("cell", number), "hours": 10 + day.month + number}
        for day in DAYS
        for number in range(KPIS)
    ]
    pd.DataFrame(rows).to_csv(folder / "tickets.csv", index=False)
    columns = {"day": "date", "kpi": "integer", "kind": "text", "hours": "number"}
    people = {
        f"p{number}": {"name": text("person", number), "role": "lead"} for number in range(KPIS)
    }
    kpis = {
        f"kpi_{number}": {
            "title": text("title", number),
            "department": "one" if number < KPIS / 2 else "two",
            "owner": f"p{number}",
            "source": "tickets",
            "formula": "sum(hours)",
            "where": f"kpi = {number}",
            "unit": "number",
            "direction": "lower_is_better",
            "purpose": text("purpose", number),
            "decisions": text("decisions", number),
            "if_off_target": text("if_off_target", number),
            "levers": [text("lever", number)],
            "contributes": ["goal"],
            "targets": [
                {"period": label, "committed": 300, "basis": text("basis", number)}
                for label in ("2026Q2", "2026Q3")
            ],
        }
        for number in range(KPIS)
    }
    strategy = {
        "version": 1,
        "organisation": {"name": text("organisation")},
        "mission": {"text": text("mission")},
        "vision": {"text": text("vision")},
        "values": [text("value")],
        "ledger": "ledger.sqlite",
        "sources": {"tickets": {"path": "tickets.csv", "time": "day", "columns": columns}},
        "people": people,
        "departments": {
            name: {
                "title": text("department", place),
                "owner": f"p{place}",
                "vision": text("heading"),
            }
            for place, name in enumerate(("one", "two"))
        },
        "objectives": {
            "goal": {
                "title": text("objective"),
                "owner": "p0",
                "kpi": "kpi_0",
                "baseline": 400,
                "target": 300,
                "by": "2026-12-31",
            }
        },
        "kpis": kpis,
        "events": [
            {"name": text("event", number), "date": "2026-03-03", "kpis": [f"kpi_{number}"]}
            for number in range(KPIS)
        ],
    }
    path = folder / "strategy.yaml"
    path.write_text(yaml.safe_dump(strategy, allow_unicode=True), encoding="utf-8")
    with open_ledger(folder / "ledger.sqlite") as ledger:
        for number in range(KPIS):
            own = {"period": "2026Q2", "department": "one" if number < KPIS / 2 else "two"}
            kpi, who, why = f"kpi_{number}", text("who", number), text("reason", number)
            due = dt.date(2026, 5, 1 + number)
            for record in (
                Comment(text=text("comment", number), kpi=kpi, **own),
                Decision(text=text("decision", number), kpis=(kpi,), **own),
                Action(text=text("action", number), owner=who, due=due, kpis=(kpi,), **own),
                Concern(period="2026Q2", text=text("concern", number), kpis=(kpi,)),
                Milestone(
                    objective="goal", by=due, criteria=text("milestone", number), reached_on=due
                ),
                Target(kpi=kpi, period="2026Q3", value=310, basis=text("basis", number)),
            ):
                ledger.append(record, who=who, why=why)
    return path


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    strategy = company(folder)
    quarter = run_review(strategy, period="2026Q2", out=folder / "out", formats=("html", "xlsx"))
    month = run_review(strategy, period="2026-06", out=folder / "out")
    for run in (quarter, month):
        assert run.exit_code == 0, run.to_frame()["message"].tolist()
    return quarter.folder, month.folder


@pytest.fixture
def opened(browser):
    """Open a page, and return it with the signs of life that it gave."""
    pages = []

    def look(path):
        page = browser.new_page()
        pages.append(page)
        signs = []
        page.expose_function("mark", lambda: signs.append("mark"))
        page.on("dialog", lambda dialog: (signs.append("dialog"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: signs.append(request.url) if OUTSIDE in request.url else None,
        )
        page.goto(path.as_uri())
        page.wait_for_timeout(300)
        return page, signs

    yield look
    for page in pages:
        page.close()


ALIVE = """() => [...document.querySelectorAll('*')].flatMap(element => [
    ...(['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'FORM', 'LINK', 'SVG', 'MATH', 'INPUT', 'VIDEO',
         'AUDIO', 'TEMPLATE', 'BASE'].includes(element.tagName.toUpperCase())
        ? [element.tagName] : []),
    ...[...element.attributes].filter(a => a.name.startsWith('on')
        || /^\\s*javascript:/i.test(a.value)
        || (a.name === 'style' && a.value.includes('url('))).map(a => a.name + '=' + a.value),
])"""


def test_there_are_sixty_payloads_and_they_live_where_nothing_is_escaped(opened, tmp_path):
    assert len(set(PAYLOADS)) == len(PAYLOADS) == 60
    path = tmp_path / "unsafe.html"
    path.write_text("<body>" + "".join(f"<div>{one}</div>" for one in PAYLOADS))
    page, signs = opened(path)
    assert signs.count("mark") > 5
    assert any(sign.startswith(OUTSIDE) for sign in signs)
    assert {"SCRIPT", "IFRAME", "OBJECT"} <= set(page.evaluate(ALIVE))


def test_no_payload_lives_on_any_page(opened, reports):
    pages = [path for folder in reports for path in sorted(folder.glob("*.html"))]
    assert len(pages) >= 6
    shown = ""
    for path in pages:
        page, signs = opened(path)
        assert signs == [], path.name
        assert page.evaluate(ALIVE) == [], path.name
        shown += page.inner_text("body")
    unseen = {field for field in FIELDS if f"{field} <script>" not in shown.replace("\n", " ")}
    assert unseen == set(UNSEEN)
    assert "<script>mark()</script>" in shown


def test_a_page_that_says_what_failed_is_as_dead(opened, reports, tmp_path):
    from kpikit.review.render import Page, render_page

    path = tmp_path / "one.failed.html"
    values = {"state": "failed", "message": text("message"), "earlier": "one.html"}
    path.write_text(render_page("failure.html.j2", Page(title=text("title")), values))
    page, signs = opened(path)
    assert (signs, page.evaluate(ALIVE)) == ([], [])


def test_no_payload_is_a_formula_of_the_workbook(reports):
    found = next(reports[0].glob("*.xlsx"))
    cells = [cell for sheet in load_workbook(found) for line in sheet.iter_rows() for cell in line]
    assert any("HYPERLINK" in str(cell.value) for cell in cells)
    assert {cell.data_type for cell in cells} <= {"n", "s", "inlineStr", "d", "b"}

"""A report as a reader opens it: in a real browser, from a file, on screen and on paper."""

from pathlib import Path

import pytest

from kpikit import run_review

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    run = run_review(
        ROOT / "data" / "brightdesk" / "strategy.yaml",
        period="2026Q3",
        departments=["support"],
        out=tmp_path_factory.mktemp("reports"),
    )
    assert run.exit_code == 0, run.to_frame()["message"].tolist()
    return Path(run.to_frame()["html"].iloc[0]).parent


@pytest.fixture(scope="module")
def page(browser, reports):
    page = browser.new_page(viewport={"width": 1000, "height": 1200})
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.goto((reports / "support.html").as_uri())
    return page


def test_nothing_is_asked_for_and_nothing_complained_about(page, reports):
    outside = [url for url in page.asked if not url.startswith(("data:", reports.as_uri()))]
    assert outside == []
    assert page.complaints == []


def test_there_is_no_script_and_no_code(page):
    assert page.locator("script").count() == 0
    assert "import kpikit" not in page.content()
    assert page.locator("[onload], [onerror], [onclick]").count() == 0


def test_every_picture_is_drawn_and_described(page):
    pictures = page.locator("img").all()
    assert len(pictures) >= 4
    for picture in pictures:
        assert picture.evaluate("image => image.naturalWidth") > 100
        assert len(picture.get_attribute("alt")) > 20


def test_the_board_says_status_in_words_beside_value_target_and_outcome(page):
    heads = page.locator("table").first.locator("thead th").all_inner_texts()
    assert heads[:6] == ["KPI", "Value", "Quarter before", "Year ago", "Target", "Outcome"]
    statuses = set(page.locator("table").first.locator(".status").all_inner_texts())
    assert statuses <= {"on target", "at risk", "off target", "no data", "no target"}
    assert len(page.locator("table").first.locator("tbody tr").all()) <= 7


def test_nothing_is_cut_off_on_screen_or_paper(page):
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        page.set_viewport_size({"width": 1000 if media == "screen" else 680, "height": 1200})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.emulate_media(media="screen")
    assert page.pdf().startswith(b"%PDF")


def test_a_kpi_fits_one_page_of_paper(page):
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1200})
    heights = page.locator("section.kpi").evaluate_all("all => all.map(one => one.offsetHeight)")
    page.emulate_media(media="screen")
    assert len(heights) == 7
    assert max(heights) < 970  # A4 within its margins, at 96 dots an inch


def test_the_index_leads_to_the_report(page, reports):
    page.goto((reports / "index.html").as_uri())
    page.get_by_role("link", name="Customer Support").click()
    assert page.url == (reports / "support.html").as_uri()
    assert page.locator("h1").count() == 1

"""The what-if application as an owner uses it: by keyboard, in a browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from kpikit.ledger import Target, open_ledger
from kpikit.review.printing import FLAGS, find_chromium

ROOT = Path(__file__).parents[2]
PATIENCE = 90_000  # milliseconds: machines of others are slow
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    found = find_chromium()
    if found is None and os.environ.get("CI"):
        pytest.fail("there is no Chromium: install Debian's package chromium")
    if found is None:
        pytest.skip("there is no Chromium; name one in KPIKIT_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def company(tmp_path):
    for file in (ROOT / "data" / "brightdesk").iterdir():
        if file.suffix in (".yaml", ".parquet"):
            shutil.copy(file, tmp_path)
    return tmp_path


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(url, server):
    for _ in range(300):
        assert server.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(url, timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"nothing answers at {url}")


@pytest.fixture
def served():
    servers = []

    def serve(*command, url, cwd):
        with (cwd / "server.log").open("w") as log:
            server = subprocess.Popen(command, cwd=cwd, stdout=log, stderr=log)
        servers.append(server)
        wait_for(url, server)

    yield serve
    for server in servers:
        server.terminate()
        server.wait(30)


def test_in_the_app_a_target_is_moved_by_keyboard_and_accepted_on_record(browser, company, served):
    port = free_port()
    served(
        sys.executable, "-m", "kpikit", "app", "strategy.yaml", "--kpi", "csat", "--no-browser",
        "--as-of", "2026-10-15", "--port", str(port),
        url=f"http://127.0.0.1:{port}/static/none", cwd=company,
    )  # fmt: skip
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE)
    page.goto(f"http://127.0.0.1:{port}/", timeout=PATIENCE)
    said = page.locator(".kpikit-said")
    said.wait_for()
    assert "kk.load_strategy" not in page.content(), "code is shown"
    before = said.get_attribute("data-chance")
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "old => document.querySelector('.kpikit-said').dataset.chance !== old", arg=before
    )
    chance = float(said.get_attribute("data-chance"))
    assert chance < float(before), "a higher target is less likely"
    sentence = said.inner_text()
    picture = page.locator("img.kpikit-picture").first
    page.wait_for_function(
        "said => document.querySelector('img.kpikit-picture').alt === said", arg=sentence
    )
    assert picture.evaluate("image => image.naturalWidth") > 500

    accept = page.get_by_role("button", name="Accept this target")
    page.get_by_label("Accepted by").fill("coo")
    page.get_by_label("Why").fill("a morning shift")
    page.keyboard.press("Tab")
    accept.dblclick()
    page.get_by_text("on record as 1").wait_for()
    with open_ledger(company / "ledger.sqlite") as ledger:
        table = ledger.read(Target).to_frame()
    assert (table["kpi"].item(), table["period"].item()) == ("csat", "2026Q4")
    assert table["attainment"].item() == pytest.approx(chance, abs=1e-4)
    page.set_viewport_size({"width": 390, "height": 844})
    assert picture.evaluate("image => image.getBoundingClientRect().right") <= 391
    page.close()

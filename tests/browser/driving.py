"""Serve the what-if application and JupyterLab, and drive them in a real browser."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from kpikit.review.printing import FLAGS

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000  # milliseconds: machines of others are slow
PRESS = 12_000  # until a notebook is told to run again: each time it would run once more
AS_OF = "2026-10-15"
HANDLE = ".noUi-handle"
SAID = ".kpikit-said"
PICTURE = "img.kpikit-picture"
CHANGED = """([before, wanted]) => {
    const words = document.querySelector('.kpikit-said');
    const picture = document.querySelector('img.kpikit-picture');
    return words && picture && words.textContent !== before && picture.complete
        && picture.alt === words.textContent && words.textContent.includes(wanted);
}"""


@contextmanager
def opened_browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


def new_page(browser: Browser, *, width: int = 1280) -> tuple[Page, list[str]]:
    """Return a page, and the list in which each address beyond this machine will be."""
    page = browser.new_page(viewport={"width": width, "height": 1000})
    page.set_default_timeout(PATIENCE)
    page.set_default_navigation_timeout(3 * PATIENCE)  # an app whose kernel is not warm yet
    expect.set_options(timeout=PATIENCE)
    outside: list[str] = []

    def note(url: str) -> None:
        if not url.startswith(("data:", "blob:", "http://127.0.0.1:", "ws://127.0.0.1:")):
            outside.append(url)

    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    return page, outside


def copy_company(folder: Path) -> Path:
    """Copy Brightdesk and the notebooks as they lie in the repository; return the strategy."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    company = folder / "data" / "brightdesk"
    company.mkdir(parents=True)
    for file in (ROOT / "data" / "brightdesk").iterdir():
        if file.suffix in (".yaml", ".parquet"):
            shutil.copy(file, company)
    return company / "strategy.yaml"


@contextmanager
def served_app(strategy: Path, *options: str) -> Iterator[str]:
    """Serve `kpikit app`, and yield its address."""
    port = str(_free_port())
    command = ["kpikit", "app", str(strategy), "--no-browser", "--as-of", AS_OF, "--port", port]
    with _served(command + list(options), strategy.parent, f"http://127.0.0.1:{port}/static/none"):
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def served_lab(folder: Path, *, theme: str = "JupyterLab Light") -> Iterator[str]:
    """Serve JupyterLab on a folder, and yield the address before a notebook's path."""
    port = _free_port()
    kept = folder / "settings" / "@jupyterlab" / "apputils-extension"
    kept.mkdir(parents=True, exist_ok=True)
    for name, chosen in (
        ("themes", {"theme": theme}),
        ("notification", {"fetchNews": "false", "checkForUpdates": False}),
    ):
        (kept / f"{name}.jupyterlab-settings").write_text(json.dumps(chosen), encoding="utf-8")
    command = [
        "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1",
        "--IdentityProvider.token=", "--LabApp.news_url=none",
        f"--LabApp.user_settings_dir={folder / 'settings'}",
        f"--LabApp.workspaces_dir={folder / 'workspaces'}",
    ]  # fmt: skip
    with _served(command, folder, f"http://127.0.0.1:{port}/api"):
        yield f"http://127.0.0.1:{port}/lab/tree/"


def run_all(page: Page, address: str) -> None:
    """Open a notebook in JupyterLab and run it from the first cell to the last."""
    page.goto(f"{address}?reset")
    page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()
    page.locator(".jp-NotebookPanel .jp-KernelName", has_text="Python 3").wait_for()
    # JupyterLab says idle before it is connected, and then forgets what it is told to run
    first = page.locator(".jp-NotebookPanel .jp-InputPrompt", has_text="[1]:")
    for _ in range(PATIENCE // PRESS):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        try:
            first.wait_for(timeout=PRESS, state="attached")
        except Exception as error:
            if type(error).__name__ != "TimeoutError":
                raise
        else:
            break
    idle = '.jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status="idle"]'
    page.locator(idle).wait_for(timeout=3 * PATIENCE)  # some make whole reviews
    page.wait_for_function(
        "() => !document.body.textContent.includes('[*]:')", timeout=3 * PATIENCE
    )


def settled(page: Page, *, before: str | None = "", wanted: str = "") -> float:
    """Wait until words and picture say the same, other than before; return the chance."""
    page.wait_for_function(CHANGED, arg=[before, wanted])
    return float(page.locator(SAID).get_attribute("data-chance") or "nan")


def move(page: Page, slider: str, key: str = "ArrowRight") -> float:
    """Move a slider by keyboard, and return the chance once words and picture tell it."""
    before = page.locator(SAID).text_content()
    page.locator(f".widget-slider:has(label:text-is('{slider}')) {HANDLE}").press(key)
    return settled(page, before=before)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def _served(command: list[str], folder: Path, url: str) -> Iterator[None]:
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait_for(url, server)
            yield
        finally:
            server.terminate()
            server.wait(60)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(PATIENCE // 200):
        if server.poll() is not None:
            raise RuntimeError(f"the server for {url} ended with {server.returncode}")
        try:
            urllib.request.urlopen(url, timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"nothing answers at {url}")

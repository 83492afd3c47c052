"""How long does an owner wait for the pictures after moving a slider, in a real browser?

Drives a headless Chromium through the what-if notebook on Brightdesk, in JupyterLab and in the
application. A slider is moved by the keyboard; the clock of the page stops when the words of the
new target are there, and when the picture that belongs to them (attainment curve, fan and glide
path in one image) has been decoded. Printed: median and slowest of so many moves after the first,
and the time from opening the application to its first words. `KPIKIT_CHROMIUM` names a browser.

    python benchmarks/latency.py --moves 40
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from driving import (
    copy_company,
    new_page,
    opened_browser,
    run_all,
    served_app,
    served_lab,
    settled,
)

from kpikit.review.printing import find_chromium

MOVE = """([name, key]) => new Promise((done) => {
    const sliders = [...document.querySelectorAll('.widget-slider')];
    const slider = sliders.find((one) => one.querySelector('label').textContent === name);
    const said = () => document.querySelector('.kpikit-said').textContent;
    const before = said(), start = performance.now();
    let words;
    const look = async () => {
        if (words === undefined && said() !== before) words = performance.now() - start;
        const picture = document.querySelector('img.kpikit-picture');
        if (words === undefined || picture.alt !== said()) return requestAnimationFrame(look);
        await picture.decode();
        requestAnimationFrame(() => done([words, performance.now() - start]));
    };
    slider.querySelector('.noUi-handle').dispatchEvent(
        new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    requestAnimationFrame(look);
})"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=40)
    moves = parser.parse_args().moves
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("There is no Chromium; name one in KPIKIT_CHROMIUM.")
    print("where        slider     words median  pictures median  slowest   (milliseconds)")
    with opened_browser(chromium) as browser, TemporaryDirectory() as folder:
        strategy = copy_company(Path(folder))
        with served_app(strategy, "--kpi", "csat") as address:
            time.sleep(20)  # a kernel is made ready before the first visitor comes
            page, _ = new_page(browser)
            start = time.perf_counter()
            page.goto(address)
            settled(page)
            first = time.perf_counter() - start
            _report("application", page, moves)
            page.close()
        with served_lab(Path(folder)) as address:
            page, _ = new_page(browser)
            run_all(page, f"{address}notebooks/09_what_if.ipynb")
            settled(page)
            _report("JupyterLab", page, moves)
    print(f"first words of the application after {first:.1f} s")


def _report(where: str, page: Page, moves: int) -> None:
    for slider in ("Target", "Hours to the first reply"):
        found = []
        for turn in range(moves + 1):
            key = "ArrowRight" if turn % 2 else "ArrowLeft"
            found.append(page.evaluate(MOVE, [slider, key]))
            page.wait_for_timeout(300)
        words, pictures = zip(*found[1:], strict=True)
        print(
            f"{where:12s} {slider[:9]:9s}  {median(words):12.0f}  {median(pictures):15.0f}"
            f"  {max(pictures):7.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

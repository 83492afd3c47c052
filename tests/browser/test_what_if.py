"""What-if as an owner uses it, by keyboard and in a browser: the application, and JupyterLab."""

import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from driving import (
    PICTURE,
    SAID,
    copy_company,
    move,
    new_page,
    run_all,
    served_app,
    served_lab,
    settled,
)
from playwright.sync_api import expect

from kpikit.ledger import Decision, Target, open_ledger

pytestmark = pytest.mark.browser
REPLY = "Hours to the first reply"
FITS = """width => [...document.querySelectorAll('select, input, button, .kpikit-frame')]
    .every(one => one.getBoundingClientRect().right <= width)"""


@pytest.fixture
def strategy(tmp_path):
    return copy_company(tmp_path)


def accept(page, *, who, why):
    """Accept the target as hurried people do, with two clicks."""
    page.get_by_label("Accepted by", exact=True).fill(who)
    page.get_by_label("Why", exact=True).fill(why)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Accept this target").dblclick()
    page.get_by_text("on record as 1").wait_for()


def only_target(place):
    with open_ledger(place) as ledger:
        table = ledger.read(Target).to_frame()
    assert len(table) == 1, "written once, however often it was clicked"
    return table.iloc[0]


def kernels_of(folder):
    """Return the processes whose kernels work for a server in this folder."""
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    about = [line.split()[0] for line in found.stdout.splitlines() if "ipykernel_launcher" in line]
    return [pid for pid in about if os.path.realpath(f"/proc/{pid}/cwd").startswith(str(folder))]


def test_in_the_app_targets_and_levers_move_and_what_is_accepted_stays(browser, strategy):
    with served_app(strategy, "--kpi", "csat") as address:
        page, outside = new_page(browser)
        page.goto(address)
        before = settled(page)
        assert "load_strategy" not in page.content(), "code is shown"
        assert move(page, "Target") < before, "a higher target is less likely"
        chance = move(page, REPLY, "ArrowLeft")
        assert "without the changes" in page.locator(SAID).text_content()
        assert page.locator(PICTURE).first.evaluate("image => image.naturalWidth") > 500
        accept(page, who="coo", why="a morning shift")
        row = only_target(strategy.parent / "ledger.sqlite")
        assert (row["kpi"], row["period"], row["who"]) == ("csat", "2026Q4", "coo")
        assert row["attainment"] == pytest.approx(chance, abs=1e-4)

        page.get_by_label("Question", exact=True).select_option("Does it have a season?")
        expect(page.get_by_role("status").filter(has_text="season")).to_be_visible()
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_function(FITS, arg=390)
        page.close()

        again, beyond = new_page(browser)
        again.goto(address)
        settled(again)
        expect(again.get_by_role("cell", name="a morning shift")).to_be_visible()
        readout = again.locator(".widget-slider .widget-readout").first
        expect(readout).to_have_text(f"{row['value']:#.4g}")  # the target in force
        again.close()
    assert outside + beyond == []


def answer_of(address):
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_the_app_refuses_whom_it_has_no_kernel_for_and_ends_those_that_nobody_uses(
    browser, strategy
):
    with served_app(strategy, "--most", "1", "--idle", "5") as address:
        page, _ = new_page(browser)
        page.goto(address)
        settled(page)
        used = set(kernels_of(strategy.parent))
        codes = {answer_of(address) for _ in range(3)}  # one is kept warm; then it is full
        assert codes <= {200, 500, 503}
        assert len(kernels_of(strategy.parent)) <= 2
        page.close()
        for _ in range(60):
            if not used & set(kernels_of(strategy.parent)):
                break
            time.sleep(1)
        else:
            pytest.fail("a kernel outlived its visitor")
    assert kernels_of(strategy.parent) == []


def named_ledger(folder, notebook):
    """Let a notebook write to a ledger that stays, instead of one to practise."""
    place = folder / "notebooks" / notebook
    text = place.read_text(encoding="utf-8")
    named, count = re.subn(
        r'ledger_address: str = \\"\\"', r'ledger_address: str = \\"l.db\\"', text
    )
    assert count == 1
    place.write_text(named, encoding="utf-8")
    return folder / "notebooks" / "l.db"


def test_in_jupyterlab_targets_and_levers_move_and_what_is_accepted_stays(
    browser, strategy, tmp_path
):
    ledger = named_ledger(tmp_path, "09_what_if.ipynb")
    with served_lab(tmp_path) as address:
        page, outside = new_page(browser)
        run_all(page, f"{address}notebooks/09_what_if.ipynb")
        before = settled(page)
        assert move(page, "Target") < before
        chance = move(page, REPLY, "ArrowLeft")
        accept(page, who="coo", why="a morning shift")
        assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        page.close()
    row = only_target(ledger)
    assert row["attainment"] == pytest.approx(chance, abs=1e-4)
    assert outside == []


def test_in_jupyterlab_a_meeting_records_its_decision(browser, strategy, tmp_path):
    ledger = named_ledger(tmp_path, "08_hold_review.ipynb")
    with served_lab(tmp_path, theme="JupyterLab Dark") as address:
        page, outside = new_page(browser)
        run_all(page, f"{address}notebooks/08_hold_review.ipynb")
        page.locator(".widget-toggle-buttons button", has_text="decision").click()
        page.get_by_label("In words", exact=True).fill("Add a morning shift")
        page.get_by_label("Said by", exact=True).fill("coo")
        page.get_by_label("Why", exact=True).fill("Slow replies")
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Record", exact=True).click()
        page.get_by_text("and on the disk").wait_for()
        page.close()
    with open_ledger(ledger) as opened:
        assert opened.read(Decision).to_frame()["text"].tolist() == ["Add a morning shift"]
    assert outside == []


HERE = {"08_hold_review", "09_what_if"}  # run above
OTHERS = sorted(
    path.stem
    for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb")
    if path.stem not in HERE
)
FAILED = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type$='stderr']"


def test_jupyterlab_opens_every_other_notebook_and_runs_it_to_its_end(browser, strategy, tmp_path):
    with served_lab(tmp_path) as address:
        for name in OTHERS:
            page, outside = new_page(browser)
            run_all(page, f"{address}notebooks/{name}.ipynb")
            assert page.locator(FAILED).count() == 0, name
            assert page.locator(".jp-OutputArea-output").count() > 0, name
            assert outside == [], name
            end_kernels(page, address)
            page.close()


def end_kernels(page, address):
    """End every kernel: one notebook after the other is read, and none is needed again."""
    kernels = f"{address.removesuffix('lab/tree/')}api/kernels"
    (token,) = (one["value"] for one in page.context.cookies(kernels) if one["name"] == "_xsrf")
    for kernel in page.request.get(kernels).json():
        gone = page.request.delete(f"{kernels}/{kernel['id']}", headers={"X-XSRFToken": token})
        assert gone.ok

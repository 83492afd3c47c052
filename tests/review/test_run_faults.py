"""A run that is broken off, has no room, or is read meanwhile."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kpikit.errors import KpikitError
from kpikit.review import batch, notebook
from kpikit.review.run import run_review

FILES = ("support.html", "sales.html", "index.html", "run.json", "review.json")


def test_after_the_runner_was_killed_a_resumed_run_equals_an_unbroken_one(
    strategy, templates, tmp_path
):
    notebooks = templates()
    place = tmp_path / "killed" / "cafe-b-co" / "2026Q2"
    code = (
        "import sys; from kpikit.review.run import run_review\n"
        "strategy, out, notebooks = sys.argv[1:]\n"
        "run_review(strategy, period='2026Q2', out=out, notebooks=notebooks, workers=1)\n"
    )
    words = [sys.executable, "-c", code, strategy, tmp_path / "killed", notebooks]
    runner = subprocess.Popen([str(word) for word in words])
    deadline = time.monotonic() + 120
    while not (place / "support.html").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    assert not (place / "run.json").exists()

    options = {"period": "2026Q2", "notebooks": notebooks}
    resumed = run_review(strategy, out=tmp_path / "killed", resume=True, **options)
    whole = run_review(strategy, out=tmp_path / "whole", **options)
    assert resumed.exit_code == whole.exit_code == 0
    for name in FILES:
        assert (place / name).read_bytes() == (whole.folder / name).read_bytes()


def test_a_full_disk_is_told_and_old_reports_stay(strategy, templates, tmp_path, monkeypatch):
    options = {"period": "2026Q2", "notebooks": templates(), "out": tmp_path / "out"}
    folder = run_review(strategy, **options).folder
    before = {name: (folder / name).read_bytes() for name in FILES}

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(batch, "write_file", full)
    with pytest.raises(KpikitError, match=r"No space left on device\)\. Make room"):
        run_review(strategy, **options)
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_a_reader_never_sees_half_a_report(strategy, templates, tmp_path):
    options = {"period": "2026Q2", "notebooks": templates(), "out": tmp_path / "out"}
    page = run_review(strategy, **options).folder / "support.html"
    over, seen = threading.Event(), []

    def read():
        while not over.is_set():
            seen.append(page.read_text(encoding="utf-8").rstrip().endswith("</html>"))

    reader = threading.Thread(target=read)
    reader.start()
    run_review(strategy, **options)
    over.set()
    reader.join()
    assert len(seen) > 100
    assert all(seen)


def test_a_kernel_that_does_not_start_is_started_again(notebook_of, tmp_path, monkeypatch):
    real, tries = notebook._run_cells, []

    def at_first_in_vain(place):
        tries.append(place)
        if len(tries) < notebook.STARTS:
            raise RuntimeError("Kernel died before replying to kernel_info")
        real(place)

    monkeypatch.setattr(notebook, "_run_cells", at_first_in_vain)
    out = notebook.run_notebook(notebook_of("1"), parameters={}, out=tmp_path / "out.ipynb")
    assert out.exists()
    assert len(tries) == notebook.STARTS


def test_runs_leave_no_file_and_no_descriptor_behind(strategy, templates, tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    options = {"period": "2026Q2", "notebooks": templates(), "out": tmp_path / "out"}
    run_review(strategy, **options)  # what is opened once stays open
    held = descriptors()
    run_review(strategy, **options)
    assert list(place.iterdir()) == []
    assert descriptors() <= held


def descriptors():
    place = Path("/proc/self/fd")
    return len(list(place.iterdir())) if place.is_dir() else 0


@pytest.fixture
def notebook_of(request):
    return request.getfixturevalue("notebook")

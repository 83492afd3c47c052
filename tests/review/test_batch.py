import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kpikit.review.batch import page_name, run_batch
from kpikit.review.making import Job, Limits
from kpikit.review.render import Page

FAULTS = {
    "error": "raise ValueError('no such <b>rate</b>')",
    "kill": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    # a kernel is forked by a process that the report's own process forked
    "parent": (
        "import os, signal; from pathlib import Path; "
        "stat = Path(f'/proc/{os.getppid()}/stat').read_text(); "
        "os.kill(int(stat.rpartition(')')[2].split()[1]), signal.SIGKILL)"
    ),
    "hang": "import time; time.sleep(60)",
    "deaf": (
        "import signal, time\n"
        "for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)\n"
        "time.sleep(60)"
    ),
    "memory": "x = bytearray(2**31)",
}
BODY = f"""
from pathlib import Path
exec({FAULTS!r}.get(Path('bundle.txt').read_text() if what == 'bundle' else what, ''))
print('report of', what)
"""


@pytest.fixture
def jobs(notebook, tmp_path):
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "bundle.txt").write_text("fine")
    path = notebook(BODY, parameters="what: str = ''", name="templates/review.ipynb")

    def make(**what):
        return [
            Job(
                name=name,
                notebook=path,
                parameters={"what": value},
                bundle=bundle,
                page=Page(title=name, home="index.html"),
            )
            for name, value in what.items()
        ]

    return make


def kernels_of(folder):
    """Return the processes that work in a folder of a batch."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if entry.readlink().is_relative_to(folder):
                found.append(entry.parent.name)
        except OSError:
            continue
    return found


def test_of_twenty_departments_two_fail_and_eighteen_report(jobs, tmp_path):
    names = [f"d{number:02}" for number in range(20)]
    what = dict.fromkeys(names, "fine") | {"d03": "error", "d11": "kill"}
    out = tmp_path / "out"
    out.mkdir()
    (out / "d03.html").write_text("the report of an earlier run")
    told = []
    batch = run_batch(jobs(**what), folder=out, progress=lambda *event: told.append(event))

    states = {outcome.name: outcome.state for outcome in batch.outcomes}
    assert list(states) == names
    assert states == dict.fromkeys(names, "ok") | {"d03": "failed", "d11": "crashed"}
    assert [event for event in told if event[1] != "running"] != []
    assert sorted(event[0] for event in told if event[1] == "running") == names
    assert "<pre>report of fine</pre>" in (out / "d00.html").read_text()

    error, killed = batch.outcomes[3], batch.outcomes[11]
    assert "cell 3 stopped with ValueError: no such <b>rate</b>" in error.message
    assert "notebooks/d03.failed.ipynb" in error.message
    assert "a dead kernel" in killed.message
    assert (out / "d03.html").read_text() == "the report of an earlier run"
    page = (out / "d03.failed.html").read_text()
    assert "no such &lt;b&gt;rate&lt;/b&gt;" in page
    assert '<a href="d03.html">the report of an earlier run</a>' in page
    assert "d11.html" not in (out / "d11.failed.html").read_text()
    assert sorted(path.name for path in (out / "notebooks").iterdir()) == sorted(
        f"{name}.failed.ipynb" if states[name] != "ok" else f"{name}.ipynb" for name in names
    )
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [outcome.html for outcome in batch.outcomes] + ["d03.html", "notebooks"]
    )
    assert {outcome.html for outcome in batch.outcomes if outcome.state != "ok"} == {
        "d03.failed.html",
        "d11.failed.html",
    }


def test_a_process_that_dies_or_takes_too_long_is_named_and_its_run_kept(jobs, tmp_path):
    started = time.monotonic()
    batch = run_batch(
        jobs(shot="parent", slow="hang", deaf="deaf"),
        folder=tmp_path / "out",
        limits=Limits(seconds=4),
        workers=3,
    )
    shot, slow, deaf = batch.outcomes
    assert deaf.state == "timed_out"
    assert shot.state == "crashed"
    assert "ended with code -9" in shot.message
    assert slow.state == "timed_out"
    assert slow.message == "It took longer than 4 seconds and was ended."
    assert "timed out" in (tmp_path / "out" / "slow.failed.html").read_text()
    assert (tmp_path / "out" / "notebooks" / "slow.failed.ipynb").exists()
    assert time.monotonic() - started < 20


def test_a_broken_off_run_keeps_what_is_finished_and_leaves_no_process(jobs, tmp_path):
    def break_off(name, state):
        if (name, state) == ("slow", "running"):
            time.sleep(0.5)
            raise KeyboardInterrupt

    batch = run_batch(
        jobs(first="x", slow="hang", last="x"),
        folder=tmp_path / "out",
        workers=1,
        progress=break_off,
    )
    assert batch.interrupted
    assert [outcome.state for outcome in batch.outcomes] == ["ok", "not_run", "not_run"]
    assert batch.outcomes[2].message == "The run was broken off before this report was made."
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["first.html", "notebooks"]


def test_a_report_that_takes_too_much_memory_fails_alone(jobs, tmp_path):
    batch = run_batch(
        jobs(large="memory", small="x"), folder=tmp_path / "out", limits=Limits(memory=2**30)
    )
    large, small = batch.outcomes
    assert (large.state, small.state) == ("failed", "ok")
    assert "MemoryError" in large.message


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_when_the_runner_is_killed_its_reports_end_too(jobs, tmp_path):
    (job,) = jobs(slow="hang")
    code = (
        "import sys; from pathlib import Path\n"
        "from kpikit.review.batch import run_batch\n"
        "from kpikit.review.making import Job\n"
        "from kpikit.review.render import Page\n"
        f"job = Job(name='slow', notebook=Path({str(job.notebook)!r}), "
        "parameters={'what': 'hang'}, page=Page('slow'))\n"
        f"run_batch([job], folder=Path({str(tmp_path)!r}))\n"
    )
    place = tmp_path / "temporary"
    place.mkdir()
    environment = os.environ | {"TMPDIR": str(place)}
    runner = subprocess.Popen([sys.executable, "-c", code], env=environment)
    deadline = time.monotonic() + 20
    while not kernels_of(place) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert kernels_of(place)
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    while kernels_of(place) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert kernels_of(place) == []


def test_no_page_takes_the_name_of_the_index():
    assert page_name("support") == "support.html"
    assert page_name("index") != "index.html"

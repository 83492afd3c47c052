import json
import os
import signal
import socket
import subprocess
import sys
import time

import nbformat
import pytest

from kpikit.review import process
from kpikit.review.batch import run_batch
from kpikit.review.cradle import can_fork, fork_cradle
from kpikit.review.making import Job
from kpikit.review.render import Page

CELLS = (
    "import pandas as pd\npd.DataFrame({'x': [1, 2]})",
    "print('said'); import sys; print('aside', file=sys.stderr)",
    "from matplotlib import pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "plt.plot([2, 1])[0].axes.figure",
    "plt.title('left open')\nNone",
    "from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'))\n'last'",
    "import os; (os.getcwd().endswith(os.sep), __name__, sys.argv[0].endswith('.py'))",
)
pytestmark = pytest.mark.skipif(not can_fork(), reason="processes cannot be forked here")


def outputs(path):
    return [cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells]


def test_a_forked_kernel_puts_out_what_an_ordinary_one_does(notebook, tmp_path, monkeypatch):
    job = Job(name="a", notebook=notebook(*CELLS), parameters={}, page=Page(title="a"))
    made = {}
    for forked in (True, False):
        monkeypatch.setattr(process, "can_fork", lambda: forked)  # noqa: B023
        (outcome,) = run_batch([job], folder=tmp_path / str(forked)).outcomes
        assert outcome.state == "ok", outcome.message
        made[forked] = tmp_path / str(forked)
    assert outputs(made[True] / "notebooks/a.ipynb") == outputs(made[False] / "notebooks/a.ipynb")
    assert (made[True] / "a.html").read_bytes() == (made[False] / "a.html").read_bytes()


def test_two_forked_kernels_draw_different_numbers_and_share_nothing(notebook, tmp_path):
    source = "import numpy, random, os\nprint(numpy.random.rand(), random.random(), os.getpid())"
    path = notebook("import kpikit\nassert not hasattr(kpikit, 'mark')\nkpikit.mark = 1", source)
    jobs = [Job(name=n, notebook=path, parameters={}, page=Page(title=n)) for n in "ab"]
    batch = run_batch(jobs, folder=tmp_path / "out", workers=1)
    assert [outcome.state for outcome in batch.outcomes] == ["ok", "ok"]
    first, second = (outputs(tmp_path / f"out/notebooks/{n}.ipynb")[2] for n in "ab")
    drawn = zip(first[0]["text"].split(), second[0]["text"].split(), strict=True)
    assert all(one != other for one, other in drawn)


def test_where_the_nursery_is_gone_reports_are_started_afresh(notebook, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "Cradle", lambda channel: Gone(channel))
    job = Job(name="a", notebook=notebook("1"), parameters={}, page=Page(title="a"))
    assert run_batch([job], folder=tmp_path).outcomes[0].state == "ok"


class Gone:
    used = True

    def __init__(self, channel):
        self.channel = channel

    def start(self, request):
        return None

    def close(self):
        self.channel.close()


SERVED = """
import signal, socket, sys, time
from kpikit.review.cradle import serve
def work(request):
    if request["do"] == "exit":
        return request["code"]
    if request["do"] == "fail":
        raise ValueError("of no use")
    time.sleep(60)
channel = socket.socket(fileno=int(sys.argv[1]))
sys.exit(serve(channel, work, last=signal.SIGTERM))
"""


@pytest.fixture
def cradle():
    from kpikit.review.cradle import Cradle

    mine, its = socket.socketpair()
    served = subprocess.Popen(
        [sys.executable, "-c", SERVED, str(its.fileno())],
        pass_fds=[its.fileno()],
        stderr=subprocess.PIPE,
    )
    its.close()
    with served:
        cradle = Cradle(mine)
        yield cradle
        cradle.close()
        assert served.wait(timeout=20) == 0


def test_children_end_with_their_codes_and_are_ended_when_nobody_asks_any_more(cradle):
    assert cradle.start({"do": "exit", "code": 3}).wait(timeout=20) == 3
    assert cradle.start({"do": "fail"}).wait(timeout=20) == 1
    killed, left = cradle.start({"do": "sleep"}), cradle.start({"do": "sleep"})
    killed.kill()
    assert killed.wait(timeout=20) == -signal.SIGKILL
    assert left.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        left.wait(timeout=0.05)
    cradle.close()
    deadline = time.monotonic() + 20
    while os.path.exists(f"/proc/{left.pid}") and time.monotonic() < deadline:  # noqa: PTH110
        time.sleep(0.05)
    assert left.poll() == -signal.SIGKILL  # nobody can be asked: it counts as gone
    assert cradle.start(json.loads("{}")) is None


def test_who_is_gone_before_the_answer_leaves_no_child_and_no_complaint():
    mine, its = socket.socketpair()
    words = [sys.executable, "-c", SERVED, str(its.fileno())]
    with subprocess.Popen(words, pass_fds=[its.fileno()], stderr=subprocess.PIPE) as served:
        its.close()
        mine.shutdown(socket.SHUT_RD)  # nothing can be answered
        mine.sendall(b'{"request": {"do": "sleep"}}\n')
        _, said = served.communicate(timeout=20)  # a child that lived would hold its stderr open
        mine.close()
    assert (served.returncode, said) == (0, b"")


def test_a_cradle_forked_from_this_process_serves_it():
    cradle = fork_cradle(lambda request: request["code"], last=signal.SIGKILL)
    assert cradle.start({"code": 7}).wait(timeout=20) == 7
    cradle.close()
    os.wait()

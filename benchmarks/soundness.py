"""Does a review survive what befalls it?

kills   The process that runs a review is killed (SIGKILL) at a random time, as often as
        asked for; the resumed run must equal an unbroken one byte for byte.
reads   A report is read, again and again, while it is made anew; no reading may see less
        than a whole page.
faults  Twenty reports, eight kinds of fault, ten places: the sound ones must be made, the
        others named, never one called made that is not, and their earlier reports kept.

The company has two departments; its notebook is one cell that reads the facts, so that what
is measured is the batch and not the analyses. `python benchmarks/soundness.py kills --times 50`.
The script ends with 1 where anything failed.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from kpikit.review.batch import run_batch
from kpikit.review.making import Job, Limits
from kpikit.review.render import Page
from kpikit.review.run import run_review

FILES = ("support.html", "sales.html", "index.html", "run.json", "review.json")
COMPANY = """\
version: 1
organisation: {name: Soundness}
sources:
  tickets: {path: tickets.csv, time: day, columns: {day: date, hours: number},
            complete_through: 2026-06-30}
departments:
  support: {title: Support, owner: ann}
  sales: {title: Sales, owner: bob}
kpis:
  reply: {title: Reply time, department: support, owner: ann, source: tickets,
          formula: sum(hours) / count(hours), unit: duration, direction: lower_is_better}
  volume: {title: Volume, department: sales, owner: bob, source: tickets,
           formula: count(hours), unit: count, direction: higher_is_better}
"""
PARAMETERS = ("strategy", "department", "period", "as_of", "bundle")
FAULTS = {
    "raises": "raise ValueError('wrong')",
    "exits 0": "import sys; sys.exit(0)",
    "exits 1": "import sys; sys.exit(1)",
    "leaves": "import os; os._exit(0)",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "hangs": "import time; time.sleep(600)",
    "deaf": "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
    "takes memory": "x = bytearray(2**33)",
}
REPORTS, PLACES, PATIENCE = 20, 10, 20.0
EARLIER = "the report of an earlier run"
RERUNS = 5  # at least, however fast the reader is
RUN = "--run"  # how the script calls itself for the review that it kills


def main() -> None:
    """Try what is asked for, print one line of JSON, and end with 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("kills", "reads", "faults"))
    parser.add_argument("--times", type=int, help="kills (50) or readings (10000)")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="kpikit-soundness-") as place:
        tries = {"kills": try_kills, "reads": try_reads, "faults": try_faults}[asked.what]
        found = tries(Path(place), asked.times, random.Random(asked.seed))
    print(json.dumps(found))
    sys.exit(1 if found["failed"] else 0)


def try_kills(folder: Path, times: int | None, chance: random.Random) -> dict[str, object]:
    """Kill a review at random times, and compare what a resumed one leaves."""
    strategy, notebooks = _company(folder)
    began = time.monotonic()
    whole = _files(_review(strategy, notebooks, folder / "whole"))
    length = time.monotonic() - began
    failed, in_time = [], 0
    for number in range(times or 50):
        out = folder / f"killed-{number}"
        words = [sys.executable, __file__, "kills", RUN, str(folder), str(out)]
        runner = subprocess.Popen(words)
        after = chance.uniform(0, length * 1.5)
        try:
            runner.wait(after)
        except subprocess.TimeoutExpired:
            in_time += 1
        runner.send_signal(signal.SIGKILL)
        runner.wait()
        if _files(_review(strategy, notebooks, out, resume=True)) != whole:
            failed.append(round(after, 2))
    return {"kills": times or 50, "while it ran": in_time, "failed": failed}


def try_reads(folder: Path, times: int | None, _: random.Random) -> dict[str, object]:
    """Read a report while it is made anew, until it has been read often enough."""
    strategy, notebooks = _company(folder)
    page = _review(strategy, notebooks, folder / "out") / "support.html"
    first, over, seen, runs = page.stat().st_ino, Event(), [0, 0], 0

    def read() -> None:
        while not over.is_set():
            whole = page.read_text(encoding="utf-8").rstrip().endswith("</html>")
            seen[0 if whole else 1] += 1

    reader = Thread(target=read)
    reader.start()
    while sum(seen) < (times or 10_000) or runs < RERUNS:
        _review(strategy, notebooks, folder / "out")
        runs += 1
    over.set()
    reader.join()
    replaced = page.stat().st_ino != first
    return {"readings": sum(seen), "runs": runs, "replaced": replaced, "failed": seen[1]}


def try_faults(folder: Path, _: int | None, __: random.Random) -> dict[str, object]:
    """Let one fault after another befall half of twenty reports."""
    failed = []
    for kind, code in FAULTS.items():
        out = folder / kind.replace(" ", "-")
        out.mkdir()
        sound, broken = (_notebook(out / f"{name}.ipynb", text) for name, text in _cells(code))
        every = REPORTS // PLACES
        jobs = [_job(f"d{n:02}", broken if n % every else sound) for n in range(REPORTS)]
        for job in jobs:
            (out / f"{job.name}.html").write_text(EARLIER)
        batch = run_batch(jobs, folder=out, limits=Limits(seconds=PATIENCE))
        for job, outcome in zip(jobs, batch.outcomes, strict=True):
            if (outcome.state == "ok") != (job.notebook == sound):
                failed.append(f"{kind}: {outcome.name} is {outcome.state}")
            kept = (out / f"{job.name}.html").read_text() == EARLIER
            if kept != (outcome.state != "ok"):
                failed.append(f"{kind}: the earlier report of {outcome.name} is gone, or stands")
    return {"reports": REPORTS * len(FAULTS), "failed": failed}


def _cells(code: str) -> list[tuple[str, str]]:
    return [("sound", "print('sound')"), ("broken", code)]


def _job(name: str, notebook: Path) -> Job:
    return Job(name=name, notebook=notebook, parameters={}, page=Page(title=name))


def _company(folder: Path) -> tuple[Path, Path]:
    days = [f"2026-{month:02}-{day:02},{month}" for month in range(1, 7) for day in (1, 15, 28)]
    (folder / "tickets.csv").write_text("\n".join(["day,hours", *days]) + "\n")
    (folder / "strategy.yaml").write_text(COMPANY)
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    _notebook(notebooks / "quarterly_review.ipynb", "print(department, period, as_of)")
    return folder / "strategy.yaml", notebooks


def _notebook(path: Path, code: str) -> Path:
    declared = "\n".join(f'{name}: str = ""' for name in PARAMETERS)
    cells = [new_code_cell(declared, metadata={"tags": ["parameters"]}), new_code_cell(code)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def _review(strategy: Path, notebooks: Path, out: Path, **options: bool) -> Path:
    found = run_review(strategy, period="2026Q2", out=out, notebooks=notebooks, **options)
    if found.exit_code:
        sys.exit(f"the review failed: {found.summary()}")
    return found.folder


def _files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


if __name__ == "__main__":
    if sys.argv[2:3] == [RUN]:
        place = Path(sys.argv[3])
        _review(place / "strategy.yaml", place / "notebooks", Path(sys.argv[4]))
    else:
        main()

"""The process in which one report is made: started, watched, and ended with its kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

LOG = "output.log"  # what the process says, in its folder
OVERDUE, STOPPED = "overdue", "stopped"  # why it was ended

PATIENCE = 10.0  # seconds it has for taking its kernel along before it is killed
BEAT = 0.2  # seconds between looks at it


def run_process(work: Path, limit: float, stop: Event) -> int | str:
    """Run a report's process in its folder; return its exit code, or why it was ended."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",  # the reports share the processors, not each its matrices
        "JUPYTER_RUNTIME_DIR": str(work / ".runtime"),  # goes when the folder goes
        "IPYTHONDIR": str(work / ".ipython"),  # nobody's start-up files run in a report
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with (work / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "kpikit.review.job"],
            cwd=work,
            env=environment,
            stdin=subprocess.PIPE,  # never written to: it closes when this process ends
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this process only, which then tells
        )
        try:
            return _wait(process, time.monotonic() + limit, stop)
        finally:
            _end(process)


def _wait(process: subprocess.Popen[bytes], deadline: float, stop: Event) -> int | str:
    while True:
        try:
            return process.wait(timeout=BEAT)
        except subprocess.TimeoutExpired:
            if stop.is_set():
                return STOPPED
            if time.monotonic() > deadline:
                return OVERDUE


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs: ask, then make it. Its kernel ends with it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdin is not None:
        process.stdin.close()

"""The process in which one report is made: started, watched, and ended with its kernel."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from kpikit.review.cradle import Child, Cradle, can_fork

LOG = "output.log"  # what the process says, in its folder
OVERDUE, STOPPED = "overdue", "stopped"  # why it was ended

PATIENCE = 10.0  # seconds it has for taking its kernel along before it is killed
BEAT = 0.2  # seconds between looks at whether it is to stop

Process = subprocess.Popen[bytes] | Child
Start = Callable[[Path], Process]

SHARED = {
    "OMP_NUM_THREADS": "1",  # the reports share the processors, not each its matrices
    "OPENBLAS_NUM_THREADS": "1",
    # its own pool sets a gigabyte of addresses aside, which counts where memory is limited
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


@dataclass(frozen=True)
class Processes:
    """What starts a report's process in a folder; and, where it can, forks one for an errand."""

    start: Start
    send: Callable[[str, Path], Child | None] | None


@contextmanager
def report_processes(strategy: Path | None = None) -> Iterator[Processes]:
    """Give what starts processes; all of them end with the block.

    Where the machine can fork, reports are forked from one process that has loaded what
    they use, and read the strategy where one is named; elsewhere each does so for itself.
    """
    if can_fork():
        with _nursery(strategy) as cradle:

            def start(work: Path) -> Process:
                request = {"folder": str(work), "environment": _environment(work)}
                return cradle.start(request) or start_afresh(work)  # the nursery may be gone

            def send(errand: str, folder: Path) -> Child | None:
                return cradle.start({"folder": str(folder), "errand": errand})

            yield Processes(start, send)
    else:
        yield Processes(start_afresh, None)


def run_process(start: Start, work: Path, limit: float, stop: Event) -> int | str:
    """Run a report's process in its folder; return its exit code, or why it was ended."""
    if stop.is_set():  # loading what a report needs takes long, and nobody wants it any more
        return STOPPED
    process = start(work)
    try:
        return _wait(process, time.monotonic() + limit, stop)
    finally:
        _end(process)


@contextmanager
def _nursery(strategy: Path | None) -> Iterator[Cradle]:
    mine, its = socket.socketpair()
    known = [] if strategy is None else [os.fspath(strategy.absolute())]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "kpikit.review.nursery", str(its.fileno()), *known],
        env=_environment(None),
        stdin=subprocess.PIPE,  # never written to: it closes when this process ends
        pass_fds=[its.fileno()],
        start_new_session=True,  # Ctrl-C reaches this process only, which then tells
    )
    its.close()
    cradle = Cradle(mine)
    try:
        yield cradle
    finally:
        if not cradle.used:
            process.terminate()  # it may still be loading, for nobody
        cradle.close()
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=2 * PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start_afresh(work: Path) -> subprocess.Popen[bytes]:
    """Start a report's process that loads everything for itself."""
    with (work / LOG).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "kpikit.review.job"],
            cwd=work,
            env=_environment(work),
            stdin=subprocess.PIPE,  # never written to: it closes when this process ends
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this process only, which then tells
        )


def _environment(work: Path | None) -> dict[str, str]:
    environment = {**os.environ, **SHARED}
    if work is not None:
        environment["JUPYTER_RUNTIME_DIR"] = str(work / ".runtime")  # goes when the folder goes
        environment["IPYTHONDIR"] = str(work / ".ipython")  # nobody's start-up files run here
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _wait(process: Process, deadline: float, stop: Event) -> int | str:
    while True:
        try:
            return process.wait(timeout=BEAT)
        except subprocess.TimeoutExpired:
            if stop.is_set():
                return STOPPED
            if time.monotonic() > deadline:
                return OVERDUE


def _end(process: Process) -> None:
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

"""Processes forked on request: they begin with everything loaded, and alone.

A `Cradle` is the end that asks; `serve` is the loop at the other end, in a process that
has loaded what its children need, runs no thread, and has opened no connection. What a
child does, it does to itself only: that is why reports share a cradle and not a kernel.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from subprocess import TimeoutExpired
from threading import Lock
from typing import Any, NoReturn

Work = Callable[[dict[str, Any]], int]

PULSE = 0.03  # seconds between looks at a child
PATIENCE = 10.0  # seconds a child has for ending, once nobody asks for it any more


class Cradle:
    """The asking end: starts children, and says how they ended.

    Attributes
    ----------
    used
        Whether anything was asked yet; where nothing was, no child is left to be ended.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._answers = channel.makefile("r", encoding="utf-8")
        self._turn = Lock()
        self.used = False

    def start(self, request: Mapping[str, object]) -> Child | None:
        """Fork a child that carries out the request; None where nobody is there to do it."""
        answer = self._ask({"request": dict(request)})
        return None if answer is None else Child(answer["pid"], self)

    def code(self, pid: int) -> int | None:
        """Return a child's exit code; None while it runs, -9 where it cannot be asked for."""
        answer = self._ask({"pid": pid})
        return -signal.SIGKILL if answer is None else answer["code"]

    def close(self) -> None:
        """Say that nothing more is wanted: what still runs is ended."""
        self._answers.close()
        self._channel.close()

    def _ask(self, question: Mapping[str, object]) -> dict[str, Any] | None:
        with self._turn:
            self.used = True
            try:
                self._channel.sendall(json.dumps(question).encode() + b"\n")
                line = self._answers.readline()
            except (OSError, ValueError):  # the other end is gone, or this one is closed
                return None
        return json.loads(line) if line else None


class Child:
    """A forked process, with the face of `subprocess.Popen` that Jupyter looks at."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, cradle: Cradle) -> None:
        self.pid = pid
        self._cradle = cradle
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        if self._code is None:
            self._code = self._cradle.code(self.pid)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit code."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(PULSE)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def can_fork() -> bool:
    """Tell whether processes can be forked on this machine."""
    return hasattr(os, "fork")


def fork_cradle(work: Work, *, last: signal.Signals) -> Cradle:
    """Fork a process that serves this one, before this one starts any thread."""
    mine, its = socket.socketpair()
    if os.fork() == 0:
        mine.close()
        leave(lambda: serve(its, work, last=last))
    its.close()
    return Cradle(mine)


def serve(channel: socket.socket, work: Work, *, last: signal.Signals) -> int:
    """Fork children as asked, until nobody asks any more; then send `last` to those left."""
    gc.collect()
    gc.freeze()  # what is loaded stays shared with the children
    codes: dict[int, int | None] = {}
    # whoever asked may be gone before the answer: its children are ended all the same
    with channel, channel.makefile("r", encoding="utf-8") as lines, suppress(ConnectionError):
        for line in lines:
            question = json.loads(line)
            if "pid" in question:
                answer = {"code": _look(question["pid"], codes)}
            else:
                pid = _fork(channel, work, question["request"])
                codes[pid] = None
                answer = {"pid": pid}
            channel.sendall(json.dumps(answer).encode() + b"\n")
    _end([pid for pid in codes if _look(pid, codes) is None], codes, last)
    return 0


def leave(work: Callable[[], int]) -> NoReturn:
    """Do the work of a forked process, and end it without what its parent had to tidy."""
    code = 1
    try:
        code = work()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        import sys

        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _fork(channel: socket.socket, work: Work, request: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        channel.close()
        os.setsid()  # Ctrl-C in a terminal reaches the one who asks, and nobody else
        leave(lambda: work(request))
    return pid


def _look(pid: int, codes: dict[int, int | None]) -> int | None:
    if codes.get(pid) is None:
        try:
            found, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return -signal.SIGKILL
        if found:
            codes[pid] = os.waitstatus_to_exitcode(status)
    return codes[pid]


def _end(pids: list[int], codes: dict[int, int | None], last: signal.Signals) -> None:
    deadline = time.monotonic() + PATIENCE
    for pid in pids:
        os.kill(pid, last)
    while any(_look(pid, codes) is None for pid in pids):
        if time.monotonic() > deadline:
            for pid in pids:
                if codes[pid] is None:
                    os.kill(pid, signal.SIGKILL)
            deadline = float("inf")
        time.sleep(PULSE)

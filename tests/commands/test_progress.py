"""Progress as it is seen on a real terminal, and as lines where there is none."""

import fcntl
import io
import os
import pty
import select
import struct
import termios

from kpikit.commands.progress import shown_progress


def report(stream):
    with shown_progress(stream) as told:
        for name in ("support", "sales"):
            told(name, "waiting")
        told("support", "running")
        told("support", "timed_out")
        told("sales", "running")
        told("sales", "ok")


def test_without_a_terminal_every_event_is_a_line():
    stream = io.StringIO()
    report(stream)
    assert stream.getvalue().splitlines() == [
        "support: running",
        "support: timed out",
        "sales: running",
        "sales: ok",
    ]


def test_on_a_terminal_a_bar_names_what_is_made_and_says_what_failed():
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    with os.fdopen(theirs, "w") as stream:
        report(stream)
        shown = ""
        # a terminal hands on what is written piece by piece, and not at once
        while "2/2" not in shown and select.select([ours], [], [], 5)[0]:
            shown += os.read(ours, 65536).decode()
    os.close(ours)
    assert "support: timed out" in shown
    assert "reading the facts" in shown
    assert "sales" in shown
    assert "2/2" in shown
    assert "<00:00" in shown  # the time left

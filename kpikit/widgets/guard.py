"""Callbacks that lose no error, and answer the last of many events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from html import escape
from threading import RLock, Timer
from time import monotonic

import ipywidgets as widgets  # type: ignore[import-untyped]

from kpikit.errors import KpikitError

PAUSE = 0.06  # seconds without a further event, after which the last one is answered
LONGEST = 0.2  # seconds after which events that do not pause are answered as well
SHARE = 3  # answers that take long are given no more often than one in so many times as long
LOG = logging.getLogger("kpikit.widgets")


class Guard:
    """Runs callbacks for one app, and shows there what went wrong: elsewhere it is seen nowhere.

    Attributes
    ----------
    message
        Where it is said; a live region, so that it is read aloud.
    """

    def __init__(self) -> None:
        self.message = widgets.HTML()
        self._lock = RLock()
        self._waiting: Callable[[], None] | None = None
        self._since = 0.0
        self._answered = 0.0
        self._cost = 0.0
        self._timer: Timer | asyncio.TimerHandle | None = None

    def run(self, act: Callable[[], None]) -> bool:
        """Do something now; say and log what goes wrong, and return whether nothing did."""
        try:
            with self._lock:
                act()
        except KpikitError as error:
            LOG.warning("%s", error)
            self.say(str(error), mark="✗")
        except Exception as error:
            LOG.exception("a callback failed")
            self.say(f"{type(error).__name__}: {error}. Nothing was recorded.", mark="✗")
        else:
            return True
        return False

    def soon(self, act: Callable[[], None]) -> None:
        """Do something now, or, of many events close together, the last once they pause."""
        with self._lock:
            waits, self._waiting = self._waiting is not None, act
            longest = max(LONGEST, SHARE * self._cost)
            if not waits:
                self._since = monotonic()
                if self._since - self._answered > longest:
                    self._answer()
                    return
            if self._timer is not None:
                self._timer.cancel()
            left = longest - (monotonic() - self._since)
            pause = max(PAUSE, self._cost)
            self._timer = _after(max(min(pause, left), 0.0), self._answer)

    def settle(self) -> None:
        """Do now what waits, and what that leaves to be done."""
        while self._waiting is not None:
            self._answer()

    def _answer(self) -> None:
        with self._lock:
            act, self._waiting, self._timer = self._waiting, None, None
            begun = monotonic()
            if act is not None:
                self.run(act)
            self._answered = monotonic()
            self._cost = self._answered - begun

    def say(self, text: str, *, mark: str) -> None:
        """Show a sentence in the app."""
        said = escape(text).replace("\n", "<br>")
        self.message.value = f'<p role="status"><b>{mark}</b> {said}</p>'

    def hush(self) -> None:
        """Take back what was said."""
        self.message.value = ""


def _after(seconds: float, act: Callable[[], None]) -> Timer | asyncio.TimerHandle:
    """Call something later: in a kernel by its loop, elsewhere by a thread."""
    try:
        return asyncio.get_running_loop().call_later(seconds, act)
    except RuntimeError:
        timer = Timer(seconds, act)
        timer.daemon = True
        timer.start()
        return timer

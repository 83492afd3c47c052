"""The guard: no error is lost, and of many events the last alone is answered."""

import asyncio
import logging
import time

from kpikit.errors import DataError
from kpikit.widgets.guard import Guard


def fail():
    raise ZeroDivisionError("one over none <b>")


def refuse():
    raise DataError("csat: too few values.\nAdd some.")


def test_an_error_is_shown_escaped_and_logged_and_what_comes_later_works(caplog):
    guard, done = Guard(), []
    with caplog.at_level(logging.WARNING, logger="kpikit.widgets"):
        assert not guard.run(fail)
        assert "ZeroDivisionError: one over none &lt;b&gt;" in guard.message.value
        assert not guard.run(refuse)
        assert "too few values.<br>Add some." in guard.message.value
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "Traceback" in caplog.text
    assert guard.run(lambda: done.append(1))
    assert done == [1]


def test_a_hundred_events_outside_a_loop_cost_few_and_end_in_the_last():
    guard, seen = Guard(), []
    for event in range(100):
        guard.soon(lambda event=event: seen.append(event))
    time.sleep(0.4)
    assert seen[-1] == 99
    assert len(seen) <= 10


def test_a_hundred_events_in_a_loop_cost_few_and_end_in_the_last():
    guard, seen = Guard(), []

    async def drag():
        for event in range(100):
            guard.soon(lambda event=event: seen.append(event))
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)

    asyncio.run(drag())
    assert seen[-1] == 99
    assert len(seen) <= 10


def test_what_waits_is_done_at_once_when_settled_and_only_once():
    guard, seen = Guard(), []
    guard.soon(lambda: seen.append(1))
    guard.settle()
    guard.settle()
    assert seen == [1]

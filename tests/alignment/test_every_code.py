"""Every code has a situation that raises it, and one that differs in a single fact and does not.

The pairs of the three neighbours (`test_pairs`, `test_evidence`, `test_record`) are shown there to
raise and to keep their codes; here it is shown that they are a single fact apart. Codes that take
more than one of strategy, numbers, record and sources have their pairs here.
"""

import importlib.util
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kpikit import build_observations
from kpikit.alignment.audit import audit
from kpikit.alignment.catalogue import catalogue
from kpikit.ledger import Comment, Decision, open_ledger

HERE = Path(__file__).parent
TODAY = date(2026, 10, 15)
DAYS = pd.date_range("2025-01-01", "2026-10-14")


def neighbour(name):
    spec = importlib.util.spec_from_file_location(f"pairs_of_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EVIDENCE = neighbour("test_evidence")
ALIGNED = neighbour("conftest")


@dataclass(frozen=True)
class Situation:
    """What is changed in the sound strategy, what was observed, recorded and delivered."""

    changes: dict[str, Any] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)
    records: tuple[Any, ...] = ()
    days: tuple[Any, ...] = ()


def targets(*sizes):
    """Return targets of the quarters up to 2026Q3."""
    names = [f"{year}Q{quarter}" for year in (2024, 2025, 2026) for quarter in (1, 2, 3, 4)][:11]
    return {
        "kpis/calls/targets": [
            {"period": name, "committed": float(size), "basis": "a guess"}
            for name, size in zip(names[-len(sizes) :], sizes, strict=True)
        ]
    }


def next_target(size):
    return {"kpis/calls/targets/0": {"period": "2026Q4", "committed": size, "basis": "a guess"}}


STEADY = EVIDENCE.STEADY
JUST_BEATEN = [quarter + 299.7 for quarter in EVIDENCE.QUARTERS]
ONE_MISSED = [*JUST_BEATEN[:-1], JUST_BEATEN[-1] + 20]
KEYED = {"sources/sales/key": ["day"]}
MISSED = {"kpis/calls/targets/0": {"period": "2026Q3", "committed": 300, "basis": "a guess"}}
WORD = ("2026-10-02", Comment(period="2026Q3", text="It rained", kpi="calls"))
FLAT = [100.0 + n % 2 for n in range(36)]
MOVED = [value + 60.0 * (n >= 26) for n, value in enumerate(FLAT)]  # from December 2025
ACTS = tuple(
    (f"2025-{month}-05", Decision(period="2025Q4", text="Go on", kpis=("calls",)))
    for month in (10, 11, 12)
)

# code, subject, what raises it, what does not
PAIRS = [
    ("TGT04", "kpis.calls", Situation(next_target(380), {"calls": EVIDENCE.CALLS}),
     Situation(next_target(300), {"calls": EVIDENCE.CALLS})),
    ("TGT05", "kpis.calls", Situation(targets(*JUST_BEATEN), {"calls": STEADY}),
     Situation(targets(*ONE_MISSED), {"calls": STEADY})),
    ("REV06", "kpis.calls", Situation(targets(360, 360, 360, 200), {"calls": STEADY}),
     Situation(targets(360, 200, 360, 200), {"calls": STEADY})),
    ("QLT01", "kpis.calls", Situation(MISSED, {"calls": [90.0] * 24}),
     Situation(MISSED, {"calls": [90.0] * 24}, (WORD,))),
    ("CTL02", "kpis.calls", Situation(numbers={"calls": FLAT}, records=ACTS),
     Situation(numbers={"calls": MOVED}, records=ACTS)),
    ("DAT03", "sources.sales",
     Situation({"sources/sales/freshness": "3 days"}, days=tuple(DAYS[:-20])),
     Situation({"sources/sales/freshness": "30 days"}, days=tuple(DAYS[:-20]))),
    ("DAT04", "sources.sales", Situation(KEYED, days=(*DAYS, DAYS[-1])),
     Situation(KEYED, days=tuple(DAYS))),
]  # fmt: skip


@pytest.fixture
def raised(strategy, observations, tmp_path):
    """Return a function that tells which subjects a code is raised for in a situation."""

    def find(code, situation):
        loaded = strategy(situation.changes)
        seen = observations(**situation.numbers) if situation.numbers else None
        if situation.days:
            EVIDENCE.facts(loaded.folder, pd.DatetimeIndex(situation.days))
            seen = build_observations(loaded, as_of=TODAY)
        clock = [datetime(2025, 1, 1, tzinfo=UTC)]
        with open_ledger(tmp_path / f"{len(situation.records)}.db", clock=lambda: clock[0]) as book:
            for day, record in situation.records:
                clock[0] = datetime.fromisoformat(f"{day}T12:00:00+00:00")
                book.append(record, who="ada", why="as agreed")
            frame = audit(loaded, observations=seen, ledger=book, as_of=TODAY).to_frame()
        return set(frame.loc[frame["code"] == code, "subject"])

    return find


@pytest.mark.parametrize(("code", "subject", "broken", "kept"), PAIRS)
def test_a_single_fact_decides(raised, code, subject, broken, kept):
    assert subject in raised(code, broken)
    assert subject not in raised(code, kept)


def apart(one, other):
    """Return in how many facts two things differ; what is there in one of them only is one."""
    if isinstance(one, dict) and isinstance(other, dict):
        return sum(
            apart(one[key], other[key]) if key in one and key in other else 1
            for key in {*one, *other}
        )
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if len(one) == len(other):
            return sum(map(apart, one, other))
        short, long = sorted((one, other), key=len)
        at = next((n for n, item in enumerate(short) if apart(item, long[n])), len(short))
        more = len(long) - len(short)
        return more + sum(map(apart, short[at:], long[at + more :]))
    return int(one != other)


def all_pairs(sound):
    """Yield the code of every pair, and in how many facts it differs; a series is one."""
    for code, broken, kept, _ in neighbour("test_pairs").PAIRS:
        yield code, apart(*(ALIGNED.changed(sound, changes) for changes in (broken, kept)))
    for code, _, broken, kept, _ in EVIDENCE.PAIRS:
        yield code, series_apart(broken, kept)
    for code, broken, kept, _ in neighbour("test_record").PAIRS:
        yield code, apart(broken, kept)
    for code, _, broken, kept in PAIRS:
        files = (ALIGNED.changed(sound, one.changes) for one in (broken, kept))
        number = series_apart(broken.numbers, kept.numbers)
        rest = apart(broken.records, kept.records) + apart(broken.days, kept.days)
        yield code, apart(*files) + number + rest


def series_apart(one, other):
    same = {name for name in one if np.array_equal(one[name], other[name], equal_nan=True)}
    return len({*one, *other} - same)


def test_what_differs_is_counted():
    assert apart({"a": [1, 2], "b": 3}, {"a": [1, 4], "c": 3}) == 3
    assert apart([1, 2, 3], [1, 3]) == 1
    assert apart([1, 2, 3], [1, 2, 3]) == 0


def test_every_code_has_a_pair_that_differs_in_one_fact(sound):
    single = {code for code, facts in all_pairs(sound) if facts == 1}
    assert {one.code for one in catalogue()} - single == set()

"""For every rule of habits: a ledger that breaks it, and one a single fact apart."""

from datetime import UTC, date, datetime

import pytest

from kpikit.alignment.audit import audit
from kpikit.errors import DataError
from kpikit.ledger import (
    Action,
    Comment,
    Concern,
    Decision,
    Feedback,
    KpiSetReview,
    Review,
    Target,
    open_ledger,
)

TODAY = date(2026, 10, 15)


class Clock:
    """Says what it was set to."""

    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def ledger(tmp_path):
    """Return a ledger, and a function that writes into it on a day."""
    clock = Clock()
    with open_ledger(tmp_path / "ledger.sqlite", clock=clock) as opened:

        def write(day, record, *, who="ada"):
            clock.now = datetime.fromisoformat(f"{day}T12:00:00+00:00")
            opened.append(record, who=who, why="as agreed")

        yield opened, write


def decision(*kpis, period="2026Q1"):
    return Decision(period=period, text="Go on", kpis=kpis)


def action(**fields):
    known = {"period": "2026Q3", "text": "Call an hour longer", "owner": "eve", "action": "a1"}
    return Action(**known | {"due": date(2026, 10, 14)} | fields)


OLD = ("2026-01-05", decision("hours"))  # the record goes back for two cycles

# code, what is written when it breaks and when it holds, what it is about
PAIRS = [
    ("VAN01", [OLD], [OLD, ("2026-09-01", decision("calls"))], "kpis.calls"),
    ("VAN01", [OLD], [("2026-06-05", decision("hours"))], "kpis.calls"),  # too short a record
    (
        "VAN01",  # 185 and 184 days
        [OLD, ("2026-04-13", decision("calls"))],
        [OLD, ("2026-04-14", decision("calls"))],
        "kpis.calls",
    ),
    (
        "OWN04",
        [OLD],
        [OLD, ("2026-09-01", Comment(period="2026Q3", text="Rain", kpi="calls"), "eve")],
        "people.eve",
    ),
    (
        "OWN04",
        [OLD, ("2026-09-01", action(due=date(2026, 12, 1)))],
        [OLD, ("2026-09-01", action(due=date(2026, 12, 1), state="done"))],
        "people.eve",
    ),
    (
        "REV02",
        [("2026-07-14", Review(period="2026Q2", state="held"))],
        [("2026-07-15", Review(period="2026Q2", state="held"))],
        "organisation",
    ),
    (
        "REV02",
        [("2026-10-01", Review(period="2026Q2", state="frozen"))],
        [("2026-10-01", Review(period="2026Q2", state="closed"))],
        "organisation",
    ),
    (
        "REV04",
        [("2026-09-01", action())],
        [("2026-09-01", action(due=date(2026, 10, 15)))],
        "people.eve",
    ),
    (
        "REV04",
        [("2026-09-01", action())],
        [("2026-09-01", action()), ("2026-10-15", action(state="done"))],
        "people.eve",
    ),
    (
        "TGT06",
        [("2026-09-01", Target(kpi="calls", period="2026Q4", value=280))],
        [("2026-09-01", Target(kpi="calls", period="2026Q4", value=300))],
        "kpis.calls",
    ),
    (
        "TGT06",
        [("2026-09-01", Target(kpi="calls", period="2026Q4", value=280))],
        [("2026-09-01", Target(kpi="calls", period="2026Q4", value=280, state="proposed"))],
        "kpis.calls",
    ),
    (
        "QLT03",
        [("2026-09-01", Feedback(survey="Autumn", team="sales", people=30, favourable=0.4,
                                 lower=0.25, upper=0.6))],
        [("2026-09-01", Feedback(survey="Autumn", team="sales", people=30, favourable=0.6,
                                 lower=0.5, upper=0.7))],
        "departments.sales",
    ),
    (
        "QLT05",
        [("2026-09-14", Concern(period="2026Q3", text="Doors", concern="c"), "eve")],
        [("2026-09-15", Concern(period="2026Q3", text="Doors", concern="c"), "eve")],
        "people.eve",
    ),
    (
        "QLT05",
        [("2026-09-01", Concern(period="2026Q3", text="Doors", concern="c"), "eve")],
        [
            ("2026-09-01", Concern(period="2026Q3", text="Doors", concern="c"), "eve"),
            ("2026-10-01", Concern(period="2026Q3", text="Doors", concern="c", state="answered",
                                   answer="At six")),
        ],
        "people.eve",
    ),
]  # fmt: skip


def found(strategy, ledger, code, records, **at_hand):
    opened, write = ledger
    for day, record, *who in records:
        write(day, record, **({"who": who[0]} if who else {}))
    frame = audit(strategy, ledger=opened, as_of=TODAY, **at_hand).to_frame()
    return set(frame.loc[frame["code"] == code, "subject"])


@pytest.mark.parametrize(("code", "broken", "kept", "subject"), PAIRS)
def test_a_single_record_breaks_it(strategy, ledger, code, broken, kept, subject):
    del kept
    assert subject in found(strategy(), ledger, code, broken)


@pytest.mark.parametrize(("code", "broken", "kept", "subject"), PAIRS)
def test_without_that_record_it_is_kept(strategy, ledger, code, broken, kept, subject):
    del broken
    assert subject not in found(strategy(), ledger, code, kept)


def test_an_old_kpi_without_a_decision_on_record_is_a_legacy(strategy, ledger):
    old = strategy({"kpis/revenue/since": "2024-10-14"})  # 731 days
    assert found(old, ledger, "VAN04", [OLD]) == {"kpis.revenue"}
    assert found(old, ledger, "VAN04", [("2026-02-01", decision("revenue"))]) == set()


def test_a_review_on_record_counts_as_one_in_the_file(strategy, ledger):
    stale = strategy({"kpis/calls/last_reviewed": "2026-01-02"})
    assert found(stale, ledger, "REV01", []) == {"kpis.calls"}
    review = KpiSetReview(on=date(2026, 9, 30), outcome="Still right", department="sales")
    assert found(stale, ledger, "REV01", [("2026-10-01", review)]) == set()


def test_what_was_written_later_is_not_seen(strategy, ledger):
    opened, write = ledger
    write("2026-10-16", Target(kpi="calls", period="2026Q4", value=280))
    sound = strategy()
    assert "TGT06" not in set(audit(sound, ledger=opened, as_of=TODAY).to_frame()["code"])
    assert "TGT06" in set(audit(sound, ledger=opened, as_of="2026-10-16").to_frame()["code"])


def test_the_strategys_own_ledger_is_opened_where_there_is_one(strategy, ledger):
    sound = strategy()
    _, write = ledger  # it is ledger.sqlite beside the strategy
    write("2026-09-01", action())
    assert "REV04" in set(audit(sound, as_of=TODAY).to_frame()["code"])


def test_a_ledger_that_is_none_is_refused(strategy):
    with pytest.raises(DataError, match="Pass what open_ledger returns"):
        audit(strategy(), ledger="ledger.sqlite", as_of=TODAY)


# with observations -------------------------------------------------------------------------


def test_a_missed_target_wants_a_word(strategy, ledger, observations):
    missed = strategy({"kpis/calls/targets/0": {"period": "2026Q3", "committed": 300}})
    seen = observations(calls=[90.0] * 24)
    assert "kpis.calls" in found(missed, ledger, "QLT01", [], observations=seen)
    word = Comment(period="2026Q3", text="It rained", kpi="calls")
    assert found(missed, ledger, "QLT01", [("2026-10-02", word)], observations=seen) == set()


def test_levers_that_never_moved_a_kpi_are_in_doubt(strategy, ledger, observations):
    flat = [100.0 + n % 2 for n in range(36)]
    moved = [value + 60.0 * (n >= 26) for n, value in enumerate(flat)]  # from December 2025
    acts = [(day, decision("calls")) for day in ("2025-10-05", "2025-11-05", "2025-12-05")]
    sound = strategy()
    assert "kpis.calls" in found(
        sound, ledger, "CTL02", acts, observations=observations(calls=flat)
    )
    assert found(sound, ledger, "CTL02", [], observations=observations(calls=moved)) == set()

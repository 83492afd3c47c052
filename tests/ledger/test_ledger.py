"""Records are kept: durable, in order, once, and read back as they were written."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from kpikit.errors import DataError, KpikitError
from kpikit.ledger import (
    Action,
    BaselineReset,
    Comment,
    Decision,
    Review,
    Target,
    Undo,
    open_ledger,
)

DECISION = Decision(period="2026Q3", text="Add a shift", kpis=("csat",), department="support")
TARGET = Target(kpi="churn", period="2026Q4", value=0.03, basis="forecast", attainment=0.8)


def test_what_is_written_is_read_back_by_another_who_opens_it(url):
    with open_ledger(url) as ledger:
        saved = ledger.append(DECISION, who="coo", why="Replies are slow")
    with open_ledger(url) as ledger:
        (row,) = ledger.read(Decision).to_frame().to_dict(orient="records")
    assert (row["seq"], row["who"], row["why"]) == (1, "coo", "Replies are slow")
    assert (row["text"], row["kpis"], row["period"]) == ("Add a shift", ("csat",), "2026Q3")
    assert row["when"] == pd.Timestamp(saved.at)
    assert row["event"] == saved.event


def test_an_empty_ledger_has_typed_tables(url):
    with open_ledger(url) as ledger:
        assert ledger.verify().is_whole
        targets = ledger.accepted_targets()
        actions = ledger.latest(Action).to_frame()
    assert list(targets.columns[:7]) == [
        "kpi", "segment", "period", "level", "value", "who", "when",
    ]  # fmt: skip
    assert targets.empty
    assert targets["value"].dtype == "float64"
    assert str(actions["due"].dtype).startswith("datetime64")


def test_the_same_event_is_written_once(url):
    with open_ledger(url) as ledger:
        first = ledger.append(DECISION, who="coo", why="slow", event="click-1")
        again = ledger.append(DECISION, who="coo", why="slow", event="click-1")
        assert first == again
        assert len(ledger.read(Decision).to_frame()) == 1
        with pytest.raises(DataError, match=r"'click-1' is record 1 already, and says something"):
            ledger.append(TARGET, who="coo", why="slow", event="click-1")


def test_several_records_are_written_together_or_not_at_all(url):
    with open_ledger(url) as ledger:
        ledger.append(Review(period="2026Q2", state="closed"), who="coo", why="done")
        late = Comment(period="2026Q2", text="too late")
        with pytest.raises(KpikitError, match="2026Q2 was closed by record 1"):
            ledger.append_many([DECISION, late], who="coo", why="both")
        assert ledger.read(Decision).to_frame().empty
        entries = ledger.append_many([DECISION, TARGET], who="coo", why="both", event="e")
        assert [(entry.seq, entry.event) for entry in entries] == [(2, "e-1"), (3, "e-2")]
        assert ledger.append_many([DECISION, TARGET], who="coo", why="both", event="e") == entries


@pytest.mark.parametrize(("who", "why", "missing"), [("", "x", "who"), ("coo", " ", "why")])
def test_who_and_why_are_required(path, who, why, missing):
    with open_ledger(path) as ledger:
        with pytest.raises(DataError, match=f"{missing} is empty"):
            ledger.append(DECISION, who=who, why=why)
        assert ledger.head().seq == 0


def test_the_newest_accepted_target_counts_and_a_proposal_does_not(url):
    with open_ledger(url) as ledger:
        ledger.append(TARGET, who="owner", why="honest")
        revised = TARGET.model_copy(update={"value": 0.025, "state": "revised"})
        ledger.append(revised, who="coo", why="Two plans less")
        proposed = TARGET.model_copy(update={"value": 0.01, "state": "proposed"})
        ledger.append(proposed, who="kpikit", why="proposed")
        ledger.append(
            TARGET.model_copy(update={"level": "stretch", "value": 0.02}), who="coo", why="hope"
        )
        found = ledger.accepted_targets()
    assert list(found["level"]) == ["committed", "stretch"]
    assert list(found["value"]) == [0.025, 0.02]
    assert found.loc[0, ["kpi", "segment", "period", "who", "why"]].tolist() == [
        "churn", "", "2026Q4", "coo", "Two plans less",
    ]  # fmt: skip


def test_what_is_taken_back_stays_and_does_not_count(url):
    with open_ledger(url) as ledger:
        ledger.append(TARGET, who="owner", why="honest")
        mistake = TARGET.model_copy(update={"value": 3.0, "state": "revised"})
        slip = ledger.append(mistake, who="owner", why="typing")
        undone = ledger.undo(slip.event, who="owner", why="A slip of the finger")
        assert ledger.undo(slip.event, who="owner", why="A slip of the finger") == undone
        assert list(ledger.accepted_targets()["value"]) == [0.03]
        assert len(ledger.read(Undo).to_frame()) == 1
        assert ledger.head().seq == 3
        assert ledger.verify().is_whole
        with pytest.raises(DataError, match="record 3 takes another back, and stays"):
            ledger.undo(undone.event, who="owner", why="again")
        with pytest.raises(DataError, match="there is no event 'nothing'"):
            ledger.undo("nothing", who="owner", why="again")


def test_a_baseline_reset_can_be_taken_back(path):
    with open_ledger(path) as ledger:
        reset = ledger.append(
            BaselineReset(kpi="churn", since="2026-07-01"), who="coo", why="New price"
        )
        assert len(ledger.read(BaselineReset).to_frame()) == 1
        ledger.undo(reset.event, who="coo", why="The price came later")
        assert ledger.read(BaselineReset).to_frame().empty


def test_an_action_is_known_by_its_newest_state(url):
    action = Action(period="2026Q3", text="Hire", owner="head", due="2026-11-30")
    with open_ledger(url) as ledger:
        ledger.append(action, who="coo", why="slow replies")
        ledger.append(Review(period="2026Q3", state="closed"), who="coo", why="held")
        ledger.append(action.model_copy(update={"state": "done"}), who="head", why="Hired Kim")
        (row,) = ledger.latest(Action).to_frame().to_dict(orient="records")
        assert (row["state"], row["due"]) == ("done", pd.Timestamp("2026-11-30"))
        assert len(ledger.read(Action).to_frame()) == 2


def test_a_closed_period_is_locked(url):
    with open_ledger(url) as ledger:
        comment = ledger.append(Comment(period="2026Q3", text="ok"), who="coo", why="meeting")
        ledger.append(Review(period="2026Q3", state="closed"), who="coo", why="held")
        for record in (DECISION, Review(period="2026Q3", state="open")):
            with pytest.raises(KpikitError, match=r"2026Q3 was closed by record 2, and is locked"):
                ledger.append(record, who="coo", why="late")
        with pytest.raises(KpikitError, match="2026Q3 was closed"):
            ledger.undo(comment.event, who="coo", why="late")
        ledger.append(TARGET, who="coo", why="the next period is open")


def test_a_review_comes_to_a_state_once(url):
    with open_ledger(url) as ledger:
        ledger.append(Review(period="2026Q3", state="frozen"), who="coo", why="sent")
        with pytest.raises(KpikitError, match="review 2026Q3 frozen is on record already"):
            ledger.append(Review(period="2026Q3", state="frozen"), who="cfo", why="sent")


def test_a_clock_that_goes_back_is_warned_of_and_the_order_stays(url):
    times = [datetime(2026, 10, 25, 1, tzinfo=UTC) - timedelta(hours=n) for n in range(3)]
    with open_ledger(url, clock=times.copy().pop) as ledger:  # forward
        assert ledger.append(DECISION, who="coo", why="x").notes == ()
    with open_ledger(url, clock=lambda: times[2] - timedelta(days=1)) as ledger:
        late = ledger.append(DECISION, who="coo", why="y")
        assert "The clock says 2026-10-23 23:00, which is before record 1" in late.notes[0]
        assert list(ledger.read(Decision).to_frame()["why"]) == ["x", "y"]
        verified = ledger.verify()
        assert verified.is_whole
        assert "is dated 2026-10-23T23:00" in verified.notes[0]


def test_text_of_every_kind_is_kept_to_the_letter(url):
    texts = ["=1+1", "'); DROP TABLE kpikit_ledger; --", "a|b\\|c", "\x00\u2028 🎯", "  spaces "]
    with open_ledger(url) as ledger:
        for text in texts:
            ledger.append(Comment(period="2026Q3", text=text), who=text, why=text)
        assert list(ledger.read(Comment).to_frame()["text"]) == texts
        assert ledger.verify().is_whole


def test_half_a_character_is_refused(path):
    with open_ledger(path) as ledger:
        for who, text in (("\ud800", "a"), ("a", "\ud800"), ("\udc80", "a")):
            with pytest.raises(DataError, match="surrogate"):
                ledger.append(Comment.model_construct(period="2026Q3", text=text), who=who, why="x")
        assert ledger.head().seq == 0


def test_the_address_of_a_ledger_is_told_without_its_secret(postgres_url):
    with open_ledger(postgres_url) as ledger:
        assert "s3cret" not in repr(ledger) + ledger.place
    with pytest.raises(KpikitError) as caught:
        open_ledger(postgres_url.replace("s3cret", "wr0ng"))
    assert "wr0ng" not in str(caught.value)
    assert "127.0.0.1/postgres: the ledger cannot be read" in str(caught.value)


@pytest.mark.parametrize("address", ["mysql://host/db", "postgresql://host", ":memory:", ""])
def test_an_address_that_names_no_ledger_is_refused(address):
    with pytest.raises(DataError, match="names no ledger"):
        open_ledger(address)

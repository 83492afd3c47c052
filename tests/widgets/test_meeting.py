"""The meeting form, without a front end: what is pressed is recorded once, or said to be wrong."""

from datetime import date

import pytest

from kpikit.ledger import Action, Decision, Undo, open_ledger
from kpikit.widgets.meeting import meeting_form

KPIS = {"csat": "Satisfaction", "nps": "Promoters"}


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


def form_of(ledger):
    return meeting_form(ledger, period="2026Q3", department="support", kpis=KPIS)


def fill(form, **values):
    for name, value in ({"who": "coo", "why": "Slow replies"} | values).items():
        getattr(form, name).value = value


def test_what_is_recorded_is_shown_and_the_form_is_empty_again(ledger):
    form = form_of(ledger)
    fill(form, kind="decision", text="Add a shift", cited=("csat",))
    form.save.click()
    assert "Recorded as 1, and on the disk." in form.message.value
    assert "Add a shift" in form.table.value
    assert "Satisfaction" in form.table.value
    assert (form.text.value, form.cited.value, form.why.value) == ("", (), "")
    row = ledger.read(Decision).to_frame().iloc[0]
    assert (row["who"], row["why"], row["kpis"]) == ("coo", "Slow replies", ("csat",))


def test_two_presses_record_once(ledger):
    form = form_of(ledger)
    fill(form, kind="decision", text="Add a shift")
    form.save.click()
    form.save.click()
    assert ledger.head().seq == 1
    assert "Recorded as 1" in form.message.value


def test_every_fault_is_said_in_the_form_and_what_was_typed_stays(ledger):
    form = form_of(ledger)
    fill(form, kind="action", text="Hire")
    form.save.click()
    assert "2 faults" in form.message.value
    assert "due is not accepted" in form.message.value
    assert form.text.value == "Hire"
    assert ledger.head().seq == 0
    fill(form, owner="kim", due=date(2026, 11, 30))
    form.save.click()
    assert ledger.latest(Action).to_frame()["owner"].tolist() == ["kim"]


def test_who_and_why_are_asked_for(ledger):
    form = form_of(ledger)
    fill(form, kind="comment", text="fine", who="")
    form.save.click()
    assert "who is empty" in form.message.value
    assert ledger.head().seq == 0


def test_a_slip_is_taken_back_and_stays_on_the_ledger(ledger):
    form = form_of(ledger)
    fill(form, kind="comment", text="fine")
    form.save.click()
    form.taken.value = form.taken.options[1][1]
    fill(form, why="A slip")
    form.undo.click()
    assert "Taken back." in form.message.value
    assert "fine" not in form.table.value
    assert len(ledger.read(Undo).to_frame()) == 1
    assert ledger.head().seq == 2


def test_a_form_opened_again_shows_what_is_on_record(ledger):
    first = form_of(ledger)
    fill(first, kind="comment", text="fine")
    first.save.click()
    assert "fine" in form_of(ledger).table.value


def test_owner_and_day_are_asked_of_actions_only(ledger):
    form = form_of(ledger)
    assert form.owner.layout.display == "none"
    form.kind.value = "action"
    assert form.owner.layout.display == ""


def test_a_ledger_that_cannot_be_written_is_said(ledger, monkeypatch):
    form = form_of(ledger)
    fill(form, kind="comment", text="fine")

    def broken(*_args, **_options):
        raise RuntimeError("the cable is out")

    monkeypatch.setattr(ledger, "append", broken)
    form.save.click()
    assert "RuntimeError: the cable is out. Nothing was recorded." in form.message.value
    monkeypatch.undo()
    form.save.click()
    assert "Recorded as 1" in form.message.value


def test_hostile_text_is_shown_and_not_run(ledger):
    form = form_of(ledger)
    fill(form, kind="comment", text="<img src=x onerror=alert(1)>", who="<b>")
    form.save.click()
    assert "<img" not in form.table.value
    assert "&lt;img" in form.table.value

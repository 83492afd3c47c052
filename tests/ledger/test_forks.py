"""Copies that went their own way are found, and merged without losing a record."""

import shutil

import pytest

from kpikit.errors import DataError
from kpikit.ledger import Comment, Target, open_ledger
from kpikit.ledger.forks import read_copy

NAME = "ledger (Ann's conflicted copy 2026-11-02).sqlite"


def add(path, *texts):
    with open_ledger(path) as ledger:
        for text in texts:
            ledger.append(Comment(period="2026Q4", text=text), who="ann", why="x", event=text)


def copied(path, name=NAME):
    return shutil.copyfile(path, path.with_name(name))


def test_a_copy_that_is_only_older_is_no_fault(fifty):
    copied(fifty)
    add(fifty, "newer")
    with open_ledger(fifty) as ledger:
        assert ledger.verify().is_whole


def test_two_heads_are_found_and_merged(fifty):
    copy = copied(fifty)
    add(fifty, "here 1", "here 2")
    add(copy, "there 1", "there 2", "there 3")
    with open_ledger(fifty) as ledger:
        found = ledger.verify()
        assert found.notes == (
            f"From record 51 on, {copy.name} went another way; records not here: 3. "
            f"Merge them: kpikit ledger STRATEGY import {copy.name!r}.",
        )
        merged = ledger.merge(read_copy(copy))
        assert [entry.seq for entry in merged] == [53, 54, 55]
        assert ledger.verify().is_whole
        assert ledger.merge(read_copy(copy)) == ()
        texts = ledger.read(Comment, period="2026Q4").to_frame()
        assert list(texts["text"]) == ["here 1", "here 2", "there 1", "there 2", "there 3"]
        assert set(texts["who"]) == {"ann"}


def test_the_other_side_can_take_over_what_was_merged(fifty):
    copy = copied(fifty)
    add(fifty, "here")
    add(copy, "there")
    with open_ledger(fifty) as ledger:
        ledger.merge(read_copy(copy))
    with open_ledger(copy) as ledger:
        ledger.merge(read_copy(fifty))
        assert ledger.verify().is_whole
        assert set(ledger.read(Comment, period="2026Q4").to_frame()["text"]) == {"here", "there"}


def test_a_ledger_that_is_behind_takes_the_records_as_they_are(fifty, tmp_path):
    empty = tmp_path / "elsewhere" / "ledger.sqlite"
    empty.parent.mkdir()
    with open_ledger(fifty) as ledger:
        head = ledger.head()
    with open_ledger(empty) as ledger:
        ledger.merge(read_copy(fifty))
        assert ledger.head() == head
        assert ledger.verify(heads=[head]).is_whole


def test_a_backup_with_a_newer_copy_beside_it_is_told(fifty):
    backup = fifty.read_bytes()
    add(fifty, "after the backup")
    newer = copied(fifty, "ledger-LAPTOP.sqlite")
    fifty.write_bytes(backup)
    with open_ledger(fifty) as ledger:
        found = ledger.verify()
        assert found.notes == (
            "Record 51 is cut off: the last was noted in ledger.sqlite.heads.",
            "From record 51 on, ledger-LAPTOP.sqlite goes on alone; records not here: 1. "
            "Merge them: kpikit ledger STRATEGY import 'ledger-LAPTOP.sqlite'.",
        )
        ledger.merge(read_copy(newer))
        assert ledger.verify().is_whole


def test_of_two_targets_accepted_apart_the_later_one_in_the_ledger_counts(fifty):
    copy = copied(fifty)
    for path, value in ((fifty, 1.0), (copy, 2.0)):
        with open_ledger(path) as ledger:
            ledger.append(Target(kpi="nps", period="2027Q1", value=value), who="a", why="b")
    with open_ledger(fifty) as ledger:
        ledger.merge(read_copy(copy))
        targets = ledger.accepted_targets().set_index("kpi")
        assert targets.loc["nps", "value"] == 2.0
        assert len(ledger.read(Target, period="2027Q1").to_frame()) == 2


def test_a_damaged_copy_is_not_merged(fifty):
    copy = copied(fifty)
    content = copy.read_bytes()
    at = content.rindex(b"Decide 1")
    copy.write_bytes(content[:at] + b"Decode 1" + content[at + 8 :])
    with pytest.raises(DataError, match=r"is not as it was first written\. Take a sound copy"):
        read_copy(copy)


def test_a_file_that_is_no_ledger_is_told(tmp_path):
    (tmp_path / "notes.sqlite").write_text("nothing")
    for name in ("notes.sqlite", "missing.sqlite"):
        with pytest.raises(DataError, match="no ledger can be read there"):
            read_copy(tmp_path / name)

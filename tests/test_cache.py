import sqlite3
import subprocess
import sys

import pytest

from kpikit import cache
from kpikit.cache import cache_folder, hash_of, keep, recall


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KPIKIT_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_what_was_kept_is_recalled_and_the_rest_is_absent(folder):
    keep({"a": b"1", "b": b"\x00\xff"})
    assert recall(["a", "b", "c"]) == {"a": b"1", "b": b"\x00\xff"}
    keep({"a": b"2"})
    assert recall(["a"]) == {"a": b"2"}


def test_more_keys_than_one_query_may_hold_are_recalled(folder):
    keep({f"k{n}": bytes([n % 256]) for n in range(1300)})
    assert len(recall([f"k{n}" for n in range(1300)])) == 1300


def test_switched_off_it_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("KPIKIT_CACHE", "OFF")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    keep({"a": b"1"})
    assert recall(["a"]) == {}
    assert cache_folder() is None
    assert list(tmp_path.iterdir()) == []


def test_unless_told_it_lies_in_the_users_cache_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("KPIKIT_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "kpikit"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "kpikit"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder().parts[-2:] == ("Caches", "kpikit")


def test_a_store_that_cannot_be_read_leaves_everything_absent(folder, tmp_path, monkeypatch):
    folder.mkdir()
    (folder / "cache.sqlite").write_bytes(b"this is no database, and long enough to be read" * 9)
    keep({"a": b"1"})
    assert recall(["a"]) == {}
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("KPIKIT_CACHE", str(tmp_path / "file"))
    assert recall(["a"]) == {}


def test_the_oldest_leave_first(folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST", 3)
    for name in "abcde":
        keep({name: b"x"})
    assert sorted(recall(list("abcde"))) == ["c", "d", "e"]


def test_an_entry_is_whole_or_absent_when_its_writer_is_killed(folder):
    keep({"before": b"1"})
    code = (
        "import os, sqlite3\n"
        f"store = sqlite3.connect({str(folder / 'cache.sqlite')!r})\n"
        "store.execute(\"insert into kept (key, value) values ('half', x'00')\")\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert recall(["before", "half"]) == {"before": b"1"}
    with sqlite3.connect(folder / "cache.sqlite") as store:
        assert store.execute("pragma integrity_check").fetchone() == ("ok",)


def test_many_processes_write_at_once(folder):
    code = (
        "import sys; from kpikit.cache import keep\n"
        "for n in range(20): keep({f'{sys.argv[1]}{n}': b'v'})"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, name]) for name in "abc"]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(recall([f"{name}{n}" for name in "abc" for n in range(20)])) == 60


def test_a_key_tells_where_its_parts_end():
    assert hash_of(b"ab", b"c") != hash_of(b"a", b"bc") != hash_of(b"abc")


def test_nothing_to_keep_or_to_recall_opens_no_store(folder):
    keep({})
    assert recall([]) == {}
    assert not folder.exists()

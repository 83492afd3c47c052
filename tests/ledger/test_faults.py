"""Nothing acknowledged is lost, nothing is half visible: short runs of benchmarks/ledger.py."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kpikit.errors import KpikitError
from kpikit.ledger import Comment, open_ledger

place = Path(__file__).parents[2] / "benchmarks" / "ledger.py"
spec = importlib.util.spec_from_file_location("ledger_studies", place)
studies = sys.modules["ledger_studies"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(studies)

FAULTS = ("lost", "half", "doubled", "broken")


def faults(tally):
    return {name: tally[name] for name in FAULTS if tally[name]}


def test_a_writer_killed_at_any_moment_loses_nothing(tmp_path):
    tally = studies.kills(tmp_path, runs=20, seed=3)
    assert tally["kills"] == 20
    assert tally["acknowledged"] > 0
    assert faults(tally) == {}


def test_a_write_cut_short_at_any_byte_loses_nothing(tmp_path):
    tally = studies.short(tmp_path, records=2, step=1499)
    assert tally["refused"] > 10
    assert faults(tally) == {}


def test_a_log_torn_at_any_byte_loses_nothing_and_goes_on(tmp_path):
    tally = studies.torn(tmp_path, records=2, step=1999)
    assert tally["points"] > 10
    assert faults(tally) == {}


@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "ftruncate", "link"])
def test_a_call_that_fails_loses_nothing(tmp_path, call):
    if not studies.can_watch():
        pytest.skip("there is no strace here, or it may not watch")
    tally = studies.errors(tmp_path, most=2, calls=(call,))
    assert tally["failures"] > 0
    assert faults(tally) == {}


def test_many_writers_at_once_lose_nothing(url):
    tally = studies.writers(url, processes=8, records=20)
    assert tally["kept"] == 160
    assert (tally["missing"], tally["gaps"], *faults(tally)) == (0, 0)
    assert tally["longest_wait"] < 5


def test_the_disk_is_asked_before_a_record_is_said_to_be_saved(tmp_path):
    if not studies.can_watch():
        pytest.skip("there is no strace here, or it may not watch")
    path, record = tmp_path / "ledger.sqlite", tmp_path / "calls"
    code = (
        "import sys; from kpikit.ledger import Comment, open_ledger\n"
        "with open_ledger(sys.argv[1]) as ledger:\n"
        "    ledger.append(Comment(period='2026Q3', text='a'), who='x', why='y')\n"
        "    sys.stdout.write('saved'); sys.stdout.flush()\n"
    )
    calls = "trace=pwrite64,write,fsync,fdatasync"
    command = ["strace", "-f", "-y", "-o", record, "-e", calls, sys.executable, "-c", code, path]
    subprocess.run(command, check=True, capture_output=True)
    lines = record.read_text(errors="replace").splitlines()
    saved = next(n for n, line in enumerate(lines) if '"saved"' in line)
    log = [line for line in lines[:saved] if "ledger.sqlite-wal" in line]
    assert "sync(" in log[-1], "the last that happens to the log is that the disk has it"


def test_a_place_that_may_not_be_written_is_told_and_nothing_is_accepted(tmp_path):
    if subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    code = (
        "import os, subprocess, sys\n"
        "from kpikit.errors import KpikitError\n"
        "from kpikit.ledger import Comment, open_ledger\n"
        "place = sys.argv[1]\n"
        "mount = lambda *o: subprocess.run(['mount', '-t', 'tmpfs', *o, 'x', place], check=True)\n"
        "mount('-o', 'size=400k')\n"
        "say = lambda n: Comment(period='2026Q3', text=str(n) + 'x' * 9000)\n"
        "kept = 0\n"
        "with open_ledger(place + '/ledger.sqlite') as ledger:\n"
        "    try:\n"
        "        while kept < 1000:\n"
        "            ledger.append(say(kept), who='x', why='y'); kept += 1\n"
        "    except KpikitError as error:\n"
        "        print(error)\n"
        "    print(kept == len(ledger.read(Comment).to_frame()), ledger.verify().is_whole)\n"
        "subprocess.run(['mount', '-o', 'remount,ro', place], check=True)\n"
        "with open_ledger(place + '/ledger.sqlite') as ledger:\n"
        "    try:\n"
        "        ledger.append(say(0), who='x', why='y')\n"
        "    except KpikitError as error:\n"
        "        print(error)\n"
    )
    command = ["unshare", "-rm", sys.executable, "-c", code, os.fspath(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    full, kept, readonly = done.stdout.splitlines()
    assert "the ledger cannot be written (database or disk is full.) Free some space" in full
    assert kept == "True True"
    assert "the ledger cannot be written (attempt to write a readonly database.)" in readonly


def test_a_record_is_saved_even_where_its_head_cannot_be_noted(path):
    with open_ledger(path) as ledger:
        path.with_name("ledger.sqlite.heads").mkdir()
        saved = ledger.append(Comment(period="2026Q3", text="a"), who="x", why="y")
        assert "Record 1 is saved, but its head could not be written" in saved.notes[0]
        assert len(ledger.read(Comment).to_frame()) == 1


def test_a_server_that_is_gone_is_told(postgres_url):
    with pytest.raises(KpikitError, match="the ledger cannot be read"):
        open_ledger(postgres_url.replace("127.0.0.1:", "127.0.0.1:1"))

"""Is a record ever lost, half visible, doubled, or changed unseen? And how fast is it?

Each study works on ledgers of its own, in a new folder.

kills    A process appends single records and batches of three, and says so after each. It
         is killed (SIGKILL) after a random time, again and again on the same file, every
         25th time from before the file is there. Afterwards every record it spoke of must
         be there, no batch in part, and the chain whole.
short    No file may grow beyond N bytes (RLIMIT_FSIZE): each write that crosses N is cut
         short there, then fails. N goes over every byte (or `--step`) of a record's append.
torn     The state of the files after a crash: the log cut off at every byte (or `--step`)
         of the newest record's append. All records before it must be there, and one must
         be able to go on.
errors   With `strace`: the n-th call of each kind to the ledger's files fails with EIO or
         ENOSPC, or kills the process. Refused records are then sent again.
writers  16 processes append 500 records each at the same time.
bits     50 records: every bit of every column turned over, every record taken out, every
         two swapped, the end cut off at every place; and bits of the file at random.
size     100,000 records: how long an append and the queries of a review take.

`python benchmarks/ledger.py kills --runs 1000`; `--url` runs `writers` and `size` on
PostgreSQL. Figures of time are of the machine that ran it.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import kpikit.ledger.history  # noqa: F401 - loaded before processes are forked, not in each
from kpikit.errors import KpikitError
from kpikit.ledger import (
    Action,
    Comment,
    Decision,
    ForecastMade,
    Ledger,
    Review,
    Target,
    open_ledger,
)
from kpikit.ledger.chain import Row, check_chain
from kpikit.ledger.heads import heads_file
from kpikit.ledger.tables import TABLE

BATCH = 3


@dataclass
class Tally:
    """What a study counted."""

    counts: dict[str, float] = field(default_factory=dict)

    def add(self, **counts: float) -> None:
        """Add to the counts."""
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def __getitem__(self, name: str) -> float:
        """Return a count."""
        return self.counts.get(name, 0)

    def __str__(self) -> str:
        """Return the counts as one line."""
        return ", ".join(f"{name} {count:,.6g}" for name, count in self.counts.items())


@contextmanager
def forked(work: Callable[[int], None]) -> Iterator[tuple[int, int]]:
    """Run `work` in a process of its own; yield its id and the end of a pipe it writes to."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # no thread is at work here
        child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            work(writer)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    try:
        yield child, reader
    finally:
        os.close(reader)
        os.waitpid(child, 0)


def said(reader: int) -> list[str]:
    """Return the whole lines of a pipe, until its other end is closed."""
    chunks = []
    while chunk := os.read(reader, 65536):
        chunks.append(chunk)
    return b"".join(chunks).decode().rpartition("\n")[0].split()


def comments(name: str) -> list[Comment]:
    """Return what one act writes: a single record, or a batch."""
    many = BATCH if name.startswith("batch") else 1
    return [Comment(period="2026Q3", text=f"{name} {part}") for part in range(many)]


def write(ledger: Ledger, name: str) -> None:
    """Write one act."""
    ledger.append_many(comments(name), who="a writer", why="a test", event=name)


def check(ledger: Ledger, acknowledged: set[str], tally: Tally) -> None:
    """Count what was acknowledged and is not there, what is there in part, what is broken."""
    events = list(ledger.read(Comment).to_frame()["event"])
    parts: dict[str, int] = {}
    for event in events:
        name = event.rpartition("-")[0] if event.startswith("batch") else event
        parts[name] = parts.get(name, 0) + 1
    tally.add(
        lost=len(acknowledged - parts.keys()),
        half=sum(count != len(comments(name)) for name, count in parts.items()),
        doubled=len(events) - len(set(events)),
        broken=not ledger.verify().is_whole,
    )


def kills(folder: Path, *, runs: int, seed: int) -> Tally:
    """Kill a writer at random moments."""
    rng, tally = random.Random(seed), Tally()
    acknowledged: set[str] = set()
    path = folder / "ledger.sqlite"
    for run in range(runs):
        if run % 25 == 0:
            path, acknowledged = folder / f"ledger-of-{run}" / "ledger.sqlite", set()
            path.parent.mkdir()
        with forked(lambda pipe, path=path, run=run: _write_on(path, pipe, run)) as (child, reader):
            time.sleep(rng.uniform(0, 0.3))
            os.kill(child, signal.SIGKILL)
            acknowledged |= set(heard := said(reader))
        tally.add(kills=1, acknowledged=len(heard))
        with open_ledger(path) as ledger:
            check(ledger, acknowledged, tally)
    return tally


def _write_on(path: Path, pipe: int, run: int) -> None:
    with open_ledger(path) as ledger:
        for act in range(10_000):
            name = f"{'batch' if act % 3 == 2 else 'one'}.{run}.{act}"
            write(ledger, name)
            os.write(pipe, f"{name}\n".encode())


def short(folder: Path, *, records: int, step: int) -> Tally:
    """Let every write that crosses byte N fail there, for each N of an append."""
    tally, acknowledged = Tally(), set()
    path = folder / "ledger.sqlite"
    log = path.with_name("ledger.sqlite-wal")
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with open_ledger(path) as ledger:
            for record in range(records):
                write(ledger, f"one.{record}")
                acknowledged.add(f"one.{record}")
                for limit in _limits(ledger, log, record, step):
                    name = f"one.{record}.{limit}"
                    with _no_file_beyond(limit):
                        try:
                            write(ledger, name)
                        except KpikitError:
                            tally.add(refused=1)
                        else:
                            acknowledged.add(name)
                    tally.add(points=1)
                check(ledger, acknowledged, tally)
        with open_ledger(path) as ledger:
            check(ledger, acknowledged, tally)
    finally:
        signal.signal(signal.SIGXFSZ, before)
    return tally


def _limits(ledger: Ledger, log: Path, record: int, step: int) -> range:
    """Return the bytes that the log grows by with one record."""
    start = log.stat().st_size
    write(ledger, f"one.{record}.measure")
    grown = max(log.stat().st_size - start, 4096)
    return range(start, start + grown + 1, step)


@contextmanager
def _no_file_beyond(limit: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def torn(folder: Path, *, records: int, step: int) -> Tally:
    """Cut the log off inside the newest record, as a crash would, and go on from there."""
    tally, path = Tally(), folder / "ledger.sqlite"
    names = [path.name, f"{path.name}-wal", heads_file(path).name]
    with open_ledger(path) as ledger:
        write(ledger, "one.0")
        for record in range(1, records + 1):
            earlier = {name: (folder / name).read_bytes() for name in names}
            write(ledger, f"{'batch' if record % 3 == 2 else 'one'}.{record}")
            log = (folder / names[1]).read_bytes()
            for end in range(len(earlier[names[1]]), len(log), step):
                crashed = {**earlier, names[1]: log[:end]}
                _go_on(folder / "crashed", crashed, path.name, tally)
    return tally


def _go_on(folder: Path, files: dict[str, bytes], name: str, tally: Tally) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file, content in files.items():
        (folder / file).write_bytes(content)
    heads = files[f"{name}.heads"].decode().splitlines()
    with open_ledger(folder / name) as ledger:
        tally.add(points=1, lost=ledger.head().seq != max(int(h.split()[0]) for h in heads if h))
        write(ledger, "one.goes.on")
        check(ledger, {"one.goes.on"}, tally)


CALLS = ("pwrite64", "write", "fdatasync", "fsync", "ftruncate", "openat", "unlink", "link")
FAILURES = ("error=EIO", "error=ENOSPC", "error=EINTR", "signal=KILL")


def can_watch() -> bool:
    """Return whether one process may watch another here, which `errors` needs."""
    if shutil.which("strace") is None:
        return False
    with subprocess.Popen(["sleep", "0.2"]) as sleeper:
        command = ["strace", "-qq", "-o", os.devnull, "-p", str(sleeper.pid)]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def errors(folder: Path, *, most: int, calls: tuple[str, ...] = CALLS) -> Tally:
    """Let the n-th call of each kind fail, or be the last, for n up to `most` or the end."""
    tally = Tally()
    if not can_watch():
        raise RuntimeError("strace is not here, or may not watch: run as root, or allow ptrace")
    for call in calls:
        for failure in FAILURES:
            for number in range(1, most + 1):
                place = folder / f"{call}-{failure}-{number}".replace("=", "-")
                place.mkdir()
                if not _inject(place / "ledger.sqlite", call, f"{failure}:when={number}", tally):
                    break
                shutil.rmtree(place)
    return tally


def _inject(path: Path, call: str, what: str, tally: Tally) -> bool:
    """Run a writer with one failure; return whether the failure came to pass."""
    record = path.with_name("strace")
    files = [path, f"{path}-wal", f"{path}-shm", heads_file(path), path.parent]
    with forked(lambda pipe: _write_stubbornly(path, pipe)) as (child, reader):
        os.waitpid(child, os.WUNTRACED)  # it waits to be watched
        only = [part for file in files for part in ("-P", os.fspath(file))]
        command = ["strace", "-qq", "-o", record, *only, "-e", f"inject={call}:{what}"]
        watcher = subprocess.Popen([*command, "-p", str(child)], stderr=subprocess.DEVNULL)
        while "TracerPid:\t0" in Path(f"/proc/{child}/status").read_text():
            time.sleep(0.002)
        os.kill(child, signal.SIGCONT)
        lines = said(reader)
        watcher.wait()
    came = "INJECTED" in record.read_text() or "killed by SIGKILL" in record.read_text()
    if came:
        acknowledged = {name for name in lines if not name.startswith("refused.")}
        tally.add(
            failures=1, acknowledged=len(acknowledged), refused=len(lines) - len(acknowledged)
        )
        with open_ledger(path) as ledger:
            check(ledger, acknowledged, tally)
    return came


def _write_stubbornly(path: Path, pipe: int) -> None:
    """Write three acts; say of each that it was refused, then send it again."""
    os.kill(os.getpid(), signal.SIGSTOP)
    for name in ("one.1", "batch.2", "one.3"):
        for _ in range(3):
            try:
                with open_ledger(path) as ledger:
                    write(ledger, name)
            except KpikitError:
                os.write(pipe, f"refused.{name}\n".encode())
            else:
                os.write(pipe, f"{name}\n".encode())
                break


def writers(url: str, *, processes: int = 16, records: int = 500) -> Tally:
    """Write from many processes at once."""
    tally = Tally()
    open_ledger(url).close()
    started = time.perf_counter()
    children = []
    for number in range(processes):
        reader, pipe = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            _write_and_time(url, pipe, number, records)
            os._exit(0)
        os.close(pipe)
        children.append((child, reader))
    waits = []
    for child, reader in children:
        waits += [float(wait) for wait in said(reader)]
        os.close(reader)
        os.waitpid(child, 0)
    waits.sort()
    with open_ledger(url) as ledger:
        frame = ledger.read(Comment).to_frame()
        tally.add(
            kept=len(frame),
            missing=processes * records - frame["text"].nunique(),
            doubled=len(frame) - frame["text"].nunique(),
            gaps=int((frame["seq"].diff().dropna() != 1).sum()),
            broken=not ledger.verify().is_whole,
            seconds=time.perf_counter() - started,
            median_wait=waits[len(waits) // 2],
            longest_wait=waits[-1],
        )
    return tally


def _write_and_time(url: str, pipe: int, number: int, records: int) -> None:
    with open_ledger(url) as ledger:
        for record in range(records):
            comment = Comment(period="2026Q3", text=f"writer {number}, record {record}")
            started = time.perf_counter()
            ledger.append(comment, who=f"writer {number}", why="a test")
            os.write(pipe, f"{time.perf_counter() - started:.6f}\n".encode())


def bits(folder: Path, *, runs: int, seed: int) -> Tally:
    """Change 50 records in every way there is."""
    path, tally, rng = folder / "ledger.sqlite", Tally(), random.Random(seed)
    with open_ledger(path) as ledger:
        for number in range(50):
            record = (
                Comment(period="2026Q3", text=f"Ümläut {number}", kpi="csat"),
                Decision(period="2026Q3", text=f"Decide {number}", kpis=("csat", "nps")),
                Target(kpi=f"kpi_{number}", period="2026Q4", value=number / 10, attainment=0.8),
            )[number % 3]
            ledger.append(record, who="coo", why="the review")
    rows = _rows(path)
    assert not list(check_chain(rows))
    for place, row in enumerate(rows):
        for name in Row._fields:
            for value in _flipped(getattr(row, name)):
                changed = [*rows[:place], row._replace(**{name: value}), *rows[place + 1 :]]
                tally.add(flips=1, flips_missed=next(check_chain(changed), None) is None)
        for other in range(place):
            swapped = rows.copy()
            swapped[place] = rows[other]._replace(seq=row.seq)
            swapped[other] = row._replace(seq=rows[other].seq)
            tally.add(swaps=1, swaps_missed=next(check_chain(swapped), None) is None)
        for taken in (f"seq = {row.seq}", f"seq >= {row.seq}"):
            tally.add(taken=1, taken_missed=_is_whole_without(path, folder / "copy", taken))
    _flip_in_the_file(path, folder / "copy", runs, rng, tally)
    return tally


def _rows(path: Path) -> list[Row]:
    with closing(sqlite3.connect(path)) as connection:
        columns = ", ".join(Row._fields)
        found = connection.execute(f"SELECT {columns} FROM {TABLE} ORDER BY seq")
        return [Row(*row) for row in found]


def _flipped(value: str | int) -> Iterator[str | int]:
    """Yield the value with each of its bits turned over, one at a time."""
    if isinstance(value, int):
        yield from (value ^ (1 << bit) for bit in range(32))
        return
    content = value.encode()
    for place in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            yield bytes(changed).decode("utf-8", "surrogateescape")


def _copied(path: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copyfile(heads_file(path), heads_file(folder / path.name))
    return Path(shutil.copyfile(path, folder / path.name))


def _is_whole_without(path: Path, folder: Path, taken: str) -> bool:
    copy = _copied(path, folder)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute(f"DROP TRIGGER {TABLE}_no_delete")
        connection.execute(f"DELETE FROM {TABLE} WHERE {taken}")
        connection.commit()
    with open_ledger(copy) as ledger:
        return ledger.verify().is_whole


def _flip_in_the_file(
    path: Path, folder: Path, runs: int, rng: random.Random, tally: Tally
) -> None:
    """Turn over bits of the file itself: a change of content must be named, or the file refused."""
    before = _rows(path)
    for _ in range(runs):
        copy = _copied(path, folder)
        content = bytearray(path.read_bytes())
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        copy.write_bytes(content)
        try:
            is_same = _rows(copy) == before
        except (sqlite3.Error, UnicodeDecodeError):
            is_same = False
        try:
            with open_ledger(copy) as ledger:
                is_found = not ledger.verify().is_whole
        except KpikitError:
            is_found = True
        missed = not (is_same or is_found)
        tally.add(file_flips=1, of_content=not is_same, file_flips_missed=missed)


def size(url: str, *, records: int) -> Tally:
    """Fill a ledger, then time an append and a review's questions."""
    tally = Tally()
    with open_ledger(url) as ledger:
        for start in range(0, records, 1000):
            many = [_record(number) for number in range(start, start + 1000)]
            ledger.append_many(many, who="kpikit", why="a review")
        waits, started = [], time.process_time()
        for number in range(200):
            before = time.perf_counter()
            ledger.append(_record(number), who="coo", why="the meeting")
            waits.append(time.perf_counter() - before)
        tally.add(append_cpu_ms=(time.process_time() - started) / 200 * 1000)
        tally.add(records=ledger.head().seq, append_median_ms=sorted(waits)[100] * 1000)
        questions: dict[str, Callable[[], object]] = {
            "accepted_targets": ledger.accepted_targets,
            "actions": lambda: ledger.latest(Action),
            "decisions_of_a_period": lambda: ledger.read(Decision, period="2026Q3"),
            "comments_of_a_period": lambda: ledger.read(Comment, period="2026Q3"),
            "reviews": lambda: ledger.read(Review),
            "verify": ledger.verify,
        }
        for name, ask in questions.items():
            took = []
            for _ in range(1 if name == "verify" else 5):
                before = time.process_time()
                ask()
                took.append(time.process_time() - before)
            tally.add(**{f"{name}_cpu_ms": sorted(took)[len(took) // 2] * 1000})
    return tally


def _record(number: int) -> Comment | Decision | Action | Target | ForecastMade:
    """Return a record as ten years of quarterly reviews of 300 KPIs leave them."""
    quarter = number // 2500
    period, kpi = f"{2017 + quarter // 4}Q{quarter % 4 + 1}", f"kpi_{number % 300}"
    kinds = number % 20
    if kinds < 3:
        return Target(kpi=kpi, period=period, value=number / 7, attainment=0.8)
    if kinds < 6:
        return Comment(period=period, text=f"Comment {number} on what happened", kpi=kpi)
    if kinds < 7:
        return Decision(period=period, text=f"Decision {number} on what to do", kpis=(kpi,))
    if kinds < 8:
        due = date(2017 + quarter // 4, 12, 31)
        return Action(period=period, text=f"Do {number}", owner="head", due=due, kpis=(kpi,))
    return ForecastMade(
        kpi=kpi, period=period, as_of=date(2016, 12, 31), median=number / 3,
        quantiles={"0.1": 1.0, "0.5": 2.0, "0.9": 3.0}, method="damped trend",
    )  # fmt: skip


def main() -> None:
    """Run the studies asked for, and print what they counted."""
    names = ("kills", "short", "torn", "errors", "writers", "bits", "size")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("studies", nargs="*", choices=(*names, []), default=[])
    parser.add_argument("--runs", type=int, default=1000, help="kills; bits of the file")
    parser.add_argument("--records", type=int, default=100_000, help="of size")
    parser.add_argument("--step", type=int, default=1, help="bytes from one point to the next")
    parser.add_argument("--url", help="a PostgreSQL database, empty, for writers and size")
    parser.add_argument("--seed", type=int, default=8)
    chosen = parser.parse_args()
    for name in chosen.studies or names:
        with TemporaryDirectory(prefix="kpikit-ledger-") as place:
            print(f"{name}: {_study(name, Path(place), chosen)}", flush=True)


def _study(name: str, folder: Path, chosen: argparse.Namespace) -> Tally:
    url = chosen.url or os.fspath(folder / "ledger.sqlite")
    studies: dict[str, Callable[[], Tally]] = {
        "kills": lambda: kills(folder, runs=chosen.runs, seed=chosen.seed),
        "short": lambda: short(folder, records=5, step=chosen.step),
        "torn": lambda: torn(folder, records=3, step=chosen.step),
        "errors": lambda: errors(folder, most=60),
        "writers": lambda: writers(url),
        "bits": lambda: bits(folder, runs=chosen.runs, seed=chosen.seed),
        "size": lambda: size(url, records=chosen.records),
    }
    return studies[name]()


if __name__ == "__main__":
    main()

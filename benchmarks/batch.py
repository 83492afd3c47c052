"""How fast is a review of many departments, against a plain loop of papermill and nbconvert?

The company is Brightdesk with as many departments as asked for, seven at least: its own,
then copies of them with other ids, whose KPIs keep formulas, targets and parts, not links.

batch    One `kpikit review`: every department, the company's page, index and records.
plain    For each department, one after another: the `papermill` command on the same
         notebook with the same parameters, then `jupyter nbconvert --to html`. Nothing is
         shared between them, the cache neither. `--plain N` runs N departments only, evenly
         chosen, and says so (`plain_departments`, `plain_scaled_up`): its time is then that
         of a department times their number.

Both begin with an empty cache (`XDG_CACHE_HOME` in a new folder) and run on the processors
the script may use; threads of numeric libraries are held to one. Memory is what all the
processes of the batch hold at once (PSS, read twice a second), at its highest. Seconds of
the processors are those of every process that either side starts.

`python benchmarks/batch.py --departments 12`; `--departments 12 60 100 --plain 4` takes one
after another, a line each; `--plain 0` measures the batch alone. Seconds by the clock are of
the machine that ran it, and count only on an idle one.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import yaml

ROOT = Path(__file__).parents[1]
BRIGHTDESK = ROOT / "data" / "brightdesk"
PERIOD = "2026Q3"
KEPT = ("title", "owner", "parent", "vision", "responsibilities")  # of a copied department
PULSE = 0.5  # seconds between looks at the memory
BIN = Path(sys.executable).parent
LINKS = ("leads", "conflicts", "guardrails")  # of a copy's KPIs: left out


class _Plain(yaml.SafeDumper):
    """Writes everything out: a strategy file may hold few aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def make_company(folder: Path, wanted: int) -> list[str]:
    """Write a strategy of that many departments beside links to the facts; return their ids."""
    for path in BRIGHTDESK.glob("*.parquet"):
        (folder / path.name).symlink_to(path)
    given = yaml.safe_load((BRIGHTDESK / "strategy.yaml").read_text(encoding="utf-8"))
    own = {name: dict(body) for name, body in given["departments"].items()}
    kpis = {name: dict(body) for name, body in given["kpis"].items()}
    for place in range(wanted):
        name, copy = list(own)[place % len(own)], place // len(own)
        if not copy:
            continue
        mark = f"_{copy}"
        body = {k: v for k, v in own[name].items() if k in KEPT}
        body["title"] = f"{body['title']} {copy}"
        given["departments"][name + mark] = body
        for kpi, definition in kpis.items():
            if definition["department"] == name:
                given["kpis"][kpi + mark] = _copied(definition, name + mark, mark, kpis, name)
    text = yaml.dump(given, Dumper=_Plain, sort_keys=False, allow_unicode=True)
    (folder / "strategy.yaml").write_text(text, encoding="utf-8")
    return list(given["departments"])


def _copied(definition: dict, department: str, mark: str, kpis: dict, name: str) -> dict:
    """Return a KPI of a copied department; it refers to its fellows' copies."""

    def other(match: re.Match[str]) -> str:
        own = kpis.get(match[1], {}).get("department") == name
        return f"{{{match[1]}{mark}}}" if own else match[0]

    kept = {k: v for k, v in definition.items() if k not in LINKS}
    kept["department"] = department
    kept["title"] = f"{kept['title']} {mark[1:]}"
    for part in ("formula", "identity"):
        if part in kept:
            kept[part] = re.sub(r"\{(\w+)\}", other, kept[part])
    return kept


def adopt_orphans() -> None:
    """Become the parent of processes whose own has ended, so that their seconds count here."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def processor_seconds() -> float:
    """Return the seconds of all processes that were started and have ended."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def time_batch(folder: Path, workers: int) -> tuple[float, float]:
    """Return seconds and megabytes of one review."""
    words = [BIN / "kpikit", "review", "strategy.yaml", "--period", PERIOD, "--no-record"]
    began = time.monotonic()
    process = subprocess.Popen(
        [*words, "--workers", str(workers)],
        cwd=folder,
        env=_environment(folder / "cache-batch"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    over, most = Event(), [0.0]
    watch = Thread(target=_watch, args=(process.pid, over, most))
    watch.start()
    said, _ = process.communicate()
    seconds = time.monotonic() - began
    over.set()
    watch.join()
    if process.returncode:
        sys.exit(f"the review failed:\n{said}")
    return seconds, most[0]


def time_plain(folder: Path, names: list[str]) -> float:
    """Return the seconds of papermill and nbconvert, one department after another."""
    notebook = ROOT / "notebooks" / "quarterly_review.ipynb"
    began = time.monotonic()
    for name in names:
        environment = _environment(folder / f"cache-{name}")
        run = {"check": True, "cwd": folder, "env": environment, "capture_output": True}
        values = {"strategy": "strategy.yaml", "department": name, "period": PERIOD}
        pairs = [word for pair in values.items() for word in ("-p", *pair)]
        out = f"{name}.ipynb"
        subprocess.run([BIN / "papermill", notebook, out, "-k", "python3", *pairs], **run)
        subprocess.run([BIN / "jupyter-nbconvert", "--to", "html", "--no-input", out], **run)
    return time.monotonic() - began


def _evenly(names: list[str], count: int) -> list[str]:
    """Return that many departments, from the first to the last at even distances."""
    places = [place * len(names) // count for place in range(min(count, len(names)))]
    return [names[place] for place in dict.fromkeys(places)]


def _environment(cache: Path) -> dict[str, str]:
    cache.mkdir()
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return os.environ | single | {"XDG_CACHE_HOME": str(cache)}


def _watch(pid: int, over: Event, most: list[float]) -> None:
    while not over.wait(PULSE):
        most[0] = max(most[0], sum(_held(one) for one in _family(pid)) / 1024)


def _family(pid: int) -> list[int]:
    """Return a process and all that descend from it, those in sessions of their own too."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def _held(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1])


def measure(wanted: int, workers: int, plain: int | None) -> dict[str, object]:
    """Measure a company of that many departments, both ways."""
    with TemporaryDirectory(prefix="kpikit-benchmark-") as place:
        folder = Path(place)
        names = make_company(folder, wanted)
        before = processor_seconds()
        seconds, memory = time_batch(folder, workers)
        used = processor_seconds() - before
        found: dict[str, object] = {
            "departments": len(names),
            "workers": workers,
            "batch_seconds": round(seconds, 1),
            "batch_processor_seconds": round(used, 1),
            "batch_megabytes": round(memory),
        }
        looped = names if plain is None else _evenly(names, plain)
        if looped:
            scale = len(names) / len(looped)
            before = processor_seconds()
            looped_seconds = time_plain(folder, looped) * scale
            looped_used = (processor_seconds() - before) * scale
            found |= {
                "plain_departments": len(looped),
                "plain_scaled_up": scale != 1,
                "plain_seconds": round(looped_seconds, 1),
                "plain_processor_seconds": round(looped_used, 1),
                "ratio": round(seconds / looped_seconds, 3),
                "processor_ratio": round(used / looped_used, 3),
            }
    return found


def main() -> None:
    """Measure what is asked for, and print a line of JSON for each company."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--departments", type=int, nargs="+", default=[12])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--plain", type=int, help="departments of the plain loop; else all")
    asked = parser.parse_args()
    adopt_orphans()
    for wanted in asked.departments:
        print(json.dumps(measure(wanted, asked.workers, asked.plain)), flush=True)


if __name__ == "__main__":
    main()

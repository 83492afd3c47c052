"""One report made in a folder of its own, from files that could have come from anywhere."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Literal

from kpikit.review.job import PAGE, RESULT, TASK
from kpikit.review.process import LOG, OVERDUE, STOPPED, Start, run_process
from kpikit.review.render import Page

State = Literal["ok", "failed", "crashed", "timed_out", "not_run"]

NOT_RUN = "The run was broken off before this report was made."
EXECUTED, FAILED = "executed.ipynb", "executed.failed.ipynb"


@dataclass(frozen=True)
class Limits:
    """How much one report may take: ten times what a large one needs.

    Attributes
    ----------
    seconds
        After these it is given up.
    memory
        Bytes that its kernel may hold; a cell that asks for more fails.
    """

    seconds: float = 600.0
    memory: int = 4 * 2**30


@dataclass(frozen=True, kw_only=True)
class Job:
    """One report to be made: all it needs, so that it could be made anywhere.

    Attributes
    ----------
    name
        The department's identifier; files are named by it.
    notebook, parameters
        What is run, and with what.
    bundle
        A folder whose files are copied to where the notebook runs.
    page
        What stands around the report.
    """

    name: str
    notebook: Path
    parameters: Mapping[str, str]
    bundle: Path | None = None
    page: Page


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of making a report; `files` are those it left, by their names."""

    state: State
    message: str = ""
    seconds: float = 0.0
    log: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def pack(job: Job, limits: Limits) -> dict[str, bytes]:
    """Return all that a report's process reads, by file name."""
    files = {path.name: path.read_bytes() for path in job.bundle.iterdir()} if job.bundle else {}
    task = {
        "notebook": job.notebook.name,
        "parameters": dict(job.parameters),
        "executed": EXECUTED,
        "page": asdict(job.page),
        "memory": limits.memory,
    }
    own = {job.notebook.name: job.notebook.read_bytes(), TASK: json.dumps(task).encode()}
    return files | own


def make(files: Mapping[str, bytes], limits: Limits, *, start: Start, stop: Event) -> Made:
    """Make a report in a temporary folder, and say what came of it.

    The state is decided here, never by the notebook: `ok` needs a process that ended
    with 0, its own word that it is done, and a page.
    """
    if stop.is_set():
        return Made(state="not_run", message=NOT_RUN)
    started = time.monotonic()
    with TemporaryDirectory(prefix="kpikit-", ignore_cleanup_errors=True) as place:
        work = Path(place)
        for name, content in files.items():
            (work / name).write_bytes(content)
        end = run_process(start, work, limits.seconds, stop)
        state, message = _judge(end, work, limits.seconds)
        left = {
            name: (work / name).read_bytes()
            for name in (PAGE, EXECUTED, FAILED)
            if (work / name).is_file()
        }
        log = _log(work).replace(str(work), ".")
    seconds = time.monotonic() - started
    return Made(state=state, message=message, seconds=seconds, log=log, files=left)


def _judge(end: int | str, work: Path, limit: float) -> tuple[State, str]:
    if end == STOPPED:
        return "not_run", NOT_RUN
    if end == OVERDUE:
        return "timed_out", f"It took longer than {limit:g} seconds and was ended."
    result = _result(work)
    if end == 0 and result.get("state") == "ok" and (work / PAGE).is_file():
        return "ok", ""
    if result.get("state") in ("failed", "crashed"):
        state: State = "failed" if result["state"] == "failed" else "crashed"
        return state, result.get("message", "").replace(str(work), ".")
    said = _log(work).strip().splitlines()
    last = f" Its last words: {said[-1]}" if said else ""
    return "crashed", f"Its process ended with code {end} before it was done.{last}"


def _log(work: Path) -> str:
    log = work / LOG
    return log.read_text(errors="replace") if log.is_file() else ""


def _result(work: Path) -> dict[str, str]:
    try:
        result: dict[str, str] = json.loads((work / RESULT).read_text())
    except (OSError, ValueError):
        return {}
    return result

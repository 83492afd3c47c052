"""Many reports at once, each in a process of its own, so that none can harm another."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Literal

from kpikit.files import write_file
from kpikit.review.job import PAGE, RESULT, TASK
from kpikit.review.process import (
    BEAT,
    LOG,
    OVERDUE,
    STOPPED,
    Start,
    report_processes,
    run_process,
)
from kpikit.review.render import Page, render_page

State = Literal["ok", "failed", "crashed", "timed_out", "not_run"]
Progress = Callable[[str, str], None]

NOT_RUN = "The run was broken off before this report was made."


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
class Outcome:
    """What became of one report; `html` is its page, relative to the folder of the batch."""

    name: str
    state: State
    seconds: float = 0.0
    html: str = ""
    message: str = ""
    log: str = ""


@dataclass(frozen=True)
class Batch:
    """The outcomes in the order of the jobs, and whether somebody broke it off."""

    outcomes: tuple[Outcome, ...]
    interrupted: bool


def run_batch(
    jobs: Sequence[Job],
    *,
    folder: Path,
    workers: int | None = None,
    limits: Limits = Limits(),
    progress: Progress | None = None,
) -> Batch:
    """Make every report, whatever becomes of the others, and say how each ended.

    A page appears in `folder` as soon as it is ready; where a report could not be made,
    a page says why in its place. Executed notebooks lie in its folder `notebooks`.

    Parameters
    ----------
    workers
        Reports made at the same time; as many as there are processors unless given.
    limits
        Time and memory of one report.
    progress
        Called with a name and `running` or its state, always from the caller's thread.

    Notes
    -----
    The state is decided here, never by the notebook: `ok` needs a process that ended
    with 0, its own word that it is done, and a page. Where Ctrl-C breaks the batch off,
    what is running is ended, what is finished stays, and the rest is `not_run`.
    """
    tell = progress or (lambda *_: None)
    stop, begun = Event(), set[str]()
    done: dict[str, Outcome] = {}
    interrupted = False
    with report_processes() as start, ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:

        def make(job: Job) -> Outcome:
            begun.add(job.name)
            return _make(job, start, folder, limits, stop)

        futures = {pool.submit(make, job): job.name for job in jobs}
        try:
            _follow(futures, begun, done, tell)
        except KeyboardInterrupt:
            interrupted = True
        finally:  # whatever ends the following ends what is followed
            stop.set()
        for future, name in futures.items():
            done.setdefault(name, future.result())
    return Batch(tuple(done[job.name] for job in jobs), interrupted)


def _follow(
    futures: Mapping[Future[Outcome], str],
    begun: set[str],
    done: dict[str, Outcome],
    tell: Progress,
) -> None:
    pending, told = set(futures), set[str]()
    while pending:
        finished, pending = wait(pending, timeout=BEAT, return_when=FIRST_COMPLETED)
        for name in sorted(begun - told):
            told.add(name)
            tell(name, "running")
        for future in finished:
            outcome = done[futures[future]] = future.result()
            tell(outcome.name, outcome.state)


def _make(job: Job, start: Start, folder: Path, limits: Limits, stop: Event) -> Outcome:
    if stop.is_set():
        return Outcome(name=job.name, state="not_run", message=NOT_RUN)
    started = time.monotonic()
    with TemporaryDirectory(prefix="kpikit-", ignore_cleanup_errors=True) as place:
        work = Path(place)
        _lay_out(job, work, limits)
        end = run_process(start, work, limits.seconds, stop)
        state, message = _judge(end, work, limits.seconds)
        log = (work / LOG).read_text(errors="replace").replace(str(work), ".")
        html = _publish(job, state, message, work, folder)
    seconds = time.monotonic() - started
    return Outcome(name=job.name, state=state, seconds=seconds, html=html, message=message, log=log)


def executed_name(name: str) -> str:
    """Return where a department's executed notebook lies, within the folder of the batch."""
    return f"notebooks/{name}.ipynb"


def page_name(name: str) -> str:
    """Return the file name of a department's page; `index` is taken by the index."""
    return "index.report.html" if name == "index" else f"{name}.html"


def _lay_out(job: Job, work: Path, limits: Limits) -> None:
    """Put into a folder all that the job's process reads."""
    if job.bundle is not None:
        shutil.copytree(job.bundle, work, dirs_exist_ok=True)
    shutil.copyfile(job.notebook, work / job.notebook.name)
    task = {
        "notebook": job.notebook.name,
        "parameters": dict(job.parameters),
        "executed": executed_name(job.name),
        "page": asdict(job.page),
        "memory": limits.memory,
    }
    write_file(work / TASK, json.dumps(task))


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
    said = (work / LOG).read_text(errors="replace").strip().splitlines()
    last = f" Its last words: {said[-1]}" if said else ""
    return "crashed", f"Its process ended with code {end} before it was done.{last}"


def _result(work: Path) -> dict[str, str]:
    try:
        result: dict[str, str] = json.loads((work / RESULT).read_text())
    except (OSError, ValueError):
        return {}
    return result


def _publish(job: Job, state: State, message: str, work: Path, folder: Path) -> str:
    """Put what the job made, or the page that says why it made none, in its place."""
    if state == "not_run":
        return ""
    executed = folder / executed_name(job.name)
    failed = executed.with_suffix(".failed.ipynb")
    for path in (executed, failed):
        path.unlink(missing_ok=True)
        made = work / path.relative_to(folder)
        if made.is_file():
            write_file(path, made.read_bytes())
    name = page_name(job.name)
    if state == "ok":
        write_file(folder / name, (work / PAGE).read_bytes())
    else:
        values = {"state": state, "message": message}
        write_file(folder / name, render_page("failure.html.j2", job.page, values))
    return name

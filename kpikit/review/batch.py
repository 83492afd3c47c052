"""Many reports at once, each in a process of its own, so that none can harm another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from kpikit.errors import KpikitError
from kpikit.files import write_anew, write_file
from kpikit.review.job import PAGE
from kpikit.review.making import EXECUTED, FAILED, NOT_RUN, Job, Limits, Made, State, make, pack
from kpikit.review.process import BEAT, Processes, Start, report_processes, start_afresh
from kpikit.review.render import render_page
from kpikit.strategy.model import COMPANY

NOTEBOOKS = "notebooks"  # the folder of those executed, in that of the batch
OVERVIEW = "company.review"  # the report on the company as a whole: no department's id
Progress = Callable[[str, str], None]
Submit = Callable[[Job], Future[Made]]


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


def run_batch(  # noqa: PLR0913 - each is its own choice
    jobs: Sequence[Job],
    *,
    folder: Path,
    workers: int | None = None,
    scheduler: str | None = None,
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
    progress: Progress | None = None,
    processes: Processes | None = None,
) -> Batch:
    """Make every report, whatever becomes of the others, and say how each ended.

    A page appears in `folder` as soon as it is ready; where a report could not be made,
    a page says why in its place. Executed notebooks lie in its folder `notebooks`.

    Parameters
    ----------
    workers
        Reports made at the same time; as many as there are processors unless given.
    scheduler
        The address of a Dask scheduler, whose workers then make the reports: each gets
        all it needs with its task, so that no disk need be shared.
    limits
        Time and memory of one report.
    progress
        Called with a name and `running` or its state, always from the caller's thread.
    processes
        What starts reports on this machine, where it is there already.

    Notes
    -----
    Where Ctrl-C breaks the batch off, what is running is ended, what is finished stays,
    and the rest is `not_run`.
    """
    tell = progress or (lambda *_: None)
    stop, begun = Event(), set[str]()
    done: dict[str, Outcome] = {}
    interrupted = False
    with ExitStack() as stack:
        if scheduler:
            submit = stack.enter_context(_cluster(scheduler, limits))
        else:
            processes = processes or stack.enter_context(report_processes())
            hands = _threads(processes.start, workers, limits, stop, begun)
            submit = stack.enter_context(hands)
        futures = {submit(job): job for job in jobs}
        if scheduler:
            begun.update(job.name for job in jobs)
        try:
            for future in _follow(set(futures), begun, tell):
                job, made = futures[future], _made(future)
                done[job.name] = _publish(job, made, folder)
                del futures[future]  # it holds a whole report
                tell(job.name, made.state)
        except KeyboardInterrupt:
            interrupted = True
        finally:  # whatever ends the following ends what is followed
            stop.set()
            for future in futures:
                future.cancel()
        for future, job in futures.items():
            if job.name not in done:
                done[job.name] = _publish(job, _made(future), folder)
    return Batch(tuple(done[job.name] for job in jobs), interrupted)


@contextmanager
def _threads(
    start: Start, workers: int | None, limits: Limits, stop: Event, begun: set[str]
) -> Iterator[Submit]:
    """Give what makes reports on this machine."""
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:

        def work(job: Job) -> Made:
            begun.add(job.name)
            return make(pack(job, limits), limits, start=start, stop=stop)

        yield lambda job: pool.submit(work, job)


@contextmanager
def _cluster(scheduler: str, limits: Limits) -> Iterator[Submit]:
    """Give what makes reports on a cluster."""
    try:
        from distributed import Client
    except ImportError:
        raise KpikitError(
            "scheduler: the package distributed is missing. Install kpikit[dask], or leave "
            "scheduler out."
        ) from None
    try:
        client = Client(scheduler, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except OSError:
        raise KpikitError(
            f"scheduler {scheduler!r}: nobody answers there. Check the address, or leave it out."
        ) from None
    with client:
        pool: Executor = client.get_executor(pure=False)  # type: ignore[no-untyped-call]
        yield lambda job: pool.submit(_make_there, pack(job, limits), limits)


def _make_there(files: Mapping[str, bytes], limits: Limits) -> Made:
    return make(files, limits, start=start_afresh, stop=Event())


def _follow(pending: set[Future[Made]], begun: set[str], tell: Progress) -> Iterator[Future[Made]]:
    told = set[str]()
    while pending:
        finished, pending = wait(pending, timeout=BEAT, return_when=FIRST_COMPLETED)
        for name in sorted(begun - told):
            told.add(name)
            tell(name, "running")
        while finished:
            yield finished.pop()


def _made(future: Future[Made]) -> Made:
    """Return what a future holds; what was called off, and what its worker could not do."""
    if future.cancelled():
        return Made(state="not_run", message=NOT_RUN)
    fault = future.exception()
    if fault is None:
        return future.result()
    return Made(state="crashed", message=f"Its worker stopped: {type(fault).__name__}: {fault}")


def executed_name(name: str) -> str:
    """Return where a department's executed notebook lies, within the folder of the batch."""
    return f"{NOTEBOOKS}/{name}.ipynb"


def page_name(name: str) -> str:
    """Return the file name of a report's page; those of the index and the company are taken."""
    if name == OVERVIEW:
        return f"{COMPANY}.html"
    return f"{name}.report.html" if name in ("index", COMPANY) else f"{name}.html"


def _publish(job: Job, made: Made, folder: Path) -> Outcome:
    """Put what was made in its place, or beside it the page that says why nothing was.

    The report of an earlier run stays where it is until another one takes its place.
    """
    page, executed = folder / page_name(job.name), folder / executed_name(job.name)
    told, broken = page.with_suffix(".failed.html"), executed.with_suffix(".failed.ipynb")
    shown = ""
    if made.state != "not_run":
        broken.unlink(missing_ok=True)
    if made.state == "ok":
        write_file(executed, made.files[EXECUTED])
        write_anew(page, made.files[PAGE], derived=page.with_suffix(".pdf"))
        told.unlink(missing_ok=True)
        shown = page.name
    elif made.state != "not_run":
        if FAILED in made.files:
            write_file(broken, made.files[FAILED])
        earlier = page.name if page.is_file() else ""
        values = {"state": made.state, "message": _named(job, made), "earlier": earlier}
        write_file(told, render_page("failure.html.j2", job.page, values))
        shown = told.name
    return Outcome(
        name=job.name,
        state=made.state,
        seconds=made.seconds,
        html=shown,
        message=_named(job, made),
        log=made.log,
    )


def _named(job: Job, made: Made) -> str:
    """Return the message, with the name under which the notebook now lies."""
    failed = executed_name(job.name).removesuffix(".ipynb") + ".failed.ipynb"
    return made.message.replace(FAILED, failed)

"""Run a review: a report per department, one above them, an index, and what was used."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.errors import KpikitError
from kpikit.files import reserve
from kpikit.observations.vintages import try_record
from kpikit.periods import Period, parse_date
from kpikit.results import Result
from kpikit.review.batch import Batch, Outcome, Progress, executed_name, run_batch
from kpikit.review.bundle import write_bundle
from kpikit.review.export import check_formats, export
from kpikit.review.made import record_numbers
from kpikit.review.making import Limits
from kpikit.review.numbers import carried_numbers
from kpikit.review.plan import plan_review
from kpikit.review.process import report_processes
from kpikit.review.record import code, slug, write_records
from kpikit.review.remembered import ledger_at_hand
from kpikit.review.resume import Notes, alone_in
from kpikit.sources.fingerprint import at_rest, hash_file
from kpikit.strategy import Strategy, load_strategy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.ledger import Ledger

COLUMNS = ("department", "state", "seconds", "html", "pdf", "message")


@dataclass(frozen=True, kw_only=True, eq=False)
class ReviewRun(Result):
    """What became of each report of a review.

    Attributes
    ----------
    period
        The period reviewed.
    folder
        Where the reports, their index and the records lie.
    interrupted
        Whether somebody broke the run off.
    """

    period: str
    folder: Path
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """Return 0 when every report is made, 1 when one is not, 130 when broken off."""
        if self.interrupted:
            return 130
        return 0 if (self.frame["state"].eq("ok") & self.frame["message"].eq("")).all() else 1

    def summary(self) -> str:
        """Say how many reports are made, and which are not."""
        made = self.frame["state"].eq("ok")
        text = f"Review of {self.period}: {made.sum()} of {len(made)} reports made."
        missing = ", ".join(
            f"{row.department} ({row.state})" for row in self.frame[~made].itertuples()
        )
        return f"{text} Not made: {missing}." if missing else text

    def _draw(self, ax: Axes) -> None:
        rows = self.frame.iloc[::-1]
        ax.barh(rows["department"], rows["seconds"])
        ax.set_xlabel("seconds")
        ax.set_title("How long each report took")


def run_review(  # noqa: PLR0913 - the public contract names each of them
    strategy: Strategy | Path | str,
    *,
    period: str | Period,
    departments: Iterable[str] | None = None,
    out: Path | str = "reports",
    formats: Sequence[str] = ("html",),
    workers: int | None = None,
    scheduler: str | None = None,
    as_of: date | str | None = None,
    ledger: str | None = None,
    notebooks: Path | str | None = None,
    resume: bool = False,
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
    record: bool = False,
    progress: Progress | None = None,
) -> ReviewRun:
    """Make a quarter's review: one report per department, ready to send.

    Parameters
    ----------
    strategy
        The strategy, or the path of its file.
    period
        A quarter, such as `2026Q3`, or for monthly reports a month, such as `2026-09`.
    departments
        Identifiers. Unless given, every department with KPIs of its own, and above them
        the company as a whole.
    out
        The folder for reports. They lie in `<out>/<organisation>/<period>/`.
    formats
        `html` is always made; `pdf` prints each page with the machine's Chromium, and
        `xlsx` puts the numbers of all departments into one workbook.
    workers
        Reports made at the same time; as many as there are processors unless given.
    scheduler
        The address of a Dask scheduler whose workers make the reports.
    ledger
        The path or address of a ledger; unless given, the strategy's own where there is
        one. Targets accepted there count before those declared; decisions, actions and
        comments are shown, and `run.json` notes how far it was.
    as_of
        The day at which the world is looked at; unless given, the newest in the facts,
        no later than the period's last.
    notebooks
        A folder with `quarterly_review.ipynb` or `monthly_report.ipynb`, and with
        `company_review.ipynb` where the company's page is wanted; kpikit's own unless
        given. A notebook is code: it is run only from where it is asked for.
    resume
        Whether reports that an earlier run made from the same inputs stay as they are.
    limits
        Seconds and bytes of memory that one report may take.
    record
        Whether to leave a record of the load in `vintages/` beside the strategy file, and
        of forecasts, proposals and verdicts in the ledger where there is one.
    progress
        Called with a department and `running` or its state.

    Returns
    -------
    ReviewRun
        One row per report: `department`, `state` (`ok`, `failed`, `crashed`,
        `timed_out`, `not_run`), `seconds`, `html`, `pdf`, `message`.

    Raises
    ------
    KpikitError
        When the review cannot begin: everything is checked before a kernel starts.
        A report that fails does not raise; its row says so, and so does its page.

    Notes
    -----
    The facts are read once; each report runs in a process and a folder of its own. The
    same inputs give the same pages and the same `run.json`, whatever the number of
    workers; times and places of this machine are in `run.log`.

    Examples
    --------
    >>> run_review("strategy.yaml", period="2026Q3", formats=["docx"])
    Traceback (most recent call last):
    kpikit.errors.KpikitError: format 'docx' is not available. Use html, pdf or xlsx.
    """
    wanted = check_formats(formats)
    if workers is not None and workers < 1:
        raise KpikitError(f"workers is {workers}. Use 1 or more, or leave it out.")
    loaded = strategy if isinstance(strategy, Strategy) else load_strategy(strategy)
    plan = plan_review(loaded, period=period, departments=departments, notebooks=notebooks)
    day = None if as_of is None else parse_date(as_of)
    folder = _writable(Path(out) / slug(loaded.organisation.name) / plan.period.label)

    started = datetime.now().astimezone()
    with (
        alone_in(folder),
        report_processes() as processes,
        ledger_at_hand(loaded, ledger) as opened,
        TemporaryDirectory(prefix="kpikit-bundle-") as place,
    ):
        bundle, head = Path(place), opened.head() if opened else None
        with at_rest(loaded, loaded.sources):
            facts = write_bundle(
                loaded,
                period=plan.period.label,
                as_of=day,
                folder=bundle,
                ledger=opened,
                send=processes.send,
            )
            said = try_record(loaded, facts.observations) if record else ()
        day = facts.as_of
        inputs = {"bundle": _hashes(bundle), "notebooks": plan.notebook_hashes()}
        notes = Notes(folder, inputs | code())
        kept = [past for name in plan.names if resume and (past := notes.finished(name))]
        finished = {past.name for past in kept}
        jobs = [
            plan.job(name, as_of=day, bundle=bundle) for name in plan.names if name not in finished
        ]
        tell = notes.watch(progress or (lambda *_: None))
        with _room_in(folder):
            made = run_batch(
                jobs,
                folder=folder,
                workers=workers,
                scheduler=scheduler,
                limits=limits,
                progress=tell,
                processes=processes,
            )
            batch = _in_order(plan.names, (*kept, *made.outcomes), made.interrupted)
            write_records(
                plan,
                batch,
                folder=folder,
                as_of=day,
                started=started,
                head=head,
            )
        if record and opened:
            said = (*said, *_put_on_record(loaded, opened, batch, folder))
        frame = _frame(batch, folder)
        if not batch.interrupted:
            frame = export(frame, wanted, folder=folder, line=plan.masthead)
    return ReviewRun(
        frame=frame,
        period=plan.period.label,
        folder=folder,
        interrupted=batch.interrupted,
        notes=(f"The reports lie in {folder}.", *said),
    )


@contextmanager
def _room_in(folder: Path) -> Iterator[None]:
    """Tell a disk that takes no more from a defect; what lay there before still does."""
    try:
        yield
    except OSError as error:
        raise KpikitError(
            f"{folder}: not everything could be written there ({error.strerror}). "
            "Make room, then run it again with resume."
        ) from None


def _put_on_record(
    strategy: Strategy, ledger: Ledger, batch: Batch, folder: Path
) -> tuple[str, ...]:
    """Put on record what the finished reports say; where that fails, the reports still stand."""
    made = [outcome.name for outcome in batch.outcomes if outcome.state == "ok"]
    found = [carried_numbers(folder / executed_name(name)) for name in made]
    try:
        for numbers in filter(None, found):
            record_numbers(numbers, ledger, strategy=strategy, who="kpikit")
    except KpikitError as error:
        return (f"Not everything is on record. {error}",)
    return ()


def _writable(folder: Path) -> Path:
    try:
        reserve(folder / "run.json").unlink()
    except OSError as error:
        raise KpikitError(
            f"{folder}: reports cannot be written there ({error.strerror}). "
            "Name another folder with out."
        ) from None
    return folder.resolve()


def _hashes(bundle: Path) -> dict[str, str]:
    return {path.name: hash_file(path) for path in sorted(bundle.iterdir())}


def _in_order(names: Sequence[str], outcomes: Iterable[Outcome], interrupted: bool) -> Batch:
    found = {outcome.name: outcome for outcome in outcomes}
    return Batch(tuple(found[name] for name in names), interrupted)


def _frame(batch: Batch, folder: Path) -> pd.DataFrame:
    rows = [
        {
            "department": outcome.name,
            "state": outcome.state,
            "seconds": round(outcome.seconds, 1),
            "html": os.fspath(folder / outcome.html) if outcome.state == "ok" else "",
            "pdf": "",
            "message": outcome.message,
        }
        for outcome in batch.outcomes
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))

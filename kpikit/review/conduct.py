"""How a review is run: planned, facts gathered, reports made, what was used written down."""

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
from kpikit.review.batch import Batch, Outcome, Progress, executed_name, run_batch
from kpikit.review.bundle import write_bundle
from kpikit.review.errands import Standing, errands
from kpikit.review.export import export
from kpikit.review.making import Limits
from kpikit.review.numbers import carried_numbers
from kpikit.review.plan import plan_review
from kpikit.review.process import Processes
from kpikit.review.record import code, slug, write_records
from kpikit.review.remembered import ledger_at_hand
from kpikit.review.resume import Notes, alone_in
from kpikit.review.run import COLUMNS, ReviewRun
from kpikit.sources.fingerprint import at_rest, hash_file

if TYPE_CHECKING:
    from kpikit.ledger import Ledger
    from kpikit.periods import Period
    from kpikit.strategy import Strategy


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What was asked for; each as `run_review` takes it."""

    period: str | Period
    departments: Iterable[str] | None
    notebooks: Path | str | None
    as_of: date | None
    ledger: str | None
    out: Path
    formats: Sequence[str]
    workers: int | None
    scheduler: str | None
    limits: Limits
    resume: bool
    record: bool


def conduct(
    strategy: Strategy, terms: Terms, *, processes: Processes, progress: Progress | None
) -> ReviewRun:
    """Run a review whose strategy is loaded; everything is checked before a kernel starts."""
    plan = plan_review(
        strategy, period=terms.period, departments=terms.departments, notebooks=terms.notebooks
    )
    folder = _writable(terms.out / slug(strategy.organisation.name) / plan.period.label)

    started = datetime.now().astimezone()
    with (
        alone_in(folder),
        ledger_at_hand(strategy, terms.ledger) as opened,
        TemporaryDirectory(prefix="kpikit-bundle-") as place,
        errands(processes.send) as under_way,
    ):
        bundle, head = Path(place), opened.head() if opened else None
        with at_rest(strategy, strategy.sources):
            facts = write_bundle(
                strategy,
                period=plan.period.label,
                as_of=terms.as_of,
                folder=bundle,
                ledger=opened,
                send=processes.send,
            )
            said = try_record(strategy, facts.observations) if terms.record else ()
        day = facts.as_of
        under_way.send("map", Standing(strategy, facts.statuses(plan.period)))
        del facts  # the reports read the bundle, and have the memory
        inputs = {"bundle": _hashes(bundle), "notebooks": plan.notebook_hashes()}
        notes = Notes(folder, inputs | code())
        kept = [past for name in plan.names if terms.resume and (past := notes.finished(name))]
        finished = {past.name for past in kept}
        jobs = [
            plan.job(name, as_of=day, bundle=bundle) for name in plan.names if name not in finished
        ]
        tell = notes.watch(progress or (lambda *_: None))
        for job in jobs:
            tell(job.name, "waiting")
        with _room_in(folder):
            made = run_batch(
                jobs,
                folder=folder,
                workers=terms.workers,
                scheduler=terms.scheduler,
                limits=terms.limits,
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
                drawn=under_way.found("map"),
                head=head,
            )
        if terms.record and opened:
            said = (*said, *_put_on_record(strategy, opened, batch, folder))
        frame = _frame(batch, folder)
        if not batch.interrupted:
            frame = export(frame, terms.formats, folder=folder, line=plan.masthead)
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
    from kpikit.review.made import record_numbers

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

"""Run a review: a report per department, one above them, an index, and what was used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kpikit.errors import KpikitError
from kpikit.periods import Period, parse_date
from kpikit.results import Result
from kpikit.review.batch import Progress
from kpikit.review.export import check_formats
from kpikit.review.making import Limits
from kpikit.review.process import report_processes
from kpikit.strategy import Strategy, load_strategy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        Called with a department and `waiting`, `running`, or how it ended.

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
    day = None if as_of is None else parse_date(as_of)
    path = strategy.path if isinstance(strategy, Strategy) else Path(strategy)
    with report_processes(path) as processes:
        # all this is loaded only now, while the processes load what they need
        loaded = strategy if isinstance(strategy, Strategy) else load_strategy(strategy)
        from kpikit.review.conduct import Terms, conduct

        terms = Terms(
            period=period,
            departments=departments,
            notebooks=notebooks,
            as_of=day,
            ledger=ledger,
            out=Path(out),
            formats=wanted,
            workers=workers,
            scheduler=scheduler,
            limits=limits,
            resume=resume,
            record=record,
        )
        return conduct(loaded, terms, processes=processes, progress=progress)

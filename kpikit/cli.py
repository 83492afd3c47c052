"""The command line: `kpikit new`, `check`, `audit`, `observe`, `review`, `run` and others.

Exit codes: 0 done; 1 done, and something is wrong; 2 could not be done; 130 broken off.
Each command imports what it needs when it runs, so that `kpikit --help` answers at once.
"""

from __future__ import annotations

import re
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from kpikit import __version__
from kpikit.commands.app import app as what_if_app
from kpikit.commands.audit import audit
from kpikit.commands.begin import example, new
from kpikit.commands.cycle import cycle
from kpikit.commands.leads import leads
from kpikit.commands.ledger import ledger
from kpikit.commands.monitor import monitor
from kpikit.commands.observe import observe
from kpikit.commands.options import AsOf, Json, NoRecord, StrategyFile, as_text, tell, write_out
from kpikit.commands.progress import shown_progress
from kpikit.commands.reports import compare, verify
from kpikit.commands.target import target
from kpikit.errors import KpikitError, StrategyError

if TYPE_CHECKING:
    from kpikit.review.run import ReviewRun

WHOLE = re.compile(r"-?(0|[1-9]\d*)")
DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
PAIR = "\0"  # stands in no argument


class _Told(TyperGroup):
    """Says what a user can put right, without a traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the signature of the framework
        try:
            return super().invoke(ctx)
        except KpikitError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            typer.echo("Broken off.", err=True)
            raise typer.Exit(130) from None


class _Pairs(TyperCommand):
    """Takes `-p NAME VALUE`: two words to an option, many times, as papermill does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the framework's
        words, joined = list(args), []
        while words:
            word = words.pop(0)
            joined.append(word)
            if word in ("-p", "--parameter"):
                if len(words) < 2:
                    raise typer.BadParameter("write a name and a value: -p NAME VALUE")
                joined.append(PAIR.join((words.pop(0), words.pop(0))))
        return super().parse_args(ctx, joined)


app = typer.Typer(
    cls=_Told,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Align KPIs with business goals: tested links, honest targets, review reports.",
)


def main() -> None:
    """Run the command line; a defect shows its traceback, and is no finding: 2, not 1."""
    try:
        app()
    except Exception:
        traceback.print_exc()
        sys.exit(2)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kpikit {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    del version  # its callback has done all


app.command()(new)
app.command()(audit)


@app.command()
def check(strategy: StrategyFile, *, as_json: Json = False) -> None:
    """Check a strategy file, and list every fault with its file and line."""
    from kpikit.strategy import load_strategy

    if not strategy.is_file():
        raise KpikitError(f"{strategy}: there is no such file. Check the path.")
    try:
        loaded = load_strategy(strategy)
    except StrategyError as error:
        if as_json:
            faults = [
                {"line": fault.line, "where": fault.where, "message": fault.message}
                for fault in error.faults
            ]
            typer.echo(as_text({"path": str(strategy), "faults": faults}))
        else:
            for fault in error.faults:
                place = f"{fault.where}: " if fault.where else ""
                typer.echo(f"{strategy}:{fault.line}: {place}{fault.message}")
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(as_text({"path": str(strategy), "faults": []}))
    else:
        counts = (
            f"objectives {len(loaded.objectives)}, departments {len(loaded.departments)}, "
            f"KPIs {len(loaded.kpis)}, sources {len(loaded.sources)}"
        )
        typer.echo(f"{strategy}: no fault ({counts}).")


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write it to this file.")] = None,
) -> None:
    """Write the JSON Schema of the strategy file, by which editors complete it."""
    from kpikit.strategy import strategy_schema

    text = as_text(strategy_schema())
    if out is None:
        typer.echo(text)
    else:
        write_out(out, text + "\n")


app.command("app")(what_if_app)
app.command()(observe)
app.command()(leads)
app.command()(monitor)


@app.command()
def review(  # noqa: PLR0913 - one parameter an option
    strategy: StrategyFile,
    *,
    period: Annotated[
        str | None,
        typer.Option(help="2026Q3, or a month: 2026-09; else the latest complete quarter."),
    ] = None,
    department: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be given several times.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Reports made at the same time; else one a processor.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Let the workers of this Dask scheduler make the reports.")
    ] = None,
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option(help="The folder for reports.")] = Path("reports"),
    notebooks: Annotated[
        Path | None, typer.Option(help="A folder with the reports' notebooks; else kpikit's own.")
    ] = None,
    ledger_address: Annotated[
        str, typer.Option("--ledger", help="A ledger's path or address; else the strategy's own.")
    ] = "",
    pdf: Annotated[bool, typer.Option("--pdf", help="Print each report to PDF too.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Write the numbers to a workbook.")] = False,
    time_limit: Annotated[float, typer.Option(help="Seconds that one report may take.")] = 600.0,
    memory_limit: Annotated[
        float, typer.Option(help="Gigabytes of memory that one report may hold.")
    ] = 4.0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep what an earlier run made of the same inputs.")
    ] = False,
    no_record: NoRecord = False,
    as_json: Json = False,
) -> None:
    """Make a review: a report per department, one above them, and an index."""
    from kpikit.review.making import Limits
    from kpikit.review.run import run_review
    from kpikit.strategy import load_strategy

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: tidily
    loaded = load_strategy(strategy)
    if not period:
        from kpikit.review.findings import latest_period

        period = latest_period(loaded, as_of=as_of)
    with shown_progress(sys.stderr) as progress:
        run = run_review(
            loaded,
            period=period,
            departments=department or None,
            out=out,
            formats=("html", *(["pdf"] if pdf else []), *(["xlsx"] if xlsx else [])),
            workers=workers,
            scheduler=scheduler,
            as_of=as_of,
            ledger=ledger_address or None,
            notebooks=notebooks,
            resume=resume,
            limits=Limits(time_limit, int(memory_limit * 2**30)),
            record=not no_record,
            progress=progress,
        )
    tell(run.notes[1:])  # the first says where the reports are, which is shown below
    if as_json:
        typer.echo(as_text(_run_record(run)))
    else:
        _show_run(run)
    raise typer.Exit(run.exit_code)


@app.command(cls=_Pairs)
def run(
    notebook: Annotated[Path, typer.Argument(help="The notebook.", show_default=False)],
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", metavar="NAME VALUE", help="May be given often."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The executed copy; else <notebook>.run.ipynb."),
    ] = None,
) -> None:
    """Run one notebook; a parameter it does not declare is an error."""
    from kpikit.review.notebook import run_notebook

    pairs = (pair.split(PAIR) for pair in parameter or ())
    values = {name: _value(text) for name, text in pairs}
    target = out or Path(notebook.with_suffix(".run.ipynb").name)
    typer.echo(str(run_notebook(notebook, parameters=values, out=target)))


app.command()(target)
app.command()(cycle)
app.command()(ledger)
app.command()(example)
app.command()(compare)
app.command()(verify)


def _value(text: str) -> object:
    """Return what was typed: a number, true or false, else text as it stands."""
    if text in ("true", "false"):
        return text == "true"
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text


def _run_record(done: ReviewRun) -> dict[str, object]:
    return {
        "period": done.period,
        "folder": str(done.folder),
        "exit_code": done.exit_code,
        "reports": done.to_frame().to_dict(orient="records"),
    }


def _show_run(done: ReviewRun) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"Review of {done.period}", title_justify="left")
    for name in ("department", "state", "seconds", "message"):
        table.add_column(name, justify="right" if name == "seconds" else "left")
    for row in done.to_frame().to_dict(orient="records"):
        words = (row["department"], row["state"].replace("_", " "), f"{row['seconds']:.1f}")
        # as plain text: a message may hold what would be read as markup
        table.add_row(*(Text(str(cell)) for cell in (*words, row["message"])))
    Console().print(table)
    typer.echo(done.summary())
    typer.echo(str(done.folder / "index.html"))

"""The command line: `kpikit new`, `check`, `schema`, `observe`, `review`, `run`, `example`.

Exit codes: 0 done; 1 done, and something is wrong; 2 could not be done; 130 broken off.
Each command imports what it needs when it runs, so that `kpikit --help` answers at once.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from kpikit import __version__
from kpikit.commands.begin import example, new
from kpikit.errors import KpikitError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from kpikit.observations import VintageChanges
    from kpikit.review.run import ReviewRun

WHOLE = re.compile(r"-?(0|[1-9]\d*)")
DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
PAIR = "\0"  # stands in no argument
SHOWN = ["kpi", "segment", "period_start", "value", "rows", "complete"]


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

StrategyFile = Annotated[
    Path, typer.Argument(metavar="STRATEGY", help="The strategy file.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for a machine to read.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="See nothing later than this day."),
]


NoRecord = Annotated[
    bool, typer.Option("--no-record", help="Leave no record of this load in vintages/.")
]


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
            typer.echo(_json({"path": str(strategy), "faults": faults}))
        else:
            for fault in error.faults:
                place = f"{fault.where}: " if fault.where else ""
                typer.echo(f"{strategy}:{fault.line}: {place}{fault.message}")
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(_json({"path": str(strategy), "faults": []}))
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

    text = _json(strategy_schema())
    if out is None:
        typer.echo(text)
    else:
        _write(out, text + "\n")


@app.command()
def observe(  # noqa: PLR0913 - one parameter an option
    strategy: StrategyFile,
    *,
    grain: Annotated[
        str | None, typer.Option(help="day, week, month, quarter or year; else each KPI's own.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Also by the values of this column.")] = None,
    as_of: AsOf = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="From the period that holds this day.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="To the period that holds this day.")
    ] = None,
    kpi: Annotated[
        list[str] | None, typer.Option(help="Only this KPI; may be given several times.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write to this .parquet or .csv file.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Say what changed since the last load instead.")
    ] = False,
    no_record: NoRecord = False,
    as_json: Json = False,
) -> None:
    """Compute every KPI's values from the facts, as a table or a file.

    With --compare, the exit code is 1 where a number of a complete period was restated.
    """
    from kpikit.observations import build_observations, compare_vintages
    from kpikit.observations.vintages import try_record
    from kpikit.sources.fingerprint import at_rest
    from kpikit.strategy import load_strategy

    if out is not None and out.suffix not in (".parquet", ".csv"):
        raise KpikitError(f"{out}: the ending is {out.suffix!r}. Use .parquet or .csv.")
    loaded = load_strategy(strategy)
    with at_rest(loaded, loaded.sources):
        observations = build_observations(
            loaded, grain=grain, since=since, until=until, as_of=as_of, by=by, kpis=kpi or None
        )
        changes = compare_vintages(loaded, observations) if compare else None
        _tell(() if no_record else try_record(loaded, observations))
    frame = observations.to_frame()
    if out is not None:
        _write(out, _table_bytes(frame, out.suffix))
        typer.echo(f"{out}: {len(frame)} rows.", err=True)
    if changes is not None:
        _show_changes(changes, as_json=as_json)
        raise typer.Exit(0 if changes.restated.empty else 1)
    if out is not None:
        return
    if as_json:
        typer.echo(frame.to_json(orient="records", date_format="iso", indent=2))
    else:
        typer.echo(frame[SHOWN].to_string(index=False, na_rep="–"))


@app.command()
def review(  # noqa: PLR0913 - one parameter an option
    strategy: StrategyFile,
    *,
    period: Annotated[
        str | None,
        typer.Option(help="The quarter, such as 2026Q3; else the latest complete in the facts."),
    ] = None,
    department: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be given several times.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Reports made at the same time; else one a processor.")
    ] = None,
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option(help="The folder for reports.")] = Path("reports"),
    notebooks: Annotated[
        Path | None, typer.Option(help="A folder with quarterly_review.ipynb; else kpikit's own.")
    ] = None,
    no_record: NoRecord = False,
    as_json: Json = False,
) -> None:
    """Make the quarterly review: one report per department, and an index."""
    from kpikit.review.findings import latest_period
    from kpikit.review.run import run_review
    from kpikit.strategy import load_strategy

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: tidily
    loaded = load_strategy(strategy)
    run = run_review(
        loaded,
        period=period or latest_period(loaded, as_of=as_of),
        departments=department or None,
        out=out,
        workers=workers,
        as_of=as_of,
        notebooks=notebooks,
        record=not no_record,
        progress=lambda name, state: typer.echo(f"{name}: {state.replace('_', ' ')}", err=True),
    )
    _tell(run.notes[1:])  # the first says where the reports are, which is shown below
    if as_json:
        typer.echo(_json(_run_record(run)))
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


app.command()(example)


def _value(text: str) -> object:
    """Return what was typed: a number, true or false, else text as it stands."""
    if text in ("true", "false"):
        return text == "true"
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _write(path: Path, content: str | bytes) -> None:
    from kpikit.files import write_file

    try:
        write_file(path, content)
    except OSError as error:
        raise KpikitError(
            f"{path}: cannot be written ({error.strerror}). Name another file with -o."
        ) from None


def _table_bytes(frame: pd.DataFrame, suffix: str) -> bytes:
    if suffix == ".parquet":
        return frame.to_parquet(index=False)
    # a spreadsheet would run a segment such as "=1+1"
    segments = frame["segment"].str.replace(r"^(?=[=+\-@\t\r])", "'", regex=True)
    return frame.assign(segment=segments).to_csv(index=False).encode()


def _tell(notes: Iterable[str]) -> None:
    for note in notes:
        typer.echo(note, err=True)


def _show_changes(changes: VintageChanges, *, as_json: bool) -> None:
    frame = changes.to_frame()
    frame = frame.assign(period_start=frame["period_start"].astype(str))
    if as_json:
        record = {
            "since": changes.since,
            "summary": changes.summary(),
            "restated": len(changes.restated),
            "changes": json.loads(frame.to_json(orient="records")),
            "sources": json.loads(changes.sources.to_json(orient="records")),
            "notes": list(changes.notes),
        }
        typer.echo(_json(record))
        return
    typer.echo(changes.summary())
    if len(frame):
        typer.echo(frame.to_string(index=False, na_rep="–"))
    _tell(changes.notes)


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

"""The command `kpikit ledger`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpikit.commands.options import Json, StrategyFile, as_text, tell, write_out
from kpikit.errors import KpikitError, UnknownNameError

if TYPE_CHECKING:
    from kpikit.ledger import Entry, Ledger
    from kpikit.strategy import Strategy

WHAT = ("verify", "export", "import")


def ledger(  # noqa: PLR0913 - one parameter an option
    strategy: StrategyFile,
    what: Annotated[
        str, typer.Argument(metavar="verify|export|import", help="What to do.", show_default=False)
    ],
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="To import: .json, .sqlite or .csv."),
    ] = None,
    *,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Export to this .json or .csv file.")
    ] = None,
    reports: Annotated[
        Path, typer.Option(help="Where reports lie that noted how far the ledger was.")
    ] = Path("reports"),
    who: Annotated[str, typer.Option(help="Who imports what has no author.")] = "",
    survey: Annotated[
        str | None, typer.Option(help="Import the .csv as answers to the survey of this name.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify what happened, export it, or import what is on record elsewhere.

    The exit code of verify is 1 where anything was changed, taken out, moved or cut off.
    """
    from kpikit.strategy import load_strategy

    if what not in WHAT:
        raise UnknownNameError("thing to do", what, WHAT, where="ledger")
    loaded = load_strategy(strategy)
    if what == "import":
        _import(loaded, file, who=who, survey=survey)
    elif what == "export":
        _export(loaded, out)
    else:
        _verify(loaded, reports, as_json=as_json)


def _opened(strategy: Strategy) -> Ledger:
    from kpikit.ledger.address import find_ledger

    found = find_ledger(strategy.folder, strategy.ledger)
    if found is None:
        raise KpikitError(
            f"{strategy.path}: there is no ledger yet. One is made when something is recorded."
        )
    tell(found.notes)
    return found


def _verify(strategy: Strategy, reports: Path, *, as_json: bool) -> None:
    from kpikit.review.cycle import noted_heads

    with _opened(strategy) as opened:
        found = opened.verify(heads=noted_heads(reports, strategy))
    if as_json:
        record = {
            "whole": found.is_whole,
            "head": found.head._asdict(),
            "faults": found.to_frame().to_dict(orient="records"),
        }
        typer.echo(as_text(record))
    else:
        typer.echo(found.summary())
        tell(found.notes)
    raise typer.Exit(0 if found.is_whole else 1)


def _export(strategy: Strategy, out: Path | None) -> None:
    from kpikit.ledger.exchange import export_csv, export_json

    if out is not None and out.suffix not in (".json", ".csv"):
        raise KpikitError(f"{out}: the ending is {out.suffix!r}. Use .json or .csv.")
    with _opened(strategy) as opened:
        is_table = out is not None and out.suffix == ".csv"
        text = export_csv(opened) if is_table else export_json(opened)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_out(out, text.encode())
        typer.echo(f"{out}: written.", err=True)


def _import(strategy: Strategy, file: Path | None, *, who: str, survey: str | None) -> None:
    from kpikit.ledger import open_ledger
    from kpikit.ledger.address import declared_ledger

    if file is None:
        raise KpikitError("ledger import: the file is missing. Name a .json, .sqlite or .csv file.")
    with open_ledger(declared_ledger(strategy.folder, strategy.ledger)) as opened:
        tell(opened.notes)
        added = _add_survey(opened, file, who, survey) if survey else _add(opened, file, who)
        typer.echo(f"{file}: records added: {len(added)}.")
        tell(note for entry in added for note in entry.notes)


def _add(opened: Ledger, file: Path, who: str) -> tuple[Entry, ...]:
    from kpikit.ledger.exchange import import_file

    return import_file(opened, file, who=who)


def _add_survey(opened: Ledger, file: Path, who: str, survey: str) -> tuple[Entry, ...]:
    from kpikit.ledger.survey import measure_alignment, read_survey

    found = measure_alignment(read_survey(file), survey=survey)
    typer.echo(found.summary())
    tell(found.notes)
    return opened.append_many(found.records(), who=who, why=f"Answers to the survey {survey}")

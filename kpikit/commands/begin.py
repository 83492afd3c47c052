"""The commands to begin with: `kpikit new` and `kpikit example`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpikit.errors import KpikitError

if TYPE_CHECKING:
    from kpikit.strategy.scaffold import Kind

KINDS: dict[str, Kind] = {"kpi": "kpi", "department": "department"}


def new(  # noqa: PLR0913 - one parameter an option
    what: Annotated[
        str,
        typer.Argument(
            metavar="DIR | kpi | department",
            help="A folder for a new organisation; or the word kpi or department.",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The id of the KPI or department.")
    ] = None,
    *,
    department: Annotated[
        str | None, typer.Option(help="Where the KPI belongs, or the new department reports.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
    strategy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Fit it to this strategy file.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Add it to this strategy file; all else stays."),
    ] = None,
) -> None:
    """Begin an organisation, or a KPI or department, from a template that asks questions."""
    kind = KINDS.get(what)
    if kind is None:
        if any((name, department, owner, strategy, into)):
            raise KpikitError(
                f"new {what}: this begins an organisation, and takes nothing further. "
                "For an entry: kpikit new kpi ID, or kpikit new department ID."
            )
        _organisation(Path(what))
    elif name is None:
        raise KpikitError(
            f"new {what}: the id is missing, such as kpikit new {what} "
            f"{'churn_rate' if kind == 'kpi' else 'sales'}. For a folder of this name: ./{what}."
        )
    else:
        _entry(kind, name, (department, owner), (strategy, into))


def example(
    name: Annotated[str, typer.Argument(help="The example, such as hotel.", show_default=False)],
    *,
    place: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PLACE",
            help="Where the facts are: a folder, a file or a web address; else the public one.",
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder; else one of its name.")
    ] = None,
) -> None:
    """Fetch the facts of a real example, checksum verified, and put its strategy beside them."""
    from kpikit.examples import fetch_example

    file = fetch_example(name, to=to, place=place, progress=_say)
    typer.echo(str(file))
    _say(f"Next: kpikit review {file}")


def _organisation(folder: Path) -> None:
    from kpikit.strategy.scaffold import new_organisation

    file = new_organisation(folder)
    typer.echo(str(file))
    _say(f"Next: kpikit review {file}; then make the file yours.")


def _entry(
    kind: Kind,
    name: str,
    place: tuple[str | None, str | None],
    files: tuple[Path | None, Path | None],
) -> None:
    from kpikit.strategy import load_strategy
    from kpikit.strategy.scaffold import SECTIONS, add_entry, entry_template

    (within, owner), (fitted, into) = place, files
    if fitted is not None and into is not None:
        raise KpikitError(
            f"new {kind}: --strategy prints for a file, --into adds to one. Give one of them."
        )
    if into is None:
        strategy = load_strategy(fitted) if fitted is not None else None
        text = entry_template(kind, name, within=within, owner=owner, strategy=strategy)
        typer.echo(text, nl=False)
        _say(f"Paste this under `{SECTIONS[kind]}:`, or let --into FILE do it.")
        return
    line = add_entry(load_strategy(into), kind, name, within=within, owner=owner)
    typer.echo(f"{into}:{line}")
    _say("Next: answer its questions there.")


def _say(text: str) -> None:
    typer.echo(text, err=True)

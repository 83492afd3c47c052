"""What several commands take and write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpikit.errors import KpikitError

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def as_text(value: object) -> str:
    """Return a value as JSON that people can read too."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def write_out(path: Path, content: str | bytes) -> None:
    """Write a file whole, or say why it cannot be."""
    from kpikit.files import write_file

    try:
        write_file(path, content)
    except OSError as error:
        raise KpikitError(
            f"{path}: cannot be written ({error.strerror}). Name another file with -o."
        ) from None


def tell(notes: Iterable[str]) -> None:
    """Say what is not the command's result on the side."""
    for note in notes:
        typer.echo(note, err=True)

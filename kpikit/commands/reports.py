"""The commands about finished reviews: `kpikit compare` and `kpikit verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpikit.commands.options import Json, as_text, tell

if TYPE_CHECKING:
    from kpikit.results import Result

Folder = Annotated[Path, typer.Argument(help="The folder of a review.", show_default=False)]


def compare(before: Folder, after: Folder, *, as_json: Json = False) -> None:
    """Say why each number differs between two reviews: data, definition, period or code."""
    from kpikit.review.compare import compare_reviews

    _show(compare_reviews(before, after), as_json)


def verify(
    report: Folder,
    *,
    strategy: Annotated[
        Path | None, typer.Option(help="Its strategy file; else the one its log names.")
    ] = None,
    ledger: Annotated[
        str, typer.Option(help="Its ledger's path or address; else the strategy's own.")
    ] = "",
    notebooks: Annotated[
        Path | None, typer.Option(help="The folder of its notebooks; else kpikit's own.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a review again, and tell whether the same comes out; exit code 1 where not."""
    from kpikit.review.verify import verify_review

    found = verify_review(report, strategy=strategy, ledger=ledger or None, notebooks=notebooks)
    _show(found, as_json)
    if not found.to_frame()["state"].eq("same").all():
        raise typer.Exit(1)


def _show(found: Result, as_json: bool) -> None:
    frame = found.to_frame()
    if as_json:
        rows = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
        typer.echo(as_text({"summary": found.summary(), "notes": list(found.notes), "rows": rows}))
        return
    if len(frame):
        typer.echo(frame.to_string(index=False))
    typer.echo(found.summary())
    tell(found.notes)

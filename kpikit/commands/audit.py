"""The command `kpikit audit`."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kpikit.commands.options import AsOf, StrategyFile, as_text, tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kpikit.alignment.audit import Audit

SHOWN = 12  # findings of one rule, as text; JSON and SARIF hold them all
Row = dict[str, object]


def audit(  # noqa: PLR0913 - each option is a question of its own
    strategy: StrategyFile,
    *,
    fail_on: Annotated[
        Literal["error", "warning", "note", "never"],
        typer.Option(help="The exit code is 1 from this severity on."),
    ] = "error",
    form: Annotated[
        Literal["text", "json", "sarif"],
        typer.Option("--format", help="For people, for machines, or for code hosts."),
    ] = "text",
    evidence: Annotated[
        bool,
        typer.Option("--evidence", help="Also read the facts, and ask what they bear out."),
    ] = False,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes for the evidence; pays from some hundred KPIs on.")
    ] = 1,
    as_of: AsOf = None,
) -> None:
    """Audit a strategy: every rule of alignment, with file and line of what breaks it."""
    from kpikit.alignment.audit import audit as audit_strategy
    from kpikit.alignment.sarif import sarif_log
    from kpikit.observations import build_observations
    from kpikit.results import SEVERITIES
    from kpikit.strategy import load_strategy

    loaded = load_strategy(strategy)
    observed = build_observations(loaded, as_of=as_of) if evidence else None
    found = audit_strategy(loaded, observations=observed, as_of=as_of, workers=workers)
    if form == "text":
        for line in _lines(found):
            typer.echo(line)
        tell(found.notes)
    else:
        typer.echo(as_text(sarif_log(found) if form == "sarif" else found.record()))
    counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on != "never" else ()
    raise typer.Exit(1 if any(found.count(severity) for severity in counted) else 0)


def _lines(found: Audit) -> Iterator[str]:
    """Yield the findings as people read them: the worst first, those of a rule together."""
    rows: list[Row] = found.to_frame().to_dict(orient="records")  # type: ignore[assignment]
    for heading, group in groupby(rows, key=_heading):
        yield heading
        for code, those in groupby(group, key=lambda row: str(row["code"])):
            yield from _of_rule(code, list(those))
        yield ""
    yield from _score(found)
    yield found.summary()


def _heading(row: Row) -> str:
    return "WAIVED" if row["waived_until"] is not None else f"{row['severity']}s".upper()


def _of_rule(code: str, rows: list[Row]) -> Iterator[str]:
    yield f"  {code}  ({rows[0]['article']})"
    fixes = list(dict.fromkeys(str(row["fix"]) for row in rows))
    for row in rows[:SHOWN]:
        waived = f" (accepted until {row['waived_until']})" if row["waived_until"] else ""
        yield f"    {row['where']}: {row['message']}{waived}"
        if len(fixes) > 1:
            yield f"      -> {row['fix']}"
    if len(rows) > SHOWN:
        yield f"    and {len(rows) - SHOWN} more, which --format json lists"
    if len(fixes) == 1:
        yield f"    -> {fixes[0]}"


def _score(found: Audit) -> Iterable[str]:
    for row in found.score().to_dict(orient="records"):
        broken = [
            f"{row[name]} {name if row[name] != 1 or name == 'waived' else name[:-1]}"
            for name in ("errors", "warnings", "waived")
            if row[name]
        ]
        said = f"; {', '.join(broken)}" if broken else ""
        yield f"{row['title']:<14} {row['kept']:>5} of {row['asked']:>5} kept{said}"

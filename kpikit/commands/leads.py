"""The command `kpikit leads`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from kpikit.commands.options import AsOf, Json, StrategyFile, as_text, tell

if TYPE_CHECKING:
    import pandas as pd

    from kpikit.analysis.links import LinkEvidence


def leads(
    strategy: StrategyFile,
    *,
    target: Annotated[
        str | None, typer.Option(metavar="KPI", help="Only links to this KPI.")
    ] = None,
    grain: Annotated[
        str | None, typer.Option(help="day, week, month, quarter or year; else each KPI's own.")
    ] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Test the leading links that the strategy claims, and list the leads nobody claims.

    The exit code is 1 where a claimed link has another lag or sign, or is not supported.
    """
    from kpikit.analysis.links import test_links
    from kpikit.errors import UnknownNameError
    from kpikit.observations import build_observations
    from kpikit.strategy import load_strategy

    loaded = load_strategy(strategy)
    if target is not None and target not in loaded.kpis:
        raise UnknownNameError("KPI", target, loaded.kpis, where=str(strategy))
    evidence = test_links(loaded, build_observations(loaded, grain=grain, as_of=as_of))
    claimed, unclaimed = evidence.to_frame(), evidence.unclaimed
    if target is not None:
        claimed = claimed[claimed["target"] == target]
        unclaimed = unclaimed[unclaimed["target"] == target] if len(unclaimed) else unclaimed
    if as_json:
        typer.echo(as_text(_record(evidence, claimed, unclaimed)))
    else:
        _show(evidence, claimed, unclaimed)
    doubtful = claimed["verdict"].isin(["wrong lag", "wrong sign", "not supported"]).any()
    raise typer.Exit(int(bool(doubtful)))


def _record(
    evidence: LinkEvidence, claimed: pd.DataFrame, unclaimed: pd.DataFrame
) -> dict[str, object]:
    return {
        "summary": evidence.summary(),
        "claimed": json.loads(claimed.to_json(orient="records", date_format="iso")),
        "unclaimed": json.loads(unclaimed.to_json(orient="records", date_format="iso")),
        "notes": list(evidence.notes),
    }


def _show(evidence: LinkEvidence, claimed: pd.DataFrame, unclaimed: pd.DataFrame) -> None:
    typer.echo(evidence.summary())
    if len(claimed):
        typer.echo("\nClaimed:\n" + _as_table(claimed))
    if len(unclaimed):
        typer.echo("\nFound, and claimed by nobody:\n" + _as_table(unclaimed))
    tell(evidence.notes)


def _as_table(frame: pd.DataFrame) -> str:
    from kpikit.analysis.link_words import links_in_words

    told = links_in_words(frame)
    left = told.apply(lambda column: column.str.ljust(column.str.len().max()))
    text: str = left.to_string(index=False, justify="left")
    return text

"""The command `kpikit observe`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpikit.commands.options import AsOf, Json, NoRecord, StrategyFile, as_text, tell, write_out
from kpikit.errors import KpikitError

if TYPE_CHECKING:
    import pandas as pd

    from kpikit.observations import VintageChanges

SHOWN = ["kpi", "segment", "period_start", "value", "rows", "complete"]


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
        tell(() if no_record else try_record(loaded, observations))
    frame = observations.to_frame()
    if out is not None:
        write_out(out, _table_bytes(frame, out.suffix))
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


def _table_bytes(frame: pd.DataFrame, suffix: str) -> bytes:
    if suffix == ".parquet":
        return frame.to_parquet(index=False)
    # a spreadsheet would run a segment such as "=1+1"
    segments = frame["segment"].str.replace(r"^(?=[=+\-@\t\r])", "'", regex=True)
    return frame.assign(segment=segments).to_csv(index=False).encode()


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
        typer.echo(as_text(record))
        return
    typer.echo(changes.summary())
    if len(frame):
        typer.echo(frame.to_string(index=False, na_rep="–"))
    tell(changes.notes)

"""The command `kpikit monitor`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from kpikit.commands.options import AsOf, Json, StrategyFile, as_text
from kpikit.errors import KpikitError

if TYPE_CHECKING:
    from pathlib import Path

    from kpikit.monitor import News


def monitor(  # noqa: PLR0913 - each is an option of the command
    strategy: StrategyFile,
    *,
    watch: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", min=1, help="Look again, so many seconds after a look."),
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="Also send what is new there, as JSON.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER", help="False alarms to expect in a quarter, over all KPIs together."
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Also judge the segments that a column makes."),
    ] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Say what is new and unusual in the newest data since the last look.

    The exit code is 1 where something exceptional is new. With --watch it looks until
    it is interrupted, and a look that fails is told and tried again.
    """
    while True:
        try:
            news = _look(strategy, webhook=webhook, as_of=as_of, by=by, budget=budget)
        except KpikitError as error:
            if watch is None:
                raise
            typer.echo(str(error), err=True)
        else:
            _show(news, as_json=as_json)
            if watch is None:
                raise typer.Exit(int(any(one.signal == "exceptional" for one in news)))
        time.sleep(watch)


def _look(
    path: Path,
    *,
    webhook: str | None,
    as_of: str | None,
    by: str | None,
    budget: float | None,
) -> list[News]:
    """Look once: what is new is sent, and only then remembered."""
    from zoneinfo import ZoneInfo

    from kpikit.ledger.address import find_ledger
    from kpikit.monitor import look_for_news, only_new, post, remember, state_file
    from kpikit.strategy import load_strategy

    loaded = load_strategy(path)
    zone = ZoneInfo(loaded.organisation.time_zone) if loaded.organisation.time_zone else UTC
    day = as_of or datetime.now(zone).date()
    ledger = find_ledger(loaded.folder, loaded.ledger)
    resets = None
    if ledger is not None:
        with ledger:
            resets = ledger.baseline_resets()
    state = state_file(loaded)
    news = only_new(look_for_news(loaded, as_of=day, by=by, budget=budget, resets=resets), state)
    if news and webhook is not None:
        post(news, webhook, organisation=loaded.organisation.name)
    if news:
        remember(news, state)
    return news


def _show(news: list[News], *, as_json: bool) -> None:
    from kpikit.monitor import as_record

    if as_json:
        typer.echo(as_text(as_record(news)))
    elif not news:
        typer.echo("Nothing new.")
    for one in () if as_json else news:
        typer.echo(one.sentence)

"""The command `kpikit cycle`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpikit.commands.options import Json, StrategyFile, as_text, tell
from kpikit.errors import KpikitError, UnknownNameError

if TYPE_CHECKING:
    from kpikit.ledger.records import State
    from kpikit.review.cycle import Cycle

STEPS: dict[str, State] = {
    "draft": "draft",
    "open": "open",
    "freeze": "frozen",
    "hold": "held",
    "close": "closed",
}


def cycle(  # noqa: PLR0913 - one parameter an option
    strategy: StrategyFile,
    step: Annotated[
        str | None,
        typer.Argument(
            metavar="[STEP]", help="draft, open, freeze, hold or close; else what stands."
        ),
    ] = None,
    *,
    period: Annotated[
        str | None,
        typer.Option(help="Such as 2026Q3 or 2026-09; else the latest quarter in the facts."),
    ] = None,
    who: Annotated[str, typer.Option(help="Who takes the step.")] = "",
    why: Annotated[str, typer.Option(help="Why, in words.")] = "",
    reports: Annotated[Path, typer.Option(help="The folder of reports.")] = Path("reports"),
    as_json: Json = False,
) -> None:
    """Say how far a period's review has come, or bring it to its next state.

    freeze fixes the reports that were sent; hold needs them unchanged; close locks the period.
    """
    from kpikit.ledger import open_ledger
    from kpikit.ledger.address import declared_ledger, find_ledger
    from kpikit.review.cycle import move_cycle, read_cycle
    from kpikit.review.findings import latest_period
    from kpikit.review.handover import hand_over
    from kpikit.strategy import load_strategy

    if step is not None and step not in STEPS:
        raise UnknownNameError("step", step, STEPS, where="cycle")
    if step is not None and not (who.strip() and why.strip()):
        raise KpikitError("cycle: a step is put on record. Say --who takes it, and --why.")
    loaded = load_strategy(strategy)
    wanted = loaded.calendar.parse(period or latest_period(loaded))
    opened = find_ledger(loaded.folder, loaded.ledger) if step is None else None
    if step is None and opened is None:
        typer.echo(f"Review of {wanted}: not begun; there is no ledger yet.")
        return
    with opened or open_ledger(declared_ledger(loaded.folder, loaded.ledger)) as ledger:
        tell(ledger.notes)
        if step is None:
            found = read_cycle(ledger, period=wanted)
        else:
            found = move_cycle(
                loaded, ledger, period=wanted, to=STEPS[step], who=who, why=why, reports=reports
            )
        handed = hand_over(loaded, ledger, period=wanted).summary() if step == "open" else ""
    _show(found, handed, as_json=as_json)


def _show(found: Cycle, handed: str, *, as_json: bool) -> None:
    if as_json:
        frame = found.to_frame().assign(when=lambda rows: rows["when"].astype(str))
        record = {
            "period": found.period,
            "state": found.state,
            "next": found.next,
            "report_sha256": found.report_sha256,
            "steps": frame.to_dict(orient="records"),
        }
        typer.echo(as_text(record))
        return
    typer.echo(found.summary())
    if handed:
        typer.echo(handed)
    step = next((name for name, state in STEPS.items() if state == found.next), None)
    if step:
        typer.echo(f"Next: kpikit cycle STRATEGY {step} --period {found.period}", err=True)

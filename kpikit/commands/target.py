"""The command `kpikit target`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from kpikit.commands.options import AsOf, Json, StrategyFile, as_text, tell
from kpikit.errors import KpikitError, UnknownNameError

if TYPE_CHECKING:
    from kpikit.targets.plan import TargetPlan


def target(  # noqa: PLR0913 - one parameter an option
    strategy: StrategyFile,
    kpi: Annotated[str, typer.Argument(metavar="KPI", help="The KPI's id.", show_default=False)],
    *,
    period: Annotated[
        str, typer.Option(help="The period the target is for, such as 2026Q4.", show_default=False)
    ],
    value: Annotated[
        float | None, typer.Option(help="A target to judge; else the one in force.")
    ] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Say which target is honest, how likely the present one is, and the path to it."""
    from kpikit.observations import build_observations
    from kpikit.strategy import load_strategy
    from kpikit.targets.plan import plan_target

    loaded = load_strategy(strategy)
    if kpi not in loaded.kpis:
        raise UnknownNameError("KPI", kpi, loaded.kpis, where=str(strategy))
    if value is not None and loaded.kpis[kpi].direction == "on_target":
        raise KpikitError(f"--value: {kpi} is on_target and has a band. Leave --value out.")
    observations = build_observations(loaded, as_of=as_of, kpis=[kpi])
    plan = plan_target(loaded, observations, kpi=kpi, period=period, target=value, as_of=as_of)
    if as_json:
        typer.echo(as_text(_record(plan)))
        return
    _show(plan)
    tell(plan.notes)


def _record(plan: TargetPlan) -> dict[str, object]:
    proposals = plan.proposals
    return {
        "summary": plan.summary(),
        "period": plan.period,
        "target": plan.target,
        "origin": plan.origin,
        "actual_to_date": _number(plan.actual),
        "attainment": _number(plan.attainment),
        "needed_pace": _number(plan.needed_pace),
        "proposals": json.loads(proposals.to_frame().to_json(orient="records"))[0],
        "levels": dict(zip(("floor", "committed", "stretch"), proposals.levels, strict=True)),
        "growth": json.loads(proposals.growth.to_json(orient="records"))[0],
        "basis": json.loads(proposals.basis.to_json(orient="records", date_format="iso"))[0],
        "path": json.loads(plan.to_frame().to_json(orient="records", date_format="iso")),
        "notes": list(plan.notes),
    }


def _number(value: float) -> float | None:
    return None if value != value else value


def _show(plan: TargetPlan) -> None:
    typer.echo(plan.summary())
    row = plan.proposals.to_frame().iloc[0]
    names = ("lower", "upper") if "lower" in row else ("floor", "committed", "stretch")
    levels = dict(zip(("floor", "committed", "stretch"), plan.proposals.levels, strict=True))
    typer.echo("")
    for name in names:
        chance = f"  {levels[name]:.0%}" if name in levels else ""
        typer.echo(f"  {name:<10} {plan.say(row[name]):>12}{chance}")
    typer.echo("")
    path = plan.to_frame()[["period_start", "actual", "expected", "plan", "together"]]
    shown = path.assign(period_start=path["period_start"].dt.strftime("%Y-%m-%d"))
    for name in ("actual", "expected", "plan", "together"):
        shown[name] = [plan.say(value) for value in path[name]]
    typer.echo(shown.to_string(index=False))

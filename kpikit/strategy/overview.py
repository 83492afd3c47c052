"""A strategy at one glance, as a notebook shows it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pandas as pd

from kpikit.strategy.kpi import Kpi
from kpikit.strategy.model import COMPANY, Strategy
from kpikit.strategy.organisation import Objective
from kpikit.strategy.tree import kpis_of, parent, retired_kpis_of
from kpikit.tables import table_html
from kpikit.units import format_value

ROWS_SHOWN = 20  # of a table


def overview_html(strategy: Strategy) -> str:
    """Return what an organisation wants as HTML: statements, objectives, departments.

    All text is escaped. KPIs are counted for the department itself, without those below.
    """
    return "\n".join(
        (
            f"<p><b>{escape(counts(strategy))}</b></p>",
            _statements(strategy),
            *_table(
                "Objectives", [_objective(strategy, one) for one in strategy.objectives.values()]
            ),
            *_table(
                "Departments", [_department(strategy, name) for name in _departments(strategy)]
            ),
        )
    )


def counts(strategy: Strategy) -> str:
    """Say in one sentence how much the strategy holds.

    Examples
    --------
    >>> counts(Strategy.model_validate({"version": 1, "organisation": {"name": "Brightdesk"}}))
    'Brightdesk: objectives 0, departments 0, KPIs 0, sources 0.'
    """
    held = {
        "objectives": len(strategy.objectives),
        "departments": len(strategy.departments),
        "KPIs": len(strategy.kpis),
        "sources": len(strategy.sources),
    }
    parts = ", ".join(f"{name} {count:,}" for name, count in held.items())
    return f"{strategy.organisation.name}: {parts}."


def _statements(strategy: Strategy) -> str:
    said: list[tuple[str, str]] = []
    if strategy.mission is not None:
        said.append(("Mission", strategy.mission.text))
    if strategy.vision is not None:
        by = f" (by {strategy.vision.by})" if strategy.vision.by else ""
        said.append(("Vision", f"{strategy.vision.text}{by}"))
    if strategy.values:  # noqa: PD011 - what the organisation holds dear, no frame
        said.append(("Values, the first one first", "; ".join(strategy.values)))
    lines = (f"<li><b>{name}:</b> {escape(text)}</li>" for name, text in said)
    return f"<ul>{''.join(lines)}</ul>" if said else ""


def _table(name: str, rows: list[dict[str, object]]) -> Iterator[str]:
    if not rows:
        return
    more = f", the first {ROWS_SHOWN} of {len(rows)}" if len(rows) > ROWS_SHOWN else ""
    yield f"<p><b>{name}{more}</b></p>"
    frame = pd.DataFrame(rows[:ROWS_SHOWN])
    yield table_html(frame.loc[:, [column for column in frame if any(frame[column] != 0)]])


def _objective(strategy: Strategy, objective: Objective) -> dict[str, object]:
    kpi = strategy.kpis.get(objective.kpi or "")
    return {
        "objective": objective.title,
        "owner": objective.owner,
        "measured by": kpi.title if kpi else None,
        "from": _value(objective.baseline, kpi, strategy),
        "to": _value(objective.target, kpi, strategy),
        "by": str(objective.by) if objective.by else None,
    }


def _value(value: float | None, kpi: Kpi | None, strategy: Strategy) -> str | None:
    if value is None:
        return None
    unit = kpi.unit if kpi else "number"
    return format_value(value, unit, currency=strategy.organisation.currency or "")


def _departments(strategy: Strategy) -> list[str]:
    """Return the departments in the file's order; the root where it is declared or has KPIs."""
    whole = COMPANY not in strategy.departments and kpis_of(strategy, COMPANY)
    return [*([COMPANY] if whole else []), *strategy.departments]


def _department(strategy: Strategy, name: str) -> dict[str, object]:
    department, above = strategy.departments.get(name), parent(strategy, name)
    kpis = kpis_of(strategy, name)
    proposed = sum(kpi.status == "proposed" for kpi in kpis)
    return {
        "department": _title(strategy, name),
        "part of": _title(strategy, above) if above else None,
        "owner": department.owner if department else None,
        "KPIs in use": len(kpis) - proposed,
        "proposed": proposed,
        "retired": len(retired_kpis_of(strategy, name)),
    }


def _title(strategy: Strategy, name: str) -> str:
    department = strategy.departments.get(name)
    return department.title if department else strategy.organisation.name

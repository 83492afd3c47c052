"""How a strategy keeps the rules of alignment, asked once for every report of a batch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.alignment.audit import Audit, run
from kpikit.alignment.case import Case
from kpikit.alignment.catalogue import catalogue
from kpikit.alignment.evidence import Evidence
from kpikit.alignment.record import OnRecord

if TYPE_CHECKING:
    from kpikit.ledger import Ledger
    from kpikit.observations import Observations
    from kpikit.strategy import Strategy

OBJECTIVES = ("objective", "kpi", "period_start", "value", "target", "by", "attainment", "status")
STAMP = "audit.json"


@dataclass(frozen=True, kw_only=True)
class Audited:
    """What the rules of alignment found, and how far each objective is.

    Attributes
    ----------
    objectives
        One row per objective with a KPI: the newest value of its KPI, the period it is of,
        its target with the day, and the chance of reaching it.
    """

    audit: Audit
    objectives: pd.DataFrame


def ask_rules(
    strategy: Strategy,
    observations: Observations,
    *,
    known: Mapping[str, object],
    ledger: Ledger | None,
    as_of: date,
) -> Audited:
    """Ask every rule, with the evidence of the numbers and of the ledger.

    What is known already, by the questions of `Evidence`, is not asked again.
    """
    facts = Evidence(strategy=strategy, observations=observations, as_of=as_of, known=known)
    record = None if ledger is None else OnRecord(ledger=ledger, as_of=as_of)
    case = Case(strategy=strategy, as_of=as_of, facts=facts, ledger=record)
    return Audited(audit=run(case, catalogue()), objectives=_objectives(strategy, facts))


def write_audited(audited: Audited, folder: Path) -> None:
    """Write what was found into the folder of a bundle; files of findings by their names."""
    found = audited.audit
    frame = found.to_frame()
    until = ["" if pd.isna(day) else day.isoformat() for day in frame["waived_until"]]
    where = [Path(place).name for place in frame["where"]]
    frame.assign(waived_until=until, where=where).to_parquet(folder / "audit.parquet", index=False)
    found.checks.to_parquet(folder / "audit-checks.parquet", index=False)
    audited.objectives.to_parquet(folder / "objectives.parquet", index=False)
    stamp = {"as_of": found.as_of.isoformat(), "notes": found.notes}
    (folder / STAMP).write_text(json.dumps(stamp), encoding="utf-8")


def read_audited(folder: Path) -> Audited | None:
    """Read what `write_audited` wrote, without the evidence; None where nothing was."""
    if not (folder / STAMP).is_file():
        return None
    stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    frame = pd.read_parquet(folder / "audit.parquet")
    until = [date.fromisoformat(day) if day else None for day in frame["waived_until"]]
    audit = Audit(
        frame=frame.assign(waived_until=pd.Series(until, dtype="object")),
        as_of=date.fromisoformat(stamp["as_of"]),
        findings=(),
        checks=pd.read_parquet(folder / "audit-checks.parquet"),
        notes=tuple(stamp["notes"]),
    )
    return Audited(audit=audit, objectives=pd.read_parquet(folder / "objectives.parquet"))


def _objectives(strategy: Strategy, facts: Evidence) -> pd.DataFrame:
    newest = facts.series.dropna(subset=["value"]).drop_duplicates("kpi", keep="last")
    known = newest.set_index("kpi")[["period_start", "value"]].to_dict(orient="index")
    rows = []
    for name, objective in strategy.objectives.items():
        if objective.kpi is None:
            continue
        at = known.get(objective.kpi, {"period_start": pd.NaT, "value": float("nan")})
        (found, *_) = (*facts.prospects.get(f"objectives.{name}", ()), None)
        rows.append(
            {
                "objective": name,
                "kpi": objective.kpi,
                **at,
                "target": objective.target,
                "by": None if objective.by is None else objective.by.isoformat(),
                "attainment": found.found.attainment if found else float("nan"),
                "status": found.found.status if found else "no_data",
            }
        )
    frame = pd.DataFrame(rows, columns=list(OBJECTIVES))
    return frame.astype({"value": "float64", "target": "float64", "attainment": "float64"})

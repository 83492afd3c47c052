"""What the numbers show of links between KPIs: found once, for every report of a batch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.analysis.leads import Leads, find_leads
from kpikit.analysis.links import LinkEvidence, hold_links
from kpikit.analysis.ties import tied_pairs

if TYPE_CHECKING:
    from kpikit.observations import Observations
    from kpikit.strategy import Strategy

STAMP = "evidence.json"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The claimed links with their verdicts, and the leads found among all pairs.

    Attributes
    ----------
    leads
        Those found, and what moves together: of all pairs the rest says nothing, and grows
        with the square of the KPIs. None where there are no two KPIs to compare.
    """

    links: LinkEvidence
    leads: Leads | None


def find_evidence(strategy: Strategy, observations: Observations) -> Evidence:
    """Test the claimed links, and look for leads among all pairs of KPIs."""
    panel = observations.panel()
    whole = panel[panel["segment"] == ""]
    ties = [(min(pair), max(pair)) for pair in tied_pairs(strategy)]
    several = len(whole["kpi"].unique()) > 1
    leads = find_leads(whole, exclude=ties) if several else None
    links = hold_links(strategy, observations, leads)
    return Evidence(links=links, leads=None if leads is None else _told(leads))


def _told(leads: Leads) -> Leads:
    """Return the leads without the pairs that show nothing."""
    found = leads.frame[leads.frame["verdict"].isin(["leads", "moves together"])]
    return Leads(
        frame=found.reset_index(drop=True),
        notes=leads.notes,
        fdr=leads.fdr,
        max_lag=leads.max_lag,
    )


def write_evidence(evidence: Evidence, folder: Path) -> None:
    """Write what was found into the folder of a bundle."""
    links, leads = evidence.links, evidence.leads
    links.to_frame().to_parquet(folder / "links.parquet", index=False)
    links.unclaimed.to_parquet(folder / "unclaimed.parquet", index=False)
    if leads is not None:
        leads.to_frame().to_parquet(folder / "leads.parquet", index=False)
    stamp = {
        "notes": links.notes,
        "titles": links.titles,
        "leads": leads and {"fdr": leads.fdr, "max_lag": leads.max_lag, "notes": leads.notes},
    }
    (folder / STAMP).write_text(json.dumps(stamp), encoding="utf-8")


def read_evidence(folder: Path) -> Evidence:
    """Read what `write_evidence` wrote."""
    stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    links = LinkEvidence(
        frame=pd.read_parquet(folder / "links.parquet"),
        notes=tuple(stamp["notes"]),
        titles=stamp["titles"],
        unclaimed=pd.read_parquet(folder / "unclaimed.parquet"),
    )
    said = stamp["leads"]
    leads = said and Leads(
        frame=pd.read_parquet(folder / "leads.parquet"),
        notes=tuple(said["notes"]),
        fdr=said["fdr"],
        max_lag=said["max_lag"],
    )
    return Evidence(links=links, leads=leads or None)

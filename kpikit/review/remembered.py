"""What is on record of KPIs: read once from the ledger, and carried to every report of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.alignment.record import DEFAULT

if TYPE_CHECKING:
    from kpikit.ledger import Ledger
    from kpikit.observations import Observations
    from kpikit.periods import Calendar, Grain
    from kpikit.strategy import Strategy


@dataclass(frozen=True, kw_only=True, eq=False)
class Remembered:
    """A ledger's tables, as they stand when a batch begins.

    Attributes
    ----------
    targets
        Those accepted, a row each; see `Ledger.accepted_targets`.
    scores
        How far off the forecasts on record were, by method; see `score_forecasts`.
    resets
        From when people compare a KPI with a new baseline; see `Ledger.baseline_resets`.
    """

    decisions: pd.DataFrame
    actions: pd.DataFrame
    milestones: pd.DataFrame
    comments: pd.DataFrame
    targets: pd.DataFrame
    scores: pd.DataFrame
    resets: pd.DataFrame

    def accepted_targets(self) -> pd.DataFrame:
        """Return the accepted targets, as the ledger itself would."""
        return self.targets


@contextmanager
def ledger_at_hand(strategy: Strategy, address: str | None) -> Iterator[Ledger | None]:
    """Open the ledger at an address, else the strategy's own; None where there is none yet."""
    named = strategy.ledger or DEFAULT
    elsewhere = address or named.startswith("${") or "://" in named
    if not elsewhere and not (strategy.folder / named).exists():
        yield None  # what reads a ledger takes long to load
        return
    from kpikit.ledger import open_ledger
    from kpikit.ledger.address import find_ledger

    found = open_ledger(address) if address else find_ledger(strategy.folder, strategy.ledger)
    if found is None:
        yield None
        return
    with found:
        yield found


def remember(
    ledger: Ledger, periods: Observations, *, calendar: Calendar, grain: Grain
) -> Remembered:
    """Read what reports show of a ledger; forecasts are held against the periods that came."""
    from kpikit.ledger import Action, Comment, Decision, Milestone

    return Remembered(
        decisions=ledger.read(Decision).to_frame(),
        actions=ledger.latest(Action).to_frame(),
        milestones=ledger.latest(Milestone).to_frame(),
        comments=ledger.read(Comment).to_frame(),
        targets=ledger.accepted_targets(),
        scores=_scores(ledger, periods, calendar, grain),
        resets=ledger.baseline_resets(),
    )


def write_remembered(remembered: Remembered, folder: Path) -> None:
    """Write what is on record into the folder of a bundle."""
    for part in fields(remembered):
        getattr(remembered, part.name).to_parquet(_file(folder, part.name), index=False)


def read_remembered(folder: Path) -> Remembered | None:
    """Read what `write_remembered` wrote; None where nothing was."""
    names = [part.name for part in fields(Remembered)]
    if not _file(folder, names[0]).is_file():
        return None
    frames = {name: pd.read_parquet(_file(folder, name)) for name in names}
    return Remembered(**{name: _with_tuples(frame) for name, frame in frames.items()})


def _scores(
    ledger: Ledger, periods: Observations, calendar: Calendar, grain: Grain
) -> pd.DataFrame:
    from kpikit.ledger import ForecastMade
    from kpikit.ledger.scores import match_outcomes, score_forecasts

    table = periods.to_frame()
    came = table[table["complete"] & table["value"].notna()]
    labels = [calendar.label(start.date(), grain) for start in came["period_start"]]
    actuals = came[["kpi", "segment", "value"]].assign(period=labels)
    return score_forecasts(match_outcomes(ledger.latest(ForecastMade).to_frame(), actuals))


def _file(folder: Path, name: str) -> Path:
    return folder / f"remembered-{name}.parquet"


def _with_tuples(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the lists of KPIs as they were before they lay in a file."""
    return frame.assign(kpis=frame["kpis"].map(tuple)) if "kpis" in frame else frame

"""What all reports of a batch draw on and takes long to find, on processors of its own.

Where the machine can fork, each errand runs in a process forked for it, while the one that
sent it goes on; what such a process does not bring back is found by the sender itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.review.evidence import Evidence, find_evidence, read_evidence, write_evidence
from kpikit.review.observed import read_observations, write_observations
from kpikit.strategy import load_strategy
from kpikit.targets.recall import recall_targets

if TYPE_CHECKING:
    from kpikit.observations import Observations
    from kpikit.review.cradle import Child
    from kpikit.strategy import Strategy

ERRAND = "errand.json"
OBSERVED, PAST = "observed", "past.parquet"

Send = Callable[[str, Path], "Child | None"]  # what forks a process for a named errand in a folder


@dataclass(frozen=True, kw_only=True)
class Errands:
    """Evidence of links and the past of targets, being found while other things are done."""

    strategy: Strategy
    observations: Observations
    as_of: date
    folder: Path
    sent: Mapping[str, Child]

    def evidence(self) -> Evidence:
        """Return what the numbers show of links between KPIs."""
        if self._brought("evidence"):
            return read_evidence(self.folder)
        return find_evidence(self.strategy, self.observations)

    def past(self) -> pd.DataFrame:
        """Return the targets of periods gone by: their chance on the eve, and what came."""
        if self._brought("past"):
            return pd.read_parquet(self.folder / PAST)
        return _past(self.strategy, self.observations, self.as_of)

    def _brought(self, name: str) -> bool:
        """Wait for an errand, and tell whether its result lies in the folder."""
        return name in self.sent and self.sent[name].wait() == 0


@contextmanager
def send_errands(
    strategy: Strategy, observations: Observations, *, as_of: date, send: Send | None
) -> Iterator[Errands]:
    """Send all errands, and give what they bring; none of them outlives the block."""
    sent: dict[str, Child] = {}
    with TemporaryDirectory(prefix="kpikit-errands-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        try:
            if send is not None:
                task = {"strategy": str(strategy.path.resolve()), "as_of": as_of.isoformat()}
                (folder / ERRAND).write_text(json.dumps(task), encoding="utf-8")
                write_observations(observations, folder, OBSERVED)
                sent.update((name, child) for name in _ERRANDS if (child := send(name, folder)))
            yield Errands(
                strategy=strategy,
                observations=observations,
                as_of=as_of,
                folder=folder,
                sent=sent,
            )
        finally:
            for child in sent.values():
                child.kill()


def carry_out(name: str, folder: Path) -> int:
    """Do an errand in the folder that its sender has filled, and leave the result there."""
    task = json.loads((folder / ERRAND).read_text(encoding="utf-8"))
    as_of = date.fromisoformat(task["as_of"])
    observations = read_observations(folder, OBSERVED, as_of=as_of)
    _ERRANDS[name](load_strategy(task["strategy"]), observations, as_of, folder)
    return 0


def _bring_evidence(strategy: Strategy, observations: Observations, _: date, folder: Path) -> None:
    write_evidence(find_evidence(strategy, observations), folder)


def _bring_past(strategy: Strategy, observations: Observations, as_of: date, folder: Path) -> None:
    _past(strategy, observations, as_of).to_parquet(folder / PAST, index=False)


def _past(strategy: Strategy, observations: Observations, as_of: date) -> pd.DataFrame:
    return recall_targets(strategy, observations, as_of=as_of).to_frame()


_ERRANDS: dict[str, Callable[[Strategy, Observations, date, Path], None]] = {
    "past": _bring_past,
    "evidence": _bring_evidence,
}

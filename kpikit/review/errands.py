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
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.review.evidence import Evidence, find_evidence, read_evidence, write_evidence
from kpikit.review.observed import read_observations, write_observations
from kpikit.sources.checks import check_facts
from kpikit.sources.read import open_facts
from kpikit.strategy import load_strategy
from kpikit.targets.recall import recall_targets

if TYPE_CHECKING:
    from kpikit.observations import Observations
    from kpikit.review.cradle import Child
    from kpikit.sources.read import Facts
    from kpikit.strategy import Strategy

ERRAND = "errand.json"
OBSERVED, PAST, SOURCES = "observed", "past.parquet", "sources.parquet"

Send = Callable[[str, Path], "Child | None"]  # what forks a process for a named errand in a folder


@dataclass(frozen=True)
class Asked:
    """What errands are about: the observations, and which rows of which sources are seen."""

    strategy: Strategy
    observations: Observations
    as_of: date
    sources: tuple[str, ...]
    seen: date


@dataclass(frozen=True, kw_only=True)
class Errands:
    """What is being found while other things are done: each waits when it is first asked for."""

    asked: Asked
    facts: Mapping[str, Facts]
    folder: Path
    sent: Mapping[str, Child]

    @cached_property
    def evidence(self) -> Evidence:
        """Return what the numbers show of links between KPIs."""
        if self._brought("evidence"):
            return read_evidence(self.folder)
        return find_evidence(self.asked.strategy, self.asked.observations)

    @cached_property
    def past(self) -> pd.DataFrame:
        """Return the targets of periods gone by: their chance on the eve, and what came."""
        if self._brought("past"):
            return pd.read_parquet(self.folder / PAST)
        return _past(self.asked)

    @cached_property
    def sources(self) -> pd.DataFrame:
        """Return what was found in each source."""
        if self._brought("sources"):
            return pd.read_parquet(self.folder / SOURCES)
        return check_facts(self.facts, as_of=self.asked.as_of).to_frame()

    def _brought(self, name: str) -> bool:
        """Wait for an errand, and tell whether its result lies in the folder."""
        return name in self.sent and self.sent[name].wait() == 0


@contextmanager
def send_errands(
    asked: Asked, facts: Mapping[str, Facts], *, send: Send | None
) -> Iterator[Errands]:
    """Send all errands, and give what they bring; none of them outlives the block."""
    sent: dict[str, Child] = {}
    with TemporaryDirectory(prefix="kpikit-errands-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        try:
            if send is not None:
                _write(asked, folder)
                sent.update((name, child) for name in _ERRANDS if (child := send(name, folder)))
            yield Errands(asked=asked, facts=facts, folder=folder, sent=sent)
        finally:
            for child in sent.values():
                child.kill()


def carry_out(name: str, folder: Path) -> int:
    """Do an errand in the folder that its sender has filled, and leave the result there."""
    _ERRANDS[name](_read(folder), folder)
    return 0


def _write(asked: Asked, folder: Path) -> None:
    task = {
        "strategy": str(asked.strategy.path.absolute()),
        "as_of": asked.as_of.isoformat(),
        "sources": asked.sources,
        "seen": asked.seen.isoformat(),
    }
    (folder / ERRAND).write_text(json.dumps(task), encoding="utf-8")
    write_observations(asked.observations, folder, OBSERVED)


def _read(folder: Path) -> Asked:
    task = json.loads((folder / ERRAND).read_text(encoding="utf-8"))
    as_of = date.fromisoformat(task["as_of"])
    return Asked(
        load_strategy(task["strategy"]),
        read_observations(folder, OBSERVED, as_of=as_of),
        as_of,
        tuple(task["sources"]),
        date.fromisoformat(task["seen"]),
    )


def _bring_evidence(asked: Asked, folder: Path) -> None:
    write_evidence(find_evidence(asked.strategy, asked.observations), folder)


def _bring_past(asked: Asked, folder: Path) -> None:
    _past(asked).to_parquet(folder / PAST, index=False)


def _bring_sources(asked: Asked, folder: Path) -> None:
    with open_facts(asked.strategy, sources=asked.sources, as_of=asked.seen) as facts:
        check_facts(facts, as_of=asked.as_of).to_frame().to_parquet(folder / SOURCES, index=False)


def _past(asked: Asked) -> pd.DataFrame:
    return recall_targets(asked.strategy, asked.observations, as_of=asked.as_of).to_frame()


_ERRANDS: dict[str, Callable[[Asked, Path], None]] = {  # those that take longest first
    "past": _bring_past,
    "sources": _bring_sources,
    "evidence": _bring_evidence,
}

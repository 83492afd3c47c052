"""What all reports of a batch draw on and takes long to find, on processors of its own.

Where the machine can fork, each errand runs in a process forked for it, while the one that
sent it goes on; what such a process does not bring back is found by the sender itself. So
a sender that loses none needs no statistics, which take long to load.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kpikit.alignment import evidence as alignment
from kpikit.review.evidence import Evidence, find_evidence
from kpikit.review.mapped import map_picture
from kpikit.targets.assess import assess_targets

if TYPE_CHECKING:
    import pandas as pd

    from kpikit.observations import Observations
    from kpikit.review.cradle import Child
    from kpikit.strategy import Strategy
    from kpikit.targets.accepted import AcceptedTargets

Send = Callable[[str, Path], "Child | None"]  # what forks a process for a named errand in a folder


@dataclass(frozen=True, eq=False)
class Asked:
    """What errands are about."""

    strategy: Strategy
    observations: Observations
    as_of: date
    ledger: AcceptedTargets | None = None


@dataclass(frozen=True, eq=False)
class Standing:
    """What a map is about: where each KPI stands, by its id."""

    strategy: Strategy
    statuses: Mapping[str, str]


class Errands:
    """Errands under way: each is waited for when what it finds is wanted."""

    def __init__(self, folder: Path, send: Send | None) -> None:
        self._folder = folder
        self._send = send
        self._asked: dict[str, Asked | Standing] = {}
        self._sent: dict[str, Future[Child | None]] = {}
        # what forks may still be loading, and is waited for by this thread alone
        self._courier = ThreadPoolExecutor(1)

    def send(self, name: str, asked: Asked | Standing) -> None:
        """Send an errand; where nothing forks, it is done when what it finds is wanted."""
        self._asked[name] = asked
        if self._send is not None:
            self._sent[name] = self._courier.submit(self._hand_over, self._send, name)

    def found(self, name: str) -> Any:  # noqa: ANN401 - what each finds is in the table below
        """Return what an errand found."""
        child = self._sent[name].result() if name in self._sent else None
        if child is None or child.wait() != 0:
            return ERRANDS[name](self._asked[name])
        return pickle.loads((self._folder / f"{name}.found").read_bytes())

    def end(self) -> None:
        """End what is still under way."""
        self._courier.shutdown(cancel_futures=True)
        for sent in self._sent.values():
            if not sent.cancelled() and (child := sent.result()):
                child.kill()

    def _hand_over(self, send: Send, name: str) -> Child | None:
        (self._folder / f"{name}.asked").write_bytes(pickle.dumps(self._asked[name]))
        return send(name, self._folder)


@contextmanager
def errands(send: Send | None) -> Iterator[Errands]:
    """Give what sends errands; none of them outlives the block."""
    with TemporaryDirectory(prefix="kpikit-errands-", ignore_cleanup_errors=True) as folder:
        under_way = Errands(Path(folder), send)
        try:
            yield under_way
        finally:
            under_way.end()


def carry_out(name: str, folder: Path) -> int:
    """Do an errand in the folder that its sender has filled, and leave the result there."""
    asked = pickle.loads((folder / f"{name}.asked").read_bytes())
    (folder / f"{name}.found").write_bytes(pickle.dumps(ERRANDS[name](asked)))
    return 0


def _evidence(asked: Asked) -> Evidence:
    return find_evidence(asked.strategy, asked.observations)


def _assessed(asked: Asked) -> pd.DataFrame:
    found = assess_targets(
        asked.strategy, asked.observations, as_of=asked.as_of, ledger=asked.ledger
    )
    return found.to_frame()


def _map(asked: Standing) -> tuple[str, str]:
    return map_picture(asked.strategy, asked.statuses)


def _answers(asked: Asked, *, questions: Sequence[str]) -> dict[str, object]:
    """Answer questions of the audit, by their names."""
    facts = alignment.Evidence(
        strategy=asked.strategy, observations=asked.observations, as_of=asked.as_of
    )
    return {question: getattr(facts, question) for question in questions}


# answers to the audit, in the order in which they are best sent: what takes long comes first
AUDITED: Mapping[str, Sequence[str]] = {
    "past": ("past", "habits"),
    "prospects": ("prospects",),
    "histories": ("changes", "trends", "tradeoffs", "overlaps"),
}
ERRANDS: Mapping[str, Callable[[Any], Any]] = {
    "evidence": _evidence,
    "assessed": _assessed,
    "map": _map,
    **{name: partial(_answers, questions=questions) for name, questions in AUDITED.items()},
}

"""The review cycle: draft, open, pre-read frozen, held, closed; then the next one begins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kpikit.errors import DataError, KpikitError, UnknownNameError
from kpikit.ledger import Head, Ledger, Record, Review, Seen
from kpikit.ledger.records import STATES, State
from kpikit.observations.definitions import definition_hash, hash_json
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.review.record import slug
from kpikit.sources.fingerprint import hash_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy import Strategy

MEANING: dict[State, str] = {
    "draft": "being prepared",
    "open": "open: comments and targets are gathered",
    "frozen": "frozen: the pre-read is sent, and no longer changes",
    "held": "held: decisions and actions are written down",
    "closed": "closed, and locked",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Cycle(Result):
    """How far the review of a period has come: `state, when, who, why`, a row for each state.

    Attributes
    ----------
    period
        The period's name.
    report_sha256
        The hash of the pre-read, once it is frozen.
    """

    period: str
    report_sha256: str = ""

    @property
    def state(self) -> State | None:
        """The state it is in; None before it has begun."""
        reached = list(self.frame["state"])
        return max(reached, key=STATES.index, default=None)

    @property
    def next(self) -> State | None:
        """The state that comes next; None once it is closed."""
        if self.state is None:
            return STATES[0]
        place = STATES.index(self.state) + 1
        return STATES[place] if place < len(STATES) else None

    def summary(self) -> str:
        """Say which state the review is in, and since when."""
        if self.state is None:
            return f"Review of {self.period}: not begun."
        newest = self.frame.iloc[-1]
        return (
            f"Review of {self.period}: {MEANING[self.state]}, "
            f"since {newest['when']:%Y-%m-%d} by {newest['who']}."
        )

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.cycle import steps_chart

        steps_chart(STATES, self.frame, title=f"Review of {self.period}", ax=ax)


def read_cycle(ledger: Ledger, *, period: Period) -> Cycle:
    """Return how far the review of a period has come."""
    frame = ledger.read(Review, period=period.label).to_frame()
    hashes = [text for text in frame["report_sha256"] if text]
    return Cycle(
        frame=frame[["state", "when", "who", "why"]],
        period=period.label,
        report_sha256=hashes[-1] if hashes else "",
    )


def move_cycle(  # noqa: PLR0913 - who and why go with every step
    strategy: Strategy,
    ledger: Ledger,
    *,
    period: Period,
    to: State,
    who: str,
    why: str,
    reports: Path | str = "reports",
) -> Cycle:
    """Bring the review of a period to its next state, and put that on record.

    Parameters
    ----------
    period
        The period under review: a month, a quarter or a year.
    to
        `draft`, `open`, `frozen`, `held` or `closed`; each follows the one before.
    reports
        The folder given to `run_review`. Freezing takes the hash of what lies there for
        the period, and a review is held on exactly that.

    Raises
    ------
    KpikitError
        When another state comes first, the period before is not closed yet, there is no
        report to freeze, or the reports are no longer those that were frozen.
    """
    if to not in STATES:
        raise UnknownNameError("state of a review", to, STATES, where="cycle")
    cycle = read_cycle(ledger, period=period)
    _refuse_out_of_turn(cycle, to)
    _refuse_two_at_once(strategy, ledger, period)
    folder = Path(reports) / slug(strategy.organisation.name) / period.label
    kpis = tuple(kpi.id for kpi in strategy.kpis.values() if kpi.status != "retired")
    record = Review(
        period=period.label,
        state=to,
        kpis=kpis if to == "open" else (),
        report_sha256=_hash_of_reports(folder, cycle, to),
    )
    seen: Sequence[Record] = seen_now(strategy) if to == "frozen" else ()
    ledger.append_many([*seen, record], who=who, why=why)
    return read_cycle(ledger, period=period)


def seen_now(strategy: Strategy) -> tuple[Seen, ...]:
    """Return the hashes of the definitions and waivers as the strategy file has them."""
    definitions = [
        Seen(what="definition", subject=f"kpis.{kpi.id}", sha256=definition_hash(kpi, strategy))
        for kpi in strategy.kpis.values()
    ]
    waivers = [
        Seen(
            what="waiver",
            subject=f"{waiver.code} {waiver.subject}",
            sha256=hash_json(waiver.model_dump(mode="json")),
        )
        for waiver in strategy.waivers
    ]
    return (*definitions, *waivers)


def noted_heads(reports: Path | str, strategy: Strategy) -> list[Head]:
    """Return the heads of the ledger that reviews noted in their `run.json`."""
    found = []
    for file in sorted((Path(reports) / slug(strategy.organisation.name)).glob("*/run.json")):
        try:
            noted = json.loads(file.read_text(encoding="utf-8")).get("ledger") or {}
            found.append(Head(int(noted["seq"]), str(noted["hash"])))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # a review without a ledger, or no review at all
    return found


def hash_reports(folder: Path) -> str:
    """Return one hash of a review's pages and its record, by their names and contents.

    Raises
    ------
    DataError
        When no review was made there.
    """
    if not (folder / "run.json").is_file():
        raise DataError(f"{folder}: holds no review to freeze. Make it with kpikit review.")
    files = [folder / "run.json", *sorted(folder.glob("*.html"))]
    lines = "".join(f"{hash_file(file)}  {file.name}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def _refuse_out_of_turn(cycle: Cycle, to: State) -> None:
    if to == cycle.next:
        return
    turn = f"Its next state is {cycle.next}." if cycle.next else "It has no state left."
    raise KpikitError(f"cycle: {cycle.summary()} It cannot become {to} now. {turn}")


def _refuse_two_at_once(strategy: Strategy, ledger: Ledger, period: Period) -> None:
    calendar = strategy.calendar
    start = calendar.shift(period.start, period.grain, -1)
    before = read_cycle(ledger, period=calendar.period(start, period.grain))
    if before.state not in (None, "closed"):
        raise KpikitError(
            f"cycle: {before.summary()} Close it before {period.label} goes on: "
            "what it leaves open is handed on."
        )


def _hash_of_reports(folder: Path, cycle: Cycle, to: State) -> str:
    if to not in ("frozen", "held"):
        return ""
    found = hash_reports(folder)
    if to == "held" and found != cycle.report_sha256:
        raise KpikitError(
            f"{folder}: the reports are not those that were frozen. Put those back, or take "
            "the freezing back and freeze these."
        )
    return found

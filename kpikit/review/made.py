"""What a review said, put on record: forecasts, proposed targets and verdicts, scored later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kpikit.ledger import ForecastMade, Record, Target, Verdict
from kpikit.ledger.chain import Draft, canonical
from kpikit.review.cycle import read_cycle
from kpikit.review.numbers import JUDGED, Numbers, review_numbers
from kpikit.targets.proposals import NAMES

if TYPE_CHECKING:
    from kpikit.ledger import Entry, Ledger
    from kpikit.review.findings import Review
    from kpikit.strategy import Strategy

BAND = 0.8  # the chance of ending between a proposed band's lower and upper end
METHOD = "simulated paths of the ladder's model"


def record_made(review: Review, ledger: Ledger, *, who: str) -> tuple[Entry, ...]:
    """Put on record what a review says of each KPI, so that it can be scored once it came.

    That are the verdicts on its target and its trend, the forecast of the next period, and
    the targets proposed for it, with their chances and the hash of the values that they
    rest on. What is on record already is not written again; where the facts have changed
    since, both stand. Nothing is written once the period is closed.

    Parameters
    ----------
    who
        Who made the review.
    """
    return record_numbers(review_numbers(review), ledger, strategy=review.strategy, who=who)


def record_numbers(
    numbers: Numbers, ledger: Ledger, *, strategy: Strategy, who: str
) -> tuple[Entry, ...]:
    """Put on record what a review says, from the numbers that its notebook carries."""
    period = strategy.calendar.parse(numbers["period"])
    if read_cycle(ledger, period=period).state == "closed":
        return ()
    following = strategy.calendar.shift(period.start, period.grain, 1)
    label = strategy.calendar.label(following, period.grain)
    why = f"The review of {numbers['title']}"
    drafts = [
        Draft(_event(record), record, who, why)
        for name, kpi in numbers["kpis"].items()
        for record in (*_verdicts(name, kpi, numbers), *_ahead(name, kpi, numbers, label))
    ]
    before = ledger.head().seq
    return tuple(entry for entry in ledger.write(drafts) if entry.seq > before)


def _event(record: Record) -> str:
    """Return an event that is the same for what says the same."""
    text = canonical({"kind": record.kind, "record": record.model_dump(mode="json")})
    return f"made-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _verdicts(name: str, kpi: Numbers, numbers: Numbers) -> Iterator[Verdict]:
    board = kpi["board"]
    for about, verdict in (("target", board["status"]), ("trend", board["trend"])):
        if about == "target" and verdict not in JUDGED:
            continue
        yield Verdict(
            kpi=name,
            period=numbers["period"],
            as_of=numbers["as_of"],
            about=about,
            verdict=verdict,
            attainment=board["attainment"] if about == "target" else None,
        )


def _ahead(
    name: str, kpi: Numbers, numbers: Numbers, label: str
) -> Iterator[ForecastMade | Target]:
    """Yield the forecast of the next period, named by its label, and what is proposed for it."""
    row = kpi["proposals"] or {}
    quantiles = {
        key[1:]: float(value)
        for key, value in row.items()
        if key.startswith("q0") and value is not None
    }
    if "0.5" not in quantiles:
        return
    yield ForecastMade(
        kpi=name,
        period=label,
        as_of=numbers["as_of"],
        median=quantiles["0.5"],
        quantiles=quantiles,
        method=METHOD,
    )
    basis = f"forecast as of {numbers['as_of']}, median {quantiles['0.5']:.6g}"
    levels = dict(zip(NAMES, kpi["levels"], strict=True)) | {"lower": BAND, "upper": BAND}
    for level, chance in levels.items():
        if row.get(level) is not None:
            yield Target.model_validate(
                {
                    "kpi": name,
                    "period": label,
                    "value": float(row[level]),
                    "level": level,
                    "state": "proposed",
                    "basis": basis,
                    "basis_sha256": kpi["values_sha256"],
                    "attainment": chance,
                }
            )

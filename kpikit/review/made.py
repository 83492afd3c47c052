"""What a review said, put on record: forecasts, proposed targets and verdicts, scored later."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kpikit.ledger import ForecastMade, Record, Target, Verdict
from kpikit.ledger.chain import Draft, canonical
from kpikit.observations.definitions import hash_json
from kpikit.review.cycle import read_cycle
from kpikit.targets.proposals import NAMES

if TYPE_CHECKING:
    from kpikit.ledger import Entry, Ledger
    from kpikit.review.findings import KpiReview, Review

JUDGED = ("on_target", "at_risk", "off_target")
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
    if read_cycle(ledger, period=review.period).state == "closed":
        return ()
    why = f"The review of {review.title}"
    drafts = [
        Draft(_event(record), record, who, why)
        for item in review.kpis
        for record in (*_verdicts(item, review), *_ahead(item, review))
    ]
    before = ledger.head().seq
    return tuple(entry for entry in ledger.write(drafts) if entry.seq > before)


def _event(record: Record) -> str:
    """Return an event that is the same for what says the same."""
    text = canonical({"kind": record.kind, "record": record.model_dump(mode="json")})
    return f"made-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _verdicts(item: KpiReview, review: Review) -> Iterator[Verdict]:
    said = {"target": str(item.row["status"]), "trend": str(item.row["trend"])}
    chance = float(str(item.row["attainment"]))
    for about, verdict in said.items():
        if about == "target" and verdict not in JUDGED:
            continue
        is_chance = about == "target" and math.isfinite(chance)
        yield Verdict(
            kpi=item.kpi.id,
            period=review.period.label,
            as_of=review.as_of,
            about=about,
            verdict=verdict,
            attainment=chance if is_chance else None,
        )


def _ahead(item: KpiReview, review: Review) -> Iterator[ForecastMade | Target]:
    if item.proposals is None:
        return
    (row,) = item.proposals.to_frame().to_dict(orient="records")
    quantiles = {
        name[1:]: float(value)
        for name, value in ((str(name), value) for name, value in row.items())
        if name.startswith("q0") and math.isfinite(value)
    }
    if "0.5" not in quantiles:
        return
    calendar, period = review.strategy.calendar, review.period
    label = calendar.label(calendar.shift(period.start, period.grain, 1), period.grain)
    yield ForecastMade(
        kpi=item.kpi.id,
        period=label,
        as_of=review.as_of,
        median=quantiles["0.5"],
        quantiles=quantiles,
        method=METHOD,
    )
    basis = f"forecast as of {review.as_of}, median {quantiles['0.5']:.6g}"
    levels = dict(zip(NAMES, item.proposals.levels, strict=True)) | {"lower": BAND, "upper": BAND}
    for level, chance in levels.items():
        if math.isfinite(row.get(level, math.nan)):
            yield Target.model_validate(
                {
                    "kpi": item.kpi.id,
                    "period": label,
                    "value": float(row[level]),
                    "level": level,
                    "state": "proposed",
                    "basis": basis,
                    "basis_sha256": _hash_of_values(item),
                    "attainment": chance,
                }
            )


def _hash_of_values(item: KpiReview) -> str:
    history = item.history[["period_start", "value"]].dropna()
    return hash_json([[f"{at:%Y-%m-%d}", repr(value)] for at, value in history.to_numpy()])

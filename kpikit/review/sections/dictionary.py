"""A KPI's entry in the organisation's dictionary: what it is for, what it is tied to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpikit.review.sections.ledger import last_decision
from kpikit.review.sections.words import person_name
from kpikit.units import format_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kpikit.review.findings import KpiReview, Review
    from kpikit.strategy import Kpi, Strategy


def entry(item: KpiReview, review: Review) -> Iterator[tuple[str, str | None]]:
    """Yield what is known of a KPI beside its values: names and words; empty where unknown."""
    kpi, strategy = item.kpi, review.strategy
    yield "Why it is measured", kpi.purpose
    yield "Rows that count", kpi.where
    yield "Serves", _titles({**strategy.kpis, **strategy.objectives}, kpi.contributes)
    yield "Is said to lead", "; ".join(_lead(kpi, strategy))
    yield "Is said to follow", "; ".join(_follows(kpi, strategy))
    yield "Must not harm", _titles(strategy.kpis, kpi.guardrails)
    yield "Conflicts with", _titles(strategy.kpis, kpi.conflicts)
    yield "Is made of", _readable(kpi.identity, strategy)
    yield "Decisions it informs", kpi.decisions
    yield "Last decision", last_decision(kpi.id, review)
    yield "What can move it", ", ".join(kpi.levers)
    yield "When off target", kpi.if_off_target if item.row["status"] != "on_target" else None
    yield "Also answer for it", ", ".join(person_name(review, name) for name in kpi.co_owners)
    yield "Targets", "; ".join(_targets(kpi, review))
    yield "Last reviewed", kpi.last_reviewed.isoformat() if kpi.last_reviewed else None


def _titles(named: object, ids: Iterable[str]) -> str:
    known = named if isinstance(named, dict) else {}
    return ", ".join(known[name].title if name in known else name for name in ids)


def _lead(kpi: Kpi, strategy: Strategy) -> Iterator[str]:
    for link in kpi.leads:
        yield f"{strategy.kpis[link.kpi].title} {_after(link.lag, kpi)}, {link.sign}"


def _follows(kpi: Kpi, strategy: Strategy) -> Iterator[str]:
    for other in strategy.kpis.values():
        for link in other.leads:
            if link.kpi == kpi.id:
                yield f"{other.title} {_after(link.lag, other)}, {link.sign}"


def _after(lag: int, kpi: Kpi) -> str:
    return f"after {lag} {kpi.grain}{'' if lag == 1 else 's'}"


def _readable(identity: str | None, strategy: Strategy) -> str | None:
    """Return an identity with the titles of KPIs in place of their ids."""
    if identity is None:
        return None
    text = identity
    for name, kpi in strategy.kpis.items():
        text = text.replace(f"{{{name}}}", kpi.title)
    return text


def _targets(kpi: Kpi, review: Review) -> Iterator[str]:
    """Yield the targets in force, the last four; where each comes from is in the strategy file."""
    currency = review.strategy.organisation.currency or ""
    own = [(label, value) for (name, label), value in review.targets.items() if name == kpi.id]
    for label, value in own[-4:]:
        ends = value if isinstance(value, tuple) else (value,)
        said = [format_value(end, kpi.unit, currency=currency) for end in ends if end is not None]
        yield f"{label}: {' to '.join(said)}"

"""What the parts of a report share: names of people, numbers, cells, declared targets."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from kpikit.strategy import Kpi

if TYPE_CHECKING:
    from kpikit.review.findings import KpiReview, Review

STATUS = {
    "on_target": "on target",
    "at_risk": "at risk",
    "off_target": "off target",
    "no_data": "no data",
    "no_target": "no target",
}


@dataclass(frozen=True)
class Section:
    """A part of a report, which a notebook shows as it is."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def number(value: object) -> float:
    """Return a cell of the board as a number; missing where there is none."""
    return float("nan") if value is None else float(str(value))


def num(wanted: bool) -> str:
    """Return the class of a cell that holds a number, or nothing."""
    return ' class="num"' if wanted else ""


def person_name(review: Review, name: str) -> str:
    """Return a person's name, or the words of the id."""
    person = review.strategy.people.get(name)
    return getattr(person, "name", None) or name.replace("_", " ")


def owner_name(item: KpiReview, review: Review) -> str:
    """Return the name of a KPI's owner, escaped."""
    return escape(person_name(review, item.kpi.owner))


def declared_target(kpi: Kpi, label: str, review: Review) -> tuple[float, ...]:
    """Return the declared target of a period: one number, or the two ends of a band."""
    wanted = review.strategy.calendar.parse(label)
    for target in kpi.targets:
        if review.strategy.calendar.parse(target.period) != wanted:
            continue
        if kpi.direction == "on_target":
            return tuple(x for x in (target.lower, target.upper) if x is not None)
        given = (target.committed, target.floor, target.stretch)
        return tuple(x for x in given if x is not None)[:1]
    return ()

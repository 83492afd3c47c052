"""What the parts of a report share: names of people, numbers, cells, declared targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from kpikit.strategy import Kpi, Strategy
from kpikit.tables import write_table

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
    return name_of(review.strategy, name)


def name_of(strategy: Strategy, person: str) -> str:
    """Return what a person is called in a strategy, or the words of the id."""
    found = strategy.people.get(person)
    return getattr(found, "name", None) or person.replace("_", " ")


def owner_name(item: KpiReview, review: Review) -> str:
    """Return the name of a KPI's owner, escaped."""
    return escape(person_name(review, item.kpi.owner))


def target_of(kpi: Kpi, label: str, review: Review) -> tuple[float, ...]:
    """Return the target in force of a period: one number, or the two ends of a band."""
    value = review.targets.get((kpi.id, review.strategy.calendar.parse(label).label))
    ends = value if isinstance(value, tuple) else (value,)
    return tuple(end for end in ends if end is not None)


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: int = 0, caption: str = ""
) -> str:
    """Return a table whose last columns hold numbers; nothing without rows."""
    places = range(len(head) - numbers, len(head))
    return write_table(head, rows, numbers=places, caption=caption)

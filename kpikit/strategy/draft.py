"""A strategy file as it was written, for checks that must not trip over other faults."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, TypeVar

from kpikit.calendars import PATTERNS, YEAR_ENDS
from kpikit.errors import suggest
from kpikit.periods import GRAINS, WEEKDAYS, Calendar, Period
from kpikit.strategy.document import Document, Place
from kpikit.strategy.model import COMPANY

MAX_HINTS = 50  # looking for near names is slow, and nobody reads more
MAX_NAME = 100  # characters; longer, and it is no misspelt name

Entry = Mapping[str, object]
C = TypeVar("C", bound=str)


class Problem(NamedTuple):
    """What is wrong, and where in the file."""

    place: Place
    message: str


class Hints:
    """Near names for misspelt ones, as many as anybody reads."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Hashable], str] = {}

    def of(self, name: str, known: Iterable[str], *, kind: Hashable) -> str:
        """Return what may have been meant."""
        key = (name, kind)
        if key not in self._found:
            if len(self._found) >= MAX_HINTS or len(name) > MAX_NAME:
                return "Check its spelling."
            self._found[key] = suggest(name, sorted(known))
        return self._found[key]


class Draft:
    """The values of a strategy file, of which any may be missing or of a wrong kind."""

    def __init__(self, document: Document) -> None:
        self.values: Entry = document.values or {}
        self.line = document.line
        self.hints = Hints()
        self._ids: dict[tuple[str, ...], frozenset[str]] = {}

    def entries(self, section: str) -> Iterator[tuple[str, Entry]]:
        """Yield the ids of a section with their entries, as far as they are entries."""
        for name, entry in mapping(self.values, section).items():
            if isinstance(entry, dict):
                yield name, entry

    def ids(self, *sections: str) -> frozenset[str]:
        """Return the ids that the sections define."""
        if sections not in self._ids:
            self._ids[sections] = frozenset().union(*(mapping(self.values, s) for s in sections))
        return self._ids[sections]

    @cached_property
    def departments(self) -> frozenset[str]:
        """The departments there are, the company among them."""
        return self.ids("departments") | {COMPANY}

    def entry(self, section: str, name: str | None) -> Entry:
        """Return one entry, or an empty one."""
        return mapping(mapping(self.values, section), name or "")

    @cached_property
    def calendar(self) -> Calendar:
        """The organisation's calendar, as far as it is declared."""
        organisation = mapping(self.values, "organisation")
        month = organisation.get("fiscal_year_start", 1)
        return Calendar(
            fiscal_year_start=month if isinstance(month, int) and 1 <= month <= 12 else 1,
            week_start=_choice(organisation, "week_start", WEEKDAYS),
            pattern=_choice(organisation, "calendar", PATTERNS),
            year_end=_choice(organisation, "year_end", YEAR_ENDS),
        )

    def period(self, name: str) -> Period:
        """Return the period of a name.

        Raises
        ------
        PeriodError
            When it names none.
        """
        return self.calendar.parse(name)

    def columns(self, source: str | None) -> frozenset[str]:
        """Return the columns that a source declares and derives; none where it declares none."""
        entry = self.entry("sources", source)
        declared = mapping(entry, "columns")
        return frozenset(declared) | frozenset(mapping(entry, "derive") if declared else ())


def mapping(entry: Entry, key: str) -> Entry:
    """Return a mapping of an entry, empty where there is none."""
    value = entry.get(key)
    return value if isinstance(value, dict) else {}


def text(entry: Entry, key: str) -> str | None:
    """Return a text of an entry."""
    value = entry.get(key)
    return value if isinstance(value, str) else None


def _choice(entry: Entry, key: str, known: tuple[C, ...]) -> C:
    """Return which of the known words an entry has, the first where it has none."""
    return next((word for word in known if word == entry.get(key)), known[0])


def number(entry: Entry, key: str) -> float | None:
    """Return a number of an entry."""
    return as_number(entry.get(key))


def as_number(value: object) -> float | None:
    """Return a value where it is a number, and no other kind."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return None


def items(entry: Entry, key: str) -> Iterator[tuple[int, object]]:
    """Yield what a list of an entry holds, each with its position."""
    value = entry.get(key)
    yield from enumerate(value if isinstance(value, list) else ())


def texts(entry: Entry, key: str) -> Iterator[tuple[int, str]]:
    """Yield the texts of a list."""
    return ((n, value) for n, value in items(entry, key) if isinstance(value, str))


def parts(entry: Entry, key: str) -> Iterator[tuple[int, Entry]]:
    """Yield the mappings of a list."""
    return ((n, value) for n, value in items(entry, key) if isinstance(value, dict))


def grain_of(kpi: Entry) -> str:
    """Return a KPI's grain, where it is one."""
    grain = kpi.get("grain", "month")
    return grain if isinstance(grain, str) and grain in GRAINS else GRAINS[0]

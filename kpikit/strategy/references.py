"""Checks of names: whatever a strategy file names must be in it, and only once."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping

from kpikit.strategy.cycles import arrows, find_cycles
from kpikit.strategy.document import Place
from kpikit.strategy.draft import Draft, Entry, Problem, mapping, parts, text, texts
from kpikit.strategy.fields import is_blank
from kpikit.strategy.model import COMPANY

SECTIONS = ("sources", "objectives", "departments", "kpis", "people")
# field -> the sections among whose ids its names are
_KPI_LISTS = {
    "contributes": ("kpis", "objectives"),
    "conflicts": ("kpis",),
    "guardrails": ("kpis",),
}
_KPI_NAMES = {"source": ("sources",), "replaced_by": ("kpis",), "market": ("kpis", "sources")}
_NUMBERS = ("number", "integer")  # types of columns
_NOUNS = {"kpis": "KPI", "sources": "source", "objectives": "objective"}


def _unknown(
    draft: Draft, place: Place, name: str | None, known: Collection[str], kind: str
) -> Iterator[Problem]:
    """Yield a problem where a name is not among the known ones."""
    if name is not None and name not in known:
        hint = draft.hints.of(name, known, kind=kind)
        shown = name if len(name) <= 64 else f"{name[:63]}…"
        yield Problem(place, f"names the {kind} {shown!r}, which is not defined. {hint}")


def departments_exist(draft: Draft) -> Iterator[Problem]:
    """Check that departments and parents are there."""
    fields = {"kpis": "department", "objectives": "department", "people": "department"}
    for section, field in {**fields, "departments": "parent"}.items():
        for name, entry in draft.entries(section):
            place = (section, name, field)
            yield from _unknown(draft, place, text(entry, field), draft.departments, "department")


def kpi_names_exist(draft: Draft) -> Iterator[Problem]:
    """Check that what a KPI names is there."""
    for name, kpi in draft.entries("kpis"):
        for field, sections in _KPI_NAMES.items():
            yield from _named(draft, ("kpis", name, field), text(kpi, field), sections)
        for field, sections in _KPI_LISTS.items():
            for n, other in texts(kpi, field):
                yield from _named(draft, ("kpis", name, field, n), other, sections)
        for n, lead in parts(kpi, "leads"):
            yield from _named(
                draft, ("kpis", name, "leads", n, "kpi"), text(lead, "kpi"), ("kpis",)
            )


def market_columns(types: Mapping[str, object], key: Iterable[str]) -> list[str]:
    """Return the columns of a source that can say how a market does: numbers that name no row."""
    return [name for name, kind in types.items() if kind in _NUMBERS and name not in set(key)]


def markets_are_one_series(draft: Draft) -> Iterator[Problem]:
    """Check that a source named as a market holds one column of numbers."""
    for name, kpi in draft.entries("kpis"):
        market = text(kpi, "market")
        if market not in draft.ids("sources") or market in draft.ids("kpis"):
            continue
        source = draft.entry("sources", market)
        types = {
            column: kind.get("type") if isinstance(kind, dict) else kind
            for column, kind in mapping(source, "columns").items()
        }
        found = market_columns(types, [key for _, key in texts(source, "key")])
        if len(found) != 1:
            said = f"{len(found)} columns of numbers" if found else "no column of numbers"
            yield Problem(
                ("kpis", name, "market"),
                f"names the source {market!r}, which declares {said}, not one. "
                "Declare the one that says how the market does, or make a KPI of it and name that.",
            )


def _named(
    draft: Draft, place: Place, other: str | None, sections: tuple[str, ...]
) -> Iterator[Problem]:
    kind = " or ".join(_NOUNS[section] for section in sections)
    yield from _unknown(draft, place, other, draft.ids(*sections), kind)
    if other == place[1] and "kpis" in sections:
        yield Problem(place, f"names {other!r} itself. Name another KPI, or remove it.")
    if all(other in draft.ids(section) for section in sections) and len(sections) > 1:
        both = " and ".join(f"of {section}" for section in sections)
        yield Problem(place, f"names {other!r}, an id {both} alike. Rename one of them.")


def other_kpi_names_exist(draft: Draft) -> Iterator[Problem]:
    """Check that the KPIs of objectives, methods and events are there."""
    kpis = draft.ids("kpis")
    for name, objective in draft.entries("objectives"):
        place = ("objectives", name, "kpi")
        yield from _unknown(draft, place, text(objective, "kpi"), kpis, "KPI")
    for name, department in draft.entries("departments"):
        for n, method in parts(department, "methods"):
            for m, kpi in texts(method, "measures"):
                at = ("departments", name, "methods", n, "measures", m)
                yield from _unknown(draft, at, kpi, kpis, "KPI")
    for n, event in parts(draft.values, "events"):
        for m, kpi in texts(event, "kpis"):
            yield from _unknown(draft, ("events", n, "kpis", m), kpi, kpis, "KPI")


def responsibilities_exist(draft: Draft) -> Iterator[Problem]:
    """Check that a KPI covers what its department, or a co-owner's, is there for."""
    where: dict[str, str] = {}
    for name, department in draft.entries("departments"):
        for duty in mapping(department, "responsibilities"):
            where.setdefault(duty, name)
    for name, kpi in draft.entries("kpis"):
        own = mapping(draft.entry("departments", text(kpi, "department")), "responsibilities")
        for n, duty in texts(kpi, "covers"):
            place = ("kpis", name, "covers", n)
            if duty in where and duty not in own and not kpi.get("co_owners"):
                yield Problem(
                    place,
                    f"covers {duty!r}, a responsibility of {where[duty]!r}. "
                    "Name a co-owner there under co_owners, or remove it.",
                )
            yield from _unknown(draft, place, duty, where, "responsibility")
    for name, person in draft.entries("people"):
        for n, duty in texts(person, "responsibilities"):
            place = ("people", name, "responsibilities", n)
            yield from _unknown(draft, place, duty, where, "responsibility")


def owners_are_people(draft: Draft) -> Iterator[Problem]:
    """Check that owners are among the people, where people are declared."""
    people = draft.ids("people")
    if not people:
        return
    for place, owner in _owners(draft):
        if owner is not None and not is_blank(owner):  # a blank one is told elsewhere
            yield from _unknown(draft, place, owner, people, "person")
    for name, objective in draft.entries("objectives"):
        for n, other in texts(objective, "contributors"):
            place = ("objectives", name, "contributors", n)
            known = people | draft.departments
            yield from _unknown(draft, place, other, known, "person or department")


def _owners(draft: Draft) -> Iterator[tuple[Place, str | None]]:
    for section in ("kpis", "objectives", "departments"):
        for name, entry in draft.entries(section):
            yield (section, name, "owner"), text(entry, "owner")
            yield (section, name, "sponsor"), text(entry, "sponsor")
            for n, owner in texts(entry, "co_owners"):
                yield (section, name, "co_owners", n), owner
            for n, obstacle in parts(entry, "obstacles"):
                yield (section, name, "obstacles", n, "owner"), text(obstacle, "owner")


def departments_have_a_root(draft: Draft) -> Iterator[Problem]:
    """Check that the way up from a department ends at the company."""
    parents = {name: text(entry, "parent") for name, entry in draft.entries("departments")}
    if parents.pop(COMPANY, None) is not None:
        yield Problem(
            ("departments", COMPANY, "parent"), "stands above all others. Remove its parent."
        )
    for cycle in find_cycles({name: [up] for name, up in parents.items() if up is not None}):
        place = ("departments", cycle[0], "parent")
        yield Problem(place, f"goes in a circle: {arrows(cycle)}. Let one report to {COMPANY}.")


def ids_differ(draft: Draft) -> Iterator[Problem]:
    """Check that no two ids look alike: file systems take them for the same."""
    for section in SECTIONS:
        first: dict[str, str] = {}
        for name in mapping(draft.values, section):
            other = first.setdefault(unicodedata.normalize("NFKC", name).casefold(), name)
            if other != name:
                line = draft.line((section, other))
                message = (
                    f"differs from {other!r} (line {line}) by its letters' form only. Rename it."
                )
                yield Problem((section, name), message)


def lists_say_things_once(draft: Draft) -> Iterator[Problem]:
    """Check that a list names everything once."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), draft.values)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(((*place, key), inner) for key, inner in value.items())
        elif isinstance(value, list):
            seen: set[str] = set()
            for n, inner in enumerate(value):
                if not isinstance(inner, str):
                    waiting.append(((*place, n), inner))
                elif inner in seen:
                    yield Problem((*place, n), f"names {inner[:64]!r} again. Remove one of them.")
                else:
                    seen.add(inner)
    for name, kpi in draft.entries("kpis"):
        yield from _once(("kpis", name, "leads"), kpi, "kpi")
        yield from _once(("kpis", name, "targets"), kpi, "period")


def _once(place: tuple[str, ...], kpi: Entry, field: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for n, part in parts(kpi, place[-1]):
        name = str(part.get(field))
        if field in part and name in seen:
            yield Problem((*place, n, field), f"names {name[:64]!r} again. Remove one of them.")
        seen.add(name)


def waivers_are_about_something(draft: Draft) -> Iterator[Problem]:
    """Check that what a waiver is about is there."""
    for n, waiver in parts(draft.values, "waivers"):
        section, _, rest = (text(waiver, "subject") or "").partition(".")
        name = rest.partition(".")[0]
        if section in SECTIONS and name:
            known = draft.departments if section == "departments" else draft.ids(section)
            kind = f"entry of {section}"
            yield from _unknown(draft, ("waivers", n, "subject"), name, known, kind)


RULES = (
    departments_exist,
    kpi_names_exist,
    markets_are_one_series,
    other_kpi_names_exist,
    responsibilities_exist,
    owners_are_people,
    departments_have_a_root,
    ids_differ,
    lists_say_things_once,
    waivers_are_about_something,
)

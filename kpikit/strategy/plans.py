"""Checks of numbers and days: targets, bounds, milestones, policy, events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kpikit.errors import PeriodError
from kpikit.periods import GRAINS
from kpikit.strategy.document import Place
from kpikit.strategy.draft import (
    Draft,
    Entry,
    Problem,
    as_number,
    grain_of,
    items,
    mapping,
    number,
    parts,
    text,
    texts,
)
from kpikit.strategy.fields import DATE_PATTERN, VARIABLE_PATTERN, is_blank, short
from kpikit.strategy.kpi import Kpi

_LEVELS = ("floor", "committed", "stretch")
_BAND = ("lower", "upper")
_ONE_WAY = ("higher_is_better", "lower_is_better")


def target_periods_fit(draft: Draft) -> Iterator[Problem]:
    """Check that a target's period can be read, and is no finer than its KPI."""
    for name, kpi in draft.entries("kpis"):
        grain = grain_of(kpi)
        for n, target in parts(kpi, "targets"):
            place = ("kpis", name, "targets", n, "period")
            written = target.get("period")
            if isinstance(written, bool) or not isinstance(written, str | int):
                continue
            try:
                period = draft.period(str(written)[:40])
            except PeriodError as error:
                yield Problem(place, str(error))
                continue
            if GRAINS.index(period.grain) < GRAINS.index(grain):
                yield Problem(
                    place,
                    f"is a {period.grain}, finer than its KPI's grain, {grain}. "
                    f"Name a {grain} or a longer period.",
                )


def targets_say_something(draft: Draft) -> Iterator[Problem]:
    """Check that a target has the numbers its KPI's direction asks for, in their order."""
    for name, kpi in draft.entries("kpis"):
        for n, target in parts(kpi, "targets"):
            place = ("kpis", name, "targets", n)
            if kpi.get("direction") == "on_target":
                missing = [key for key in _BAND if target.get(key) is None]
                if missing:
                    needs = " and ".join(missing)
                    yield Problem(place, f"lacks {needs}. An on_target KPI needs a band.")
            elif kpi.get("direction") in _ONE_WAY and not any(key in target for key in _LEVELS):
                yield Problem(place, "has no number. Give at least the committed one.")
            yield from _band_order(place, target, _BAND)
            if kpi.get("direction") == "lower_is_better":
                yield from _band_order(place, target, _LEVELS[::-1])
            elif kpi.get("direction") == "higher_is_better":
                yield from _band_order(place, target, _LEVELS)


def _band_order(
    place: tuple[str | int, ...], target: Entry, keys: Sequence[str]
) -> Iterator[Problem]:
    """Yield a problem where the numbers do not rise from key to key."""
    given = [(key, value) for key in keys if (value := number(target, key)) is not None]
    for (low, least), (high, most) in zip(given, given[1:], strict=False):
        if least > most:
            yield Problem(
                (*place, high), f"is {most:g}, below {low} ({least:g}). Exchange them, or correct."
            )


def numbers_are_within_bounds(draft: Draft) -> Iterator[Problem]:
    """Check that targets, baselines and milestones lie within their KPI's bounds."""
    for name, kpi in draft.entries("kpis"):
        for n, target in parts(kpi, "targets"):
            for key in (*_LEVELS, *_BAND):
                yield from _within(("kpis", name, "targets", n, key), number(target, key), kpi)
    for name, objective in draft.entries("objectives"):
        kpi = draft.entry("kpis", text(objective, "kpi"))
        for key in ("baseline", "target"):
            yield from _within(("objectives", name, key), number(objective, key), kpi)
        for n, milestone in parts(objective, "milestones"):
            at = ("objectives", name, "milestones", n, "value")
            yield from _within(at, number(milestone, "value"), kpi)


def bounds_are_in_order(draft: Draft) -> Iterator[Problem]:
    """Check that bounds are a range, and that a share's lie within 0 and 1."""
    for name, kpi in draft.entries("kpis"):
        place = ("kpis", name, "bounds")
        low, high = _bounds(kpi)
        if low is not None and high is not None and low >= high:
            yield Problem(place, f"go from {low:g} to {high:g}. Write the lower one first.")
        elif kpi.get("unit") == "share" and ((low or 0) < 0 or (1 if high is None else high) > 1):
            yield Problem(place, "leave 0 to 1, and a share lies within. Correct them.")


def _bounds(kpi: Entry) -> tuple[float | None, float | None]:
    ends = [as_number(value) for _, value in items(kpi, "bounds")]
    if len(ends) == 2:
        return ends[0], ends[1]
    return (0.0, 1.0) if kpi.get("unit") == "share" else (None, None)


def _within(place: Place, value: float | None, kpi: Entry) -> Iterator[Problem]:
    low, high = _bounds(kpi)
    if value is None or ((low is None or value >= low) and (high is None or value <= high)):
        return
    hint = " A share is written 0 to 1: 35 % is 0.35." if kpi.get("unit") == "share" else ""
    range_ = f"{'-∞' if low is None else f'{low:g}'} to {'∞' if high is None else f'{high:g}'}"
    yield Problem(place, f"is {value:g}, outside the KPI's bounds, {range_}.{hint}")


def dates_are_in_order(draft: Draft) -> Iterator[Problem]:
    """Check that definitions, milestones and events follow the calendar."""
    for name, kpi in draft.entries("kpis"):
        yield from _rising(("kpis", name, "effective"), kpi, "from")
    for name, objective in draft.entries("objectives"):
        place = ("objectives", name, "milestones")
        yield from _rising(place, objective, "by")
        due = _day(objective, "by")
        for n, milestone in parts(objective, "milestones"):
            day = _day(milestone, "by")
            if due and day and day >= due:
                yield Problem(
                    (*place, n, "by"), f"is {day}, not before the objective is due ({due})."
                )
    for n, event in parts(draft.values, "events"):
        yield from _event(("events", n), event)


def _day(entry: Entry, key: str) -> str | None:
    """Return an ISO date as text, which sorts as dates do."""
    day = text(entry, key)
    return day if day is not None and re.fullmatch(DATE_PATTERN, day) else None


def _rising(place: tuple[str, ...], entry: Entry, key: str) -> Iterator[Problem]:
    last: str | None = None
    for n, part in parts(entry, place[-1]):
        day = _day(part, key)
        if last and day and day <= last:
            yield Problem((*place, n, key), f"is {day}, not after {last}. Sort them by date.")
        last = day or last


def _event(place: tuple[str | int, ...], event: Entry) -> Iterator[Problem]:
    if (event.get("date") is None) == (event.get("from") is None):
        yield Problem(place, "needs either a date or a from. Give one of them.")
    first, last = _day(event, "from"), _day(event, "to")
    if first and last and last < first:
        yield Problem((*place, "to"), f"is {last}, before it begins ({first}). Exchange them.")
    if event.get("to") is not None and event.get("from") is None:
        yield Problem((*place, "to"), "has no from. Add the first day.")


def retired_kpis_say_since_when(draft: Draft) -> Iterator[Problem]:
    """Check that a retired KPI has its last day, and that only such a one is replaced."""
    for name, kpi in draft.entries("kpis"):
        state = kpi.get("status", "active")
        if state == "retired" and kpi.get("since") is None:
            yield Problem(("kpis", name), "is retired. Add since: the day from which it is.")
        if state != "retired" and kpi.get("replaced_by") is not None:
            yield Problem(
                ("kpis", name, "replaced_by"),
                f"is given, and the status is {short(state)}. Set status: retired, or remove it.",
            )


def policy_is_kept(draft: Draft) -> Iterator[Problem]:
    """Check that the policy's thresholds are in order and its required fields are there."""
    policy = mapping(draft.values, "policy")
    status = mapping(policy, "status")
    upper = as_number(status.get("on_target", 0.7))
    lower = as_number(status.get("at_risk", 0.3))
    if upper is not None and lower is not None and lower >= upper:
        yield Problem(
            ("policy", "status"), f"has at_risk {lower:g}, not below on_target {upper:g}."
        )
    known = [field for field, info in Kpi.model_fields.items() if not info.is_required()]
    for n, field in texts(policy, "required"):
        if field not in known:
            hint = draft.hints.of(field, known, kind="field")
            yield Problem(
                ("policy", "required", n), f"names {short(field)}, no optional KPI field. {hint}"
            )
            continue
        description = Kpi.model_fields[field].description
        for name, kpi in draft.entries("kpis"):
            if kpi.get(field) in (None, [], {}) and kpi.get("status") != "retired":
                yield Problem(
                    ("kpis", name, field), f"is missing, and the policy requires it. {description}"
                )


def time_zones_exist(draft: Draft) -> Iterator[Problem]:
    """Check that time zones are known ones."""
    organisation = mapping(draft.values, "organisation")
    yield from _time_zone(draft, ("organisation", "time_zone"), text(organisation, "time_zone"))
    for name, source in draft.entries("sources"):
        yield from _time_zone(draft, ("sources", name, "time_zone"), text(source, "time_zone"))


def _time_zone(draft: Draft, place: Place, name: str | None) -> Iterator[Problem]:
    from zoneinfo import ZoneInfo, available_timezones

    if name is None or is_blank(name):
        return
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        hint = draft.hints.of(name, available_timezones(), kind="time zone")
        yield Problem(place, f"is {short(name)}, no known time zone. {hint}")


def year_end_means_something(draft: Draft) -> Iterator[Problem]:
    """Check that a year's end is not chosen where years end with their month."""
    organisation = mapping(draft.values, "organisation")
    if organisation.get("year_end") == "nearest" and draft.calendar.pattern == "standard":
        yield Problem(
            ("organisation", "year_end"),
            "says how years of whole weeks end, and calendar is standard. "
            "Declare calendar as 4-4-5, 4-5-4 or 5-4-4, or leave year_end out.",
        )


def ledger_holds_no_address(draft: Draft) -> Iterator[Problem]:
    """Check that the ledger's address, which may hold a password, is not in the file."""
    ledger = text(draft.values, "ledger")
    if ledger is None or re.fullmatch(VARIABLE_PATTERN, ledger):
        return
    if "://" in ledger or "$" in ledger or "@" in ledger:
        yield Problem(
            ("ledger",), "is no plain path. Put an address into an environment variable: '${NAME}'."
        )


RULES = (
    target_periods_fit,
    targets_say_something,
    bounds_are_in_order,
    numbers_are_within_bounds,
    dates_are_in_order,
    retired_kpis_say_since_when,
    policy_is_kept,
    time_zones_exist,
    year_end_means_something,
    ledger_holds_no_address,
)

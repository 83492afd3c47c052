"""Public holidays of countries, by the `holidays` library, which is kept up to date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kpikit.errors import DataError, suggest

KIND = "public holiday"


@dataclass(frozen=True, order=True)
class PublicDay:
    """A public holiday, and its name in English or in the country's own language."""

    day: date
    name: str


def public_days(place: str, *, first: date, last: date) -> tuple[PublicDay, ...]:
    """Return the public holidays of a country, or of a part of one, within two days.

    Parameters
    ----------
    place
        The country's two letters (ISO 3166-1), such as `DE`; or with a part of it,
        such as `DE-BY`.

    Raises
    ------
    DataError
        When no holidays are known of that place.

    Examples
    --------
    >>> days = public_days("DE", first=date(2026, 12, 1), last=date(2026, 12, 31))
    >>> [day.day.isoformat() for day in days]
    ['2026-12-25', '2026-12-26']
    """
    import holidays

    country, _, part = place.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        raise DataError(f"holidays: no country is known as {place!r}. {suggest(country, known)}")
    if part and part not in known[country]:
        parts = suggest(part, known[country])
        raise DataError(f"holidays: {country} has no part known as {part!r}. {parts}")
    years = range(first.year, last.year + 1)
    found = holidays.country_holidays(country, subdiv=part or None, years=years)
    return tuple(
        PublicDay(day, name) for day, name in sorted(found.items()) if first <= day <= last
    )

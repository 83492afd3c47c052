from datetime import date

import pytest

from kpikit.errors import DataError
from kpikit.public_days import public_days


def test_days_follow_the_country_and_its_part():
    year = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}
    whole = {day.day for day in public_days("DE", **year)}
    bavaria = {day.day for day in public_days("DE-BY", **year)}
    assert date(2026, 10, 3) in whole
    assert bavaria - whole >= {date(2026, 1, 6)}


def test_the_days_lie_within_those_asked_for():
    found = public_days("US", first=date(2025, 12, 24), last=date(2026, 1, 1))
    assert [day.day for day in found] == [date(2025, 12, 25), date(2026, 1, 1)]


def test_a_place_that_is_not_known_is_told():
    with pytest.raises(DataError, match="no country is known as 'XX'"):
        public_days("XX", first=date(2026, 1, 1), last=date(2026, 1, 2))
    with pytest.raises(DataError, match="DE has no part known as 'QQ'"):
        public_days("DE-QQ", first=date(2026, 1, 1), last=date(2026, 1, 2))

"""Numbers as readers see them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpikit.units import UNITS, format_chance, format_change, format_p, format_value


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3_963_693.2, "money", "EUR 3.96m"),
        (999_999, "money", "EUR 1.00m"),
        (12_345, "money", "EUR 12.3k"),
        (9_999, "money", "EUR 9,999"),
        (-5, "money", "EUR -5.00"),
        (1.2e9, "money", "EUR 1.20bn"),
        (0.3704, "share", "37.0 %"),
        (0.01734, "share", "1.73 %"),
        (0.09999, "share", "10.0 %"),
        (0.9995, "share", "99.95 %"),
        (1.0, "share", "100.0 %"),
        (31_994, "count", "31,994"),
        (2_500_000, "count", "2.50m"),
        (113.3455, "number", "113"),
        (4.25, "duration", "4.25"),
        (0.00123, "number", "0.00123"),
        (0, "number", "0"),
    ],
)
def test_values_are_short_and_have_their_unit(value, unit, text):
    assert format_value(value, unit, currency="EUR") == text


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("form", [format_value, format_change, format_chance, format_p])
def test_what_is_missing_is_a_dash(form, value):
    assert form(value) == "–"


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(UNITS))
def test_no_number_breaks_the_page(value, unit):
    text = format_value(value, unit, currency="EUR")
    assert "nan" not in text
    assert "inf" not in text


def test_changes_have_a_sign_and_shares_change_by_points():
    assert format_change(-0.012, "share") == "−1.20 pp"
    assert format_change(0.0, "share") == "±0.0 pp"
    assert format_change(0.081, "money", relative=True) == "+8.1 %"


def test_chances_never_claim_certainty():
    assert [format_chance(p) for p in (0, 0.3, 1)] == ["under 1 %", "30 %", "over 99 %"]

"""Turn numbers into text: the only place that does.

A KPI declares its unit; nothing is guessed from a name or a size.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

Unit = Literal["count", "money", "share", "duration", "number"]
UNITS: tuple[Unit, ...] = get_args(Unit)

MISSING = "–"
_STEPS = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))


def format_value(value: float | None, unit: Unit = "number", *, currency: str = "") -> str:
    """Return a value as a reader wants to see it: short, with its unit.

    Parameters
    ----------
    value
        The number in the KPI's own unit: a share is 0..1, a duration is in the
        unit its source holds (the KPI's title says which).
    unit
        The unit that the KPI declares.
    currency
        Code put before money, such as `EUR`.

    Returns
    -------
    str
        Text with three to four significant digits; a dash where there is no value.

    Examples
    --------
    >>> format_value(3963693.2, "money", currency="EUR")
    'EUR 3.96m'
    >>> format_value(0.3704, "share")
    '37.0 %'
    >>> format_value(31994, "count")
    '31,994'
    >>> format_value(float("nan"))
    '–'
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if unit == "share":
        return f"{_percent(value)} %"
    if unit == "money":
        return f"{currency} {_short(value)}".strip()
    if unit == "count" and abs(value) < 1e6:
        return f"{value:,.0f}"
    return _short(value)


def format_change(
    value: float | None, unit: Unit = "number", *, currency: str = "", relative: bool = False
) -> str:
    """Return a difference with its sign; differences of shares are in percentage points.

    Examples
    --------
    >>> format_change(-0.012, "share")
    '−1.20 pp'
    >>> format_change(0.081, relative=True)
    '+8.1 %'
    >>> format_change(1200, "count")
    '+1,200'
    """
    if value is None or not math.isfinite(value):
        return MISSING
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    size = abs(value)
    if relative:
        return f"{sign}{size * 100:.1f} %"
    if unit == "share":
        return f"{sign}{_percent(size)} pp"
    return f"{sign}{format_value(size, unit, currency=currency)}"


def format_chance(probability: float | None) -> str:
    """Return a probability in words that never claim certainty.

    Examples
    --------
    >>> format_chance(0.8), format_chance(0.999), format_chance(0.001)
    ('80 %', 'over 99 %', 'under 1 %')
    """
    if probability is None or not math.isfinite(probability):
        return MISSING
    if probability > 0.99:
        return "over 99 %"
    if probability < 0.01:
        return "under 1 %"
    return f"{probability * 100:.0f} %"


def format_p(p_value: float | None) -> str:
    """Return a p-value without false precision.

    Examples
    --------
    >>> format_p(0.00002), format_p(0.0312)
    ('< 0.001', '0.031')
    """
    if p_value is None or not math.isfinite(p_value):
        return MISSING
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _percent(share: float) -> str:
    """Return a share in percent: one decimal, two below ten percent and just below a hundred."""
    percent = share * 100
    if abs(percent) >= 1e15:
        return f"{share:.2e} \u00d7 100"
    coarse = 9.995 <= abs(percent) <= 99 or abs(percent) >= 100 or percent == 0
    return f"{percent:.{1 if coarse else 2}f}"


def _short(value: float) -> str:
    """Return three significant digits, with k, m or bn from ten thousand on."""
    if abs(value) < 9999.5:
        size = abs(value)
        return f"{value:,.0f}" if size >= 999.5 else f"{value:.{_decimals(size)}f}"
    if abs(value) >= 1e15:
        return f"{value:.2e}"
    rounded = float(f"{value:.3g}")  # first, so that 999,999 becomes 1.00m and not 1,000k
    step, suffix = next((pair for pair in _STEPS if abs(rounded) >= pair[0]), _STEPS[-1])
    return f"{rounded / step:,.{_decimals(abs(rounded) / step)}f}{suffix}"


def _decimals(size: float) -> int:
    """Return how many decimals show three significant digits."""
    if size == 0:
        return 0
    return min(6, max(0, 2 - math.floor(math.log10(size))))

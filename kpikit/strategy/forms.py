"""Forms around aggregates: over which rows, beside its own period's, a value is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

from kpikit.strategy.nodes import Span

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

# name -> how it is written
FORMS = {
    "at_end": "at_end(formula)",
    "cumulative": "cumulative(formula)",
    "rolling": "rolling(formula, 3), with the number of periods",
    "to_date": "to_date(formula, 'year'), with year, quarter or month",
}
MAX_PERIODS = 1_000  # of a rolling window
LONGER = ("year", "quarter", "month")


def read_span(name: str, settings: Sequence[Expr]) -> Span:
    """Return the span that a form's settings describe.

    Raises
    ------
    ValueError
        When they describe none; the message is the next step.
    """
    if name in ("cumulative", "at_end") and not settings:
        return Span(cast("Literal['cumulative', 'at_end']", name))
    if name == "to_date" and len(settings) == 1 and settings[0].is_string:
        if settings[0].this in LONGER:
            return Span("to_date", grain=settings[0].this)
    elif name == "rolling" and len(settings) == 1:
        periods = whole_number(settings[0])
        if periods is not None and not 1 <= periods <= MAX_PERIODS:
            raise ValueError(f"A rolling window has 1 to {MAX_PERIODS} periods")
        if periods is not None:
            return Span("rolling", periods=periods)
    raise ValueError(f"Write {FORMS[name]}")


def whole_number(node: Expr) -> int | None:
    """Return the whole number that a node is, from 0 to 99,999, or None."""
    text = str(node.this)
    is_plain = type(node).__name__ == "Literal" and not node.is_string and text.isdecimal()
    return int(text) if is_plain and len(text) <= 5 else None

"""The words that formulas know: functions of rows, aggregates, and what may stand around them."""

from __future__ import annotations

AGGREGATES = ("sum", "count", "avg", "min", "max", "median", "quantile", "converted")
ROW_FUNCTIONS = (
    "abs",
    "case",
    "coalesce",
    "day",
    "days_between",
    "hour",
    "left",
    "lower",
    "make_date",
    "month",
    "month_number",
    "nullif",
    "parse_date",
    "round",
    "trim",
    "upper",
    "weekday",
    "year",
)
# what may stand around aggregates
ARITHMETIC = frozenset({"+", "-", "*", "/", "neg", "abs", "nullif", "coalesce", "round"})

# node of sqlglot -> our name, and the parts that become arguments; "?" marks one that may lack
CALLS: dict[str, tuple[str, ...]] = {
    "Add": ("+", "this", "expression"),
    "Sub": ("-", "this", "expression"),
    "Mul": ("*", "this", "expression"),
    "Div": ("/", "this", "expression"),
    "Neg": ("neg", "this"),
    "EQ": ("=", "this", "expression"),
    "NEQ": ("<>", "this", "expression"),
    "LT": ("<", "this", "expression"),
    "LTE": ("<=", "this", "expression"),
    "GT": (">", "this", "expression"),
    "GTE": (">=", "this", "expression"),
    "And": ("and", "this", "expression"),
    "Or": ("or", "this", "expression"),
    "Not": ("not", "this"),
    "In": ("in", "this", "expressions"),
    "Like": ("like", "this", "expression"),
    "Nullif": ("nullif", "this", "expression"),
    "Coalesce": ("coalesce", "this", "expressions"),
    "Abs": ("abs", "this"),
    "Round": ("round", "this", "decimals?"),
    "Lower": ("lower", "this"),
    "Upper": ("upper", "this"),
    "Trim": ("trim", "this"),
    "Left": ("left", "this", "expression"),
    "Hour": ("hour", "this"),
    "Year": ("year", "this"),
    "Month": ("month", "this"),
    "Day": ("day", "this"),
    "DateFromParts": ("make_date", "year", "month", "day"),
}
NAMED = {
    "month_number": 1,
    "weekday": 1,
    "days_between": 2,
    "parse_date": 2,
}  # name -> number of arguments
IGNORED = {"typed", "safe", "big_int", "date_part_boundary"}  # sqlglot's notes to itself
SIMPLE_AGGREGATES = {"Sum": "sum", "Avg": "avg", "Min": "min", "Max": "max", "Median": "median"}

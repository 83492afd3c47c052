"""Formulas made at random: what they say, a plain loop over the rows says too."""

import math
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
import sqlglot
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlglot import expressions as exp

from kpikit.errors import FormulaError, StrategyError
from kpikit.observations import build_observations
from kpikit.observations.aggregates import engine_value
from kpikit.observations.formula import compile_kpi
from kpikit.observations.query import Window, rows_by_period
from kpikit.sources import open_facts

# one row is (month, plan, price, pieces); all numbers are exact in binary
ROWS = [
    (1, "basic", 10.0, 1),
    (1, "team", 0.5, 3),
    (1, None, None, 2),
    (1, "basic", -4.0, None),
    (2, "team", 0.0, 0),
    (2, "team", 2.25, -1),
    (3, "Basic", None, None),
]
COLUMNS = {"day": "date", "plan": "text", "price": "number", "pieces": "integer"}


def facts():
    frame = pd.DataFrame(ROWS, columns=["day", "plan", "price", "pieces"])
    months = pd.to_datetime("2026-" + frame["day"].astype(str) + "-28").dt.date
    return frame.assign(day=months, pieces=frame["pieces"].astype("Int64"))


# Every generated piece is its text and what it means: of a row, or of the rows of a month.


def lifted(sign, fold):
    """Return how two pieces make one: whatever is missing makes the whole missing."""

    def join(left, right):
        def mean(rows):
            first, second = left[1](rows), right[1](rows)
            return None if first is None or second is None else fold(first, second)

        return f"({left[0]} {sign} {right[0]})", mean

    return join


def quotient(first, second):
    return first / second if second else None


PLUS, MINUS, TIMES, BY = (
    lifted("+", lambda a, b: a + b),
    lifted("-", lambda a, b: a - b),
    lifted("*", lambda a, b: a * b),
    lifted("/", quotient),
)
COMPARE = [
    lifted("<", lambda a, b: a < b),
    lifted(">=", lambda a, b: a >= b),
    lifted("=", lambda a, b: a == b),
    lifted("<>", lambda a, b: a != b),
]


def function(name, fold):
    def call(piece):
        def mean(rows):
            value = piece[1](rows)
            return None if value is None else fold(value)

        return f"{name}({piece[0]})", mean

    return call


def coalesced(left, right):
    def mean(rows):
        value = left[1](rows)
        return right[1](rows) if value is None else value

    return f"coalesce({left[0]}, {right[0]})", mean


def without(left, right):
    def mean(rows):
        value = left[1](rows)
        return None if value is None or value == right[1](rows) else value

    return f"nullif({left[0]}, {right[0]})", mean


NUMBERS = st.sampled_from([0, 1, 2, 0.5, 7]).map(lambda n: (str(n), lambda _: n))
CELLS = st.sampled_from([("price", lambda row: row[2]), ("pieces", lambda row: row[3])])
VALUES = st.recursive(
    NUMBERS | CELLS | CELLS,
    lambda inner: st.one_of(
        *[st.builds(join, inner, inner) for join in (PLUS, MINUS, TIMES, BY, coalesced)],
        inner.map(function("abs", abs)),
        inner.map(function("-", lambda value: -value)),
    ),
    max_leaves=4,
)


def conjunction(left, right):
    def mean(row):
        both = (left[1](row), right[1](row))
        return False if False in both else None if None in both else True

    return f"({left[0]} and {right[0]})", mean


def disjunction(left, right):
    def mean(row):
        both = (left[1](row), right[1](row))
        return True if True in both else None if None in both else False

    return f"({left[0]} or {right[0]})", mean


PLANS = st.sampled_from(
    [
        ("plan = 'basic'", lambda row: None if row[1] is None else row[1] == "basic"),
        ("plan in ('team', 'x')", lambda row: None if row[1] is None else row[1] == "team"),
        ("plan like 'b%'", lambda row: None if row[1] is None else row[1].startswith("b")),
        ("left(lower(plan), 1) = 'b'", lambda row: None if row[1] is None else row[1][0] in "bB"),
        ("plan is null", lambda row: row[1] is None),
        ("price is not null", lambda row: row[2] is not None),
        ("month(day) = 1", lambda row: row[0] == 1),
        ("day > period_start + 26", lambda row: True),
        ("day = period_end", lambda row: row[0] == 2),
    ]
)
CONDITIONS = st.recursive(
    PLANS | st.one_of(*[st.builds(join, VALUES, VALUES) for join in COMPARE]),
    lambda inner: st.one_of(
        st.builds(conjunction, inner, inner),
        st.builds(disjunction, inner, inner),
        inner.map(function("not ", lambda value: not value)),
    ),
    max_leaves=3,
)
EVERY = ("", lambda row: True)


def aggregate(name, value, kept):
    text, cell = value
    condition, keeps = kept
    ending = f" filter (where {condition})" if condition else ""

    def mean(rows):
        inside = [row for row in rows if keeps(row) is True]
        values = [found for found in map(cell, inside) if found is not None]
        if name == "count":
            return len(values)
        if name == "sum":
            return 0 if not inside else sum(values) if values else None
        if name == "avg":
            return sum(values) / len(values) if values else None
        return {"min": min, "max": max}[name](values) if values else None

    return f"{name}({text}){ending}", mean


def row_count(kept):
    condition, keeps = kept
    ending = f" filter (where {condition})" if condition else ""
    return f"count(*){ending}", lambda rows: sum(keeps(row) is True for row in rows)


FILTERS = st.just(EVERY) | CONDITIONS
AGGREGATES = st.builds(
    aggregate, st.sampled_from(["sum", "count", "avg", "min", "max"]), CELLS | VALUES, FILTERS
) | st.builds(row_count, FILTERS)
FORMULAS = st.recursive(
    AGGREGATES,
    lambda inner: st.one_of(
        *[st.builds(join, inner, inner | NUMBERS) for join in (PLUS, MINUS, TIMES, BY)],
        st.builds(coalesced, inner, inner | NUMBERS),
        st.builds(without, inner, NUMBERS),
        inner.map(function("abs", abs)),
    ),
    max_leaves=4,
)
RANDOM = settings(
    deadline=None,
    derandomize=True,
    max_examples=15,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@RANDOM
@given(formulas=st.lists(FORMULAS, min_size=25, max_size=25))
def test_values_are_those_of_a_plain_loop(company, formulas):
    kpis = {f"k{n}": text for n, (text, _) in enumerate(formulas)}
    found = build_observations(company(facts(), columns=COLUMNS, kpis=kpis)).to_frame()
    values = found.pivot_table(
        index="period_start", columns="kpi", values="value", dropna=False
    ).reindex(columns=list(kpis))
    for n, (text, mean) in enumerate(formulas):
        for month in (1, 2, 3):
            wanted = mean([row for row in ROWS if row[0] == month])
            value = values[f"k{n}"].iloc[month - 1]
            if wanted is None or not math.isfinite(wanted):
                assert np.isnan(value), (text, month, value)
            else:
                assert value == pytest.approx(wanted, rel=1e-9, abs=1e-12), (text, month)


WORDS = [
    *("sum(price)", "count(*)", "pieces", "price", "plan", "day", "1", "'a'", "null", "period_end"),
    *("+", "-", "/", "(", ")", ",", "filter (where", "case when", "then", "end", "and"),
    *("is null", "pg_sleep(9)", "over ()"),
    *("secret", "read_csv('/etc/passwd')", "getenv('A')", "(select 1)", "facts.price"),
    *("sum(", "left(", "rolling(", "cumulative(", "converted(", "{k}", ";", "--", "::int"),
]  # fmt: skip
# what may be named in a query beside the source's own columns
OURS = {"period_start", "period_end", "total"}
FUNCTIONS = (
    *(exp.Sum, exp.Count, exp.Min, exp.Max, exp.Avg, exp.Median, exp.Cast, exp.TryCast),
    *(exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Abs, exp.And, exp.Or, exp.Left, exp.Lower),
    *(exp.Substring, exp.Extract, exp.TimestampTrunc, exp.DateTrunc, exp.Interval, exp.Month),
    *(
        exp.Lower,
        exp.Anonymous,
        exp.PercentileCont,
        exp.Quantile,
        exp.Filter,
        exp.Length,
        exp.ToDays,
        exp.DateFromParts,
    ),
)
NAMED = {"isfinite", "isnan", "isinf", "date_trunc", "date_part", "month", "to_days"}


def queries(strategy):
    """Return the text of what an engine is given, for each aggregate of each KPI."""
    import ibis

    with open_facts(strategy) as opened:
        for kpi in strategy.kpis.values():
            for part in compile_kpi(kpi, strategy).aggregates:
                held = opened[part.home[0]]
                window = Window(strategy.calendar, "month", None, None, held.last)
                rows = rows_by_period(held, part.home[1], window)
                if part.function == "converted":
                    continue
                value = engine_value(part, rows, where="kpi")
                asked = rows.group_by("period_start").aggregate(total=value)
                yield str(ibis.to_sql(asked))


def hold_to_the_allow_list(strategy):
    for text in queries(strategy):
        tree = sqlglot.parse_one(text, dialect="duckdb")
        names = {column.name for column in tree.find_all(exp.Column)}
        foreign = names - {*COLUMNS, *OURS}
        assert all(name.startswith("kpikit_") for name in foreign), foreign
        inside = {f"t{n}" for n in range(50)}  # tables within the query
        assert len({found.name for found in tree.find_all(exp.Table)} - inside) == 1
        for found in tree.find_all(exp.Func):
            assert isinstance(found, FUNCTIONS), repr(found)
            if isinstance(found, exp.Anonymous):
                assert found.name.lower() in NAMED, found.name


@RANDOM
@given(formulas=st.lists(FORMULAS, min_size=10, max_size=10))
def test_an_engine_sees_declared_columns_and_known_functions_only(company, formulas):
    kpis = {f"k{n}": text for n, (text, _) in enumerate(formulas)}
    hold_to_the_allow_list(company(facts(), columns=COLUMNS, kpis=kpis))


@settings(RANDOM, max_examples=60)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join))
def test_anything_else_is_refused_by_kpi_before_an_engine_is_opened(company, text):
    kpis = {"k": "sum(price)", "odd": text}
    strategy, told = None, []
    try:
        strategy = company(facts(), columns=COLUMNS, kpis=kpis)
    except StrategyError as error:
        told = [str(fault) for fault in error.faults]
    assert (strategy is None) == bool(told)
    assert all("kpis.odd" in fault for fault in told), told
    if strategy is None:
        return
    with suppress(FormulaError):  # types that do not fit are told when the table is known
        hold_to_the_allow_list(strategy)
        values = build_observations(strategy, kpis=["odd"]).to_frame()["value"]
        assert np.isfinite(values.dropna()).all()

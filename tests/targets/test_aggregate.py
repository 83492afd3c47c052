import pytest

from kpikit.strategy.model import Strategy
from kpikit.targets.aggregate import aggregate_of


def strategy(formula, *, source=None, **fields):
    common = {"title": "T", "department": "company", "owner": "o", "unit": "number"}
    common["direction"] = "higher_is_better"
    kpis = {
        "kpi": common | {"formula": formula, "source": "facts"} | fields,
        "revenue": common | {"formula": "sum(amount)", "source": "facts"},
        "price": common | {"formula": "sum(amount) / count(*)", "source": "facts"},
    }
    facts = {"path": "facts.csv", "time": "day", "columns": {"day": "date", "amount": "number"}}
    return Strategy.model_validate(
        {
            "version": 1,
            "organisation": {"name": "Test", "currency": "EUR"},
            "sources": {"facts": facts | (source or {})},
            "kpis": kpis,
        }
    )


def told(formula, *, is_quotient=False, **options):
    found = strategy(formula, **options)
    return aggregate_of(found.kpis["kpi"], strategy=found, is_quotient=is_quotient)


@pytest.mark.parametrize(
    "formula",
    [
        "sum(amount)",
        "count(*)",
        "sum(amount) filter (where amount > 0)",
        "sum(amount) - count(*)",
        "-sum(amount) * 2",
        "100 * sum(amount)",
        "sum(amount) / 1000",
        "{revenue} + sum(amount)",
    ],
)
def test_sums_and_counts_add_up(formula):
    assert told(formula) == "sum"


@pytest.mark.parametrize(
    "formula",
    [
        "count(distinct amount)",
        "max(amount)",
        "sum(amount) * count(*)",
        "sum(amount) + 1",
        "{price} * 2",
        "{kpi} + sum(amount)",
    ],
)
def test_what_does_not_add_up_cannot_be_told(formula):
    assert told(formula) is None


def test_a_quotient_is_a_ratio_of_sums():
    assert told("sum(amount) / count(*)", is_quotient=True) == "ratio"


def test_what_is_declared_goes_first():
    assert told("count(distinct amount)", over_periods="last") == "last"
    assert told("sum(amount)", source={"rollup": "mean", "grain": "month"}) == "mean"
    assert told("sum(amount)", source={"rollup": "none", "grain": "month"}) is None


def test_a_later_definition_must_add_up_too():
    later = [{"from": "2026-01-01", "formula": "count(distinct amount)"}]
    assert told("count(*)", effective=later) is None


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("cumulative(sum(amount))", "last"),
        ("at_end(avg(amount))", "last"),
        ("cumulative({price})", "last"),
        ("rolling(sum(amount), 3)", None),
        ("to_date({price}, 'year')", None),
        ("sum(amount) / cumulative(sum(amount))", None),
        ("count(*) filter (where day < period_end)", None),
        ("converted(amount, amount > 1, amount > 2, 30)", None),
    ],
)
def test_windows_are_their_last_period_or_cannot_be_told(formula, expected):
    assert told(formula, is_quotient="/" in formula) == expected


def test_a_filter_by_the_periods_borders_does_not_add_up():
    assert told("sum(amount)", where="day < period_start") is None

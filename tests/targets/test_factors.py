import pytest

from kpikit.strategy.formula import parse_formula
from kpikit.targets.factors import as_product, as_sum


def tree(text):
    return parse_formula(text).tree


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("{a} + {b}", {"a": 1, "b": 1}),
        ("{a} - {b} / 2", {"a": 1, "b": -0.5}),
        ("-({a} + 3 * {b})", {"a": -1, "b": -3}),
        ("{a} + {a}", {"a": 2}),
        ("{a} * {b}", None),
    ],
)
def test_a_sum_has_weights(text, weights):
    assert as_sum(tree(text)) == weights


@pytest.mark.parametrize(
    ("text", "powers"),
    [
        ("{a} * {b}", {"a": 1, "b": 1, None: 1}),
        ("{a} / {b} * 100", {"a": 1, "b": -1, None: 100}),
        ("{a} / (2 * {b})", {"a": 1, "b": -1, None: 0.5}),
        ("{a} * {b} + {c}", None),
    ],
)
def test_a_product_has_powers(text, powers):
    assert as_product(tree(text)) == powers

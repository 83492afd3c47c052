"""Read an identity as a weighted sum or as a product of powers."""

from __future__ import annotations

from collections.abc import Mapping

from kpikit.strategy.nodes import Call, KpiReference, Literal, Node


def as_sum(node: Node) -> dict[str | None, float] | None:
    """Return the weight of every KPI in a sum, or None where it is no sum.

    A number on its own stands under None.
    """
    match node:
        case KpiReference(name):
            return {name: 1.0}
        case Literal(value) if isinstance(value, int | float):
            return {None: float(value)}
        case Call("neg", (only,)):
            return _scaled(as_sum(only), -1.0)
        case Call("+" | "-" as sign, (left, right)):
            return _joined(as_sum(left), _scaled(as_sum(right), 1.0 if sign == "+" else -1.0))
        case Call("*" | "/" as sign, (left, Literal(value))) if isinstance(value, int | float):
            return _scaled(as_sum(left), float(value) if sign == "*" else 1.0 / float(value))
        case Call("*", (Literal(value), right)) if isinstance(value, int | float):
            return _scaled(as_sum(right), float(value))
    return None


def as_product(node: Node) -> dict[str | None, float] | None:
    """Return the power of every KPI in a product, or None where it is no product.

    Its numbers, multiplied, stand under None.
    """
    match node:
        case KpiReference(name):
            return {name: 1.0}
        case Literal(value) if isinstance(value, int | float) and value > 0:
            return {None: float(value)}
        case Call("*" | "/" as sign, (left, right)):
            first, second = as_product(left), as_product(right)
            if first is None or second is None:
                return None
            power = 1.0 if sign == "*" else -1.0
            number = first.pop(None, 1.0) * second.pop(None, 1.0) ** power
            made = _joined(first, _scaled(second, power))
            return None if made is None else made | {None: number}
    return None


def _scaled(terms: Mapping[str | None, float] | None, by: float) -> dict[str | None, float] | None:
    return None if terms is None else {name: by * one for name, one in terms.items()}


def _joined(
    first: Mapping[str | None, float] | None, second: Mapping[str | None, float] | None
) -> dict[str | None, float] | None:
    if first is None or second is None:
        return None
    names = [*first, *(name for name in second if name not in first)]
    return {name: first.get(name, 0.0) + second.get(name, 0.0) for name in names}

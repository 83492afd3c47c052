"""All rules there are: kpikit's own, and those that other packages bring.

A package adds rules by an entry point of the group `kpikit.rules`, which names a rule (a
function with the decorator `kpikit.alignment.rule.rule`) or a module of such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules

from kpikit.alignment import rules
from kpikit.alignment.rule import Rule
from kpikit.errors import DataError

GROUP = "kpikit.rules"
# what each family of codes asks about, in the order in which they are told
FAMILIES = {
    "STR": "Strategy",
    "SMT": "Objectives",
    "ALN": "Cascade",
    "BAL": "Balance",
    "DEF": "Definitions",
    "OWN": "Ownership",
    "CTL": "Control",
    "CNT": "Counts",
    "COV": "Coverage",
    "VAN": "Vanity",
    "CON": "Conflicts",
    "LED": "Leading links",
    "TGT": "Targets",
    "GRD": "Guardrails",
    "QLT": "Voices",
    "REV": "Reviews",
    "DAT": "Data",
}


@cache
def catalogue() -> tuple[Rule, ...]:
    """Return every rule, in the order of families and codes.

    Raises
    ------
    DataError
        When an entry point names no rule, or a rule with a code of kpikit's own.

    Examples
    --------
    >>> [rule.severity for rule in catalogue() if rule.code == "OWN01"]
    ['error']
    """
    modules = (
        import_module(f"{rules.__name__}.{found.name}") for found in iter_modules(rules.__path__)
    )
    own = [rule for module in modules for rule in _rules_of(module)]
    taken = {rule.code for rule in own}
    others = [rule for entry in entry_points(group=GROUP) for rule in _brought(entry, taken)]
    order = {family: place for place, family in enumerate(FAMILIES)}
    return tuple(
        sorted((*own, *others), key=lambda rule: (order.get(rule.family, len(order)), rule.code))
    )


def _rules_of(module: object) -> Iterator[Rule]:
    return (value for value in vars(module).values() if isinstance(value, Rule))


def _brought(entry: EntryPoint, taken: Iterable[str]) -> Iterator[Rule]:
    """Yield the rules that an entry point names."""
    loaded = entry.load()
    found = (
        [loaded]
        if isinstance(loaded, Rule)
        else list(_rules_of(loaded))
        if hasattr(loaded, "__dict__")
        else []
    )
    where = f"entry point {entry.name} = {entry.value} of {GROUP}"
    if not found:
        raise DataError(f"{where}: it names no rule. Name one, or a module that holds some.")
    for rule in found:
        if rule.code in taken:
            raise DataError(f"{where}: the code {rule.code} is kpikit's own. Choose another one.")
        yield rule

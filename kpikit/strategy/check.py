"""Every check across a strategy file's entries.

A rule is a function that takes the draft and yields problems. To add one, write it into
the module of its family, with a sentence that ends in the next step, and name it in RULES.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.strategy import definitions, plans, references, windows
from kpikit.strategy.draft import Draft, Problem

RULES = (*references.RULES, *definitions.RULES, *windows.RULES, *plans.RULES)


def check(draft: Draft) -> Iterator[Problem]:
    """Yield everything that the rules find, whatever else is wrong with the file."""
    for rule in RULES:
        yield from rule(draft)

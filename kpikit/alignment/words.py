"""Words that say little: boilerplate, weasel words, and names that stand for nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable

BOILERPLATE = (
    "best-in-class",
    "best in class",
    "best-of-breed",
    "customer-centric solutions",
    "cutting-edge",
    "cutting edge",
    "go-to provider",
    "industry-leading",
    "leading provider",
    "leading supplier",
    "market leader",
    "next-generation",
    "one-stop shop",
    "premier provider",
    "provider of choice",
    "state-of-the-art",
    "world class",
    "world-class",
    "world leader",
)
VAGUE = (
    "best",
    "better",
    "enhance",
    "enhanced",
    "excellence",
    "excellent",
    "good",
    "great",
    "improve",
    "improved",
    "improvement",
    "maximise",
    "maximize",
    "optimal",
    "optimise",
    "optimised",
    "optimize",
    "optimized",
    "strengthen",
    "successful",
    "synergy",
    "world-class",
)
NOBODY = frozenset(
    {
        "?",
        "all",
        "all_staff",
        "anybody",
        "anyone",
        "everybody",
        "everyone",
        "n/a",
        "na",
        "nobody",
        "none",
        "open",
        "tba",
        "tbc",
        "tbd",
        "to_be_decided",
        "to_be_hired",
        "unassigned",
        "unknown",
        "vacant",
        "xxx",
    }
)
# what a goal's title says of direction only; what is left must name something
_DIRECTION = frozenset(
    re.findall(
        r"\w+",
        "a an and be become boost by cut decrease earn for from gain get go grow growth have "
        "higher in increase increased its keep less lower make many more much of on our out "
        "push raise reduce the to up us we win with",
    )
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SEVERAL = re.compile(r"\s(?:and|und|et|y|or)\s|[,;/&+]", re.IGNORECASE)


def phrases_in(text: str, phrases: Iterable[str]) -> list[str]:
    """Return which of the phrases a text holds as whole words, as they stand in it.

    Examples
    --------
    >>> phrases_in("We are a world-class shop.", ["world-class", "shoe"])
    ['world-class']
    """
    found = []
    for phrase in phrases:
        hit = re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text, re.IGNORECASE)
        if hit:
            found.append(hit[0])
    return found


def count_words(text: str) -> int:
    """Return how many words a text has, as people count them.

    Examples
    --------
    >>> count_words("We help small teams – every day.")
    6
    """
    return sum(any(character.isalnum() for character in word) for word in text.split())


def content_words(text: str) -> list[str]:
    """Return the words of a goal that say more than a direction.

    Examples
    --------
    >>> content_words("Increase sales"), content_words("Grow revenue from our enterprise plan")
    (['sales'], ['revenue', 'enterprise', 'plan'])
    """
    return [word for word in _WORD.findall(text) if word.casefold() not in _DIRECTION]


def has_number(text: str) -> bool:
    """Return whether a text holds a digit."""
    return any(character.isdecimal() for character in text)


def is_nobody(name: str) -> bool:
    """Return whether a name stands for nobody in particular.

    Examples
    --------
    >>> is_nobody("TBD"), is_nobody("to be hired"), is_nobody("ada")
    (True, True, False)
    """
    return "_".join(name.casefold().split()) in NOBODY


def is_several(name: str) -> bool:
    """Return whether a name lists more than one person.

    Examples
    --------
    >>> is_several("Ada and Ben"), is_several("ada, ben"), is_several("head_of_sales")
    (True, True, False)
    """
    return bool(_SEVERAL.search(name))


def likeness(one: str, other: str) -> float:
    """Return how alike two statements are: the share of their words that both have.

    Examples
    --------
    >>> likeness("We help teams", "we help teams."), likeness("We help", "An empty inbox")
    (1.0, 0.0)
    """
    first, second = ({word.casefold() for word in _WORD.findall(text)} for text in (one, other))
    return len(first & second) / len(first | second) if first | second else 0.0

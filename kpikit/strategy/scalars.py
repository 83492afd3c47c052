"""What an unquoted YAML scalar means, by the core of YAML 1.2 and no further."""

from __future__ import annotations

import math
import re

MAX_DIGITS = 300  # longer, and it fits no floating-point number

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?")


def plain_value(text: str) -> object:
    """Return what an unquoted scalar means.

    Examples
    --------
    >>> [plain_value(text) for text in ("12", "1.5e3", "true", "~", "NO", "010", "2026-01-31")]
    [12, 1500.0, True, None, 'NO', '010', '2026-01-31']
    """
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > MAX_DIGITS or not _NUMBER.fullmatch(text):
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else text

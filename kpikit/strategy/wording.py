"""What is wrong with a field, in words of our own, with what to do about it."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from kpikit.strategy.document import Place
from kpikit.strategy.draft import Hints, Problem
from kpikit.strategy.fields import CODE_PATTERN, ID_PATTERN, VARIABLE_PATTERN, short
from kpikit.strategy.model import Strategy

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_PATTERNS = {
    ID_PATTERN: "An id has small letters, digits, - and _, and starts with a letter.",
    CODE_PATTERN: "A rule's code looks like OWN01 or SMT-S.",
    r"^[A-Z]{3}$": "Write three capital letters, such as EUR.",
}
_KEY = "[key]"  # how pydantic marks a fault of a key


def problems(errors: list[ErrorDetails], hints: Hints) -> Iterator[Problem]:
    """Yield pydantic's errors as problems of the file."""
    for error in errors:
        place = tuple(part for part in error["loc"] if part != _KEY)
        say = _SAY.get(error["type"], _misfit)
        if error["type"] == "extra_forbidden":
            yield Problem(place, _unknown_key(place, hints))
        elif error["type"] == "literal_error":
            yield Problem(place, _not_a_choice(error, hints))
        else:
            yield Problem(place, f"{say(error)} {_purpose(place, error['type'])}".strip())


def _unknown_key(place: Place, hints: Hints) -> str:
    model = _model_at(place[:-1])
    known = [info.alias or name for name, info in model.model_fields.items()] if model else []
    hint = hints.of(str(place[-1]), known, kind=model.__name__ if model else "")
    return f"is not a known key. {hint}"


def _not_a_choice(error: ErrorDetails, hints: Hints) -> str:
    expected = str(error.get("ctx", {}).get("expected", ""))
    choices = re.findall(r"'([^']*)'", expected) or [expected]
    value, hint = error["input"], ""
    if isinstance(value, str):
        hint = hints.of(value, choices, kind=" ".join(choices))
    near = f" {hint}" if hint.startswith("Did") else ""
    return f"is {short(value)}. Use one of: {', '.join(choices)}.{near}"


def _missing(error: ErrorDetails) -> str:
    if isinstance(error["loc"][-1], int):
        return "is missing: two values are needed. Write null for an open end."
    return "is missing. Add it."


def _not_text(error: ErrorDetails) -> str:
    value = error["input"]
    if value is None:
        return "is empty."
    advice = "Put text that starts with { or [ in quotes." if isinstance(value, dict | list) else ""
    return f"is {short(value)}, not text. {advice or 'Put it in quotes.'}"


def _not_a_number(error: ErrorDetails) -> str:
    whole = error["type"].startswith("int")
    example = "a whole number, such as 12" if whole else "digits with a point, such as 0.25"
    return f"is {short(error['input'])}, not a number. Write {example}."


def _not_allowed(error: ErrorDetails) -> str:
    pattern = str(error.get("ctx", {}).get("pattern"))
    if pattern == VARIABLE_PATTERN:  # what stands there may hold a password
        return (
            "must name an environment variable, as '${NAME}'. "
            "Keep addresses and passwords out of this file."
        )
    return f"is {short(error['input'])}. {_PATTERNS.get(pattern, '')}"


def _not_keys(error: ErrorDetails) -> str:
    return f"is {short(error['input'])}, where keys are expected. Write 'key: value' lines."


def _not_a_list(error: ErrorDetails) -> str:
    return f"is {short(error['input'])}, not a list. Write it in brackets: [a, b]."


def _out_of_range(error: ErrorDetails) -> str:
    context: Mapping[str, Any] = error.get("ctx", {})
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    limits = [f"{word} {context[key]:g}" for key, word in words.items() if key in context]
    return f"is {short(error['input'])}. It must be {' and '.join(limits)}."


def _wrong_length(error: ErrorDetails) -> str:
    context: Mapping[str, Any] = error.get("ctx", {})
    if isinstance(error["input"], str):
        return "is blank." if not error["input"] else f"is {short(error['input'])}, too long."
    return f"has {context.get('actual_length')} entries, too many."


def _own_words(error: ErrorDetails) -> str:
    return f"{error.get('ctx', {}).get('error', 'does not fit here')}."


def _misfit(error: ErrorDetails) -> str:
    return f"is {short(error['input'])}, which does not fit here."


_SAY: dict[str, Callable[[ErrorDetails], str]] = {
    "missing": _missing,
    "string_type": _not_text,
    "string_pattern_mismatch": _not_allowed,
    "dict_type": _not_keys,
    "model_type": _not_keys,
    "model_attributes_type": _not_keys,
    "tuple_type": _not_a_list,
    "too_long": _wrong_length,
    "string_too_short": _wrong_length,
    "string_too_long": _wrong_length,
    "value_error": _own_words,
    "bool_type": lambda error: f"is {short(error['input'])}. Write true or false.",
    **dict.fromkeys(("float_type", "int_type", "int_from_float", "finite_number"), _not_a_number),
    **dict.fromkeys(
        ("greater_than_equal", "greater_than", "less_than_equal", "less_than"), _out_of_range
    ),
}
_PURPOSE_HELPS = ("missing", "string_type", "string_too_short", "value_error")


def _purpose(place: Place, kind: str) -> str:
    """Return what a field is for, where that helps to fill it in."""
    model = _model_at(place[:-1])
    if kind not in _PURPOSE_HELPS or model is None:
        return ""
    for name, info in model.model_fields.items():
        if place[-1] == (info.alias or name):
            return info.description or ""
    return ""


def _model_at(place: Place) -> type[BaseModel] | None:
    """Return the model of the entry at a place."""
    kind: Any = Strategy
    for part in place:
        kind = _inside(kind, part)
    kind = _bare(kind)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _inside(kind: Any, part: str | int) -> Any:  # noqa: ANN401 - annotations are of any type
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, info in kind.model_fields.items():
            if part == (info.alias or name):
                return info.annotation
        return None
    arguments = get_args(kind)
    return arguments[-1 if get_origin(kind) is dict else 0] if arguments else None


def _bare(kind: Any) -> Any:  # noqa: ANN401 - annotations are of any type
    """Return a type without its annotations and without None."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType):
            kind = next((each for each in get_args(kind) if each is not type(None)), None)
        else:
            return kind

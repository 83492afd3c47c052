"""What the fields of a record may hold, and how a fault of theirs is told."""

from __future__ import annotations

import re
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import AfterValidator, Field

if TYPE_CHECKING:
    from pydantic import ValidationError

PERIOD = re.compile(r"\d{4}(Q[1-4]|-\d\d|-P\d\d|-W\d\d|-\d\d-\d\d)?")


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty. Write it in words")
    text.encode()  # half of a surrogate pair cannot be kept
    return text


def _labelled(text: str) -> str:
    if not PERIOD.fullmatch(text):
        raise ValueError(f"is {text!r}. Write it as 2026Q3, 2026-07 or 2026")
    return text


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}|", text):
        raise ValueError(f"is {text!r}. Give the 64 hexadecimal digits of a SHA-256")
    return text


Said = Annotated[str, AfterValidator(_said)]
PeriodLabel = Annotated[str, AfterValidator(_labelled)]
Sha256 = Annotated[str, AfterValidator(_hash)]
Chance = Annotated[float, Field(ge=0, le=1)]
Names = tuple[Said, ...]


def faults_of(error: ValidationError) -> str:
    """Return every fault of a record, a line each."""
    faults = [_fault(found) for found in error.errors()]
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return f"{count}." + "".join(f"\n  {fault}" for fault in faults)


def _fault(found: Any) -> str:  # noqa: ANN401 - pydantic's own mapping
    place = ".".join(str(part) for part in found["loc"])
    message = found["msg"].removeprefix("Value error, ")
    if found["type"] == "missing":
        message = "is missing. Give it"
    elif found["type"] == "extra_forbidden":
        message = "is no field of this kind. Leave it out"
    elif not message.startswith("is "):
        message = f"is not accepted ({message[0].lower()}{message[1:]}). Change it"
    return f"{place} {message}."


def plain_type(annotation: Any) -> Any:  # noqa: ANN401 - what an annotation may be
    """Return the type that a field's values have, without its rules and without None.

    Examples
    --------
    >>> plain_type(Chance | None), plain_type(Names)
    (<class 'float'>, <class 'tuple'>)
    """
    origin = get_origin(annotation)
    if origin in (Annotated, UnionType, Union):
        return plain_type(get_args(annotation)[0])
    return origin or annotation

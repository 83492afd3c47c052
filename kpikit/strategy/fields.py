"""The types that the strategy file's fields are made of, and the base of its items."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Annotated, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    Strict,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

ID_PATTERN = r"^[a-z][a-z0-9_-]{0,63}$"
CODE_PATTERN = r"^[A-Z]{3}-?[0-9A-Z]{1,2}$"
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DELAY_PATTERN = r"^[0-9]{1,3} (day|days|week|weeks)$"
VARIABLE_PATTERN = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"

# what nobody can see: controls, joiners, separators, unassigned
_INVISIBLE = ("C", "Z")

T = TypeVar("T")


def is_blank(text: str) -> bool:
    """Return whether a text shows nothing, zero-width characters included.

    Examples
    --------
    >>> is_blank(" \u200b"), is_blank("Ada")
    (True, False)
    """
    return all(unicodedata.category(character)[0] in _INVISIBLE for character in text)


def _shown(text: str) -> str:
    if is_blank(text):
        raise ValueError("is blank")
    return text


def _date(value: object) -> dt.date:
    try:
        if isinstance(value, str) and re.fullmatch(DATE_PATTERN, value):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError(f"is {short(value)}, not a date. Write year-month-day, such as 2026-09-30")


def _date_or_delay(value: object) -> dt.date | str:
    if isinstance(value, str) and re.fullmatch(DELAY_PATTERN, value):
        return value
    if not isinstance(value, str) or not re.fullmatch(DATE_PATTERN, value):
        raise ValueError(
            f"is {short(value)}. Write a date such as 2026-09-30, or a delay such as 3 days"
        )
    return _date(value)


def _delay(value: str) -> str:
    if re.fullmatch(DELAY_PATTERN, value):
        return value
    raise ValueError(f"is {short(value)}. Write a delay such as 3 days or 2 weeks")


def _period_name(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def short(value: object) -> str:
    """Return a value as a message quotes it: one line, forty characters at most.

    Examples
    --------
    >>> short("down"), short(True), short(None), short([1, 2]), short("x" * 99)
    ("'down'", 'true', 'nothing', 'a list', "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'")
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else f"{value[:39]}…")
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else str(value)


Id = Annotated[str, Field(pattern=ID_PATTERN)]
Code = Annotated[str, Field(pattern=CODE_PATTERN)]
Text = Annotated[str, Field(min_length=1), AfterValidator(_shown)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)]
Character = Annotated[str, Field(min_length=1, max_length=1)]
Many = Annotated[tuple[T, ...], Strict(strict=False)]  # a YAML list becomes a tuple
Range = Annotated[tuple[Number | None, Number | None], Strict(strict=False)]
Date = Annotated[
    dt.date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DATE_PATTERN}),
]
DateOrDelay = Annotated[
    dt.date | str,
    BeforeValidator(_date_or_delay),
    WithJsonSchema({"type": "string", "pattern": f"{DATE_PATTERN}|{DELAY_PATTERN}"}),
]
PeriodName = Annotated[  # a year may stand without quotes
    str,
    BeforeValidator(_period_name),
    WithJsonSchema({"type": ["string", "integer"]}),
]
Delay = Annotated[
    str, AfterValidator(_delay), WithJsonSchema({"type": "string", "pattern": DELAY_PATTERN})
]


class Item(BaseModel):
    """Anything the strategy file holds: frozen, strict, no unknown keys.

    A class with a `short_form` may be written in the file as that one field's value alone.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", validate_by_name=False)

    short_form: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _lengthen(cls, value: object) -> object:
        return {cls.short_form: value} if cls.short_form and isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Return the schema, which allows the short form too."""
        schema = handler(core_schema)
        if not cls.short_form:
            return schema
        whole = handler.resolve_ref_schema(schema)
        alone = dict(whole["properties"][cls.short_form])
        choices = [alone, {key: whole.pop(key) for key in list(whole) if key not in _NAMES}]
        whole["anyOf"] = choices
        return schema


class Named(Item):
    """An item that the file lists under its id."""

    _id: str = PrivateAttr(default="")

    @property
    def id(self) -> str:
        """The name by which the file, the code and the errors call it."""
        return self._id


_NAMES = ("title", "description")  # what stays on top where a schema gets alternatives

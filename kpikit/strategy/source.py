"""Where facts come from: a file or a table, with what it promises."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kpikit.periods import Grain
from kpikit.strategy.fields import (
    VARIABLE_PATTERN,
    Character,
    DateOrDelay,
    Delay,
    Item,
    Many,
    Named,
    Text,
)

ColumnType = Literal["text", "integer", "number", "boolean", "date", "timestamp"]
Rollup = Literal["sum", "mean", "last", "none"]


class Column(Item):
    """One column of a source; its type alone is enough."""

    short_form: ClassVar[str] = "type"

    type: ColumnType = Field(description="What the column holds.")
    format: Text | None = Field(
        default=None,
        description="How dates or timestamps are written, such as %d/%m/%Y. ISO needs none.",
    )


class Source(Named):
    """A file or a database table in which one row is one fact."""

    path: Text | None = Field(
        default=None, description="The file with the facts, relative to the strategy file."
    )
    table: Text | None = Field(
        default=None, description="The database table with the facts, such as crm.leads."
    )
    connection: Annotated[str, Field(pattern=VARIABLE_PATTERN)] | None = Field(
        default=None,
        description="The environment variable that holds the database's address, as ${NAME}.",
    )
    time: Text | None = Field(
        default=None, description="The column whose day decides to which period a row belongs."
    )
    columns: dict[Text, Column] = Field(
        default={}, description="The columns that the KPIs rely on, each with its type."
    )
    derive: dict[Text, Text] = Field(
        default={},
        description="Further columns computed row by row, such as nights: weekend + weekday.",
    )
    where: Text | None = Field(
        default=None, description="The rows that count, for every KPI on this source."
    )
    delimiter: Character = Field(default=",", description="What separates the columns of a CSV.")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal mark of a CSV.")
    thousands: Character | None = Field(
        default=None, description="What groups the digits of numbers in a CSV, where anything does."
    )
    null_words: Many[str] = Field(
        default=(), description="Words that mean a missing value, such as NULL or n/a, in quotes."
    )
    time_zone: Text | None = Field(
        default=None,
        description="The time zone of its timestamps, where it is not the organisation's.",
    )
    key: Many[Text] = Field(
        default=(), description="The columns that together tell one row from every other."
    )
    recorded: Text | None = Field(
        default=None,
        description="The column that says when a row became known, for looking back as of a date.",
    )
    complete_through: DateOrDelay | None = Field(
        default=None,
        description="The last day the facts are complete: a date, or a delay such as 3 days.",
    )
    rollup: Rollup | None = Field(
        default=None,
        description="For ready-made KPI values: how they are made coarser; none: not at all.",
    )
    grain: Grain | None = Field(
        default=None, description="For ready-made KPI values: the grain of a row."
    )
    sheet: Text | None = Field(default=None, description="The sheet of a workbook.")
    header_row: int = Field(default=1, ge=1, description="The row that holds the columns' names.")
    freshness: Delay | None = Field(
        default=None, description="How old the newest row may be, such as 3 days."
    )

"""The whole strategy file as frozen definitions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator, Field, PrivateAttr, WithJsonSchema

from kpikit.periods import Calendar
from kpikit.strategy.fields import Id, Item, Many, Text, short
from kpikit.strategy.kpi import Kpi, Lead, Target
from kpikit.strategy.organisation import (
    Department,
    Mission,
    Objective,
    Organisation,
    Person,
    Vision,
)
from kpikit.strategy.policy import Event, Policy, Waiver
from kpikit.strategy.source import Column, Source

__all__ = [
    "Column",
    "Department",
    "Event",
    "Kpi",
    "Lead",
    "Objective",
    "Organisation",
    "Person",
    "Policy",
    "Source",
    "Strategy",
    "Target",
    "Waiver",
]

VERSION = 1
COMPANY = "company"  # the root of the cascade, declared or not


def _version(value: object) -> object:
    if type(value) is int and value == VERSION:  # true equals 1, and is no version
        return value
    raise ValueError(f"is {short(value)}. Write {VERSION}")


Version = Annotated[int, BeforeValidator(_version), WithJsonSchema({"const": VERSION})]


class Strategy(Item):
    """What an organisation wants, and how it tells whether it gets there.

    Attributes
    ----------
    path
        The file it was read from.
    lines
        The line of each entry, by its place: `lines["kpis.churn_rate.owner"]`.
    """

    version: Version = Field(description="The version of this file's form: 1.")
    organisation: Organisation = Field(description="Whose strategy it is.")
    mission: Mission | None = Field(default=None, description="What the organisation is for.")
    vision: Vision | None = Field(default=None, description="Where it wants to be.")
    values: Many[Text] = Field(default=(), description="What matters most first.")
    sources: dict[Id, Source] = Field(default={}, description="Where facts come from, by id.")
    objectives: dict[Id, Objective] = Field(default={}, description="The goals, by id.")
    departments: dict[Id, Department] = Field(default={}, description="The departments, by id.")
    kpis: dict[Id, Kpi] = Field(default={}, description="The KPIs, by id.")
    people: dict[Id, Person] = Field(
        default={},
        description="Those who own something, by id; where given, owners are among them.",
    )
    policy: Policy = Field(default=Policy(), description="What the organisation demands of itself.")
    waivers: Many[Waiver] = Field(default=(), description="Findings accepted for a while.")
    events: Many[Event] = Field(default=(), description="Known events that moved the numbers.")
    ledger: Text | None = Field(
        default=None,
        description="Where what happened is kept: a file beside this one, or ${NAME}.",
    )

    _path: Path = PrivateAttr(default=Path("strategy.yaml"))
    _lines: dict[str, int] = PrivateAttr(default_factory=dict)

    def model_post_init(self, _context: object, /) -> None:
        """Tell every item its id."""
        for items in (self.sources, self.objectives, self.departments, self.kpis, self.people):
            for name, item in items.items():
                item._id = name

    def __repr__(self) -> str:
        """Name the organisation and count what its file holds, which may be much."""
        from kpikit.strategy.overview import counts

        return f"Strategy({counts(self)})"

    def _repr_html_(self) -> str:
        from kpikit.strategy.overview import overview_html

        return overview_html(self)

    @property
    def path(self) -> Path:
        """The file it was read from."""
        return self._path

    @property
    def folder(self) -> Path:
        """The folder of its file, from which the sources' paths count."""
        return self._path.parent

    @property
    def lines(self) -> Mapping[str, int]:
        """The line of each entry of the file, by its place."""
        return MappingProxyType(self._lines)

    @property
    def calendar(self) -> Calendar:
        """The organisation's calendar."""
        return Calendar(
            fiscal_year_start=self.organisation.fiscal_year_start,
            week_start=self.organisation.week_start,
            pattern=self.organisation.calendar,
            year_end=self.organisation.year_end,
        )

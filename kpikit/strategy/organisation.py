"""The organisation, its mission and vision, its departments, people and objectives."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kpikit.calendars import Pattern, YearEnd
from kpikit.periods import Grain
from kpikit.strategy.fields import Date, Id, Item, Many, Named, Number, Share, Text

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Organisation(Item):
    """Whose strategy it is, and the calendar it lives by."""

    name: Text = Field(description="The name that reports carry.")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = Field(
        default=None, description="The currency of money, as three capital letters such as EUR."
    )
    fiscal_year_start: int = Field(
        default=1, ge=1, le=12, description="The month in which the fiscal year starts, 1 to 12."
    )
    week_start: Weekday = Field(default="monday", description="The day on which a week starts.")
    calendar: Pattern = Field(
        default="standard",
        description="Calendar months, or months of whole weeks: 4-4-5, 4-5-4 or 5-4-4.",
    )
    year_end: YearEnd = Field(
        default="last",
        description="Where a year of whole weeks ends: on the last end of a week before "
        "fiscal_year_start, or on the nearest one.",
    )
    holidays: Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,4})?$")] | None = Field(
        default=None,
        description="The country whose public holidays hold here, such as DE, or DE-BY.",
    )
    time_zone: Text = Field(
        default="UTC", description="The time zone that decides which day it is, as Europe/Berlin."
    )
    stage: Text | None = Field(
        default=None, description="The stage that it is in now, such as growth."
    )


class _Statement(Item):
    """A statement that people agree on."""

    short_form: ClassVar[str] = "text"

    text: Text = Field(description="The statement itself.")
    status: Literal["draft", "consulted", "adopted"] | None = Field(
        default=None, description="How far people have agreed on it."
    )
    consulted: Many[Text] = Field(default=(), description="Who was asked about it, and when.")


class Mission(_Statement):
    """What the organisation is for, now."""

    serves: Text | None = Field(default=None, description="Whom the organisation serves.")
    does: Text | None = Field(default=None, description="What it does for them.")
    why: Text | None = Field(default=None, description="Why it does so.")


class Vision(_Statement):
    """Where the organisation or a department wants to be."""

    by: Date | None = Field(default=None, description="The day by which it is to be true.")
    heading: Text | None = Field(default=None, description="Where we are heading.")
    accomplish: Text | None = Field(default=None, description="What we want to accomplish.")
    impact: Text | None = Field(default=None, description="What will be different for others.")


class Method(Item):
    """What a department does to get to its vision."""

    short_form: ClassVar[str] = "text"

    text: Text = Field(description="What is done.")
    measures: Many[Id] = Field(default=(), description="The KPIs that tell whether it works.")


class Obstacle(Item):
    """What stands in a department's way."""

    short_form: ClassVar[str] = "text"

    text: Text = Field(description="What stands in the way.")
    owner: Text | None = Field(default=None, description="Who deals with it.")
    plan: Text | None = Field(default=None, description="How it is dealt with.")


class Understanding(Item):
    """How many of a department's people know what their work is for, as they were asked."""

    share: Share = Field(
        description="The share of those asked who can say how their work serves the goals."
    )
    asked: Annotated[int, Field(ge=1)] = Field(description="How many people were asked.")
    on: Date | None = Field(default=None, description="The day on which they were asked.")


class Department(Named):
    """A node of the cascade, from the company down to a team."""

    title: Text = Field(description="The name people use.")
    parent: Id | None = Field(
        default=None, description="The department above it; company is the root."
    )
    owner: Text = Field(description="The one person who answers for the department.")
    responsibilities: dict[Id, Share] = Field(
        default={}, description="What it is there for, each with its weight from 0 to 1."
    )
    mission: Mission | None = Field(default=None, description="What the department is for.")
    vision: Vision | None = Field(default=None, description="Where the department wants to be.")
    values: Many[Text] = Field(default=(), description="What matters most first.")
    methods: Many[Method] = Field(default=(), description="What it does to get there.")
    obstacles: Many[Obstacle] = Field(default=(), description="What stands in its way.")
    understanding: Understanding | None = Field(
        default=None, description="What a survey of its people said."
    )


class Person(Named):
    """Somebody who owns something in this file."""

    name: Text | None = Field(default=None, description="The person's name.")
    role: Text | None = Field(default=None, description="The person's role.")
    department: Id | None = Field(default=None, description="Where the person works.")
    responsibilities: Many[Id] = Field(
        default=(), description="The responsibilities that come with the role."
    )


class Milestone(Item):
    """A value to have reached on the way."""

    by: Date = Field(description="The day by which it is to be reached.")
    value: Number = Field(description="The value of the objective's KPI on that day.")


class Revision(Item):
    """An earlier target of an objective, and why it was given up."""

    on: Date = Field(description="The day on which the target was changed.")
    target: Number = Field(description="The target until then.")
    by: Date | None = Field(default=None, description="The due date until then.")
    reason: Text = Field(description="Why it was changed.")


class Objective(Named):
    """A SMART goal: a KPI, from a baseline to a target, by a date, with an owner."""

    title: Text = Field(description="The goal in words.")
    owner: Text = Field(description="The one person who answers for it.")
    kpi: Id | None = Field(default=None, description="The KPI that measures it.")
    baseline: Number | None = Field(default=None, description="The KPI's value at the start.")
    target: Number | None = Field(default=None, description="The KPI's value when it is reached.")
    by: Date | None = Field(default=None, description="The day by which it is to be reached.")
    department: Id | None = Field(
        default=None, description="The department whose goal it is; none means the company's."
    )
    milestones: Many[Milestone] = Field(default=(), description="The values on the way.")
    review_every: Grain | None = Field(default=None, description="How often it is reviewed.")
    sponsor: Text | None = Field(default=None, description="The leader who stands behind it.")
    contributors: Many[Text] = Field(
        default=(), description="The people or departments that work for it."
    )
    success_criteria: Many[Text] = Field(
        default=(), description="What must be true for it to count as reached."
    )
    stage: Text | None = Field(
        default=None, description="The stage of the organisation that it belongs to."
    )
    revisions: Many[Revision] = Field(default=(), description="Its earlier targets.")

"""A KPI: one formula, unit, direction, grain and owner, its links and its targets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kpikit.periods import Grain
from kpikit.strategy.fields import (
    Date,
    Id,
    Item,
    Many,
    Named,
    Number,
    PeriodName,
    Range,
    Share,
    Text,
)
from kpikit.units import Unit

Direction = Literal["higher_is_better", "lower_is_better", "on_target"]
Kind = Literal["leading", "lagging", "coincident"]
Sign = Literal["positive", "negative"]
State = Literal["proposed", "active", "retired"]
OverPeriods = Literal["sum", "mean", "last", "ratio"]


class Lead(Item):
    """A claim that this KPI's past tells another's future."""

    kpi: Id = Field(description="The KPI whose future this one tells.")
    lag: int = Field(ge=1, le=104, description="How many periods ahead, at least 1.")
    sign: Sign = Field(description="Whether the other one then rises or falls.")
    explains: Share | None = Field(
        default=None,
        description="The share of what is new in the other one that it is said to explain, 0 to 1.",
    )


class Target(Item):
    """What is wanted of a KPI in one period; an `on_target` KPI has a band."""

    period: PeriodName = Field(description="The period it is for: 2026Q4, 2026-07 or 2026.")
    floor: Number | None = Field(
        default=None, description="What must not be missed: reached nine times in ten."
    )
    committed: Number | None = Field(
        default=None, description="What is promised: reached four times in five."
    )
    stretch: Number | None = Field(
        default=None, description="What is hoped for: reached three times in ten."
    )
    lower: Number | None = Field(default=None, description="The lower end of a band.")
    upper: Number | None = Field(default=None, description="The upper end of a band.")
    basis: Text | None = Field(
        default=None, description="Where the numbers come from, such as forecast."
    )


class DatedFormula(Item):
    """A definition that takes over on a date."""

    since: Date = Field(alias="from", description="The first day on which it holds.")
    formula: Text = Field(description="The formula from that day on.")
    where: Text | None = Field(default=None, description="The rows that count from that day on.")
    why: Text | None = Field(default=None, description="Why the definition changed.")


class Kpi(Named):
    """One indicator: what it is, whose it is, what it serves, and what is wanted of it."""

    title: Text = Field(description="The name people use.")
    department: Id = Field(description="The department it belongs to.")
    owner: Text = Field(description="The one person who answers for it.")
    formula: Text = Field(
        description="How it is computed from the source's rows, such as sum(amount) / count(*)."
    )
    unit: Unit = Field(description="What it is measured in; a share is written 0 to 1.")
    direction: Direction = Field(description="Which way is better; on_target means a band.")
    source: Id | None = Field(
        default=None, description="Where its facts come from; none if made of other KPIs alone."
    )
    where: Text | None = Field(default=None, description="The rows that count.")
    time: Text | None = Field(
        default=None, description="The column that dates a row, where not the source's own."
    )
    known_days_before: int | None = Field(
        default=None,
        ge=0,
        le=3_660,
        description="How many days before a period starts its value is known, where it is.",
    )
    grain: Grain = Field(default="month", description="The finest period it is looked at in.")
    bounds: Range | None = Field(
        default=None, description="The values it can take, [lowest, highest]; null where open."
    )
    over_periods: OverPeriods | None = Field(
        default=None,
        description="How several periods make one number, where the formula does not tell.",
    )
    effective: Many[DatedFormula] = Field(
        default=(),
        description="Later definitions by date; before the first of them, `formula` holds.",
    )
    manual: bool = Field(default=False, description="Whether its values are collected by hand.")

    purpose: Text | None = Field(default=None, description="Why it is measured at all.")
    kind: Kind | None = Field(
        default=None, description="Whether it tells the future, the past or the present."
    )
    perspective: Literal["financial", "customer", "internal", "learning"] | None = Field(
        default=None, description="Its place on a balanced scorecard."
    )
    horizon: Literal["short", "long"] | None = Field(
        default=None, description="Whether it speaks of the short or the long run."
    )
    stage: Text | None = Field(
        default=None, description="The stage of the organisation that it belongs to."
    )
    origin: Literal["derived", "generic", "competitor"] | None = Field(
        default=None, description="Whether it was derived from an objective or taken over."
    )
    tailoring: Text | None = Field(
        default=None, description="How one that was taken over was fitted to this organisation."
    )

    leads: Many[Lead] = Field(default=(), description="The KPIs whose future it is said to tell.")
    contributes: Many[Id] = Field(
        default=(), description="The objectives or KPIs that it contributes to."
    )
    conflicts: Many[Id] = Field(
        default=(), description="The KPIs that tend to get worse when it gets better."
    )
    guardrails: Many[Id] = Field(
        default=(), description="The KPIs that must not get worse on its account."
    )
    identity: Text | None = Field(
        default=None, description="What it always equals, such as {room_nights} * {adr}."
    )
    market: Id | None = Field(
        default=None,
        description="The KPI, or the source with one column of numbers, that says how its "
        "market does.",
    )
    smallest: Number | None = Field(
        default=None,
        ge=0,
        description="The least difference from what was expected that matters, in its unit; "
        "less is no signal.",
    )

    covers: Many[Id] = Field(
        default=(), description="The responsibilities of its department that it measures."
    )
    decisions: Text | None = Field(default=None, description="The decisions that it informs.")
    if_off_target: Text | None = Field(
        default=None, description="What will be done when it is off target."
    )
    levers: Many[Text] = Field(default=(), description="What its owner can change to move it.")
    weight: Number | None = Field(
        default=None, ge=0, description="Its importance among its department's KPIs."
    )
    co_owners: Many[Text] = Field(default=(), description="Who else answers for it.")
    agreed_by: Many[Text] = Field(default=(), description="Those measured by it who agreed to it.")
    clarity: Share | None = Field(
        default=None, description="The share of those asked who say they understand it, 0 to 1."
    )
    incentive: bool = Field(default=False, description="Whether anybody's pay depends on it.")
    measurement_difficulty: Literal["easy", "moderate", "hard"] | None = Field(
        default=None, description="How hard it is for its department to measure."
    )
    success_means: Text | None = Field(
        default=None, description="What its department would call a success, in words."
    )

    targets: Many[Target] = Field(default=(), description="What is wanted of it, by period.")
    status: State = Field(default="active", description="Whether it is in use.")
    since: Date | None = Field(default=None, description="The day from which its status holds.")
    replaced_by: Id | None = Field(default=None, description="The KPI that took its place.")
    why: Text | None = Field(default=None, description="Why its status is what it is.")
    last_reviewed: Date | None = Field(
        default=None, description="The day on which it was last asked whether it still serves."
    )

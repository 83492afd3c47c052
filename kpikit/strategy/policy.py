"""What the organisation demands of its own strategy: limits, thresholds, waivers, events."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, Strict

from kpikit.strategy.fields import Code, Date, Id, Item, Many, Share, Text

Count = Annotated[int, Field(ge=0)]
Severity = Literal["error", "warning", "note"]  # as results has it, without loading pictures


class StatusThresholds(Item):
    """The attainment from which a status holds while its period runs."""

    on_target: Share = Field(default=0.7, description="From this chance on: on target.")
    at_risk: Share = Field(default=0.3, description="From this chance on: at risk; below: off.")


class Limits(Item):
    """How much is too much, by level; the defaults are those of the articles."""

    person: Count = Field(default=5, description="The most KPIs one person should own.")
    team: Count = Field(default=7, description="The most KPIs one team should have.")
    objectives: Annotated[tuple[Count, Count], Strict(strict=False)] = Field(
        default=(5, 7), description="The fewest and the most KPIs for a set of objectives."
    )
    coverage: Share = Field(
        default=0.8, description="The least share of its responsibilities a department measures."
    )
    mission_words: Count = Field(default=25, description="A mission has fewer words than this.")
    review_days: Count = Field(
        default=183, description="The most days between two reviews of a KPI."
    )
    attainment: Annotated[tuple[Share, Share], Strict(strict=False)] = Field(
        default=(0.1, 0.9), description="The chances between which a target is honest."
    )
    cycles: Count = Field(
        default=2, description="The review cycles after which silence about a KPI is a finding."
    )
    clarity: Share = Field(
        default=0.7, description="The least share of people who must understand a KPI."
    )


class Policy(Item):
    """What the organisation demands of its own strategy."""

    limits: Limits = Field(default=Limits(), description="How much is too much, by level.")
    status: StatusThresholds = Field(
        default=StatusThresholds(), description="When a KPI is on target, at risk or off target."
    )
    severities: dict[Code, Severity] = Field(
        default={}, description="How severe a rule's findings are here, by the rule's code."
    )
    required: Many[Text] = Field(
        default=(), description="The optional fields that every KPI here must have."
    )


class Waiver(Item):
    """A finding that is accepted for a while."""

    code: Code = Field(description="The rule whose finding is accepted, such as OWN01.")
    subject: Text = Field(description="What the finding is about, such as kpis.churn_rate.")
    reason: Text = Field(description="Why it is accepted.")
    until: Date = Field(description="The last day on which it is accepted.")


class Event(Item):
    """Something known that moved the numbers, on a day or from one day to another."""

    name: Text = Field(description="What happened.")
    date: Date | None = Field(default=None, description="The day, where it was one.")
    since: Date | None = Field(default=None, alias="from", description="The first day.")
    until: Date | None = Field(default=None, alias="to", description="The last day.")
    kind: Text | None = Field(default=None, description="What kind of event, such as outage.")
    kpis: Many[Id] = Field(default=(), description="The KPIs it touched; none given means all.")

    @property
    def first_day(self) -> dt.date | None:
        """The day on which it began."""
        return self.date or self.since

    @property
    def last_day(self) -> dt.date | None:
        """The day on which it ended; None while it lasts."""
        return self.date or self.until

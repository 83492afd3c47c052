"""What the organisation demands of its own strategy: limits, thresholds, waivers, events."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from kpikit.strategy.fields import Code, Date, Id, Item, Many, Share, Text

Count = Annotated[int, Field(ge=0)]
Severity = Literal["error", "warning", "note"]  # as results has it, without loading pictures


def _limit(default: object, description: str, article: str) -> Any:  # noqa: ANN401 - as Field
    """Return a field whose schema names the article that its default comes from."""
    return Field(default=default, description=description, json_schema_extra={"x-article": article})


class StatusThresholds(Item):
    """The attainment from which a status holds while its period runs."""

    on_target: Share = Field(default=0.7, description="From this chance on: on target.")
    at_risk: Share = Field(default=0.3, description="From this chance on: at risk; below: off.")


class Limits(Item):
    """How much is too much, by level; the defaults are those of the articles.

    Each limit names in its schema the article that it comes from: S0, S1, S2, or kpikit's own
    where no article gives a number.
    """

    person: Count = _limit(5, "The most KPIs one person should own.", "S2")
    team: Count = _limit(7, "The most KPIs one team should have.", "S2")
    department: Count = _limit(
        7, "The most KPIs of its own a department with departments below should have.", "S2"
    )
    company: Count = _limit(7, "The most KPIs the company itself should have.", "S0")
    objectives: Annotated[tuple[Count, Count], Strict(strict=False)] = _limit(
        (5, 7), "The fewest and the most KPIs for a set of objectives.", "S0"
    )
    coverage: Share = _limit(
        0.8, "The least share of its responsibilities a department measures.", "S2"
    )
    mission_words: Count = _limit(25, "A mission has fewer words than this.", "S2")
    review_days: Count = _limit(183, "The most days between two reviews of a KPI.", "S2")
    attainment: Annotated[tuple[Share, Share], Strict(strict=False)] = _limit(
        (0.1, 0.9), "The chances between which a target is honest.", "kpikit"
    )
    cycles: Count = _limit(
        2, "The review cycles after which silence about a KPI is a finding.", "kpikit"
    )
    clarity: Share = _limit(0.7, "The least share of people who must understand a KPI.", "kpikit")
    confusion: Share = _limit(
        0.3, "The most who may not know how their work serves the goals.", "kpikit"
    )
    fewest_asked: Count = _limit(5, "Answers of fewer people than this are not shown.", "kpikit")
    lead_explains: Share = _limit(
        0.3, "What a claimed lead is said to explain where it does not say so itself.", "kpikit"
    )
    acts: Count = _limit(
        3, "So many decisions and actions without an effect put a KPI's levers in doubt.", "kpikit"
    )
    effect_periods: Count = _limit(
        6, "The periods of a KPI within which an effect is looked for.", "kpikit"
    )
    tradeoff: Share = _limit(
        0.4, "A trade-off that may be weaker than this correlation is a note only.", "kpikit"
    )
    report_days: Count = _limit(
        10, "The days after a period's end within which its value must be there.", "kpikit"
    )
    concern_days: Count = _limit(30, "The most days a concern may stay open.", "kpikit")
    legacy_days: Count = _limit(
        730, "The age from which a KPI without a decision is a legacy.", "kpikit"
    )
    formula_parts: Count = _limit(
        30, "The most parts (columns, numbers, operations) a formula should have.", "kpikit"
    )
    misses: Annotated[tuple[Count, Count], Strict(strict=False)] = _limit(
        (3, 4), "So many missed targets of the last so many are a recurring issue.", "kpikit"
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
    boilerplate: Many[Text] = Field(
        default=(), description="Further phrases that say nothing in a mission here."
    )
    vague: Many[Text] = Field(
        default=(), description="Further words that are vague without a number here."
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

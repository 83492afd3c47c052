"""What can be put on record: one frozen class a kind, of plain values.

A record's *topic* names what it is about. Of two records of a kind on the same topic the
newer one counts: an accepted target, the state of an action. Records without a topic
stand each for itself: decisions, comments.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kpikit.errors import DataError, UnknownNameError
from kpikit.ledger.fields import Chance, Names, PeriodLabel, Said, Sha256, faults_of

State = Literal["draft", "open", "frozen", "held", "closed"]
STATES: tuple[State, ...] = get_args(State)  # of a review, in their order


def _new_id() -> str:
    return uuid4().hex[:12]


class Record(BaseModel):
    """One thing that happened; who, when and why are written around it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True
    )

    kind: ClassVar[str]
    once: ClassVar[bool] = False  # whether a topic may be written about only once

    @property
    def topic(self) -> str:
        """What the record is about, where a newer one takes its place."""
        return ""

    @property
    def is_locked(self) -> bool:
        """Whether it may no longer be written once its period is closed."""
        return True


class Target(Record):
    """What is wanted of a KPI in a period: proposed, accepted, or revised since.

    `attainment` is its chance at that moment, `basis` where the number comes from, and
    `basis_sha256` the hash of the values that it was computed from.
    """

    kind: ClassVar[str] = "target"

    kpi: Said
    period: PeriodLabel
    value: float
    level: Literal["floor", "committed", "stretch", "lower", "upper"] = "committed"
    segment: str = ""
    state: Literal["proposed", "accepted", "revised"] = "accepted"
    basis: str = ""
    basis_sha256: Sha256 = ""
    attainment: Chance | None = None

    @property
    def topic(self) -> str:
        """The KPI, segment, period and level; a proposal does not displace what is accepted."""
        proposed = "proposed" if self.state == "proposed" else "accepted"
        return _joined(proposed, self.kpi, self.segment, self.period, self.level)


class Decision(Record):
    """What was decided, and by which KPIs."""

    kind: ClassVar[str] = "decision"

    period: PeriodLabel
    text: Said
    kpis: Names = ()
    department: str = ""


class Action(Record):
    """What somebody is to do by a date; written again when it is done or dropped.

    `signal_on` is the day of the signal that it answers, where it answers one.
    """

    kind: ClassVar[str] = "action"

    period: PeriodLabel
    text: Said
    owner: Said
    due: date
    kpis: Names = ()
    department: str = ""
    signal_on: date | None = None
    state: Literal["open", "done", "dropped"] = "open"
    action: Said = Field(default_factory=_new_id)

    @property
    def topic(self) -> str:
        """The action's own id, which stays the same when its state is written."""
        return self.action

    @property
    def is_locked(self) -> bool:
        """An action may be done after the review in which it was agreed is closed."""
        return self.state == "open"


class Milestone(Record):
    """A step on the way to an objective, with what must be true for it to be reached."""

    kind: ClassVar[str] = "milestone"

    objective: Said
    by: date
    criteria: Said
    value: float | None = None
    reached_on: date | None = None

    @property
    def topic(self) -> str:
        """The objective, and the day by which the step is to be reached."""
        return _joined(self.objective, self.by.isoformat())


class Comment(Record):
    """What somebody says of a KPI in a period."""

    kind: ClassVar[str] = "comment"

    period: PeriodLabel
    text: Said
    kpi: str = ""
    department: str = ""


class Concern(Record):
    """What worries somebody; written again when it is answered."""

    kind: ClassVar[str] = "concern"

    period: PeriodLabel
    text: Said
    kpis: Names = ()
    state: Literal["open", "answered"] = "open"
    answer: str = ""
    concern: Said = Field(default_factory=_new_id)

    @property
    def topic(self) -> str:
        """The concern's own id."""
        return self.concern

    @property
    def is_locked(self) -> bool:
        """A concern may be answered after its review is closed."""
        return self.state == "open"


class Feedback(Record):
    """How a group of people answered a survey: counts only, never who said what.

    `favourable` is the mean share of statements that a person agreed with, between
    `lower` and `upper` with 95 % confidence.
    """

    kind: ClassVar[str] = "feedback"

    survey: Said
    team: Said
    people: Annotated[int, Field(ge=1)]
    favourable: Chance
    lower: Chance
    upper: Chance
    item: str = ""

    @property
    def topic(self) -> str:
        """The survey, the team and the statement; no statement means all of them."""
        return _joined(self.survey, self.team, self.item)


class ForecastMade(Record):
    """A forecast of a period's value, kept so that it can be scored once the value is there."""

    kind: ClassVar[str] = "forecast"

    kpi: Said
    period: PeriodLabel
    as_of: date
    median: float
    quantiles: dict[str, float] = {}
    method: str = ""
    segment: str = ""

    @property
    def topic(self) -> str:
        """The KPI, segment and period, and the day on which it was made."""
        return _joined(self.kpi, self.segment, self.period, self.as_of.isoformat())


class Verdict(Record):
    """What was said of a KPI on a day: of its target, its trend, a signal or a link."""

    kind: ClassVar[str] = "verdict"

    kpi: Said
    period: PeriodLabel
    as_of: date
    about: Said
    verdict: Said
    attainment: Chance | None = None
    segment: str = ""

    @property
    def topic(self) -> str:
        """The KPI, segment and period, the day, and what the verdict is about."""
        return _joined(self.about, self.kpi, self.segment, self.period, self.as_of.isoformat())


class Review(Record):
    """A state that the review of a period has come to.

    `report_sha256` is the hash of the pre-read at the moment it was frozen.
    """

    kind: ClassVar[str] = "review"
    once: ClassVar[bool] = True

    period: PeriodLabel
    state: State
    report_sha256: Sha256 = ""
    kpis: Names = ()

    @property
    def topic(self) -> str:
        """The period and the state: a review comes to each of them once."""
        return review_topic(self.period, self.state)


class KpiSetReview(Record):
    """Whether these are still the right KPIs, looked at as a set."""

    kind: ClassVar[str] = "kpi_set_review"

    on: date
    outcome: Said
    kpis: Names = ()
    department: str = ""


class Seen(Record):
    """The hash of a definition or a waiver, as a run saw it."""

    kind: ClassVar[str] = "seen"

    what: Literal["definition", "waiver"]
    subject: Said
    sha256: Sha256

    @property
    def topic(self) -> str:
        """The definition or waiver that it is the hash of."""
        return _joined(self.what, self.subject)


class BaselineReset(Record):
    """From this day on a KPI is compared with a new baseline."""

    kind: ClassVar[str] = "baseline_reset"

    kpi: Said
    since: date
    segment: str = ""


class Undo(Record):
    """Takes back another record, which stays where it is."""

    kind: ClassVar[str] = "undo"
    once: ClassVar[bool] = True

    event: Said

    @property
    def topic(self) -> str:
        """The event that is taken back."""
        return self.event


KINDS: dict[str, type[Record]] = {kind.kind: kind for kind in Record.__subclasses__()}
AnyRecord = TypeVar("AnyRecord", bound=Record)


def review_topic(period: str, state: State) -> str:
    """Return the topic under which a review's state is found."""
    return _joined(period, state)


def record_of(kind: str, fields: dict[str, Any]) -> Record:
    """Return the record of a kind, or one error that lists every fault of its fields.

    Examples
    --------
    >>> record_of("comment", {"period": "Q3", "text": ""})
    Traceback (most recent call last):
    kpikit.errors.DataError: comment: 2 faults.
      period is 'Q3'. Write it as 2026Q3, 2026-07 or 2026.
      text is empty. Write it in words.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of record", kind, KINDS, where="ledger")
    try:
        return KINDS[kind].model_validate(fields)
    except ValidationError as error:
        raise DataError(f"{kind}: {faults_of(error)}") from None


def _joined(*parts: str) -> str:
    """Join parts so that no two different lists give the same text."""
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)

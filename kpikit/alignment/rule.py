"""A rule of alignment: what must hold of each subject, and what to say where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from kpikit.results import Severity
from kpikit.units import UNITS, format_value

if TYPE_CHECKING:
    from kpikit.alignment.case import Case

Scope = Literal[
    "organisation",
    "statements",
    "objectives",
    "departments",
    "levels",
    "owners",
    "people",
    "sources",
    "kpis",
    "leads",
    "waivers",
]
Need = Literal["observations", "sources", "ledger"]
T = TypeVar("T")


class _Speaker(Formatter):
    """Writes `{coverage:share}` as the house writes a share, and so for every unit."""

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - as its base
        unit = next((unit for unit in UNITS if unit == format_spec), None)
        return format_value(value, unit) if unit else format(value, format_spec)


_SPEAKER = _Speaker()


@dataclass(frozen=True)
class Hit:
    """What a rule found: the values of its message, and where in the file.

    Attributes
    ----------
    values
        Fill the message and the fix, and are the finding's evidence.
    place
        The place within the subject, such as `owner`; a place of its own starts with a dot.
    milder
        A severity below the rule's, where this finding is not as bad as others.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    place: str = ""
    milder: Severity | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: what must hold, of what, how severe it is where it does not, and what to do then.

    Attributes
    ----------
    article
        Which article it comes from: S0, S1, S2, or kpikit's own.
    needs
        Observations, the sources behind them, the ledger; the rule is not asked where one
        of those it names is not at hand.
    find
        Yields a `Hit` for what it finds wrong with one subject, and nothing where all is well.
    """

    code: str
    severity: Severity
    article: str
    over: Scope
    message: str
    fix: str
    needs: tuple[Need, ...]
    find: Callable[[Any, Case], Iterator[Hit]] = field(repr=False)

    def say(self, hit: Hit) -> str:
        """Return what is wrong, with the hit's values."""
        return _SPEAKER.vformat(self.message, (), hit.values)

    def advise(self, hit: Hit) -> str:
        """Return the next step, with the hit's values."""
        return _SPEAKER.vformat(self.fix, (), hit.values)

    @property
    def family(self) -> str:
        """The letters of its code, such as OWN."""
        return self.code[:3]

    @property
    def statement(self) -> str:
        """What it holds to be so, in one sentence."""
        return (self.find.__doc__ or self.code).splitlines()[0]


def rule(  # noqa: PLR0913 - what a rule is made of
    code: str,
    *,
    over: Scope,
    severity: Severity,
    article: str,
    message: str,
    fix: str,
    needs: tuple[Need, ...] = (),
) -> Callable[[Callable[[T, Case], Iterator[Hit]]], Rule]:
    """Make a rule of a function from one subject, and the case it belongs to, to hits.

    Parameters
    ----------
    code
        Three letters and a number, such as `OWN01`.
    over
        What the function is called with, one after the other: each KPI, each objective, ...
    severity
        How bad a finding is; a strategy's policy may set another one.
    article
        Where the rule comes from.
    message, fix
        What is wrong, after the subject's name, and the next step; `{part}` is filled from
        the hit's values, `{part:share}` in that unit.
    needs
        What must be at hand for the rule to be asked.
    """

    def make(find: Callable[[T, Case], Iterator[Hit]]) -> Rule:
        return Rule(
            code=code,
            severity=severity,
            article=article,
            over=over,
            message=message,
            fix=fix,
            needs=needs,
            find=find,
        )

    return make

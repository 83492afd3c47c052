"""Ask every rule of every subject of a strategy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.alignment.case import Case
from kpikit.alignment.catalogue import catalogue
from kpikit.alignment.evidence import Evidence, ask_all
from kpikit.alignment.record import on_record
from kpikit.alignment.rule import Hit, Rule
from kpikit.alignment.score import score_of
from kpikit.periods import parse_date
from kpikit.results import SEVERITIES, Finding, Result, Severity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.ledger import Ledger
    from kpikit.observations import Observations
    from kpikit.strategy import Strategy
    from kpikit.strategy.policy import Waiver

COLUMNS = ["code", "severity", "subject", "message", "fix", "article", "where", "waived_until"]
ROWS_SHOWN = 20  # in a notebook, under the sentence


@dataclass(frozen=True, kw_only=True, eq=False)
class Audit(Result):
    """What the rules found: one row per finding, the worst first, waived ones last.

    Attributes
    ----------
    as_of
        The day on which the strategy was looked at.
    findings
        The findings in the order of the table, with the numbers behind each of them.
    checks
        What was asked: `code, subject, outcome` for each rule and subject.
    reasons
        Why the waived findings are accepted, by code and subject.
    """

    as_of: date
    findings: tuple[Finding, ...] = field(repr=False)
    checks: pd.DataFrame = field(repr=False)
    reasons: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)

    def score(self) -> pd.DataFrame:
        """Return how each family of rules was kept; see `kpikit.alignment.score`."""
        return score_of(self.checks)

    def count(self, severity: Severity) -> int:
        """Return how many findings of a severity are not waived."""
        frame = self.frame
        return int(((frame["severity"] == severity) & frame["waived_until"].isna()).sum())

    def summary(self) -> str:
        """Count the findings, and name the family that is kept least."""
        open_ones = {severity: self.count(severity) for severity in SEVERITIES}
        counts = ", ".join(
            f"{count} {severity}{'' if count == 1 else 's'}"
            for severity, count in open_ones.items()
        )
        waived = int(self.frame["waived_until"].notna().sum())
        kept, asked = int(self.score()["kept"].sum()), len(self.checks)
        text = f"Alignment as of {self.as_of}: {counts}"
        text += f", {waived} waived" if waived else ""
        text += f"; {kept:,} of {asked:,} checks kept"
        score = self.score()
        least = score[score["score"] < 1].sort_values("score", kind="stable").head(1)
        if len(least):
            row = least.iloc[0]
            text += f", fewest in {row['title']} ({row['kept']} of {row['asked']})"
        return f"{text}."

    def record(self) -> dict[str, Any]:
        """Return all of it as plain values, for JSON; the evidence as text where it must be."""
        rows = self.frame.to_dict(orient="records")
        found = []
        for row, finding in zip(rows, self.findings, strict=True):
            file, _, line = str(row.pop("where")).rpartition(":")
            until = row.pop("waived_until")
            found.append(
                {str(name): value for name, value in row.items()}
                | {"file": file, "line": int(line)}
                | {"waived_until": str(until) if until else None}
                | {"evidence": {name: _plain(value) for name, value in finding.evidence.items()}}
            )
        return {
            "as_of": str(self.as_of),
            "summary": self.summary(),
            "score": self.score().to_dict(orient="records"),
            "findings": found,
            "notes": list(self.notes),
        }

    def _shown(self) -> pd.DataFrame:
        return self.frame.head(ROWS_SHOWN)

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.alignment import score_chart

        score_chart(self.score(), ax=ax)


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def audit(
    strategy: Strategy,
    *,
    observations: Observations | None = None,
    ledger: Ledger | None = None,
    as_of: date | str | None = None,
    workers: int = 1,
) -> Audit:
    """Find where a strategy breaks the rules of alignment.

    Parameters
    ----------
    strategy
        A loaded strategy.
    observations
        Values of its KPIs, each at its own grain: then it is also asked whether the numbers
        bear out what the strategy claims.
    ledger
        What happened: then it is also asked whether anybody decides by it. None opens the
        strategy's own ledger where there is one already, and closes it again.
    as_of
        The day on which it is looked at; nothing later is seen. None is the day of the
        observations, without any today.
    workers
        Local processes among which the analyses are divided; the findings are the same. More
        than one pays from some hundred KPIs on.

    Returns
    -------
    Audit
        `code, severity, subject, message, fix, article, where, waived_until`: one row per
        finding. `where` is file and line; `waived_until` is missing where a finding is
        not waived. The notes say which rules could not be asked.

    Raises
    ------
    DataError
        When the ledger is none. Sources that cannot be read are told in the notes.

    Notes
    -----
    The rules are listed in `docs/rules.md`, each with the article it comes from. A policy
    in the strategy file sets limits and severities, and waivers accept findings until a day.

    Examples
    --------
    >>> from kpikit.strategy import Strategy
    >>> strategy = Strategy.model_validate({
    ...     "version": 1, "organisation": {"name": "Lamplight"}, "mission": "We light stairs.",
    ...     "vision": "All stairs are lit.", "values": ("Light first",)})
    >>> found = audit(strategy, as_of="2026-10-15").to_frame()
    >>> found["message"].tolist()[0]
    'Lamplight: the strategy has no objectives.'
    """
    day = _day(observations, as_of)
    facts = None
    if observations is not None:
        facts = Evidence(strategy=strategy, observations=observations, as_of=day)
        ask_all(facts, workers=workers)
    with on_record(strategy, ledger, as_of=day) as record:
        case = Case(strategy=strategy, as_of=day, facts=facts, ledger=record)
        return run(case, catalogue())


def _day(observations: Observations | None, as_of: date | str | None) -> date:
    if as_of is not None:
        return parse_date(as_of)
    if observations is not None and observations.as_of is not None:
        return observations.as_of
    return date.today()


def run(case: Case, rules: Sequence[Rule]) -> Audit:
    """Ask these rules, those about waivers last, when it is known what there was to waive."""
    asked = [rule for rule in rules if case.at_hand.issuperset(rule.needs)]
    others = [rule for rule in asked if rule.over != "waivers"]
    answers = [answer for rule in others for answer in _ask(rule, case)]
    after = replace(
        case,
        found=frozenset((one.rule.code, one.subject) for one in answers if one.finding),
        asked=frozenset(rule.code for rule in asked),
    )
    waivers = [rule for rule in asked if rule.over == "waivers"]
    answers += [answer for rule in waivers for answer in _ask(rule, after)]
    found = sorted((one for one in answers if one.finding), key=lambda one: one.order(rules))
    checks = [(one.rule.code, one.subject, one.outcome) for one in answers]
    return Audit(
        frame=pd.DataFrame([one.cells() for one in found], columns=COLUMNS),
        as_of=case.as_of,
        findings=tuple(one.finding for one in found if one.finding),
        checks=pd.DataFrame(checks, columns=["code", "subject", "outcome"]),
        reasons={(one.rule.code, one.subject): one.waiver.reason for one in found if one.waiver},
        notes=tuple(_not_asked(case, rules, asked)),
    )


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What a rule said of one subject; without a finding all is well."""

    rule: Rule
    subject: str
    finding: Finding | None = None
    where: str = ""
    line: int = 0
    waiver: Waiver | None = None

    @property
    def outcome(self) -> str:
        if self.finding is None:
            return "kept"
        return "waived" if self.waiver else self.finding.severity

    def order(self, rules: Sequence[Rule]) -> tuple[object, ...]:
        """Return what sorts it: open before waived, the worst first, then by rule and line."""
        severity = self.finding.severity if self.finding else "note"
        place = rules.index(self.rule)
        return self.waiver is not None, SEVERITIES.index(severity), place, self.line

    def cells(self) -> tuple[object, ...]:
        """Return the row of the table."""
        finding = self.finding
        said = (finding.severity, self.subject, finding.sentence, finding.fix) if finding else ()
        until = self.waiver.until if self.waiver else None
        return (self.rule.code, *said, self.rule.article, self.where, until)


def _ask(rule: Rule, case: Case) -> Iterator[_Answer]:
    """Yield an answer for each hit of a rule, and one for each subject without any."""
    strategy = case.strategy
    for subject, name, item in case.subjects(rule.over):
        hits = list(rule.find(item, case))
        for hit in hits:
            line = case.line(_place(subject, hit))
            finding = Finding(
                code=rule.code,
                severity=hit.milder or strategy.policy.severities.get(rule.code, rule.severity),
                subject=subject,
                sentence=f"{name}: {rule.say(hit)}",
                evidence=hit.values,
                fix=rule.advise(hit),
            )
            yield _Answer(
                rule=rule,
                subject=subject,
                finding=finding,
                where=f"{strategy.path}:{line}",
                line=line,
                waiver=_waiver(case, rule.code, subject),
            )
        if not hits:
            yield _Answer(rule=rule, subject=subject)


def _place(subject: str, hit: Hit) -> str:
    """Return where in the file a hit is; a place that starts with a dot is one of its own."""
    if hit.place.startswith("."):
        return hit.place[1:]
    return f"{subject}.{hit.place}" if hit.place else subject


def _waiver(case: Case, code: str, subject: str) -> Waiver | None:
    """Return the waiver that accepts a finding on this day."""
    for waiver in case.strategy.waivers:
        if (waiver.code, waiver.subject) == (code, subject) and case.as_of <= waiver.until:
            return waiver
    return None


def _not_asked(case: Case, rules: Sequence[Rule], asked: Sequence[Rule]) -> Iterator[str]:
    """Say which rules were not asked, and what they would need."""
    without: dict[str, set[str]] = {}
    for rule in rules:
        if rule not in asked:
            without.setdefault(" and ".join(rule.needs), set()).add(rule.code)
    for needs, codes in without.items():
        yield f"Not asked without {needs}: {', '.join(sorted(codes))}."
    if case.facts is not None and isinstance(case.facts.sources, str):
        yield case.facts.sources

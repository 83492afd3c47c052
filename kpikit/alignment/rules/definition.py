"""DEF: whether each KPI is defined so that everybody understands the same.

DEF01 (formula), DEF02 (frequency) and DEF03 (owner) are met when a file is loaded: without
them it is refused, and a grain that is not written is a month.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.alignment.words import VAGUE, has_number, phrases_in
from kpikit.strategy import Kpi, Strategy


@rule(
    "DEF04",
    over="kpis",
    severity="warning",
    article="S2",
    message="its definition names no target.",
    fix="Set one: kpikit target proposes it from the KPI's history.",
)
def has_a_target(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI has a target of its own or by an objective."""
    goals = case.goals.get(kpi.id, ())
    if not kpi.targets and all(goal.target is None for goal in goals):
        yield Hit()


@rule(
    "DEF05",
    over="organisation",
    severity="error",
    article="S0",
    message="“{name}” is the name of KPIs with different formulas: {kpis}.",
    fix="Agree on one formula, or give them names that tell them apart.",
)
def one_name_one_formula(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """One name stands for one formula."""
    del strategy
    for kpis in case.by_title.values():
        if len({(case.formula(kpi).tree, kpi.source, kpi.where) for kpi in kpis}) > 1:
            names = ", ".join(kpi.id for kpi in kpis)
            yield Hit({"name": kpis[0].title, "kpis": names}, place=f".kpis.{kpis[-1].id}.title")


@rule(
    "DEF06",
    over="organisation",
    severity="warning",
    article="S0",
    message="{kpis} compute the same under different names.",
    fix="Keep one of them, and let the others use its name.",
)
def one_formula_one_name(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """One formula goes by one name."""
    del strategy
    for kpis in case.by_meaning.values():
        if len({" ".join(kpi.title.casefold().split()) for kpi in kpis}) > 1:
            names = " and ".join(kpi.id for kpi in kpis)
            yield Hit({"kpis": names}, place=f".kpis.{kpis[-1].id}.formula")


@rule(
    "DEF07",
    over="organisation",
    severity="error",
    article="S0",
    message="{kpis} are the same number, and differ in {what}: {values}.",
    fix="Declare the same for both.",
)
def one_number_one_unit(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """One number has one unit, and one way to add up over periods."""
    del strategy
    for kpis in case.by_meaning.values():
        for field, what in (("unit", "unit"), ("over_periods", "how periods add up")):
            values = dict.fromkeys(str(getattr(kpi, field) or "not said") for kpi in kpis)
            if len(values) > 1:
                said = {
                    "kpis": " and ".join(kpi.id for kpi in kpis),
                    "what": what,
                    "values": ", ".join(values),
                }
                yield Hit(said, place=f".kpis.{kpis[-1].id}.{field}")


@rule(
    "DEF08",
    over="kpis",
    severity="warning",
    article="S0",
    message="its name is vague: “{word}” says nothing without a number.",
    fix="Name what is counted or measured.",
)
def name_is_no_weasel(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI's name says what is measured."""
    for word in _vague(kpi.title, case):
        yield Hit({"word": word}, place="title")


@rule(
    "DEF08",
    over="objectives",
    severity="warning",
    article="S0",
    message="“{word}” in “{text}” says nothing without a number and a unit.",
    fix="Say by how much of what: bind a KPI with a target.",
)
def goal_is_no_weasel(objective: object, case: Case) -> Iterator[Hit]:
    """Every vague word in an objective or its criteria has a number beside it."""
    texts = [("success_criteria", text) for text in getattr(objective, "success_criteria", ())]
    if getattr(objective, "kpi", None) is None or getattr(objective, "target", None) is None:
        texts.insert(0, ("title", getattr(objective, "title", "")))
    for at, text in texts:
        for word in _vague(text, case):
            yield Hit({"word": word, "text": text}, place=at)


def _vague(text: str, case: Case) -> list[str]:
    """Return the vague words of a text that holds no number."""
    words = (*VAGUE, *case.strategy.policy.vague)
    return [] if has_number(text) else phrases_in(text, words)[:1]


@rule(
    "DEF09",
    over="kpis",
    severity="warning",
    article="S2",
    message="nothing is agreed for when it is off target.",
    fix="Write under if_off_target what will be done then.",
)
def action_is_agreed(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each KPI has an agreed action for when it is off target."""
    del case
    if kpi.if_off_target is None:
        yield Hit()

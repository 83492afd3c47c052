"""STR: whether the strategy is whole, and said plainly."""

from __future__ import annotations

from collections.abc import Iterator

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.alignment.words import BOILERPLATE, count_words, likeness, phrases_in
from kpikit.strategy import Department, Strategy
from kpikit.strategy.model import COMPANY
from kpikit.strategy.organisation import Mission, Vision

ALIKE = 0.8  # the share of common words from which two statements say the same


@rule(
    "STR01",
    over="organisation",
    severity="warning",
    article="S2",
    message="the strategy has no {part}.",
    fix="Write the {part}.",
)
def company_is_whole(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """Each company writes down its mission, vision, values and objectives."""
    del case
    for part in ("mission", "vision", "values", "objectives"):
        if not getattr(strategy, part):
            yield Hit({"part": part}, place=f".{part}")


@rule(
    "STR01",
    over="departments",
    severity="warning",
    article="S2",
    message="no {part} (vision, values, methods, obstacles and measures make a V2MOM).",
    fix="Write its {part}.",
)
def department_is_whole(department: Department, case: Case) -> Iterator[Hit]:
    """Each department has its vision, values, methods, obstacles and measures."""
    if department.id == COMPANY:
        return
    for part in ("vision", "values", "methods", "obstacles"):
        if not getattr(department, part):
            yield Hit({"part": part}, place=part)
    measures = [kpi for method in department.methods for kpi in method.measures]
    if not measures and not case.by_department.get(department.id):
        yield Hit({"part": "measures"}, place="methods")


@rule(
    "STR02",
    over="departments",
    severity="warning",
    article="S2",
    message="no parent is named, so it is taken to report to the company.",
    fix="Write parent: the department above it, or company.",
)
def department_has_a_parent(department: Department, case: Case) -> Iterator[Hit]:
    """Each department says to which one it belongs."""
    del case
    if department.parent is None and department.id != COMPANY:
        yield Hit()


@rule(
    "STR03",
    over="departments",
    severity="warning",
    article="S2",
    message="no KPI tells whether this method works: “{method}”.",
    fix="Name under measures the KPIs that would show it.",
)
def methods_are_measured(department: Department, case: Case) -> Iterator[Hit]:
    """Each method has a KPI that tells whether it works."""
    for n, method in enumerate(department.methods):
        if case.used.isdisjoint(method.measures):
            yield Hit({"method": method.text}, place=f"methods[{n}]")


@rule(
    "STR04",
    over="departments",
    severity="warning",
    article="S2",
    message="the obstacle “{obstacle}” has no {lacking}.",
    fix="Name who deals with it, and how.",
)
def obstacles_are_dealt_with(department: Department, case: Case) -> Iterator[Hit]:
    """Each obstacle has an owner and a plan."""
    del case
    for n, obstacle in enumerate(department.obstacles):
        lacking = [part for part in ("owner", "plan") if getattr(obstacle, part) is None]
        if lacking:
            said = " and no ".join(lacking)
            yield Hit({"obstacle": obstacle.text, "lacking": said}, place=f"obstacles[{n}]")


@rule(
    "STR10",
    over="statements",
    severity="warning",
    article="S2",
    message="{words} words, and fewer than {limit} can be remembered.",
    fix="Say it in fewer words.",
)
def mission_is_short(statement: Mission | Vision, case: Case) -> Iterator[Hit]:
    """Each mission has few enough words to be remembered."""
    words, limit = count_words(statement.text), case.limits.mission_words
    if isinstance(statement, Mission) and words >= limit:
        yield Hit({"words": words, "limit": limit})


@rule(
    "STR11",
    over="statements",
    severity="warning",
    article="S2",
    message="it does not say {answer}.",
    fix="Write {field}: {answer}.",
)
def mission_answers(statement: Mission | Vision, case: Case) -> Iterator[Hit]:
    """Each mission says whom it serves, what is done for them, and why."""
    del case
    if not isinstance(statement, Mission):
        return
    answers = {"serves": "whom we serve", "does": "what we do for them", "why": "why we do it"}
    for field, answer in answers.items():
        if getattr(statement, field) is None:
            yield Hit({"field": field, "answer": answer})


@rule(
    "STR12",
    over="statements",
    severity="note",
    article="S2",
    message="“{phrase}” could stand in anybody's statement.",
    fix="Name the need of those you serve instead.",
)
def statement_is_ours(statement: Mission | Vision, case: Case) -> Iterator[Hit]:
    """Each mission and vision is free of phrases that fit everybody."""
    phrases = (*BOILERPLATE, *case.strategy.policy.boilerplate)
    for phrase in phrases_in(statement.text, phrases):
        yield Hit({"phrase": phrase})


@rule(
    "STR13",
    over="organisation",
    severity="warning",
    article="S2",
    message="the vision does not say {answer}.",
    fix="Write {field}: {answer}.",
)
def vision_looks_ahead(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """Each vision says where we head, what we want to accomplish, and what will differ."""
    del case
    if strategy.vision is None:
        return
    answers = {
        "heading": "where we are heading",
        "accomplish": "what we want to accomplish",
        "impact": "what will be different for others",
    }
    for field, answer in answers.items():
        if getattr(strategy.vision, field) is None:
            yield Hit({"field": field, "answer": answer}, place=".vision")


@rule(
    "STR14",
    over="organisation",
    severity="warning",
    article="S2",
    message="vision and mission of {whom} share {share:share} of their words.",
    fix="Say in the mission what is done now, in the vision what will be.",
)
def vision_is_no_mission(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """Each vision says something else than the mission."""
    pairs = [("", case.title(COMPANY), strategy.mission, strategy.vision)]
    pairs += [
        (f".departments.{name}", department.title, department.mission, department.vision)
        for name, department in strategy.departments.items()
    ]
    for place, whom, mission, vision in pairs:
        if mission is None or vision is None:
            continue
        share = likeness(mission.text, vision.text)
        if share >= ALIKE:
            yield Hit({"whom": whom, "share": share}, place=f"{place}.vision")


@rule(
    "STR15",
    over="statements",
    severity="warning",
    article="S2",
    message="adopted, and nobody was asked about it.",
    fix="Ask those concerned, and write under consulted whom, and when.",
)
def adopted_means_consulted(statement: Mission | Vision, case: Case) -> Iterator[Hit]:
    """Somebody was asked before a statement was adopted."""
    del case
    if statement.status == "adopted" and not statement.consulted:
        yield Hit(place="status")

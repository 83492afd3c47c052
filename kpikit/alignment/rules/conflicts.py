"""CON: whether people pull in opposite directions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from kpikit.alignment.case import Case
from kpikit.alignment.rule import Hit, rule
from kpikit.strategy import Kpi, Objective, Strategy
from kpikit.strategy.model import COMPANY

OPPOSITE = {"higher_is_better", "lower_is_better"}


@rule(
    "CON01",
    over="organisation",
    severity="error",
    article="S1",
    message="{one} and {other} want {kpi} in opposite directions.",
    fix="Let the two owners agree on one direction.",
)
def one_number_one_direction(strategy: Strategy, case: Case) -> Iterator[Hit]:
    """All owners want the same number in the same direction."""
    del strategy
    for kpis in case.by_meaning.values():
        ways = {kpi.direction: kpi for kpi in kpis}
        if set(ways) >= OPPOSITE:
            up, down = ways["higher_is_better"], ways["lower_is_better"]
            values = {"one": _whose(up), "other": _whose(down), "kpi": f"“{up.title}”"}
            yield Hit(values, place=f".kpis.{down.id}.direction")
    for kpi, goals in case.goals.items():
        for one, other in combinations(goals, 2):
            if change_wanted(one) * change_wanted(other) < 0:
                values = {"one": _by(one), "other": _by(other), "kpi": kpi}
                yield Hit(values, place=f".objectives.{other.id}.target")


def change_wanted(objective: Objective) -> float:
    """Return by how much an objective wants its KPI to change; 0 where it does not say."""
    if objective.baseline is None or objective.target is None:
        return 0.0
    return objective.target - objective.baseline


def _whose(kpi: Kpi) -> str:
    return f"{kpi.owner} ({kpi.id})"


def _by(objective: Objective) -> str:
    return f"{objective.owner} (“{objective.title}”)"


@rule(
    "CON01",
    over="objectives",
    severity="error",
    article="S1",
    message="it wants {kpi} to go {way}, and the KPI's owner, {owner}, says {direction}.",
    fix="Correct the target, or the KPI's direction.",
)
def goal_and_kpi_agree(objective: Objective, case: Case) -> Iterator[Hit]:
    """Each objective wants its KPI to go where the KPI's owner wants it."""
    kpi = case.strategy.kpis.get(objective.kpi or "")
    if kpi is None:
        return
    way = change_wanted(objective)
    wrong = {"higher_is_better": way < 0, "lower_is_better": way > 0}.get(kpi.direction, False)
    if wrong:
        values = {
            "kpi": kpi.id,
            "way": "up" if way > 0 else "down",
            "owner": kpi.owner,
            "direction": kpi.direction.replace("_", " "),
        }
        yield Hit(values, place="target")


@rule(
    "CON03",
    over="levels",
    severity="warning",
    article="S1",
    message="all its KPIs look at the {horizon} run only.",
    fix="Add one that speaks of the other.",
)
def team_looks_both_ways(name: str, case: Case) -> Iterator[Hit]:
    """Where horizons are declared, each team has KPIs for the short and the long run."""
    yield from _one_horizon(case.by_department.get(name, ()))


@rule(
    "CON03",
    over="objectives",
    severity="warning",
    article="S1",
    message="all KPIs that lead to it look at the {horizon} run only.",
    fix="Add one that speaks of the other.",
)
def goal_looks_both_ways(objective: Objective, case: Case) -> Iterator[Hit]:
    """Where horizons are declared, KPIs of both lead to each objective."""
    yield from _one_horizon(case.serving.get(objective.id, ()))


def _one_horizon(kpis: tuple[Kpi, ...]) -> Iterator[Hit]:
    declared = [kpi.horizon for kpi in kpis if kpi.horizon is not None]
    if len(declared) > 1 and len(declared) == len(kpis) and len(set(declared)) == 1:
        yield Hit({"horizon": declared[0]})


@rule(
    "CON04",
    over="objectives",
    severity="warning",
    article="S1",
    message="departments share it and mean different things by success: {meanings}.",
    fix="Agree on success_criteria of the objective.",
)
def success_means_one_thing(objective: Objective, case: Case) -> Iterator[Hit]:
    """Departments that share an objective mean the same by success."""
    if objective.success_criteria:
        return
    meanings: dict[str, str] = {}
    for kpi in case.serving.get(objective.id, ()):
        said = kpi.success_means or {"easy": "easy to show", "hard": "hard to show"}.get(
            kpi.measurement_difficulty or ""
        )
        if said and kpi.department != COMPANY:
            meanings.setdefault(kpi.department, said)
    if len({" ".join(said.casefold().split()) for said in meanings.values()}) > 1:
        text = "; ".join(f"{case.title(name)}: {said}" for name, said in meanings.items())
        yield Hit({"meanings": text})


@rule(
    "CON05",
    over="kpis",
    severity="warning",
    article="S1",
    message="it is declared to conflict with {other} of {owner}, and nothing holds the two.",
    fix="Make one the guardrail of the other, or name the other owner as co-owner.",
)
def declared_conflicts_are_held(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """Each declared conflict is held by a guardrail or a co-owner."""
    for n, name in enumerate(kpi.conflicts):
        other = case.strategy.kpis[name]
        guarded = name in kpi.guardrails or kpi.id in other.guardrails
        shared = other.owner in kpi.co_owners or kpi.owner in other.co_owners
        told = kpi.id in other.conflicts and other.id < kpi.id  # once for each pair
        if other.owner != kpi.owner and name in case.used and not (guarded or shared or told):
            yield Hit({"other": name, "owner": other.owner}, place=f"conflicts[{n}]")


@rule(
    "CON02",
    over="kpis",
    severity="warning",
    article="S1",
    message="when it got better, {other} got worse (correlation {correlation:+.2f} beyond trend, "
    "season and what all share), and they have different owners, {owner} and {other_owner}.",
    fix="Let the two owners agree on an exchange, and make each the other's guardrail.",
    needs=("observations",),
)
def nobody_pays_for_another(kpi: Kpi, case: Case) -> Iterator[Hit]:
    """No KPI got better at the cost of another owner's, unless the two hold it together."""
    for row in case.evidence.tradeoffs.get(kpi.id, ()):
        other = case.strategy.kpis[row["other"]]
        guarded = other.id in kpi.guardrails or kpi.id in other.guardrails
        shared = other.owner in kpi.co_owners or kpi.owner in other.co_owners
        if not (guarded or shared):
            values = {
                "other": other.id,
                "owner": kpi.owner,
                "other_owner": other.owner,
                "correlation": row["correlation"],
                "exchange_rate": row["exchange_rate"],
                "q_value": row["q_value"],
            }
            ends = (row["lower"], row["upper"])
            least = min(map(abs, ends)) if ends[0] * ends[1] > 0 else 0.0
            yield Hit(values, milder=None if least >= case.limits.tradeoff else "note")

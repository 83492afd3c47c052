"""The smallest set of KPIs that covers what a department is there for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.alignment.choice import Candidate, Choice, Limit, choose
from kpikit.errors import DataError, UnknownNameError
from kpikit.results import Result
from kpikit.strategy.tree import kpis_of, teams
from kpikit.units import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.strategy import Kpi, Strategy

COLUMNS = ["kpi", "title", "owner", "chosen", "covers", "merits", "loses", "coverage_without"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Portfolio(Result):
    """Each KPI of a department: whether it is in the smallest set, and what dropping it loses.

    `kpi, title, owner, chosen, covers, merits, loses, coverage_without`: `loses` says what
    nothing else in the set would do once it is dropped; for a KPI outside the set, what is
    given up by leaving it out. `coverage_without` is the share of responsibilities covered
    by the set without it. A person decides.

    Attributes
    ----------
    coverage
        The share of the department's responsibilities that the set covers.
    wanted
        The share that it should cover.
    """

    department: str
    coverage: float
    wanted: float

    @property
    def chosen(self) -> tuple[str, ...]:
        """The KPIs of the set."""
        return tuple(self.frame.loc[self.frame["chosen"], "kpi"])

    def summary(self) -> str:
        """Say how many KPIs of how many cover how much."""
        share = format_value(self.coverage, "share")
        text = (
            f"{self.department}: {len(self.chosen)} of {len(self.frame)} KPIs cover {share} of "
            "its responsibilities"
        )
        if self.coverage < self.wanted - EXACT:
            wanted = format_value(self.wanted, "share")
            return f"{text}; no set within the limits covers {wanted}."
        return f"{text}, and no smaller set covers enough."

    def _shown(self) -> pd.DataFrame:
        return self.frame

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.portfolio import portfolio_chart

        title = f"{self.department}: the smallest set that covers enough"
        portfolio_chart(self.frame, wanted=self.wanted, title=title, ax=ax)


EXACT = 1e-9


def propose_portfolio(
    strategy: Strategy,
    *,
    department: str,
    evidenced: Collection[str] = (),
    overlaps: Iterable[tuple[str, str]] = (),
    keep: Sequence[str] = (),
) -> Portfolio:
    """Propose the smallest set of KPIs for a department, and say what each drop would lose.

    Parameters
    ----------
    strategy
        A loaded strategy.
    department
        Whose KPIs, in use or proposed, are chosen from.
    evidenced
        KPIs with a lead that the facts bear out, as `test_links` finds them.
    overlaps
        Pairs of KPIs that say the same in the facts, as `find_overlap` finds them: never
        both are chosen.
    keep
        KPIs that are in the set whatever it costs.

    Returns
    -------
    Portfolio
        One row per KPI of the department.

    Raises
    ------
    UnknownNameError
        When there is no such department, or a KPI to keep is none of it.
    DataError
        When the department has no KPI, or names no responsibilities.

    Notes
    -----
    A set is allowed that covers at least the policy's share of the responsibilities, by
    their weights, holds no more KPIs than a team, or any one owner, may have, and covers no
    responsibility twice (unless the owners are named as co-owners) nor holds two KPIs that
    overlap. KPIs that measure an objective are in every set, as are those to keep. Of the
    allowed sets the smallest is taken; of these, the one with most merits (levers, a lead
    that the facts bear out, else one that is claimed); of these, the one that covers most.
    Where no set is allowed, the one that covers most within the limits is shown. The choice
    is exact: a mixed-integer program, solved by HiGHS (Huangfu and Hall 2018).

    Examples
    --------
    >>> from kpikit.strategy import Strategy
    >>> kpi = {"department": "sales", "owner": "ada", "formula": "count(*)", "unit": "count",
    ...        "direction": "higher_is_better"}
    >>> strategy = Strategy.model_validate({
    ...     "version": 1, "organisation": {"name": "Lamplight"},
    ...     "departments": {"sales": {"title": "Sales", "owner": "ada",
    ...                               "responsibilities": {"win": 0.8, "keep": 0.2}}},
    ...     "kpis": {"calls": kpi | {"title": "Calls", "covers": ("win",)},
    ...              "wins": kpi | {"title": "Wins", "covers": ("win",), "levers": ("Price",)}}})
    >>> propose_portfolio(strategy, department="sales").chosen
    ('wins',)
    """
    if department not in strategy.departments:
        known = strategy.departments
        raise UnknownNameError("department", department, known, where=str(strategy.path))
    kpis, duties = kpis_of(strategy, department), _duties(strategy, department)
    names = [kpi.id for kpi in kpis]
    for name in keep:
        if name not in names:
            raise UnknownNameError(f"KPI of {department}", name, names, where="keep")
    fixed = {goal.kpi for goal in strategy.objectives.values()} | set(keep)
    candidates = [
        Candidate(
            name=kpi.id,
            covers=frozenset(kpi.covers) & set(duties),
            merit=len(_merits(kpi, evidenced)),
            fixed=kpi.id in fixed,
        )
        for kpi in kpis
    ]
    wanted = strategy.policy.limits.coverage
    found = choose(
        candidates,
        weights=duties,
        coverage=wanted,
        apart=_apart(kpis, duties, fixed, overlaps),
        limits=_limits(strategy, department, kpis),
    )
    return Portfolio(
        frame=_table(kpis, candidates, duties, found, evidenced),
        department=strategy.departments[department].title,
        coverage=_coverage(duties, candidates, found.chosen),
        wanted=wanted,
        notes=found.notes,
    )


def _duties(strategy: Strategy, department: str) -> dict[str, float]:
    """Return a department's responsibilities, their weights adding up to 1."""
    weights = strategy.departments[department].responsibilities
    whole = sum(weights.values())
    if not kpis_of(strategy, department) or not whole:
        lacks = "KPI" if whole else "responsibilities"
        raise DataError(
            f"{strategy.path}: the department {department} has no {lacks}, so there is nothing "
            "to choose. Declare some first."
        )
    return {duty: weight / whole for duty, weight in weights.items()}


def _merits(kpi: Kpi, evidenced: Collection[str]) -> list[str]:
    """Return what speaks for a KPI: two for a lead that holds, one for one that is claimed."""
    merits = ["has levers"] if kpi.levers else []
    if kpi.id in evidenced:
        return [*merits, "leads", "and the facts bear it out"]
    return [*merits, "is said to lead"] if kpi.leads else merits


def _apart(
    kpis: Sequence[Kpi],
    duties: Collection[str],
    fixed: Collection[str | None],
    overlaps: Iterable[tuple[str, str]],
) -> list[tuple[int, int]]:
    """Return the pairs that are never chosen together; two that are fixed may be."""
    same = {frozenset(pair) for pair in overlaps}
    return [
        (i, j)
        for (i, one), (j, other) in combinations(enumerate(kpis), 2)
        if not (one.id in fixed and other.id in fixed)
        and (
            frozenset((one.id, other.id)) in same
            or (set(one.covers) & set(other.covers) & set(duties) and not _shared(one, other))
        )
    ]


def _shared(one: Kpi, other: Kpi) -> bool:
    return other.owner in one.co_owners or one.owner in other.co_owners


def _limits(strategy: Strategy, department: str, kpis: Sequence[Kpi]) -> list[Limit]:
    """Return how many KPIs the department, and each owner beside those elsewhere, may have."""
    limits = strategy.policy.limits
    most = limits.team if department in teams(strategy) else limits.department
    found = [Limit(who="the department", among=frozenset(kpi.id for kpi in kpis), most=most)]
    for owner in dict.fromkeys(kpi.owner for kpi in kpis):
        elsewhere = sum(
            kpi.owner == owner and kpi.department != department and kpi.status != "retired"
            for kpi in strategy.kpis.values()
        )
        own = frozenset(kpi.id for kpi in kpis if kpi.owner == owner)
        found.append(Limit(who=owner, among=own, most=max(0, limits.person - elsewhere)))
    return found


def _coverage(
    duties: Mapping[str, float], candidates: Sequence[Candidate], chosen: Collection[str]
) -> float:
    covered = {duty for one in candidates if one.name in chosen for duty in one.covers}
    return float(sum(duties[duty] for duty in covered))


def _table(
    kpis: Sequence[Kpi],
    candidates: Sequence[Candidate],
    duties: Mapping[str, float],
    found: Choice,
    evidenced: Collection[str],
) -> pd.DataFrame:
    rows = []
    for kpi, one in zip(kpis, candidates, strict=True):
        rest = [name for name in found.chosen if name != kpi.id]
        covered = {duty for other in candidates if other.name in rest for duty in other.covers}
        lost = sorted(one.covers - covered, key=lambda duty: -duties[duty])
        said = [f"{duty} ({format_value(duties[duty], 'share')})" for duty in lost]
        rows.append(
            (
                kpi.id,
                kpi.title,
                kpi.owner,
                kpi.id in found.chosen,
                sorted(one.covers),
                ", ".join(_merits(kpi, evidenced)),
                f"nothing else measures {', '.join(said)}" if said else _other_loss(kpi, one),
                _coverage(duties, candidates, rest),
            )
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _other_loss(kpi: Kpi, one: Candidate) -> str:
    """Say what is given up with a KPI all of whose responsibilities others measure."""
    if one.fixed:
        return "an objective loses its measure, or what was to be kept"
    if kpi.leads:
        return f"the early word on {', '.join(lead.kpi for lead in kpi.leads)}"
    return "nothing: others in the set measure what it does" if one.covers else "nothing"

"""Choose the smallest set that covers enough, exactly: a mixed-integer program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kpikit.units import format_value

EXACT = 1e-9


@dataclass(frozen=True)
class Candidate:
    """Something that may be chosen: what it covers, what speaks for it, whether it must be."""

    name: str
    covers: frozenset[str]
    merit: int
    fixed: bool = False


@dataclass(frozen=True)
class Limit:
    """No more than so many among these."""

    who: str
    among: frozenset[str]
    most: int


@dataclass(frozen=True)
class Choice:
    """The names chosen; the notes say what could not be kept."""

    chosen: tuple[str, ...]
    notes: tuple[str, ...] = ()


def choose(
    candidates: Sequence[Candidate],
    *,
    weights: Mapping[str, float],
    coverage: float,
    apart: Sequence[tuple[int, int]] = (),
    limits: Sequence[Limit] = (),
) -> Choice:
    """Return the smallest set that covers enough; of equals the best, then the widest.

    Parameters
    ----------
    candidates
        What may be chosen.
    weights
        What is to be covered; the weights add up to 1.
    coverage
        The share that must be covered. Where no set within the limits does, the set that
        covers most is returned, and a note says so.
    apart
        Positions of two candidates that are never chosen together.
    limits
        How many of some may be chosen; one that the fixed candidates break already is
        widened to them, and a note says so.

    Examples
    --------
    >>> some = [Candidate("a", frozenset({"x"}), 0), Candidate("b", frozenset({"x"}), 1)]
    >>> choose(some, weights={"x": 1.0}, coverage=0.8).chosen
    ('b',)
    """
    widened, notes = _widened(candidates, limits)
    problem = _Problem(candidates, weights, apart, widened)
    found = problem.smallest(coverage)
    if found is None:
        most = problem.most()
        shares = [format_value(share, "share") for share in (coverage, most)]
        found = problem.smallest(most)
        notes = (
            *notes,
            f"No set within the limits covers {shares[0]}; the most is {shares[1]}.",
        )
    return Choice(
        tuple(one.name for one, there in zip(candidates, found or (), strict=False) if there), notes
    )


def _widened(
    candidates: Sequence[Candidate], limits: Sequence[Limit]
) -> tuple[list[Limit], tuple[str, ...]]:
    fixed = {one.name for one in candidates if one.fixed}
    kept, notes = [], []
    for limit in limits:
        there = len(limit.among & fixed)
        if there > limit.most:
            notes.append(f"{limit.who} must keep {there} KPIs, {limit.most} are the most.")
        kept.append(Limit(limit.who, limit.among, max(limit.most, there)))
    return kept, tuple(notes)


class _Problem:
    """A program whose unknowns are the candidates chosen, then the duties covered."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        weights: Mapping[str, float],
        apart: Sequence[tuple[int, int]],
        limits: Sequence[Limit],
    ) -> None:
        self._candidates, self._duties = candidates, list(weights)
        self._weights = np.array([weights[duty] for duty in self._duties])
        count, size = len(candidates), len(candidates) + len(self._duties)
        rows, highest = [], []
        for place, duty in enumerate(self._duties):  # covered only by what is chosen
            row = np.zeros(size)
            row[count + place] = 1.0
            row[:count] = [-float(duty in one.covers) for one in candidates]
            rows.append(row)
            highest.append(0.0)
        for pair in apart:
            row = np.zeros(size)
            row[list(pair)] = 1.0
            rows.append(row)
            highest.append(1.0)
        for limit in limits:
            row = np.zeros(size)
            row[:count] = [float(one.name in limit.among) for one in candidates]
            rows.append(row)
            highest.append(float(limit.most))
        self._rows, self._highest = np.array(rows), np.array(highest)

    def smallest(self, coverage: float) -> list[bool] | None:
        """Return the smallest set with this coverage, the best of its size; None without any."""
        count = len(self._candidates)
        size = self._solve(np.r_[np.ones(count), np.zeros(len(self._duties))], coverage)
        if size is None:
            return None
        merit = np.r_[[-float(one.merit) for one in self._candidates], np.zeros(len(self._duties))]
        most = round(float(size[:count].sum()))
        best = self._solve(merit, coverage, size=most)
        if best is None:
            return None
        least = round(float(merit @ best))
        wide = np.r_[np.zeros(count), -self._weights]
        widest = self._solve(wide, coverage, size=most, merit=(merit, least))
        answer = best if widest is None else widest
        return [value > 0.5 for value in answer[:count]]

    def most(self) -> float:
        """Return the largest share that any allowed set covers."""
        found = self._solve(np.r_[np.zeros(len(self._candidates)), -self._weights], 0.0)
        return 0.0 if found is None else float(self._weights @ found[len(self._candidates) :])

    def _solve(
        self,
        cost: np.ndarray,
        coverage: float,
        *,
        size: int | None = None,
        merit: tuple[np.ndarray, int] | None = None,
    ) -> np.ndarray | None:
        """Return the unknowns with the least cost, or None where there are none."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        count = len(self._candidates)
        constraints = [
            LinearConstraint(self._rows, -np.inf, self._highest),
            LinearConstraint(np.r_[np.zeros(count), self._weights], coverage - EXACT, np.inf),
        ]
        if size is not None:
            chosen = np.r_[np.ones(count), np.zeros(len(self._duties))]
            constraints.append(LinearConstraint(chosen, -np.inf, size + 0.5))
        if merit is not None:
            constraints.append(LinearConstraint(merit[0], -np.inf, merit[1] + 0.5))
        low = np.r_[[float(one.fixed) for one in self._candidates], np.zeros(len(self._duties))]
        found = milp(
            cost,
            constraints=constraints,
            integrality=np.ones(len(cost)),
            bounds=Bounds(low, 1.0),
            options={"mip_rel_gap": 0.0},
        )
        return found.x if found.success else None

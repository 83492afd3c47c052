"""What growth a target asks for, against the growth there ever was."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.forecasting.outcomes import Aggregate
from kpikit.targets.direction import Direction

NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Growth against the same periods one or more whole seasons before, as a share.

    Attributes
    ----------
    reference
        What those periods held; the growth asked for is reckoned from it.
    asked
        The growth that the target asks for.
    typical, best
        The median and the best of all such growths in the history.
    as_often
        The share of them that were as good as what is asked.
    windows
        How many there were.
    """

    reference: float = NAN
    asked: float = NAN
    typical: float = NAN
    best: float = NAN
    as_often: float = NAN
    windows: int = 0


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of periods: how many, how they add up, and how far ahead the last of them lies."""

    span: int
    aggregate: Aggregate
    ahead: int
    season: int

    @property
    def lag(self) -> int:
        """Whole seasons back from the run to one that is known, in periods."""
        return self.season * ceil(self.ahead / self.season)


def asked_growth(
    parts: tuple[Floats, Floats], run: Run, *, target: float, direction: Direction
) -> Growth:
    """Return the growth a target asks for, beside what there was.

    Parameters
    ----------
    parts
        Values and ones; for a ratio numerators and denominators; one per period, NaN where
        there is none.

    Notes
    -----
    Growth is a share of what was, so that it is told only where all of it lies above 0. Of
    a band no growth is asked.
    """
    made = run_values(parts, run)
    place = len(made) - 1 + run.ahead - run.lag
    reference = float(made[place]) if place >= 0 else NAN
    if len(made) <= run.lag or np.nanmin(made, initial=np.inf) <= 0:
        return Growth(reference=reference)
    grown = made[run.lag :] / made[: -run.lag] - 1
    grown = grown[np.isfinite(grown)]
    if not len(grown) or direction == "on_target":
        return Growth(reference=reference)
    asked = target / reference - 1
    up = direction == "higher_is_better"
    as_good = grown >= asked if up else grown <= asked
    return Growth(
        reference=reference,
        asked=asked,
        typical=float(np.median(grown)),
        best=float(grown.max() if up else grown.min()),
        as_often=float(as_good.mean()) if np.isfinite(asked) else NAN,
        windows=len(grown),
    )


def run_values(parts: tuple[Floats, Floats], run: Run) -> Floats:
    """Return what every run of as many periods made, by its last period; NaN before the first."""
    first, second = parts
    if run.aggregate == "last":
        return np.array(first, dtype=float)
    made = np.full(len(first), np.nan)
    if len(first) < run.span:
        return made
    windows = np.lib.stride_tricks.sliding_window_view
    above = windows(first, run.span).sum(axis=1)
    below = windows(second, run.span).sum(axis=1)
    if run.aggregate == "sum":
        below = np.ones_like(below)
    made[run.span - 1 :] = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return made

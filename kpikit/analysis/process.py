"""Ordinary process limits, whether a KPI allows them, and what they say of a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from kpikit.analysis.autoregression import fit_line
from kpikit.analysis.panel import Floats
from kpikit.analysis.season import is_seasonal
from kpikit.units import format_value

FACTOR = 2.66  # 3 / 1.128: a mean moving range of two, scaled to three standard deviations
RANGE_FACTOR = 3.268  # upper limit of a moving range of two
MEMORY = 0.3  # beyond, neighbours are alike and their ranges too small
SLOPE = 3.0  # standard errors
LEAST = 12

SAID = {
    "change_the_process": "{name}: the process is stable and its target of {target} lies outside "
    "what it gives, {lower} to {upper}. Change the process, or the target.",
    "investigate": "{name}: the newest value is no ordinary variation. Find out what happened "
    "before judging the target of {target}.",
    "leave_it": "{name}: the target of {target} lies within ordinary variation, {lower} to "
    "{upper}. Being above or below it is chance; leave the process alone.",
    "too_short": "{name}: too short to tell whether its target of {target} suits the process.",
}

Fit = Literal["change_the_process", "investigate", "leave_it", "too_short"]


@dataclass(frozen=True, kw_only=True)
class RawLimits:
    """The limits of an XmR chart of the values themselves (Wheeler, 1993).

    Attributes
    ----------
    reasons
        Why they do not hold for this KPI; empty where they do.
    """

    mean: float
    lower: float
    upper: float
    moving_range: float
    reasons: tuple[str, ...]

    @property
    def are_valid(self) -> bool:
        """Whether the KPI varies as these limits suppose."""
        return not self.reasons

    def __str__(self) -> str:
        """Say whether an ordinary XmR chart may be read."""
        if self.are_valid:
            return "Ordinary XmR limits hold as well."
        return f"Ordinary XmR limits do not hold here: {', '.join(self.reasons)}."


def raw_limits(values: Floats, period: int) -> RawLimits:
    """Return mean and mean ± 2.66 mean moving ranges, and why they may not hold.

    Missing values stay out; a range needs two neighbouring values.

    Examples
    --------
    >>> limits = raw_limits(np.array([3.0, 5.0] * 6), 1)
    >>> round(limits.lower, 2), round(limits.upper, 2)
    (-1.32, 9.32)
    """
    seen = np.isfinite(values)
    ranges = np.abs(np.diff(values))
    ranges = ranges[np.isfinite(ranges)]
    mean = float(values[seen].mean()) if seen.any() else float("nan")
    spread = float(ranges.mean()) if len(ranges) else float("nan")
    return RawLimits(
        mean=mean,
        lower=mean - FACTOR * spread,
        upper=mean + FACTOR * spread,
        moving_range=spread,
        reasons=_reasons(values[seen], np.flatnonzero(seen), period),
    )


def _reasons(values: Floats, times: np.ndarray, period: int) -> tuple[str, ...]:
    if len(values) < LEAST:
        return (f"fewer than {LEAST} values",)
    reasons = []
    if is_seasonal(values, times, period):
        reasons.append("it has a season")
    line = fit_line(values, times, np.column_stack([np.ones(len(times)), times - times.mean()]))
    error = float(np.sqrt(line.covariance[1, 1]))
    if abs(float(line.coefficients[1])) > SLOPE * error:
        reasons.append("it has a trend")
    if line.phi > MEMORY:
        reasons.append("each period resembles the one before")
    return tuple(reasons)


def classify_target(
    lower: float,
    upper: float,
    *,
    target: float | tuple[float | None, float | None],
    signal: str,
    direction: str,
) -> Fit:
    """Tell a bad target from a bad process.

    Parameters
    ----------
    lower, upper
        What the newest period was expected to lie within.
    target
        What is wanted; a band for an `on_target` KPI.
    signal
        The newest period's.
    direction
        Which way is better.

    Returns
    -------
    str
        `investigate` where there is a signal: first find out what happened.
        `change_the_process` where a stable process does not reach the target within its
        limits: no effort inside the process as it is will. `leave_it` where the target
        lies within the limits: being on one side of it is chance. `too_short` where
        there are no limits.

    Examples
    --------
    >>> classify_target(0.9, 1.1, target=1.3, signal="none", direction="higher_is_better")
    'change_the_process'
    >>> classify_target(0.9, 1.1, target=1.0, signal="none", direction="higher_is_better")
    'leave_it'
    """
    if not (np.isfinite(lower) and np.isfinite(upper)):
        return "too_short"
    if signal != "none":
        return "investigate"
    low, high = target if isinstance(target, tuple) else (target, target)
    out_of_reach = {
        "higher_is_better": low is not None and low > upper,
        "lower_is_better": high is not None and high < lower,
    }.get(direction, (low is not None and upper < low) or (high is not None and lower > high))
    return "change_the_process" if out_of_reach else "leave_it"


def tell_target(fit: Fit, *, name: str, target: str, lower: str, upper: str) -> str:
    """Say what `classify_target` found, in one sentence or two.

    Examples
    --------
    >>> tell_target("too_short", name="Churn", target="2 %", lower="", upper="")
    'Churn: too short to tell whether its target of 2 % suits the process.'
    """
    return SAID[fit].format(name=name, target=target, lower=lower, upper=upper)


def judge_target(frame: pd.DataFrame, *, target: float, direction: str, name: str) -> str:
    """Say whether a target suits the process, or which of the two is to be changed.

    Parameters
    ----------
    frame
        The table of `find_signals` for one KPI: its newest period with limits decides.
    target
        What is wanted of one period.
    direction
        Which way is better.
    name
        What the KPI is called in the sentence.

    Examples
    --------
    >>> frame = pd.DataFrame({"lower": [0.9], "upper": [1.1], "signal": ["none"]})
    >>> judge_target(frame, target=1.0, direction="higher_is_better", name="Rate")[:51]
    'Rate: the target of 1.00 lies within ordinary varia'
    """
    known = frame.dropna(subset=["lower", "upper"])
    lower, upper, signal = float("nan"), float("nan"), "none"
    if len(known):
        last = known.iloc[-1]
        lower, upper, signal = float(last["lower"]), float(last["upper"]), str(last["signal"])
    fit = classify_target(lower, upper, target=target, signal=signal, direction=direction)
    words = (format_value(number) for number in (target, lower, upper))
    shown = dict(zip(("target", "lower", "upper"), words, strict=True))
    return tell_target(fit, name=name, **shown)

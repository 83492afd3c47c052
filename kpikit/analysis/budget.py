"""Grant a whole board a number of false alarms, and find the threshold that spends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kpikit.analysis.judging import Judged, Rules
from kpikit.analysis.panel import Floats
from kpikit.errors import DataError

TAILS = (4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0, np.inf)  # degrees of freedom of the noise
KNOWN_TO = 3.5  # beyond, a surprise may be a signal: that it is there counts, not how large it is


def spend(rules: Rules, judged: Sequence[Judged], budget: float) -> Rules:
    """Return the rules under which chance raises `budget` alarms over all that is judged.

    Notes
    -----
    Every period gets the same chance: the budget over the number of periods judged, of
    all series together. Expectations add up whether KPIs move together or not, so a
    shock that all share changes how alarms cluster and not how many there are on average.
    How long the tails of the noise are is learnt from all the board's surprises at once,
    which a single KPI is too short for.
    """
    if isinstance(budget, bool) or not np.isfinite(budget) or budget <= 0:
        raise DataError(f"budget is {budget!r}; it is a number of false alarms above 0, such as 1.")
    count = sum(int((found.live & (found.freedom > 0)).sum()) for found in judged)
    if count == 0:
        return rules
    return replace(rules, alpha=min(budget / count, 0.5), tails=_tails(judged))


def _tails(judged: Sequence[Judged]) -> float:
    """Return the likeliest length of tails, what lies far out counted and not measured."""
    from scipy import stats

    scores = np.concatenate([_scores(found) for found in judged])
    inside = scores[np.abs(scores) <= KNOWN_TO]
    outside = len(scores) - len(inside)
    likely = []
    for tails in TAILS:
        noise, scale = stats.norm, 1.0
        if np.isfinite(tails):
            noise, scale = stats.t(tails), np.sqrt((tails - 2) / tails)
        within = float(np.sum(noise.logpdf(inside / scale)) - len(inside) * np.log(scale))
        likely.append(within + outside * float(np.log(2 * noise.sf(KNOWN_TO / scale))))
    return TAILS[int(np.argmax(likely))]


def _scores(found: Judged) -> Floats:
    """Return the surprises of a series as if their spread were known."""
    from scipy import stats

    known = found.live & np.isfinite(found.surprise)
    surprise, freedom = found.surprise[known], found.freedom[known]
    score: Floats = -np.sign(surprise) * stats.norm.ppf(stats.t.sf(np.abs(surprise), freedom))
    return score

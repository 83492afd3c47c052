"""Split the change of a number among its parts, exactly and whatever their order.

Pure arithmetic on numbers before and after; `decomposition` finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import factorial

import numpy as np

from kpikit.analysis.panel import Floats
from kpikit.errors import DataError

MOST_PARTS = 12  # 4,096 combinations; nobody reads an identity of more


def split_by_factors(
    function: Callable[[Mapping[str, Floats]], Floats],
    before: Mapping[str, float],
    after: Mapping[str, float],
) -> dict[str, float]:
    """Return what each argument of a function adds to the change of its value.

    Parameters
    ----------
    function
        Takes arrays by name, and returns an array.
    before, after
        The arguments, by name.

    Raises
    ------
    DataError
        When there are too many arguments, or a mixture of old and new ones has no value.

    Notes
    -----
    Each argument's mean contribution over all orders in which the arguments could have
    changed (Shapley 1953). For two factors that is each one's change times the mean of
    the other (Bennet 1920); for a sum, each term's change. Zeros and negative numbers
    need no care, which logarithmic means do.

    Examples
    --------
    >>> nights, rate = {"nights": 10.0, "rate": 100.0}, {"nights": 12.0, "rate": 110.0}
    >>> split_by_factors(lambda v: v["nights"] * v["rate"], nights, rate)
    {'nights': 210.0, 'rate': 110.0}
    """
    names = sorted(before)
    count = len(names)
    if count > MOST_PARTS:
        raise DataError(f"it is made of {count} parts, and {MOST_PARTS} at most can be told apart")
    sets = np.arange(2**count)  # each a set of arguments that have changed already
    member = {name: (sets >> place) & 1 == 1 for place, name in enumerate(names)}
    with np.errstate(all="ignore"):
        values = function(
            {name: np.where(member[name], after[name], before[name]) for name in names}
        )
    if not np.isfinite(values).all():
        raise DataError("with some of its parts changed and others not, it has no value")
    sizes = np.sum([member[name] for name in names], axis=0)
    weights = np.array(
        [factorial(size) * factorial(count - size - 1) for size in range(count)]
    ) / factorial(count)
    found = {}
    for place, name in enumerate(names):
        without = sets[~member[name]]
        steps = values[without | (1 << place)] - values[without]
        found[name] = float(np.sum(weights[sizes[without]] * steps))
    return found


def split_by_mix(numerator: Floats, denominator: Floats) -> dict[str, Floats]:
    """Return what segments add to the change of a ratio: by their rates, and by their weights.

    Parameters
    ----------
    numerator, denominator
        Two rows, before and after, with a column for each segment.

    Notes
    -----
    With weights w (a segment's part of the denominator), rates r and the overall rate R,
    all means over the two periods: `rate` is mean(w) times the change of r, and `mix` is
    the change of w times mean(r) - mean(R). A segment that is new or gone has weight 0
    where it is not, and there the rate that it has in the other period. What stands above
    a denominator of 0 raises the overall rate, and counts as `rate`.
    """
    total = denominator.sum(axis=1, keepdims=True)
    weight = denominator / total
    rate, apart = _rates(numerator, denominator)
    overall = (numerator.sum(axis=1) / total[:, 0]).mean()
    return {
        "rate": weight.mean(axis=0) * _change(rate) + _change(apart / total),
        "mix": _change(weight) * (rate.mean(axis=0) - overall),
    }


def split_by_volume(numerator: Floats, denominator: Floats) -> dict[str, Floats]:
    """Return what segments add to the change of a total that is a volume times a rate.

    Parameters
    ----------
    numerator, denominator
        The total and its volume (such as revenue and nights): two rows, before and
        after, with a column for each segment.

    Notes
    -----
    With volumes n, rates r and the overall rate R, all means over the two periods:
    `volume` is the change of n times mean(R), `rate` is mean(n) times the change of r,
    and `mix` is the change of n times mean(r) - mean(R). A segment's three parts are its
    own change; the volumes together are what the total's change would be by volume
    alone (Bennet 1920, within and between segments).
    """
    volume = denominator
    rate, apart = _rates(numerator, denominator)
    overall, _ = _rates(
        numerator.sum(axis=1, keepdims=True), denominator.sum(axis=1, keepdims=True)
    )
    overall = overall.mean(axis=0)
    return {
        "volume": _change(volume) * overall,
        "rate": volume.mean(axis=0) * _change(rate) + _change(apart),
        "mix": _change(volume) * (rate.mean(axis=0) - overall),
    }


def _rates(numerator: Floats, denominator: Floats) -> tuple[Floats, Floats]:
    """Return each segment's rate, and the numerators that stand above nothing.

    Where a segment has no rate, it is that of the other period.
    """
    none = denominator == 0
    with np.errstate(all="ignore"):
        rate = np.where(none, np.nan, numerator / denominator)
    rate = np.where(none, rate[::-1], rate)
    # a segment that is in neither period weighs nothing, whatever its rate
    return np.nan_to_num(rate), np.where(none, numerator, 0.0)


def _change(pair: Floats) -> Floats:
    change: Floats = pair[1] - pair[0]
    return change

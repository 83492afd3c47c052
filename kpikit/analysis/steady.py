"""Innovations that keep their size over time, and of which no single one decides."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from kpikit.analysis.innovations import Innovations, find_innovations
from kpikit.analysis.panel import Floats

FAR = 2.5  # robust standard deviations: what is new beyond them counts no more
NORMAL = 1.4826  # times the median absolute deviation, for a standard deviation
GROWS = 0.01  # of KPIs whose innovations keep their size, so many are put on a log scale


def steady_innovations(values: Floats, *, period: int) -> Innovations:
    """Return innovations as they can be compared over years, and among KPIs.

    Parameters
    ----------
    values
        `(periods, KPIs)`, over regular periods; missing values are NaN.
    period
        Periods in a season; 1 means no season.

    Notes
    -----
    Where what is new in a KPI grows with its level (Spearman's rank correlation, 1 %) and
    all values are above 0, its logarithms are taken: else its last years would decide.

    A price change in one KPI and a corrected entry in another, once each, are as related
    as any two events. So what lies more than two and a half robust standard deviations
    out (the median absolute deviation times 1.4826) is brought to that, and what is left
    is made orthogonal to the KPI's own part of the regression again.
    """
    new = find_innovations(values, period=period)
    chosen = np.flatnonzero(_grows(values, new))
    if len(chosen):
        logs = find_innovations(np.log(values[:, chosen]), period=period)
        new = _with_columns(new, logs, chosen)
    return _tame(new)


def _grows(values: Floats, new: Innovations) -> NDArray[np.bool_]:
    """Return the KPIs whose innovations are larger where their level is."""
    from scipy import stats

    size = np.where(new.known, np.abs(new.left), np.nan)
    level = np.where(new.known, _standardised(values) - new.filled, np.nan)
    with np.errstate(all="ignore"):
        ranks = [stats.rankdata(one, axis=0, nan_policy="omit") for one in (size, level)]
        apart = [np.where(new.known, one - _mean(one, new.known), 0.0) for one in ranks]
        found = (apart[0] * apart[1]).sum(axis=0)
        found = found / np.sqrt((apart[0] ** 2).sum(axis=0) * (apart[1] ** 2).sum(axis=0))
        free = new.known.sum(axis=0) - 2
        t_value = found * np.sqrt(free / (1 - found**2))
        positive = np.where(np.isfinite(values), values, 1.0).min(axis=0, initial=1.0) > 0
        return np.asarray(positive & (free > 0) & (stats.t.sf(t_value, free) < GROWS))


def _with_columns(new: Innovations, other: Innovations, chosen: NDArray[np.int64]) -> Innovations:
    """Return innovations in which those of some KPIs are replaced."""
    made = {}
    for one in fields(Innovations):
        array = getattr(new, one.name).copy()
        taken = getattr(other, one.name)
        if one.name in ("left", "levels"):
            array[:, chosen] = taken
        else:
            array[chosen] = taken
        made[one.name] = array
    return Innovations(**made)


def _tame(new: Innovations) -> Innovations:
    size = np.where(new.known, np.abs(new.left), np.nan)
    usable = new.known.any(axis=0)
    middle = np.zeros(size.shape[1])
    middle[usable] = np.nanmedian(size[:, usable], axis=0)
    limit = np.where(middle > 0, FAR * NORMAL * middle, np.inf)
    held = np.clip(new.filled, -limit, limit).T
    own = np.einsum("kij,kj->ki", new.bases, np.einsum("kij,ki->kj", new.bases, held))
    return replace(new, left=np.where(new.known, (held - own).T, np.nan))


def _standardised(values: Floats) -> Floats:
    """Return values in the scale of the innovations; a constant stays as it is."""
    spread = np.nanstd(values, axis=0)
    return values / np.where(spread > 0, spread, 1.0)


def _mean(values: Floats, known: NDArray[np.bool_]) -> Floats:
    return np.asarray(np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))

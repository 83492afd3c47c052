"""Paths that need no model: repeat, step on, or draw from what was."""

from __future__ import annotations

import numpy as np

from kpikit.analysis.panel import Floats

RECENT = 24  # periods that a draw looks back on, at least


def repeat(value: float, *, steps: int, count: int) -> Floats:
    """Return paths that repeat one value exactly."""
    return np.full((count, steps), value)


def step_on(values: Floats, *, steps: int, count: int, rng: np.random.Generator) -> Floats:
    """Return paths from the last value by steps as large as those seen, up or down alike."""
    known = np.diff(values)
    known = known[np.isfinite(known)]
    if not len(known):  # every neighbour is missing: the steps between what there is
        known = np.diff(values[np.isfinite(values)])
    drawn = rng.choice(known, size=(count, steps)) * rng.choice([-1.0, 1.0], size=(count, steps))
    last = float(values[np.isfinite(values)][-1])
    return last + np.cumsum(drawn, axis=1)


def draw_again(
    values: Floats, *, period: int, steps: int, count: int, rng: np.random.Generator
) -> Floats:
    """Return paths drawn from recent values, each from its own place in the season if any.

    A place in the season that was never seen draws from all recent values.
    """
    recent = np.full(len(values), fill_value=False)
    recent[-max(RECENT, 3 * period) :] = True
    recent &= np.isfinite(values)
    if not recent.any():
        recent = np.isfinite(values)
    place = np.arange(len(values)) % period
    columns = []
    for step in range(len(values), len(values) + steps):
        pool = values[recent & (place == step % period)]
        columns.append(rng.choice(pool if len(pool) else values[recent], size=count))
    return np.column_stack(columns)

"""Prepare one KPI for the question what it did after a change."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kpikit.analysis.counterfactual import Case, control_columns, drop_what_led_to_it
from kpikit.analysis.panel import Floats, Series, read_panel, season_length
from kpikit.errors import DataError, PeriodError
from kpikit.periods import parse_date
from kpikit.units import Unit, format_change

MIN_BEFORE, MIN_AFTER = 8, 3  # fewer periods tell neither a level nor how much it moves
MIN_SEASONS = 2  # in fewer, a season cannot be told from a change


def read_case(
    history: pd.DataFrame,
    *,
    since: date | str,
    controls: pd.DataFrame | None,
    period: int | None,
    unit: Unit,
) -> tuple[Series, Case, list[str]]:
    """Return the KPI, what of it is compared, and what was left out and why."""
    series, notes = _only(history)
    day = pd.Timestamp(parse_date(since))
    place, transition = _place(series, day)
    case = Case(
        observed=_without(series.observed, transition),
        since=place,
        period=season_length(period, series.grain),
        controls=np.empty((len(series.observed), 0)),
    )
    said = [*notes, *(_transition_note(series, one) for one in transition)]
    if controls is not None:
        case, more = _add_controls(case, series, controls)
        said += more
    case, led = drop_what_led_to_it(case) if is_enough(case) else (case, {})
    if led:
        said.append(_led_note(series, led, unit))
    return series, case, said


def is_enough(case: Case) -> bool:
    """Return whether there are periods enough before and after the change."""
    times = case.times
    before, after = int((times < case.since).sum()), len(case.judged)
    seasons = case.period < 2 or len(case.observed) >= MIN_SEASONS * case.period
    return before >= MIN_BEFORE and after >= MIN_AFTER and seasons


def _only(history: pd.DataFrame) -> tuple[Series, tuple[str, ...]]:
    series, notes = read_panel(history)
    if len(series) != 1:
        names = ", ".join(one.name for one in series[:5])
        raise DataError(
            f"history: it holds {len(series)} series{f' ({names})' if names else ''}. "
            "Pass one KPI in one segment."
        )
    return series[0], notes


def _place(series: Series, day: pd.Timestamp) -> tuple[int, list[int]]:
    """Return the first place after the change, and the period that the day falls into."""
    starts = series.starts
    place = int((starts < day).sum())
    if not 0 < place < len(starts):
        raise PeriodError(
            f"since: {day:%Y-%m-%d} leaves no period before or none after it in {series.name}, "
            f"whose periods start from {starts[0]:%Y-%m-%d} to {starts[-1]:%Y-%m-%d}. "
            "Pick a day between."
        )
    return place, [] if starts[place] == day else [place - 1]


def _without(values: Floats, places: list[int]) -> Floats:
    left = values.copy()
    left[places] = np.nan
    return left


def _add_controls(case: Case, series: Series, controls: pd.DataFrame) -> tuple[Case, list[str]]:
    """Return the case with what the controls share, in the periods in which all have a value."""
    found, notes = read_panel(controls)
    table = np.column_stack(
        [pd.Series(one.observed, index=one.starts).reindex(series.starts) for one in found]
    )
    columns = control_columns(table, since=case.since, period=case.period)
    whole = np.isfinite(columns).all(axis=1) & np.isfinite(table).all(axis=1)
    lacking = int((np.isfinite(case.observed) & ~whole).sum())
    said = [*notes, f"Controls: {', '.join(one.name for one in found)}."]
    if lacking:
        said.append(f"Periods left out because a control has no value: {lacking}.")
    return (
        Case(
            observed=np.where(whole, case.observed, np.nan),
            since=case.since,
            period=case.period,
            controls=columns,
        ),
        said,
    )


def _transition_note(series: Series, place: int) -> str:
    return f"The change falls into the period from {series.starts[place]:%Y-%m-%d}: left out."


def _led_note(series: Series, led: dict[int, float], unit: Unit) -> str:
    named = ", ".join(
        f"{series.starts[place]:%Y-%m-%d} ({format_change(off, unit)})"
        for place, off in led.items()
    )
    return (
        f"Shortly before the change, apart from the usual, and left out: {named}. A date is often "
        "picked after such a period, and a return to the usual is to be expected anyway."
    )

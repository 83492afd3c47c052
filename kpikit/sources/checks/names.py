"""Checks of categories: their mix, names that come and go, names that differ by a space."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict

import numpy as np
import pandas as pd

from kpikit.results import Severity
from kpikit.sources.checks.mix import find_mix_breaks, labels_time
from kpikit.sources.checks.profile import Profile, Row, listed

RENAMED = 0.5  # share of rows in other categories: customers change slower, names are changed
AROUND = 5  # months on either side, of which a month is unlike
QUARTER = 3  # months that are looked at as the newest
HISTORY = 6  # months before them, to know what is usual
FEWEST_ROWS = 5  # of a new name, and 0.5 % of the rows: less is a slip of the pen
FEWEST_SHARE = 0.005
EXPECTED = 20  # rows that a vanished name would have had
MARKS = re.compile(r"[\s_/.,;:'’-]+")


def mix(profile: Profile) -> list[Row]:
    """Find months whose rows are spread over a column's names as in no other month.

    Rows that belong to somebody else, or a changed way of naming, show here although
    their number looks right.
    """
    found = []
    for column, counts in profile.names.items():
        whole = counts.reindex(profile.months, fill_value=0)
        breaks = find_mix_breaks(whole)
        if labels_time(whole):
            continue
        rows = whole.sum(axis=1)
        if len(breaks.odd):
            told = [f"{month} ({_commonest(whole, month)})" for month in breaks.odd.index]
            text = f"{column} is spread unlike the months around in {listed(told)}"
            young = breaks.odd.index[0] == whole.index[-1] and breaks.odd.max() < RENAMED
            severity: Severity = "note" if young else "warning"
            found.append(Row("mix", severity, int(rows[breaks.odd.index].sum()), text))
        if len(breaks.shifts):
            told = [f"{month} ({size:.0%} moved)" for month, size in breaks.shifts.items()]
            since = int(rows[rows.index >= breaks.shifts.index[0]].sum())
            text = f"{column} is spread in another way from {listed(told)} on"
            severity = "warning" if breaks.shifts.max() >= RENAMED else "note"
            found.append(Row("mix shift", severity, since, text))
    return found


def come_and_gone(profile: Profile) -> list[Row]:
    """Find names first seen in the newest three complete months, and those no longer seen."""
    found = []
    for column, counts in profile.names.items():
        whole = counts.reindex(profile.months, fill_value=0)
        if len(whole) < HISTORY + QUARTER or labels_time(whole):
            continue
        start = whole.index[-QUARTER]
        before, now = counts[counts.index < start], whole[-QUARTER:].sum()
        enough = max(FEWEST_ROWS, FEWEST_SHARE * now.sum())
        come = now[(before.sum() == 0) & (now >= enough)].sort_values(ascending=False)
        if len(come):
            text = f"{column}: {listed(_quoted(come.index))} since {start}"
            found.append(Row("new categories", "note", int(come.sum()), text))
        usual = QUARTER * before[-HISTORY:].median()
        gone = usual[(usual >= EXPECTED) & (counts[counts.index >= start].sum() == 0)]
        if len(gone):
            text = f"{column}: no {listed(_quoted(gone.index))} since {start}"
            found.append(Row("vanished categories", "note", 0, text))
    return found


def near_duplicates(profile: Profile) -> list[Row]:
    """Find names that differ only by case, white space, accents or punctuation."""
    found = []
    for column, counts in profile.names.items():
        spellings: dict[str, list[str]] = defaultdict(list)
        total = counts.sum().astype(int).sort_values(ascending=False, kind="stable")
        for name in total.index:
            if bare := _bare(name):
                spellings[bare].append(name)
        doubled = [names for names in spellings.values() if len(names) > 1]
        if doubled:
            told = [
                " and ".join(f"{name!r} ({total[name]:,})" for name in names[:3])
                for names in doubled
            ]
            rare = sum(int(total[name]) for names in doubled for name in names[1:])
            text = f"{column}: {listed(told)}"
            found.append(Row("near-duplicate names", "warning", rare, text))
    return found


def _bare(name: str) -> str:
    """Return a name without what people write in more than one way.

    A mark between two digits, or before the first one, is part of a number and stays.

    Examples
    --------
    >>> _bare("Nörth ") == _bare("north"), _bare("YU / BD") == _bare("YU/BD")
    (True, True)
    >>> _bare("1.5") == _bare("15"), _bare("-1") == _bare("1"), _bare("A+") == _bare("A-")
    (False, False, False)
    """
    parts = unicodedata.normalize("NFKD", name).casefold().strip()
    plain = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return MARKS.sub(_joint, plain)


def _joint(marks: re.Match[str]) -> str:
    """Return what stays of marks: those inside a number, before all, and a minus after all."""
    before, after = marks.string[: marks.start()][-1:], marks.string[marks.end() :][:1]
    if not before or (before.isdigit() and after.isdigit()) or ("-" in marks[0] and not after):
        return marks[0]
    return ""


def _commonest(counts: pd.DataFrame, month: pd.Period) -> str:
    """Say which name has gained most against the months around, and how common it is."""
    place = list(counts.index).index(month)
    share = counts.div(counts.sum(axis=1).replace(0, np.nan), axis=0).to_numpy()
    around = [share[max(0, place - AROUND) : place], share[place + 1 : place + 1 + AROUND]]
    usual = np.nanmedian(np.concatenate(around), axis=0)
    gained = int(np.argmax(share[place] - usual))
    name = counts.columns[gained]
    return f"{name!r} {share[place, gained]:.0%}, otherwise {usual[gained]:.0%}"


def _quoted(names: pd.Index[str]) -> list[str]:
    return [repr(name) for name in names]

"""Tell leads and claimed links in a table of words."""

from __future__ import annotations

import pandas as pd

from kpikit.analysis.evidence import in_words
from kpikit.units import format_change, format_value

WAYS = {"positive": "rises", "negative": "falls"}
SILENT = ("not supported", "no evidence", "too short")  # what such a link shows is chance
SAME = "moves together"


def links_in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a reader's table of links: what is claimed, the verdict, and what the numbers show.

    Parameters
    ----------
    frame
        As `find_leads` or `test_links` returns it.

    Returns
    -------
    pandas.DataFrame
        `candidate, target`, where there are claims `claim`, then `verdict`, `found` (what the
        target does after a rise of the candidate), `told` (the share of what is new in the
        target), `seen_from` (the share that would have been seen four times in five), `gain`
        (by which forecasts err less) and `holds`; an empty text where there is nothing to say.

    Examples
    --------
    >>> told = {"candidate": ["visits"], "target": ["orders"], "after": ["2 months"]}
    >>> told |= {"sign": ["negative"], "verdict": ["leads"], "partial_r2": [0.3]}
    >>> told |= {"smallest_seen": [0.2], "gain": [0.1], "holds": ["throughout"]}
    >>> links_in_words(pd.DataFrame(told))[["found", "told", "gain"]].iloc[0].tolist()
    ['falls 2 months later', '30.0 %', '+10.0 %']
    """
    table = frame[["candidate", "target"]].copy()
    if "claimed_lag" in frame:
        table["claim"] = [
            f"{WAYS[sign]} {in_words(int(lag), grain)} later"
            for sign, lag, grain in zip(
                frame["claimed_sign"], frame["claimed_lag"], frame["grain"], strict=True
            )
        ]
    says = ~frame["verdict"].isin((*SILENT, SAME))
    table["verdict"] = frame["verdict"]
    table["found"] = [
        f"{WAYS[sign]} {after} later" if said else ""
        for said, sign, after in zip(says, frame["sign"], frame["after"], strict=True)
    ]
    table["told"] = _in_percent(frame["partial_r2"], says)
    table["seen_from"] = _in_percent(frame["smallest_seen"], frame["smallest_seen"].notna())
    table["gain"] = [
        format_change(float(size), relative=True) if said else ""
        for said, size in zip(says & frame["gain"].notna(), frame["gain"], strict=True)
    ]
    table["holds"] = frame["holds"].where(says, "")
    return table


def _in_percent(shares: pd.Series, says: pd.Series) -> list[str]:
    return [
        format_value(float(share), "share") if said else ""
        for said, share in zip(says, shares, strict=True)
    ]

"""How aligned: the checks kept and broken, family by family, never one number for all."""

from __future__ import annotations

import pandas as pd

from kpikit.alignment.catalogue import FAMILIES

COLUMNS = ["family", "title", "asked", "kept", "errors", "warnings", "notes", "waived", "score"]


def score_of(checks: pd.DataFrame) -> pd.DataFrame:
    """Return how each family of rules was kept.

    Parameters
    ----------
    checks
        One row for each rule and subject that it was asked of: `code, subject, outcome`;
        the outcome is `kept`, or the severity of the worst finding, or `waived`.

    Returns
    -------
    pandas.DataFrame
        `family, title, asked, kept, errors, warnings, notes, waived, score`. The score is
        the share of checks without an error or warning; what is waived is not kept.

    Examples
    --------
    >>> checks = pd.DataFrame({"code": ["OWN01", "OWN01"], "outcome": ["kept", "error"]})
    >>> score_of(checks)[["family", "asked", "kept", "score"]].values.tolist()
    [['OWN', 2, 1, 0.5]]
    """
    family = checks["code"].str[:3]
    counts = pd.crosstab(family, checks["outcome"]).rename(
        columns={"error": "errors", "warning": "warnings", "note": "notes"}
    )
    for name in ("kept", "errors", "warnings", "notes", "waived"):
        if name not in counts:
            counts[name] = 0
    known = [name for name in FAMILIES if name in counts.index]
    counts = counts.reindex([*known, *(name for name in counts.index if name not in FAMILIES)])
    counts["asked"] = counts[["kept", "errors", "warnings", "notes", "waived"]].sum(axis=1)
    counts["kept"] += counts["notes"]
    counts["score"] = counts["kept"] / counts["asked"]
    counts["title"] = [FAMILIES.get(str(name), str(name)) for name in counts.index]
    return counts.rename_axis("family").reset_index()[COLUMNS].rename_axis(columns=None)

"""What is said and decided in a review meeting: checked, recorded, listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from kpikit.errors import DataError, suggest
from kpikit.ledger import Action, Comment, Concern, Decision, Ledger, Record
from kpikit.ledger.records import record_of

KINDS: tuple[type[Record], ...] = (Comment, Decision, Action, Concern)
COLUMNS = ["seq", "kind", "text", "kpis", "owner", "due", "who", "why", "event"]


def minute_of(kind: str, fields: Mapping[str, object], *, kpis: Iterable[str]) -> Record:
    """Return what a meeting says as a record, or one error with every fault.

    Parameters
    ----------
    kind
        `comment`, `decision`, `action` or `concern`.
    fields
        `period`, `text`, `kpis`, `department`, and of an action its `owner` and `due`;
        what a kind has no use for is left out.
    kpis
        The names that may be cited.

    Examples
    --------
    >>> minute_of("decision", {"period": "2026Q3", "text": "", "kpis": ["nsp"]}, kpis=["nps"])
    Traceback (most recent call last):
    kpikit.errors.DataError: decision: 2 faults.
      kpis names 'nsp', which there is not. Did you mean 'nps'?
      text is empty. Write it in words.
    """
    known = list(kpis)
    cited = [str(name) for name in _cited(fields)]
    faults = [
        f"\n  kpis names {name!r}, which there is not. {suggest(name, known)}"
        for name in cited
        if name not in known
    ]
    try:
        record = record_of(kind, _fitting(kind, fields, cited))
    except DataError as error:
        faults += [f"\n{line}" for line in str(error).splitlines()[1:]] or [f"\n  {error}"]
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise DataError(f"{kind}: {count}.{''.join(faults)}")
    return record


def minutes_of(ledger: Ledger, *, period: str, department: str | None = None) -> pd.DataFrame:
    """Return what stands on record of a meeting, in the order in which it was said.

    Returns
    -------
    pandas.DataFrame
        `seq, kind, text, kpis, owner, due, who, why, event`; owner and due of actions only.
    """
    tables = [_table(ledger, kind, period, department) for kind in KINDS]
    found = pd.concat([table for table in tables if len(table)] or tables[:1])
    return found.sort_values("seq", ignore_index=True)


def _table(ledger: Ledger, kind: type[Record], period: str, department: str | None) -> pd.DataFrame:
    frame = ledger.read(kind, period=period).to_frame()
    if department is not None and "department" in frame:
        frame = frame[frame["department"] == department]
    if "kpi" in frame:
        frame["kpis"] = frame["kpi"].map(lambda name: (name,) if name else ()).astype("object")
    if "owner" not in frame:
        frame = frame.assign(owner="", due=pd.Series(pd.NaT, frame.index, dtype="datetime64[s]"))
    return frame.assign(kind=kind.kind)[COLUMNS]


def _cited(fields: Mapping[str, object]) -> Iterable[object]:
    found = fields.get("kpis", ())
    return found if isinstance(found, list | tuple) else ()


def _fitting(kind: str, fields: Mapping[str, object], cited: list[str]) -> dict[str, object]:
    """Return the fields that a kind has; a comment is on one KPI at most."""
    kinds = {each.kind: each for each in KINDS}
    if kind not in kinds:
        raise DataError(f"there is no kind {kind!r} of minute. {suggest(kind, kinds)}")
    known = kinds[kind].model_fields
    given = {name: value for name, value in fields.items() if name in known}
    if "kpi" in known:
        return given | {"kpi": cited[0] if cited else ""}
    return given | {"kpis": tuple(cited)}

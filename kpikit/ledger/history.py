"""Records as a table: what was written, by whom, when and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.errors import DataError
from kpikit.ledger.fields import plain_type
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.ledger.chain import Row
    from kpikit.ledger.records import Record

AROUND = ["seq", "event", "when", "who", "why"]  # what every record has
ACCEPTED = [
    "kpi", "segment", "period", "level", "value", "who", "when", "why", "state", "basis",
    "basis_sha256", "attainment", "seq", "event",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Records(Result):
    """Records of one kind: `seq, event, when, who, why`, and the fields of the kind.

    Attributes
    ----------
    kind
        What kind of records they are.
    damaged
        The numbers of those left out because they are not as they were written.
    """

    kind: str
    damaged: tuple[int, ...] = ()

    def summary(self) -> str:
        """Say how many there are, and which is the newest."""
        kind = self.kind.replace("_", " ")
        if self.frame.empty:
            return f"Records of the kind {kind}: none."
        newest = self.frame.iloc[-1]
        return (
            f"Records of the kind {kind}: {len(self.frame)}, "
            f"the newest by {newest['who']} on {newest['when']:%Y-%m-%d}."
        )

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.records import months_chart

        months_chart(self.frame["when"], title=self.kind.replace("_", " "), ax=ax)


def records_of(kind: type[Record], rows: Sequence[Row]) -> Records:
    """Return rows as a table; those that are not as they were written are left out and named."""
    damaged = tuple(row.seq for row in rows if not row.is_as_written)
    contents = [json.loads(row.text) for row in rows if row.is_as_written]
    return Records(
        kind=kind.kind,
        frame=_table(kind, contents),
        damaged=damaged,
        notes=tuple(
            f"Record {seq} is not as it was written, and is left out: run kpikit ledger verify."
            for seq in damaged
        ),
    )


def accepted(found: Records) -> pd.DataFrame:
    """Return the accepted targets among targets, in the order of KPI, segment and period."""
    if found.damaged:
        names = ", ".join(str(seq) for seq in found.damaged)
        raise DataError(
            f"ledger: target {names} is not as it was written, so which one counts cannot be "
            "told. Run kpikit ledger verify."
        )
    frame = found.to_frame()
    frame = frame[frame["state"] != "proposed"]
    return frame[ACCEPTED].sort_values(["kpi", "segment", "period", "level"], ignore_index=True)


def _table(kind: type[Record], contents: Sequence[dict[str, Any]]) -> pd.DataFrame:
    around = {
        "seq": pd.Series([content["seq"] for content in contents], dtype="int64"),
        "event": pd.Series([content["event"] for content in contents], dtype="str"),
        "when": pd.to_datetime(
            pd.Series([content["at"] for content in contents], dtype="str"), utc=True
        ),
        "who": pd.Series([content["who"] for content in contents], dtype="str"),
        "why": pd.Series([content["why"] for content in contents], dtype="str"),
    }
    records = [content["record"] for content in contents]
    fields = {
        name: _column([record.get(name, field.default) for record in records], field.annotation)
        for name, field in kind.model_fields.items()
    }
    return pd.DataFrame(around | fields)


def _column(values: list[Any], annotation: Any) -> pd.Series[Any]:  # noqa: ANN401
    plain = plain_type(annotation)
    if plain is date:
        return pd.to_datetime(pd.Series(values, dtype="str"))
    if plain in (float, int):
        return pd.Series(values, dtype="float64" if plain is float else "int64")
    if plain is tuple:
        return pd.Series([tuple(value) for value in values], dtype="object")
    return pd.Series(values, dtype="object" if plain is dict else "str")

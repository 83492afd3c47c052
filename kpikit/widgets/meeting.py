"""A form for a review meeting: comments, decisions, actions and concerns, put on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import uuid4

import ipywidgets as widgets  # type: ignore[import-untyped]

from kpikit.review.minutes import KINDS, minute_of, minutes_of
from kpikit.tables import table_html
from kpikit.widgets.guard import Guard
from kpikit.widgets.sheet import FITTING, WIDE, dressed

if TYPE_CHECKING:
    from kpikit.ledger import Ledger

SHOWN = ["seq", "kind", "text", "kpis", "owner", "due", "who"]


class MeetingForm(widgets.VBox):  # type: ignore[misc]
    """A form over a ledger: nothing is kept here that is not on record.

    Parameters
    ----------
    ledger
        Where it is recorded.
    period
        The period under review.
    department
        The department that meets.
    kpis
        The KPIs that may be cited: titles by name.
    """

    def __init__(
        self, ledger: Ledger, *, period: str, department: str, kpis: Mapping[str, str]
    ) -> None:
        self._ledger, self._period, self._department = ledger, period, department
        self._kpis = dict(kpis)
        self._event = uuid4().hex  # one act, however often its button is pressed
        self.kind = widgets.ToggleButtons(options=[each.kind for each in KINDS], description="What")
        self.text = widgets.Textarea(description="In words", layout=WIDE)
        self.cited = widgets.SelectMultiple(
            options=[(title, name) for name, title in self._kpis.items()],
            description="KPIs", rows=min(7, max(2, len(self._kpis))), layout=WIDE,
        )  # fmt: skip
        self.owner = widgets.Text(description="Owner", placeholder="who does it")
        self.due = widgets.DatePicker(description="Due")
        self.who = widgets.Text(description="Said by", placeholder="who writes this down")
        self.why = widgets.Text(description="Why", placeholder="the reason", layout=WIDE)
        self.save = widgets.Button(description="Record", button_style="primary", layout=FITTING)
        self.taken = widgets.Dropdown(description="Take back", options=[("nothing", "")])
        self.undo = widgets.Button(description="Take back", layout=FITTING)
        self._guard = Guard()
        self.message = self._guard.message
        self.table = widgets.HTML()
        self.kind.observe(self._fit, names="value")
        self.save.on_click(lambda _: self._guard.run(self._record))
        self.undo.on_click(lambda _: self._guard.run(self._take_back))
        super().__init__(
            [
                self.kind, self.text, self.cited, widgets.HBox([self.owner, self.due]),
                self.who, self.why, self.save, self.message, self.table,
                widgets.HBox([self.taken, self.undo]),
            ]
        )  # fmt: skip
        dressed(self)
        self._fit()
        self._guard.run(self._show)

    def _fit(self, _change: object = None) -> None:
        """Ask for an owner and a day where somebody is to do something."""
        for field in (self.owner, self.due):
            field.layout.display = "" if self.kind.value == "action" else "none"

    def _record(self) -> None:
        fields = {
            "period": self._period,
            "department": self._department,
            "text": self.text.value,
            "kpis": list(self.cited.value),
            "owner": self.owner.value,
            "due": self.due.value,
        }
        if not any((self.text.value, self.cited.value, self.why.value)):
            return  # the second press of a button that has done its work
        record = minute_of(self.kind.value, fields, kpis=self._kpis)
        saved = self._ledger.append(
            record, who=self.who.value, why=self.why.value, event=self._event
        )
        self._event = uuid4().hex
        self.text.value, self.cited.value, self.why.value, self.due.value = "", (), "", None
        self._show()
        said = f"Recorded as {saved.seq}, and on the disk."
        self._guard.say(" ".join((said, *saved.notes)), mark="✓")

    def _take_back(self) -> None:
        if not self.taken.value:
            return
        self._ledger.undo(self.taken.value, who=self.who.value, why=self.why.value)
        self._show()
        self._guard.say("Taken back. It stays on the ledger, and no longer counts.", mark="✓")

    def _show(self) -> None:
        """Show what is on record, as the ledger has it."""
        found = minutes_of(self._ledger, period=self._period, department=self._department)
        cited = [", ".join(self._kpis.get(name, name) for name in names) for names in found["kpis"]]
        self.table.value = table_html(found.assign(kpis=cited)[SHOWN])
        choices = [
            (f"{row['seq']}: {row['text'][:60]}", row["event"]) for row in found.to_dict("records")
        ]
        self.taken.options = [("nothing", ""), *choices[::-1]]


def meeting_form(
    ledger: Ledger, *, period: str, department: str, kpis: Mapping[str, str]
) -> MeetingForm:
    """Return a form that records what is said in a meeting, checked, and never lost.

    Parameters
    ----------
    ledger
        Where it is recorded.
    period
        The period under review.
    department
        The department that meets.
    kpis
        The KPIs that may be cited: titles by name.
    """
    return MeetingForm(ledger, period=period, department=department, kpis=kpis)

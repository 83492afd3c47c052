"""What every analysis returns: a sentence, a table, a picture, and its caveats."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd

from kpikit.charts.embed import picture
from kpikit.charts.style import axes, look
from kpikit.tables import STYLE, table_html

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

ROWS_SHOWN = 8  # of a table, under its sentence


@dataclass(frozen=True, kw_only=True, eq=False)
class Result(ABC):
    """One result: numbers that cannot be changed, and the settings that made them.

    Attributes
    ----------
    notes
        Caveats, one sentence each. Nothing is printed or warned about elsewhere.
    """

    frame: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Keep a copy, so that the caller's table and the result's are two.

        A shallow one will do: what is changed in either is copied as it is written to.
        """
        object.__setattr__(self, "frame", self.frame.copy(deep=False))

    @abstractmethod
    def summary(self) -> str:
        """Say the result in one sentence that a manager can repeat."""

    @abstractmethod
    def _draw(self, ax: Axes) -> None:
        """Draw the result on axes of the house style."""

    def _shown(self) -> pd.DataFrame:
        """Return the rows to show under the sentence: the last ones, as a rule."""
        return self.frame.tail(ROWS_SHOWN)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table, so that no caller can change the result."""
        return self.frame.copy(deep=False)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the result, and return the axes."""
        ax = axes(ax)  # outside the look, which would undo how pyplot sets itself up when loaded
        with look():
            self._draw(ax)
        return ax

    def _repr_html_(self) -> str:
        sentence = self.summary()
        return "\n".join(
            (
                f"<p><b>{escape(sentence)}</b></p>",
                picture(self._draw, alt=sentence),
                STYLE + table_html(self._shown()),
                notes_html(self.notes),
            )
        )


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One audited or analysed statement about one subject.

    Attributes
    ----------
    code
        The rule that speaks, such as `OWN01`.
    subject
        What it speaks about, such as `kpis.churn_rate`.
    sentence
        The statement, with its numbers.
    evidence
        The numbers behind the sentence, by name.
    fix
        The one next step.
    """

    code: str
    severity: Severity
    subject: str
    sentence: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    fix: str = ""


def notes_html(notes: tuple[str, ...]) -> str:
    """Return caveats as an HTML list, or nothing where there are none."""
    if not notes:
        return ""
    return "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>"

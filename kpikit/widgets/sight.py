"""Look at the strategy's map, and at the line of sight of a KPI or of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets  # type: ignore[import-untyped]

from kpikit.alignment.map import map_strategy
from kpikit.alignment.sight import line_of_sight
from kpikit.tables import table_html
from kpikit.widgets.guard import Guard
from kpikit.widgets.pictures import Answer
from kpikit.widgets.sheet import NAMES, WIDE, dressed

if TYPE_CHECKING:
    from kpikit.strategy.model import Strategy

ALL = ""  # the whole map


class SightFinder(widgets.VBox):  # type: ignore[misc]
    """A choice over `map_strategy` and `line_of_sight`; the steps stand below in words."""

    def __init__(self, strategy: Strategy, *, statuses: dict[str, str] | None) -> None:
        self._strategy, self._statuses = strategy, statuses
        self._guard = Guard()
        owners = sorted({kpi.owner for kpi in strategy.kpis.values()})
        kpis = [(kpi.title, name) for name, kpi in strategy.kpis.items()]
        people = [(f"all of {name}", name) for name in owners if name not in strategy.kpis]
        self.whose = widgets.Dropdown(
            options=[("the whole map", ALL), *kpis, *people],
            description="Line of sight of", style=NAMES, layout=WIDE,
        )  # fmt: skip
        self.answer, self.table = Answer(), widgets.HTML()
        self.message = self._guard.message
        self.whose.observe(lambda _: self._guard.soon(self._show), names="value")
        super().__init__([self.whose, self.answer, self.table, self.message])
        dressed(self)
        self._guard.run(self._show)

    def settle(self) -> None:
        """Answer at once what waits for events to pause."""
        self._guard.settle()

    def _show(self) -> None:
        if self.whose.value == ALL:
            self.answer.show(map_strategy(self._strategy, statuses=self._statuses))
            self.table.value = ""
        else:
            way = line_of_sight(self._strategy, self.whose.value)
            self.answer.show(way)
            self.table.value = table_html(way.to_frame()[["title", "owner", "link"]])
        self._guard.hush()


def see_strategy(strategy: Strategy, *, statuses: dict[str, str] | None = None) -> SightFinder:
    """Return a choice by which the strategy's map and every line of sight are looked at.

    Parameters
    ----------
    strategy
        A loaded strategy.
    statuses
        As for `map_strategy`.
    """
    return SightFinder(strategy, statuses=statuses)

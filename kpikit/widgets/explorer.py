"""Look at one KPI after the other: its trend, season, signals, changes and leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import ipywidgets as widgets  # type: ignore[import-untyped]
import pandas as pd

from kpikit.analysis.changes import find_changes
from kpikit.analysis.leads import find_leads
from kpikit.analysis.seasons import find_season
from kpikit.analysis.ties import tied_pairs
from kpikit.analysis.trend import fit_trend
from kpikit.analysis.watched import judge_kpis
from kpikit.errors import DataError
from kpikit.observations.build import build_observations
from kpikit.periods import GRAINS
from kpikit.results import Result
from kpikit.widgets.guard import Guard
from kpikit.widgets.pictures import Answer
from kpikit.widgets.sheet import NAMES, WIDE, dressed

if TYPE_CHECKING:
    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

OWN = ""  # the grain that a KPI is declared with
QUESTIONS: Mapping[str, str] = {
    "Does it rise or fall?": "trend",
    "Which periods are out of the ordinary?": "signals",
    "When did its level change?": "changes",
    "Does it have a season?": "season",
    "What tells its future?": "leads",
}


def explore(  # noqa: PLR0913 - each argument is a question of its own
    strategy: Strategy,
    observations: Observations,
    *,
    kpi: str,
    question: str,
    segment: str = "",
    since: str = "",
) -> Result:
    """Return the analysis that answers a question about one KPI.

    Parameters
    ----------
    question
        `trend`, `signals`, `changes`, `season` or `leads`.
    since
        The first day that is looked at; all unless given.

    Raises
    ------
    DataError
        There is no such question, or no value of the KPI in that time.
    """
    frame = observations.to_frame()
    frame = frame[frame["complete"] & (frame["segment"] == segment)]
    frame = frame[pd.to_datetime(frame["period_start"]) >= pd.Timestamp(since or "1677-09-22")]
    own = frame[frame["kpi"] == kpi]
    if own["value"].notna().sum() == 0:
        raise DataError(f"kpis.{kpi}: there is no value of it in this time. Look further back.")
    answers: dict[str, Callable[[], Result]] = {
        "trend": lambda: fit_trend(own),
        "signals": lambda: judge_kpis(strategy, own),
        "changes": lambda: find_changes(own),
        "season": lambda: find_season(own),
        "leads": lambda: find_leads(frame, target=kpi, exclude=tied_pairs(strategy)),
    }
    if question not in answers:
        raise DataError(f"question is {question!r}, not one of {', '.join(answers)}.")
    return answers[question]()


class Explorer(widgets.VBox):  # type: ignore[misc]
    """Choices over `explore`: the KPI, the segment, the grain, the time, and the question."""

    def __init__(self, strategy: Strategy, observations: Observations, *, by: str | None) -> None:
        self._strategy, self._by = strategy, by
        self._own = observations
        # other grains are computed when somebody asks, of the one KPI that it takes, or of all
        self._at: dict[tuple[str, str], Observations] = {}
        self._guard = Guard()
        frame = observations.to_frame()
        present = list(dict.fromkeys(frame["kpi"]))
        self.kpi = widgets.Dropdown(
            options=[(strategy.kpis[name].title, name) for name in present],
            description="KPI", style=NAMES, layout=WIDE,
        )  # fmt: skip
        self.segment = widgets.Dropdown(
            options=[(name or "the whole", name) for name in dict.fromkeys(frame["segment"])],
            description="Segment", style=NAMES, layout=WIDE,
        )  # fmt: skip
        self.grain = widgets.Dropdown(
            options=[("each KPI's own", OWN), *((one, one) for one in GRAINS)],
            description="Grain", style=NAMES, layout=WIDE,
        )  # fmt: skip
        years = sorted(pd.to_datetime(frame["period_start"]).dt.year.unique())
        self.since = widgets.Dropdown(
            options=[("the beginning", ""), *((str(year), f"{year}-01-01") for year in years)],
            description="Since", style=NAMES, layout=WIDE,
        )  # fmt: skip
        self.question = widgets.Dropdown(
            options=list(QUESTIONS.items()), description="Question", style=NAMES, layout=WIDE
        )
        self.answer, self.message = Answer(), self._guard.message
        choices = [self.kpi, self.segment, self.grain, self.since, self.question]
        for choice in choices:
            choice.observe(lambda _: self._guard.soon(self._show), names="value")
        super().__init__([*choices, self.answer, self.message])
        dressed(self)
        self._guard.run(self._show)

    def settle(self) -> None:
        """Answer at once what waits for events to pause."""
        self._guard.settle()

    def _show(self) -> None:
        if self.kpi.value is None:
            raise DataError("There is no KPI with observations to look at.")
        self.answer.said.value = ""
        found = explore(
            self._strategy,
            self._observations(self.grain.value, self.question.value),
            kpi=self.kpi.value,
            question=self.question.value,
            segment=self.segment.value,
            since=self.since.value,
        )
        self.answer.show(found)
        self._guard.hush()

    def _observations(self, grain: str, question: str) -> Observations:
        """Return the values at a grain, from the facts as they were seen at their own."""
        if grain == OWN:
            return self._own
        wanted = (grain, "" if question == "leads" else self.kpi.value)
        if wanted not in self._at:
            self._at[wanted] = build_observations(
                self._strategy,
                grain=grain,
                by=self._by,
                as_of=self._own.as_of,
                kpis=[self.kpi.value] if wanted[1] else None,
            )
        return self._at[wanted]


def explore_kpis(
    strategy: Strategy, observations: Observations, *, by: str | None = None
) -> Explorer:
    """Return choices by which one KPI after the other is looked at.

    Parameters
    ----------
    strategy, observations
        What is looked at. At another grain it is computed again from the facts.
    by
        The column by which the observations were split, if they were.
    """
    return Explorer(strategy, observations, by=by)

"""Set a target: see its chance and its path, move levers, accept it on record."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING
from uuid import uuid4

import ipywidgets as widgets  # type: ignore[import-untyped]

from kpikit.errors import DataError
from kpikit.ledger import Ledger, Target
from kpikit.tables import table_html
from kpikit.targets.direction import Target as Wanted
from kpikit.targets.prospect import Links, follow_links
from kpikit.targets.setting import TargetSetting, TargetView, prepare_setting
from kpikit.units import format_chance, format_value
from kpikit.widgets.guard import Guard
from kpikit.widgets.pictures import TargetPicture, image, show
from kpikit.widgets.sheet import FITTING, NAMES, WIDE, dressed
from kpikit.widgets.sliders import (
    LeverSlider,
    band_slider,
    fit,
    lever_slider,
    target_slider,
)

if TYPE_CHECKING:
    from datetime import date

    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

SHOWN = ["kpi", "period", "level", "value", "attainment", "who", "why"]


class TargetSetter(widgets.VBox):  # type: ignore[misc]
    """Sliders over a `TargetSetting`; what is accepted is on the ledger and nowhere else.

    Attributes
    ----------
    setting, view
        What is shown, and the forecasts behind it; None while nothing can be.
    computed
        How many views were computed.
    """

    def __init__(  # noqa: PLR0913 - each argument is a question of its own
        self,
        strategy: Strategy,
        observations: Observations,
        *,
        periods: Sequence[str],
        kpi: str | None = None,
        ledger: Ledger | None = None,
        as_of: date | str | None = None,
    ) -> None:
        self._strategy, self._observations = strategy, observations
        self._ledger, self._as_of, self._event = ledger, as_of, uuid4().hex
        self._links: Links | None = None
        self._just_accepted = False
        self._guard, self.computed = Guard(), 0
        self.setting: TargetSetting | None = None
        self.view: TargetView | None = None
        self._drawn: TargetPicture | None = None
        self._on_record = 0
        options = _settable(strategy)
        known = [name for _, name in options]
        self.kpi = widgets.Dropdown(
            options=options, value=kpi if kpi in known else next(iter(known), None),
            description="KPI", style=NAMES, layout=WIDE,
        )  # fmt: skip
        self.period = widgets.Dropdown(
            options=list(periods), description="Period", style=NAMES, layout=WIDE
        )
        self.target, self.band = target_slider("Target"), band_slider("Band")
        self.levers: dict[str, LeverSlider] = {}
        self.lever_box = widgets.VBox()
        self.reset = widgets.Button(description="Levers back to expected", layout=FITTING)
        self.said = widgets.HTML()
        self.picture = image()
        self.who = widgets.Text(description="Accepted by", style=NAMES, layout=WIDE)
        self.why = widgets.Text(description="Why", style=NAMES, layout=WIDE)
        self.accept = widgets.Button(
            description="Accept this target", button_style="primary", layout=FITTING
        )
        self.message, self.table = self._guard.message, widgets.HTML()
        self.kpi.observe(lambda _: self._guard.run(self._load), names="value")
        self.period.observe(lambda _: self._guard.run(self._load), names="value")
        for slider in (self.target, self.band):
            slider.observe(self._later, names="value")
        self.reset.on_click(lambda _: self._guard.run(self._reset))
        self.accept.on_click(lambda _: self._guard.run(self._accept))
        super().__init__(
            [
                self.kpi, self.period, self.target, self.band,
                widgets.HTML("<h3>Levers</h3>"), self.lever_box, self.reset,
                self.said, self.picture,
                widgets.HTML("<h3>Accept</h3>"), self.who, self.why, self.accept,
                self.message, self.table,
            ]
        )  # fmt: skip
        dressed(self)
        self._guard.run(self._load)

    @property
    def changes(self) -> dict[str, float]:
        """The levers that were moved from what is expected of them."""
        return {name: slider.value for name, slider in self.levers.items() if slider.is_moved}

    @property
    def wanted(self) -> Wanted:
        """What the slider of the target says: a value, or a band."""
        return tuple(self.band.value) if self._is_banded else self.target.value

    @property
    def _is_banded(self) -> bool:
        return bool(self._strategy.kpis[self.kpi.value].direction == "on_target")

    def settle(self) -> None:
        """Answer at once what waits for events to pause."""
        self._guard.settle()

    def refresh(self) -> None:
        """Begin anew where others have put a target on record since."""
        if self._ledger is not None and self._known() != self._on_record:
            self._guard.run(self._load)

    def _known(self) -> int:
        """Return how many targets are on record."""
        return len(self._ledger.read(Target).to_frame()) if self._ledger is not None else 0

    def _later(self, _change: object) -> None:
        self._guard.soon(self._show)

    def _load(self) -> None:
        """Make the forecasts of another KPI or period; without them nothing can be moved."""
        self.setting = self.view = None
        self._able(False)
        self._show_record()
        if self.kpi.value is None or self.period.value is None:
            raise DataError("There is no KPI, or no period, whose target could be set.")
        self._guard.say("Forecasting …", mark="⋯")
        self._links = self._links or follow_links(self._strategy, self._observations)
        setting = prepare_setting(
            self._strategy,
            self._observations,
            kpi=self.kpi.value,
            period=self.period.value,
            as_of=self._as_of,
            ledger=self._ledger,
            links=self._links,
        )
        self._begin_at(setting.proposed if setting.accepted is None else setting.accepted, setting)
        self._make_levers(setting)
        # last, so that nothing is shown of sliders that stand where they stood for another
        self.setting, self._drawn = setting, TargetPicture(setting)
        self._able(True)
        self._guard.hush()
        self._show()

    def _begin_at(self, target: Wanted, setting: TargetSetting) -> None:
        ends = (setting.lowest, setting.highest)
        for slider, banded in ((self.target, False), (self.band, True)):
            slider.layout.display = "" if banded is self._is_banded else "none"
            fit(slider, *ends)
        if isinstance(target, tuple):
            lower, upper = target
            self.band.value = (
                ends[0] if lower is None else lower,
                ends[1] if upper is None else upper,
            )
        else:
            self.target.value = target

    def _make_levers(self, setting: TargetSetting) -> None:
        for slider in self.levers.values():
            slider.close()
        self.levers = {}
        for row in setting.prospect.levers.to_dict("records"):
            slider = lever_slider(
                str(row["title"]),
                expected=row["expected"],
                low=row["lowest"],
                high=row["highest"],
            )
            slider.observe(self._later, names="value")
            self.levers[str(row["lever"])] = slider
        nothing = widgets.HTML("<p>No identity and no supported lead moves this KPI.</p>")
        self.lever_box.children = tuple(self.levers.values()) or (nothing,)

    def _reset(self) -> None:
        for slider in self.levers.values():
            slider.value = slider.expected
        self._show()

    def _show(self) -> None:
        if self.setting is None or self._drawn is None:
            return
        self.computed += 1
        view = self.setting.view(self.wanted, self.changes)
        self.view = view
        self.said.value = (
            f'<p class="kpikit-said" data-chance="{view.chance:.4f}" role="status">'
            f"<b>{escape(view.sentence)}</b></p>"
        )
        ignored = [f"{name}: {reason}" for name, reason in view.ignored.items()]
        if ignored:
            self._guard.say(f"Not followed: {'; '.join(ignored)}.", mark="ⓘ")
        else:
            self._guard.hush()
        show(self.picture, self._drawn.draw(view), alt=view.sentence)

    def _accept(self) -> None:
        self._guard.settle()
        if not any((self.why.value, self.who.value)) and self._just_accepted:
            return  # the second press of a button that has done its work
        if self._ledger is None:
            raise DataError("There is no ledger to write to. Open the app with one.")
        if self.setting is None or self.view is None:
            raise DataError("There is no target to accept.")
        records = self.setting.records(self.view)
        saved = self._ledger.append_many(
            records, who=self.who.value, why=self.why.value, event=self._event
        )
        self._event, self._just_accepted = uuid4().hex, True
        self.who.value = self.why.value = ""
        self._show_record()
        numbers = " and ".join(str(entry.seq) for entry in saved)
        said = f"{self.setting.say(self.view.target)} is accepted, on record as {numbers}."
        self._guard.say(" ".join((said, *saved[-1].notes)), mark="✓")

    def _show_record(self) -> None:
        """Show what is accepted, as the ledger has it."""
        if self._ledger is None:
            return
        self._on_record = self._known()
        found = self._ledger.latest(Target).to_frame()
        found = found[found["kpi"] == self.kpi.value]
        if found.empty:
            self.table.value = "<p>No target of this KPI is on record yet.</p>"
            return
        unit = self._strategy.kpis[self.kpi.value].unit
        shown = found[SHOWN].assign(
            value=[format_value(one, unit) for one in found["value"]],
            attainment=[format_chance(one) for one in found["attainment"]],
        )
        self.table.value = table_html(shown)

    def _able(self, able: bool) -> None:
        for control in (self.target, self.band, self.accept, self.reset):
            control.disabled = not able
        self.picture.layout.display = "" if able else "none"
        if not able:
            self.said.value = ""
            self.lever_box.children = ()


def set_target(  # noqa: PLR0913 - each argument is a question of its own
    strategy: Strategy,
    observations: Observations,
    *,
    periods: Sequence[str],
    kpi: str | None = None,
    ledger: Ledger | None = None,
    as_of: date | str | None = None,
) -> TargetSetter:
    """Return sliders by which a target is set and accepted.

    Parameters
    ----------
    strategy, observations
        As for `what_if`.
    periods
        Periods whose targets can be set, such as `2026Q4`.
    kpi
        The one to begin with.
    ledger
        Where an accepted target is recorded; without one nothing can be accepted.
    as_of
        Nothing later is seen.
    """
    return TargetSetter(
        strategy, observations, periods=periods, kpi=kpi, ledger=ledger, as_of=as_of
    )


def _settable(strategy: Strategy) -> list[tuple[str, str]]:
    return [
        (f"{kpi.title} ({kpi.department})", name)
        for name, kpi in strategy.kpis.items()
        if kpi.status != "retired"
    ]

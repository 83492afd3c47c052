"""The target setter without a front end: what is moved is shown, what is accepted is on record."""

import numpy as np
import pandas as pd
import pytest

from kpikit.ledger import Target, open_ledger
from kpikit.observations.table import Observations
from kpikit.strategy.model import Strategy
from kpikit.widgets import setter as module
from kpikit.widgets.explorer import explore_kpis
from kpikit.widgets.setter import set_target
from kpikit.widgets.sliders import fit

MONTHS = 48


def rows(kpi, values):
    days = pd.date_range("2023-01-01", periods=len(values), freq="MS")
    common = {"segment": "", "numerator": np.nan, "denominator": np.nan, "rows": 1}
    return pd.DataFrame({"kpi": kpi, "period_start": days, "value": values, **common}).assign(
        complete=True, known_at=pd.NaT
    )


def kpi(title, **fields):
    common = {"department": "company", "owner": "coo", "source": "facts", "unit": "number"}
    told = {"formula": "avg(amount)", "over_periods": "mean", "direction": "higher_is_better"}
    return common | told | {"title": title} | fields


STRATEGY = Strategy.model_validate(
    {
        "version": 1,
        "organisation": {"name": "Test", "currency": "EUR"},
        "sources": {
            "facts": {
                "path": "f.csv",
                "time": "day",
                "columns": {"day": "date", "amount": "number"},
            }
        },
        "kpis": {
            "income": kpi("Income", identity="{sales} * {price}"),
            "sales": kpi("Sales"),
            "price": kpi("Price"),
            "load": kpi("Load", identity="{sales} * {price}", direction="on_target"),
            "empty": kpi("Empty"),
        },
    }
)


@pytest.fixture(scope="module")
def observations():
    chance = np.random.default_rng(3)
    sales, price = chance.normal(100, 3, MONTHS), chance.normal(10, 0.2, MONTHS)
    frame = [rows("sales", sales), rows("price", price), rows("income", sales * price)]
    frame.append(rows("load", sales * price))
    return Observations(frame=pd.concat(frame, ignore_index=True), missing=pd.DataFrame())


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def form(observations, ledger):
    return set_target(
        STRATEGY, observations, periods=["2027Q1", "2027Q2"], kpi="income", ledger=ledger
    )


def test_it_begins_at_committed_with_its_chance_and_levers(form):
    form.settle()
    assert form.view.chance == pytest.approx(0.8, abs=0.02)
    assert list(form.levers) == ["sales", "price"]
    assert form.changes == {}
    assert 'src="data:image/png;base64,' in form.picture.value
    assert f'alt="{form.view.sentence}"' in form.picture.value


def test_a_lever_moves_the_chance_and_goes_back(form):
    before = form.view.chance
    form.levers["price"].value = form.levers["price"].min
    form.settle()
    assert set(form.changes) == {"price"}
    assert form.view.chance < before
    assert "without the changes" in form.said.value
    form.reset.click()
    assert form.view.changes == {}


def test_a_hundred_moves_cost_few_views_and_end_in_the_last(form):
    form.settle()
    before, ends = form.computed, (form.target.min, form.target.max)
    for value in np.linspace(*ends, 100):
        form.target.value = value
    form.settle()
    assert form.computed - before <= 10
    assert form.view.target == form.target.value == pytest.approx(ends[1])


def test_accepting_twice_writes_once_and_is_there_after_a_restart(form, observations, ledger):
    form.target.value = form.setting.proposed + 5
    form.who.value, form.why.value = "coo", "a new shop"
    form.accept.click()
    form.accept.click()
    table = ledger.read(Target).to_frame()
    assert len(table) == 1
    assert table["value"].item() == pytest.approx(form.target.value)
    assert "on record as 1" in form.message.value
    again = set_target(STRATEGY, observations, periods=["2027Q1"], kpi="income", ledger=ledger)
    assert again.target.value == pytest.approx(table["value"].item())
    assert "a new shop" in again.table.value


def test_a_band_has_two_handles_and_both_its_ends_go_on_record(observations, ledger):
    asked = {"periods": ["2027Q1"], "kpi": "load", "ledger": ledger}
    form = set_target(STRATEGY, observations, **asked)
    form.settle()
    assert (form.target.layout.display, form.band.layout.display) == ("none", "")
    assert form.view.chance == pytest.approx(0.8, abs=0.01)  # the middle of what may come
    left, right, *_ = form._drawn._live._ends[0]
    assert right - left < 1.5 * (
        form.band.max - form.band.min
    )  # nothing was drawn before it fitted
    form.band.value = (form.band.min, form.band.max)
    form.settle()
    assert form.view.chance > 0.98
    assert " is kept with a chance of " in form.said.value
    form.who.value, form.why.value = "coo", "what the stores can hold"
    form.accept.click()
    form.accept.click()
    table = ledger.read(Target).to_frame()
    assert table["level"].tolist() == ["lower", "upper"]
    assert table["value"].tolist() == pytest.approx(form.band.value)
    again = set_target(STRATEGY, observations, **asked)
    assert again.band.value == pytest.approx(form.band.value)
    again.kpi.value = "income"
    assert (again.target.layout.display, again.band.layout.display) == ("", "none")


def test_accepting_without_a_name_is_refused_and_said(form, ledger):
    form.accept.click()
    assert "who is empty" in form.message.value
    assert ledger.read(Target).to_frame().empty


def test_what_is_no_number_is_refused_and_later_moves_work(form):
    form.target.value = float("nan")
    form.settle()
    assert "target is nan; it is a finite number" in form.message.value
    form.target.value = form.target.min
    form.settle()
    assert form.view.target == form.target.min
    assert form.message.value == ""


def test_a_defect_is_shown_and_later_moves_work(form, monkeypatch):
    monkeypatch.setattr(module, "show", lambda *_, **__: 1 / 0)
    form.target.value = form.target.min
    form.settle()
    assert "ZeroDivisionError" in form.message.value
    monkeypatch.undo()
    form.target.value = form.target.max
    form.settle()
    assert form.view.target == form.target.max
    assert form.message.value == ""


def test_without_facts_it_opens_and_says_so(form):
    form.kpi.value = "empty"
    assert "there is no complete period" in form.message.value
    assert form.target.disabled
    assert form.accept.disabled
    form.kpi.value = "sales"
    assert not form.target.disabled
    assert form.lever_box.children[0].value.startswith("<p>No identity")


def test_ends_move_without_passing_each_other(form):
    slider = form.target
    for low, high in ((1000.0, 2000.0), (-5.0, -1.0), (3.0, 3.0)):
        fit(slider, low, high)
        assert slider.min < slider.max


def sent(slider, value):
    """Move a slider as a browser does."""
    slider._handle_msg(
        {"content": {"data": {"method": "update", "state": {"value": value}}}, "buffers": []}
    )


def test_a_hundred_messages_of_a_browser_cost_few_views_and_end_in_the_last(form):
    form.settle()
    before = form.computed
    for value in np.linspace(form.target.min, form.target.max, 100):
        sent(form.target, float(value))
    form.settle()
    assert form.computed - before <= 10
    assert form.view.target == pytest.approx(form.target.max)
    sent(form.target, form.target.max * 10)  # out of range: held at the end
    form.settle()
    assert form.view.target == pytest.approx(form.target.max)
    sent(form.target, float("inf"))
    form.settle()
    assert np.isfinite(form.view.target)


def test_a_lever_that_never_moved_still_has_a_slider(observations):
    frame = observations.to_frame()
    still = frame.assign(value=frame["value"].where(frame["kpi"] != "price", 10.0))
    form = set_target(
        STRATEGY,
        Observations(frame=still, missing=pd.DataFrame()),
        periods=["2027Q1"],
        kpi="income",
    )
    slider = form.levers["price"]
    assert slider.min < slider.value < slider.max
    assert form.message.value == ""


@pytest.mark.parametrize("make", ["nobody", "nothing"])
def test_without_kpis_or_facts_every_view_opens_and_says_so(make, observations):
    bare = {"version": 1, "organisation": {"name": "Acme"}}
    strategy = STRATEGY if make == "nothing" else Strategy.model_validate(bare)
    none = Observations(frame=observations.to_frame().iloc[:0], missing=pd.DataFrame())
    form = set_target(strategy, none, periods=["2027Q1"])
    assert "✗" in form.message.value
    assert form.accept.disabled
    looked = explore_kpis(strategy, none)
    assert "There is no KPI with observations" in looked.message.value


def test_the_explorer_answers_and_says_what_it_cannot(observations):
    looked = explore_kpis(STRATEGY, observations)
    assert (
        'alt="Sales' in looked.answer.picture.value or 'alt="sales' in looked.answer.picture.value
    )
    looked.question.value = "season"
    looked.settle()
    assert "season" in looked.answer.said.value
    looked.since.value = "2026-01-01"
    looked.question.value = "leads"
    looked.settle()
    assert looked.message.value == ""


def test_a_form_made_ready_before_sees_what_was_accepted_since(form, observations, ledger):
    # facts end with what was known in 2026; what people accept today is later, and is seen
    asked = {"periods": ["2027Q1"], "kpi": "income", "ledger": ledger, "as_of": "2026-12-31"}
    early = set_target(STRATEGY, observations, **asked)
    form.target.value += form.target.step
    form.who.value, form.why.value = "coo", "a new shop"
    form.accept.click()
    early.refresh()
    assert early.target.value == pytest.approx(form.target.value)
    assert "a new shop" in early.table.value

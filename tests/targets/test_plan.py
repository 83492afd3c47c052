import matplotlib as mpl
import numpy as np
import pytest
from plans import Facts, kpi, rows, strategy

from kpikit.errors import DataError, UnknownNameError
from kpikit.targets.plan import plan_target

mpl.use("Agg")

SEASON = 10 * np.sin(np.arange(48) * np.pi / 6)


def table(values=None, **columns):
    noise = np.random.default_rng(0).normal(size=48)
    return Facts(rows(100 + SEASON + noise if values is None else values, **columns))


def plan(facts=None, strategy_=None, **options):
    asked = {"kpi": "sales", "period": "2027Q1"} | options
    return plan_target(strategy_ or strategy(), facts or table(), **asked)


def test_the_path_ends_on_the_target_and_keeps_the_season():
    found = plan(period="2027", target=1300.0)
    path = found.to_frame()
    names = ["period_start", "actual", "expected", "q0.1", "q0.5", "q0.9", "plan", "together"]
    assert list(path.columns) == names
    assert path["plan"].sum() == pytest.approx(1300, abs=1e-9)
    assert path["together"].iloc[-1] == pytest.approx(1300, abs=1e-9)
    # every month asks for the same growth on what is expected of it
    assert np.ptp(path["plan"] / path["expected"]) < 1e-9
    assert found.needed_pace == pytest.approx(1300 / 12)


def test_what_is_gone_is_part_of_the_path():
    facts = Facts(table().frame.iloc[:-1])  # December 2026 is still open
    found = plan(facts, period="2026Q4", target=320.0)
    gone = facts.frame["value"].tail(2)
    path = found.to_frame()
    assert path["actual"].tolist()[:2] == gone.tolist() == path["plan"].tolist()[:2]
    assert path["plan"].iloc[-1] == pytest.approx(320 - gone.sum()) == found.needed_pace
    assert found.actual == pytest.approx(gone.sum())


def test_a_mean_an_end_and_a_ratio_have_paths_of_their_own():
    mean = plan(strategy_=strategy(sales=kpi("avg(amount)", over_periods="mean")), target=105.0)
    assert mean.to_frame()["plan"].mean() == pytest.approx(105)
    last = plan(strategy_=strategy(sales=kpi("avg(amount)", over_periods="last")), target=120.0)
    assert last.to_frame()["plan"].iloc[-1] == pytest.approx(120)
    below = np.arange(100.0, 148.0)
    quotient = table(
        np.full(48, 0.5) + 0.01 * SEASON, above=below * (0.5 + 0.01 * SEASON), below=below
    )
    share = strategy(sales=kpi("sum(amount) / count(*)", unit="share"))
    ratio = plan(quotient, share, target=0.6)
    assert ratio.to_frame()["together"].iloc[-1] == pytest.approx(0.6)
    assert ratio.to_frame()["plan"].max() <= 1


def test_where_bounds_leave_no_path_there_is_none():
    share = strategy(sales=kpi("avg(amount)", unit="share", over_periods="mean"))
    found = plan(table(np.full(48, 0.5) + 0.001 * SEASON), share, target=1.2)
    assert found.to_frame()["plan"].isna().all()
    assert found.attainment == 0.0


def test_the_target_in_force_is_planned_and_else_the_honest_one():
    declared = strategy(sales=kpi(targets=[{"period": "2027Q1", "committed": 310}], title="Sales"))
    found = plan(strategy_=declared)
    assert (found.target, found.origin) == (310, "declared")
    assert "310 (declared) is reached with a chance of" in found.summary()
    assert "is reached with 80 %" in found.summary()
    proposed = plan()
    assert proposed.origin == "proposed"
    assert proposed.attainment == pytest.approx(0.8, abs=0.001)
    assert proposed.plot() is not None
    assert found.plot_chances().get_legend() is not None
    assert "<img" in found._repr_html_()


def test_a_band_is_planned_at_what_is_expected_inside_it():
    band = strategy(sales=kpi("avg(amount)", direction="on_target", over_periods="mean"))
    inside = plan(strategy_=band, target=(50.0, 150.0))
    assert inside.attainment > 0.95
    path = inside.to_frame()
    assert path["plan"].to_numpy() == pytest.approx(path["expected"].to_numpy(), rel=0.02)
    above = plan(strategy_=band, target=(150.0, None)).to_frame()
    assert above["plan"].mean() == pytest.approx(150)
    assert plan(strategy_=band).origin == "proposed"
    assert plan(strategy_=band).plot_chances() is not None


def test_growth_that_was_never_seen_is_said():
    note = next(note for note in plan(target=600.0).notes if "asks for" in note)
    assert "under 1 % of" in note


def test_growth_from_an_unusual_quarter_is_warned_of():
    values = table().frame["value"].to_numpy().copy()
    values[36:39] *= 1.4  # the first quarter of 2026
    found = plan(table(values), target=400.0)
    warned = [note for note in found.notes if "unusually high" in note]
    assert len(warned) == 1
    assert "from 2026-01-01" in warned[0]
    assert "A drift back is likelier than a repetition" in warned[0]
    assert not [note for note in plan(target=400.0).notes if "unusually" in note]


def test_what_cannot_be_planned_is_refused_with_a_next_step():
    with pytest.raises(DataError, match="2026Q4: is over.*pass as_of="):
        plan(period="2026Q4")
    with pytest.raises(UnknownNameError, match="Did you mean 'sales'"):
        plan(kpi="sale")
    with pytest.raises(DataError, match="declare over_periods"):
        plan(strategy_=strategy(sales=kpi("count(distinct amount)")))
    with pytest.raises(DataError, match="nothing was observed"):
        plan(table(np.full(48, np.nan)))

"""Values by way of a cube are those of testing every row."""

import numpy as np
import pandas as pd
import pytest

from kpikit.observations import build_observations, cube


@pytest.fixture
def facts():
    rng = np.random.default_rng(11)
    n = 3_000
    frame = pd.DataFrame(
        {
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 120, n), "D"),
            "plan": rng.choice(["basic", "team", "", "(missing)"], n),
            "shop": pd.array(rng.integers(0, 5, n), dtype="Int64"),
            "won": pd.array(rng.random(n) < 0.4, dtype="boolean"),
            "price": np.round(rng.lognormal(3, 1, n), 2),
        }
    )
    frame.loc[::13, "plan"] = None
    frame.loc[::17, "shop"] = pd.NA
    frame.loc[::19, "won"] = pd.NA
    frame.loc[::23, "price"] = np.nan
    return frame


FORMULAS = {
    **{f"shop_{n}": f"sum(price) filter (where shop = {n})" for n in range(7)},
    **{f"mean_{n}": f"avg(price) filter (where shop = {n} and won)" for n in range(4)},
    "least": "min(price) filter (where plan = 'team')",
    "largest": "max(price) filter (where not won)",
    "unnamed": "count(*) filter (where plan is null or plan = '')",
    "share": "count(*) filter (where won) / count(*)",
    "kinds": "count(distinct plan) filter (where won)",
    "late": "count(*) filter (where day > period_start + 20 and won)",
    "window": "rolling(sum(price) filter (where shop = 1), 2)",
    "all": "sum(price)",
}


@pytest.mark.parametrize(("grain", "by"), [("month", None), ("week", "plan"), ("quarter", "won")])
def test_nothing_differs_from_testing_every_row(company, facts, monkeypatch, grain, by):
    strategy = company(facts, kpis=FORMULAS)
    asked = []
    true = cube.from_cube
    monkeypatch.setattr(
        "kpikit.observations.answers.from_cube",
        lambda *args, **rest: asked.append(1) or true(*args, **rest),
    )
    found = build_observations(strategy, grain=grain, by=by)
    assert asked, "the cube was not used"
    monkeypatch.setattr(cube, "WORTHWHILE", 1_000)
    tested = build_observations(strategy, grain=grain, by=by)
    pd.testing.assert_frame_equal(found.to_frame(), tested.to_frame(), rtol=1e-12)
    pd.testing.assert_frame_equal(found.missing, tested.missing)


def test_a_cube_that_grows_too_large_is_left(company, facts, monkeypatch):
    strategy = company(facts, kpis=FORMULAS)
    whole = build_observations(strategy).to_frame()
    monkeypatch.setattr(cube, "MOST", 10)
    pd.testing.assert_frame_equal(build_observations(strategy).to_frame(), whole, rtol=1e-12)


def test_a_number_beyond_all_bounds_spoils_its_own_filter_only(company, facts):
    facts.loc[facts["shop"] == 1, "price"] = 1e308
    found = build_observations(company(facts, kpis=FORMULAS), grain="year").to_frame()
    values = found.set_index("kpi")["value"]
    assert np.isnan(values["shop_1"])
    assert np.isfinite(values["shop_2"])

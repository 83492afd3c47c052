"""Real quarterly series as ready-made KPI values."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kpikit import build_observations, check_sources, load_strategy

HOME = Path(__file__).parents[2] / "data" / "economy"


@pytest.fixture(scope="module")
def strategy():
    return load_strategy(HOME / "strategy.yaml")


def test_the_script_writes_the_values_that_lie_beside_it(tmp_path):
    script = [sys.executable, str(HOME / "make_values.py"), "--out", str(tmp_path)]
    subprocess.run(script, check=True)
    assert (tmp_path / "macro.csv").read_bytes() == (HOME / "macro.csv").read_bytes()


def test_every_quarter_is_there_and_complete(strategy):
    observed = build_observations(strategy)
    for kpi in strategy.kpis:
        history = observed.history(kpi)
        assert len(history) == 203
        assert history["complete"].all()
        assert history["value"].notna().all()
    assert "repeated keys" not in set(check_sources(strategy).to_frame()["check"])


def test_a_quarter_has_the_value_of_its_row(strategy):
    observed = build_observations(strategy, grain="quarter", kpis=["real_gdp", "unemployment"])
    frame = observed.to_frame()
    last = frame[frame["period_start"] == "2009-07-01"].set_index("kpi")["value"]
    # as statsmodels documents the data set
    assert last["real_gdp"] == pytest.approx(12_990.341)
    assert last["unemployment"] == pytest.approx(0.096)


def test_no_department_has_more_than_seven_kpis(strategy):
    departments = pd.Series([kpi.department for kpi in strategy.kpis.values()])
    assert departments.value_counts().between(4, 7).all()


def test_a_year_is_the_mean_of_its_quarters_or_the_last_of_them(strategy):
    rows = pd.read_csv(HOME / "macro.csv").query("quarter >= '2008-01-01'").head(4)
    years = build_observations(strategy, grain="year", kpis=["real_gdp", "unemployment", "money"])
    frame = years.to_frame()
    found = frame[frame["period_start"] == "2008-01-01"].set_index("kpi")["value"]
    assert found["real_gdp"] == pytest.approx(rows["realgdp"].mean())
    assert found["unemployment"] == pytest.approx(rows["unemp"].mean() / 100)
    assert found["money"] == rows["m1"].iloc[-1]

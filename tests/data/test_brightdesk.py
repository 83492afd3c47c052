"""The demonstration company: its facts can be made again, and hold what is said of them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from kpikit import build_observations, check_sources, load_strategy
from kpikit.review.findings import latest_period

HOME = Path(__file__).parents[2] / "data" / "brightdesk"
TABLES = ("campaigns", "subscriptions", "tickets")


def made(folder, *arguments):
    """Run the script as its README says, and return where it wrote."""
    script = [sys.executable, str(HOME / "make_facts.py"), "--out", str(folder), *arguments]
    subprocess.run(script, check=True)
    return folder


@pytest.fixture(scope="module")
def again(tmp_path_factory):
    return made(tmp_path_factory.mktemp("again"))


@pytest.fixture(scope="module")
def strategy():
    return load_strategy(HOME / "strategy.yaml")


@pytest.fixture(scope="module")
def months(strategy):
    return build_observations(strategy)


@pytest.fixture(scope="module")
def truth():
    return yaml.safe_load((HOME / "truth.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TABLES)
def test_the_script_makes_the_facts_that_lie_beside_it(again, name):
    written = pq.read_table(HOME / f"{name}.parquet")
    assert pq.read_table(again / f"{name}.parquet").equals(written)


def test_a_company_three_times_as_large_has_three_times_the_rows(again, tmp_path):
    large = made(tmp_path, "--scale", "3")
    for name, ratio in {"campaigns": 1, "subscriptions": 3, "tickets": 3}.items():
        rows = [pq.read_metadata(at / f"{name}.parquet").num_rows for at in (again, large)]
        assert rows[1] / rows[0] == pytest.approx(ratio, rel=0.05)


def test_the_facts_are_small():
    assert sum((HOME / f"{name}.parquet").stat().st_size for name in TABLES) < 1_500_000


def test_every_source_has_its_declared_columns_and_no_others(strategy):
    for name, source in strategy.sources.items():
        assert list(source.columns) == pq.read_schema(HOME / f"{name}.parquet").names


def test_no_row_is_doubled_or_undated_and_every_source_has_grade_a(strategy):
    found = check_sources(strategy).to_frame()
    assert set(found["check"]) == {"rows"}
    assert set(found["grade"]) == {"A"}


def test_there_are_forty_eight_whole_months_without_a_gap_and_half_of_october(strategy, months):
    for kpi in strategy.kpis:
        history = months.history(kpi)
        assert history["complete"].tolist() == [True] * 48 + [False], kpi
        assert history["value"].notna().all(), kpi
    assert latest_period(strategy) == "2026Q3"


def test_every_kpi_has_its_whole_quarter_as_seen_on_its_last_day(strategy):
    seen = build_observations(strategy, grain="quarter", as_of="2026-09-30").to_frame()
    assert seen.loc[seen["period_start"] == "2026-07-01", "complete"].tolist() == [True] * 15


def test_no_department_has_more_than_seven_kpis_and_no_person_more_than_five(strategy):
    kpis = strategy.kpis.values()
    assert pd.Series([kpi.department for kpi in kpis]).value_counts().max() <= 7
    assert pd.Series([kpi.owner for kpi in kpis]).value_counts().max() <= 5


def test_each_department_measures_all_that_it_is_there_for(strategy):
    for department in strategy.departments.values():
        own = [kpi for kpi in strategy.kpis.values() if kpi.department == department.id]
        assert {duty for kpi in own for duty in kpi.covers} == set(department.responsibilities)


def test_the_truth_speaks_of_kpis_that_there_are(strategy, truth):
    named = {*truth["trends"], *truth["nothing"], *(one["kpi"] for one in truth["level_shifts"])}
    for part in ("leads", "follows", "claims_without_truth"):
        named |= {one[end] for one in truth[part] for end in ("kpi", "target")}
    # the season of the number of tickets is in the facts, and no KPI counts them
    assert (named | set(truth["seasons"])) - set(strategy.kpis) == {"tickets"}


def test_every_claimed_lead_is_either_planted_or_known_to_be_untrue(strategy, truth):
    claimed = {(kpi.id, lead.kpi, lead.lag) for kpi in strategy.kpis.values() for lead in kpi.leads}
    known = truth["leads"] + truth["claims_without_truth"]
    assert claimed == {(one["kpi"], one["target"], one["lag"]) for one in known}


def test_planted_leads_are_in_the_facts(months, truth):
    for lead in truth["leads"]:
        driver, driven = (
            months.history(lead[end]).query("complete")["value"].diff().to_numpy()
            for end in ("kpi", "target")
        )
        found = np.corrcoef(driver[1 : -lead["lag"]], driven[1 + lead["lag"] :])[0, 1]
        assert abs(found) > 0.5
        assert (found > 0) == (lead["sign"] == "positive")


def test_planted_trends_point_where_the_truth_says(months, truth):
    for kpi, trend in truth["trends"].items():
        value = months.history(kpi).query("complete")["value"]
        change = value.iloc[-12:].mean() - value.iloc[:12].mean()
        assert (change > 0) == (trend["direction"] == "rising"), kpi


def test_the_planted_shift_lifts_the_cost_of_a_trial(months, truth):
    (shift,) = truth["level_shifts"]
    history = months.history(shift["kpi"]).query("complete").set_index("period_start")["value"]
    shifted = history.index >= pd.Timestamp(shift["since"])
    after, before = history[shifted], history[~shifted]
    # advertising is about five sixths of the spending, so that 35 % there are 29 % in all
    assert after.mean() / before.mean() == pytest.approx(1.29, abs=0.1)


def test_nothing_is_found_where_nothing_is_planted(months, truth):
    for kpi in truth["nothing"]:
        value = months.history(kpi).query("complete")["value"]
        half = value.iloc[:24], value.iloc[24:]
        assert half[1].mean() == pytest.approx(half[0].mean(), rel=0.1)
        assert abs(value.autocorr(1)) < 2 / np.sqrt(48)


def test_targets_of_the_latest_quarter_are_partly_reached(strategy):
    """The board of a demonstration shows both colours, and a band."""
    quarters = build_observations(strategy, grain="quarter")
    reached = []
    for kpi in strategy.kpis.values():
        (target,) = (one for one in kpi.targets if one.period == "2026Q3")
        history = quarters.history(kpi.id).set_index("period_start")["value"]
        value = history[pd.Timestamp("2026-07-01")]
        if kpi.direction == "on_target":
            reached.append(target.lower <= value <= target.upper)
        elif kpi.direction == "lower_is_better":
            reached.append(value <= target.committed)
        else:
            reached.append(value >= target.committed)
    assert 5 <= sum(reached) <= 10
    assert len(reached) == 15

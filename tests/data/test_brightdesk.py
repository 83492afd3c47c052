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
TABLES = sorted(file.stem for file in HOME.glob("*.parquet"))
GROWING = {"leads", "opportunities", "customers", "subscriptions", "tickets", "roster", "survey"}
FIXED = {"web_visits", "usage", "uptime", "incidents", "deployments"}


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
def observed(strategy):
    return build_observations(strategy)


@pytest.fixture(scope="module")
def months(strategy, observed):
    """Return a function that gives a KPI's complete values by their first day."""

    def of(kpi):
        history = observed.history(kpi)
        return history[history["complete"]].set_index("period_start")["value"]

    return of


@pytest.fixture(scope="module")
def quarters(strategy):
    return build_observations(strategy, grain="quarter", as_of="2026-09-30")


@pytest.fixture(scope="module")
def truth():
    return yaml.safe_load((HOME / "truth.yaml").read_text(encoding="utf-8"))


# the files -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_the_script_makes_the_facts_that_lie_beside_it(again, name):
    written = pq.read_table(HOME / f"{name}.parquet")
    assert pq.read_table(again / f"{name}.parquet").equals(written)


def test_a_company_three_times_as_large_has_three_times_the_rows(again, tmp_path):
    large = made(tmp_path, "--scale", "3")
    for name in GROWING | FIXED:
        rows = [pq.read_metadata(at / f"{name}.parquet").num_rows for at in (again, large)]
        assert rows[1] / rows[0] == pytest.approx(3 if name in GROWING else 1, rel=0.05), name


def test_the_facts_are_small():
    assert sum((HOME / f"{name}.parquet").stat().st_size for name in TABLES) < 6_000_000


def test_every_source_has_its_declared_columns_and_no_others(strategy):
    assert sorted(strategy.sources) == TABLES
    for name, source in strategy.sources.items():
        assert list(source.columns) == pq.read_schema(HOME / f"{name}.parquet").names


def test_no_row_is_undated_and_no_key_is_there_twice(strategy):
    found = check_sources(strategy).to_frame()
    assert not set(found["check"]) & {"no time", "repeated keys"}
    assert found["severity"].ne("error").all()


# the periods ---------------------------------------------------------------------------


def test_there_are_sixty_nine_whole_months_without_a_gap_and_half_of_october(strategy, observed):
    for kpi in strategy.kpis.values():
        history = observed.history(kpi.id)
        whole = history[history["complete"]]
        assert whole["value"].notna().all(), kpi.id
        if kpi.grain == "month":
            assert len(whole) == 69, kpi.id
            assert history["period_start"].iloc[-1] == pd.Timestamp("2026-10-01"), kpi.id
            assert not history["complete"].iloc[-1], kpi.id
    assert latest_period(strategy) == "2026Q3"


def test_every_kpi_has_its_whole_quarter_as_seen_on_its_last_day(strategy, quarters):
    seen = quarters.to_frame()
    latest = seen[seen["period_start"] == "2026-07-01"]
    assert set(latest["kpi"]) == set(strategy.kpis)
    assert latest["complete"].all()


# the cascade ---------------------------------------------------------------------------


def test_each_of_seven_departments_has_five_to_seven_kpis_and_no_person_more_than_five(strategy):
    kpis = strategy.kpis.values()
    counts = pd.Series([kpi.department for kpi in kpis]).value_counts()
    assert len(counts) == 7
    assert counts.between(5, 7).all()
    assert pd.Series([kpi.owner for kpi in kpis]).value_counts().max() <= 5


def test_each_department_measures_all_that_it_is_there_for(strategy):
    for department in strategy.departments.values():
        own = [kpi for kpi in strategy.kpis.values() if kpi.department == department.id]
        assert {duty for kpi in own for duty in kpi.covers} == set(department.responsibilities)


def test_the_truth_speaks_of_kpis_that_there_are(strategy, truth):
    named = {*truth["trends_that_follow"], *truth["nothing"], *truth["vanity"]}
    named |= {
        one["kpi"] for part in ("stories", "level_shifts", "tradeoffs") for one in truth[part]
    }
    named |= {one["other"] for one in truth["tradeoffs"]}
    for part in ("leads", "follows", "claims_without_truth"):
        named |= {one[end] for one in truth[part] for end in ("kpi", "target")}
    assert named <= set(strategy.kpis)
    # what is in the facts, and no KPI asks for
    unmeasured = {"sign_up_rate", "qualified_share", "tickets", "training_score"}
    assert set(truth["tracks"]) - set(strategy.kpis) == unmeasured


def test_every_claimed_lead_is_either_planted_or_known_to_be_untrue(strategy, truth):
    claimed = {(kpi.id, lead.kpi, lead.lag) for kpi in strategy.kpis.values() for lead in kpi.leads}
    known = truth["leads"] + truth["claims_without_truth"] + truth["follows"]
    assert claimed <= {(one["kpi"], one["target"], one["lag"]) for one in known}
    planted = truth["leads"] + truth["claims_without_truth"]
    assert claimed >= {(one["kpi"], one["target"], one["lag"]) for one in planted}


def test_targets_of_the_latest_quarter_are_partly_reached(strategy, quarters):
    """The board of a demonstration shows both colours, and a band."""
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
    assert 0.35 <= np.mean(reached) <= 0.7


# what is planted -----------------------------------------------------------------------


def moved(kpi, months, *, lag=0):
    """Return changes from month to month, to be laid beside those of another KPI."""
    change = months(kpi).diff().to_numpy()[1:]
    return change[: len(change) - lag] if lag else change


def test_planted_leads_are_in_the_facts_at_their_lag_and_at_no_other(months, truth):
    for lead in truth["leads"]:
        after = moved(lead["target"], months)
        found = [
            np.corrcoef(moved(lead["kpi"], months, lag=lag), after[lag:])[0, 1] for lag in range(5)
        ]
        signed = np.array(found) * (1 if lead["sign"] == "positive" else -1)
        assert signed.argmax() == lead["lag"], lead
        assert signed.max() > 0.3, lead


def test_claims_without_truth_are_not_in_the_facts(months, truth):
    for claim in truth["claims_without_truth"]:
        after = moved(claim["target"], months)[claim["lag"] :]
        assert abs(np.corrcoef(moved(claim["kpi"], months, lag=claim["lag"]), after)[0, 1]) < 0.25


def test_planted_trends_point_where_the_truth_says(months, truth):
    tracks = {kpi: one for kpi, one in truth["tracks"].items() if "direction" in one}
    for kpi, trend in (tracks | truth["trends_that_follow"]).items():
        value = months(kpi)
        change = value.iloc[-12:].mean() - value.iloc[:12].mean()
        assert (change > 0) == (trend["direction"] == "rising"), kpi


def test_sales_takes_up_26_and_not_15_of_a_hundred_qualified_leads_after_seven_months(months):
    share = months("mql_to_sql")
    assert share["2022-03":"2023-02"].mean() == pytest.approx(0.15, abs=0.006)
    assert share["2023-09":"2024-08"].mean() == pytest.approx(0.26, abs=0.008)
    climb = share["2023-02":"2023-09"]  # seven steps
    assert np.polyfit(range(8), climb, 1)[0] == pytest.approx(0.11 / 7, abs=0.005)


def test_sign_up_is_given_up_by_70_then_60_then_58_of_a_hundred(months):
    share = months("signup_abandonment")
    assert share["2023-09":"2024-08"].mean() == pytest.approx(0.70, abs=0.006)
    assert share["2024-11":"2025-01"].mean() == pytest.approx(0.60, abs=0.006)
    assert share["2025-02":"2026-09"].mean() == pytest.approx(0.58, abs=0.004)


def test_the_planted_shift_lifts_what_a_visit_costs(strategy, truth):
    (shift,) = truth["level_shifts"]
    visits = pd.read_parquet(HOME / "web_visits.parquet")
    advertised = visits[visits["channel"].isin(["Search ads", "Social ads"])]
    after = pd.to_datetime(advertised["day"]) >= pd.Timestamp(shift["since"])
    price = advertised.groupby(after)[["spend", "visits"]].sum().eval("spend / visits")
    assert price[True] / price[False] == pytest.approx(shift["factor"], rel=0.03)


def test_what_product_releases_it_operations_repairs_in_the_same_month(months, truth):
    (tradeoff,) = truth["tradeoffs"]
    one, other = (np.log(months(tradeoff[end])).diff().iloc[1:] for end in ("kpi", "other"))
    slope, _ = np.polyfit(one, other, 1)
    assert slope == pytest.approx(tradeoff["strength"], abs=0.2)


def test_the_outage_is_in_march_2024_and_nowhere_else(months, truth):
    outage = truth["outage"]
    up = months("availability")
    assert up.idxmin() == pd.Timestamp("2024-03-01")
    lost = sum(outage["minutes_down"]) / (3 * 31 * 24 * 60)
    assert 1 - up.min() == pytest.approx(lost, abs=0.001)
    assert up.drop(up.idxmin()).min() > 0.998
    for kpi in ("first_reply_hours", "fault_share"):
        assert months(kpi).idxmax() == pd.Timestamp("2024-03-01")
    tickets = pd.read_parquet(HOME / "tickets.parquet", columns=["opened_at"])["opened_at"]
    days = tickets.dt.normalize().value_counts().sort_index()
    hit, usual = days["2024-03-12":"2024-03-14"], days["2024-03-05":"2024-03-07"]
    assert hit.mean() / usual.mean() == pytest.approx(outage["tickets_factor"], rel=0.25)


def test_prices_rise_by_nine_per_cent_and_more_customers_leave_for_two_months(months, truth):
    change = truth["price_change"]
    bill = months("average_bill")
    assert bill["2025-04-01"] / bill["2025-03-01"] == pytest.approx(change["factor"], abs=0.012)
    churn = months("churn_rate")
    before = churn[["2023-05-01", "2023-06-01", "2024-05-01", "2024-06-01"]].mean()
    assert churn["2025-05":"2025-06"].mean() > before * 1.15


def test_a_week_of_visits_is_missing(strategy, truth):
    gap = truth["missing_week"]
    weeks = build_observations(strategy, grain="week", kpis=["visits"])
    history = weeks.history("visits").set_index("period_start")["value"]
    assert history.index[history.isna()].tolist() == [pd.Timestamp(gap["first_day"])]


def test_categories_have_other_names_from_july_2025_on(truth):
    change = truth["taxonomy_change"]
    tickets = pd.read_parquet(HOME / "tickets.parquet", columns=["opened_at", change["column"]])
    later = tickets["opened_at"] >= pd.Timestamp(change["since"])
    names = tickets.groupby(later)[change["column"]].agg(set)
    assert names[False] - names[True] == set(change["renamed"])
    assert names[True] - names[False] == set(change["renamed"].values())


def test_hosting_was_corrected_later_and_cheaper_before(strategy, truth):
    restated = truth["restated"]
    then, now = (
        build_observations(strategy, kpis=["costs"], as_of=day)
        .history("costs")
        .set_index("period_start")["value"]
        for day in ("2025-02-16", "2025-02-17")
    )
    for month in restated["months"]:
        assert now[f"{month}-01"] - then[f"{month}-01"] == pytest.approx(-restated["amount"])
    assert now["2024-09-01"] == then["2024-09-01"]


def test_the_sandbagged_target_is_always_just_beaten(strategy, quarters, truth):
    sandbagged = truth["sandbagged"]
    kpi = strategy.kpis[sandbagged["kpi"]]
    history = quarters.history(kpi.id).set_index("period_start")["value"]
    low, high = sandbagged["beaten_by"]
    beaten = [
        history[strategy.calendar.parse(target.period).start.isoformat()] / target.committed - 1
        for target in kpi.targets
        if target.period <= "2026Q3"
    ]
    assert len(beaten) == 11
    assert low < min(beaten) <= max(beaten) < high


def test_nothing_follows_from_the_vanity_kpi(months, truth):
    (vanity,) = truth["vanity"]
    assert months(vanity).iloc[-12:].mean() > 2 * months(vanity).iloc[:12].mean()
    for kpi in ("visits", "trials", "qualified_leads", "new_customers", "recurring_revenue"):
        for lag in (1, 2, 3):
            after = moved(kpi, months)[lag:]
            assert np.corrcoef(moved(vanity, months, lag=lag), after)[0, 1] < 0.35, (kpi, lag)


def test_nothing_is_found_where_nothing_is_planted(months, truth):
    for kpi in truth["nothing"]:
        value = months(kpi).iloc[1:]  # the first month has its edge, see README.md
        half = value.iloc[:34], value.iloc[34:]
        error = np.sqrt(sum(part.var() / len(part) for part in half))
        assert abs(half[1].mean() - half[0].mean()) < 2.6 * error, kpi
        assert abs(value.autocorr(1)) < 2.6 / np.sqrt(68), kpi


def test_summers_are_quiet_and_winters_are_ill(months):
    visits, ill = (
        months(kpi).groupby(months(kpi).index.month).mean() for kpi in ("visits", "absence_rate")
    )
    assert set(visits.nsmallest(2).index) == {7, 8}
    assert set(ill.nlargest(3).index) <= {11, 12, 1, 2, 3}


def test_christmas_is_quiet():
    leads = pd.read_parquet(HOME / "leads.parquet", columns=["day", "step"])
    begun = leads.loc[leads["step"] == "sign-up begun", "day"].astype("str").value_counts()
    for year in range(2021, 2026):
        holidays = begun[[f"{year}-12-{day}" for day in (24, 25, 26, 27)]].mean()
        before = begun[[f"{year}-12-{day}" for day in ("06", "07", "08", "09")]].mean()
        assert holidays < 0.6 * before


def test_identities_hold_in_every_month(strategy, months):
    declared = {kpi.id: kpi.identity for kpi in strategy.kpis.values() if kpi.identity}
    assert set(declared) == {"trials", "recurring_revenue"}
    for kpi, (one, other) in {
        "trials": ("visits", "trial_rate"),
        "recurring_revenue": ("bills", "average_bill"),
    }.items():
        np.testing.assert_allclose(months(kpi), months(one) * months(other))

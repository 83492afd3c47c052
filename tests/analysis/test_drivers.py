import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from kpikit import build_observations, load_strategy, test_links
from kpikit.analysis.drivers import rank_drivers
from kpikit.errors import PeriodError, UnknownNameError

mpl.use("Agg")
QUARTERS = {"period": "2026Q3", "against": "2026Q2"}
COLUMNS = [
    "driver",
    "name",
    "owner",
    "kind",
    "contribution",
    "share",
    "after",
    "sign",
    "change",
    "evidence",
    "words",
]


@pytest.fixture(scope="module")
def strategy():
    return load_strategy("data/brightdesk/strategy.yaml")


@pytest.fixture(scope="module")
def months(strategy):
    return build_observations(strategy, grain="month", as_of="2026-09-30")


@pytest.fixture(scope="module")
def quarters(strategy):
    return build_observations(strategy, grain="quarter", as_of="2026-09-30")


@pytest.fixture(scope="module")
def links(strategy, months):
    return test_links(strategy, months)


@pytest.fixture
def rank(strategy, months, quarters, links):
    return lambda kpi, **more: rank_drivers(
        strategy, quarters, kpi=kpi, history=months, links=links, **{**QUARTERS, **more}
    )


def test_parts_come_first_and_add_up_to_the_change(rank):
    found = rank("recurring_revenue")
    frame = found.to_frame()
    assert list(frame.columns) == COLUMNS
    parts = frame[frame["kind"] == "part"]
    assert parts.index.tolist() == [0, 1]
    assert parts["contribution"].sum() == pytest.approx(found.change)
    assert parts["name"].tolist() == ["volume (Bills sent)", "rate (Average monthly bill)"]
    assert parts["words"].tolist() == ["exact", "exact"]
    assert "by arithmetic volume (Bills sent)" in found.summary()


def test_a_supported_lead_is_named_with_its_lag_its_change_and_its_owner(rank, months):
    row = rank("churn_rate").to_frame().query("kind == 'lead'").iloc[0]
    assert row[["driver", "owner", "after", "sign"]].tolist() == [
        "activation_rate",
        "head_of_product",
        "3 months",
        "negative",
    ]
    # by hand: the months three before those of each quarter
    values = months.history("activation_rate").set_index("period_start")["value"]
    change = values["2026-04":"2026-06"].mean() - values["2026-01":"2026-03"].mean()
    assert row["change"] == pytest.approx(change)
    assert row["words"] == f"mean month +{change * 100:.2f} pp 3 months before, as claimed"


@pytest.mark.parametrize("kpi", ["churn_rate", "csat", "absence_rate"])
def test_only_leads_that_moved_as_their_link_says_are_named(rank, kpi):
    for period, against in (("2026Q3", "2026Q2"), ("2026Q2", "2026Q1"), ("2025Q4", "2025Q3")):
        found = rank(kpi, period=period, against=against)
        leads = found.to_frame().query("kind == 'lead'")
        signs = np.where(leads["sign"] == "positive", 1, -1)
        assert (np.sign(leads["change"].astype(float)) * signs == np.sign(found.change)).all()


def test_kinds_stand_in_the_order_of_certainty(rank):
    order = {"part": 0, "lead": 1, "moves together": 2}
    for kpi in ("new_customers", "churn_rate", "recurring_revenue"):
        kinds = rank(kpi).to_frame()["kind"].map(order)
        assert kinds.is_monotonic_increasing


def test_what_is_claimed_comes_before_what_nobody_claims(rank):
    leads = rank("new_customers").to_frame().query("kind == 'lead'")["words"].tolist()
    assert leads[0].endswith("as claimed")


def test_a_mean_is_not_explained_by_the_number_of_answers(rank):
    frame = rank("csat").to_frame()
    assert "part" not in set(frame["kind"])
    assert frame["driver"].tolist() == ["first_reply_hours"]


def test_a_kpi_alone_has_no_drivers(strategy):
    alone = build_observations(strategy, grain="month", as_of="2026-09-30", kpis=["win_rate"])
    found = rank_drivers(strategy, alone, kpi="win_rate", period="2026-09", against="2026-08")
    assert (
        "nothing in the strategy or its history tells why" in found.summary()
        or (found.to_frame()["kind"] == "part").all()
    )
    assert any("no other KPI among the observations" in note for note in found.notes)


def test_segments_are_named_in_the_parts(strategy, links):
    kpis = ["recurring_revenue", "bills", "average_bill"]
    by_plan = build_observations(
        strategy, grain="quarter", by="plan", as_of="2026-09-30", kpis=kpis
    )
    found = rank_drivers(strategy, by_plan, kpi="recurring_revenue", links=links, **QUARTERS)
    parts = found.to_frame().query("kind == 'part'")
    assert parts["contribution"].sum() == pytest.approx(found.change)
    assert parts["name"].str.contains(", ").all()


def test_never_a_cause(rank):
    found = rank("churn_rate")
    said = " ".join((found.summary(), *found.notes, *found.to_frame()["words"])).lower()
    assert "cause" not in said
    assert "does not follow" in said


def test_unknown_kpis_and_periods_are_told(rank):
    with pytest.raises(UnknownNameError, match="there is no KPI 'chrn_rate'"):
        rank("chrn_rate")
    with pytest.raises(PeriodError):
        rank("churn_rate", period="2031Q1")


def test_the_picture_has_a_row_for_each_driver(rank):
    found = rank("recurring_revenue")
    ax = found.plot()
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert "volume (Bills sent)\n(head_of_finance)" in labels
    assert len(labels) == len(found.to_frame())
    assert "<img" in found._repr_html_()
    assert isinstance(found.to_frame(), pd.DataFrame)

"""A comparison across two definitions is refused, and the earlier value stays in sight."""

import pandas as pd
import pytest

from kpikit.review.bundle import read_bundle, write_bundle
from kpikit.review.findings import build_review
from kpikit.review.sections import standing

KPIS = {
    "income": {
        "title": "Income",
        "formula": "sum(price)",
        "department": "sales",
        "effective": [
            {"from": "2026-01-01", "formula": "2 * sum(price)", "why": "Fees are counted"}
        ],
    },
    "rows": {"title": "Rows", "formula": "count(*)", "department": "sales"},
    "twice": {"title": "Twice", "formula": "{income} * 2", "department": "sales"},
}
DEPARTMENTS = {"sales": {"title": "Sales", "owner": "the_owner", "parent": "company"}}


@pytest.fixture
def strategy(company):
    days = pd.date_range("2024-01-01", "2026-06-30", freq="D")
    return company(pd.DataFrame({"day": days, "price": 1.0}), kpis=KPIS, departments=DEPARTMENTS)


def cells(review, kpi):
    """Return what the board says of the period before, and of the year before."""
    item = next(item for item in review.kpis if item.kpi.id == kpi)
    return [standing._compared(item, name, review) for name in ("previous", "year_ago")]


def test_values_of_two_definitions_are_not_compared(strategy):
    review = build_review(strategy, department="sales", period="2026Q1")
    assert cells(review, "income") == [
        "92.0<br><small>other definition</small>",
        "90.0<br><small>other definition</small>",
    ]
    assert all("other definition" in cell for cell in cells(review, "twice"))
    assert not any("other definition" in cell for cell in cells(review, "rows"))


def test_values_of_one_definition_are(strategy):
    review = build_review(strategy, department="sales", period="2026Q2")
    before, year_ago = cells(review, "income")
    assert "better" in before  # 182 against 180
    assert "other definition" in year_ago


def test_a_bundle_carries_the_definitions(strategy, tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    write_bundle(strategy, period="2026Q1", as_of=None, folder=folder)
    carried = read_bundle(folder).periods.definitions
    assert set(carried["kpi"]) == {"income", "twice"}
    review = build_review(strategy, department="sales", period="2026Q1", bundle=folder)
    assert "other definition" in cells(review, "income")[0]

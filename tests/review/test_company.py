"""The page above the departments', the month at the same point, and what the audit says."""

import pytest

from kpikit.review import sections
from kpikit.review.bundle import write_bundle
from kpikit.review.company import build_company_review
from kpikit.review.findings import build_review
from kpikit.strategy import load_strategy

PARTS = ("header", "board", "objectives", "map", "links", "audit")


@pytest.fixture
def bundle(strategy, tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    write_bundle(load_strategy(strategy), period="2026-06", as_of="2026-06-20", folder=folder)
    return folder


def test_the_company_sees_every_department_with_its_rules(strategy, bundle):
    given = {"period": "2026-06", "as_of": "2026-06-20"}
    company = build_company_review(strategy, bundle=bundle, **given)
    assert list(company.to_frame()["department"]) == ["support", "sales"]
    assert company.summary() == (
        "Café <b> & Co · 2026-06: 2 KPIs of 2 departments, 2 without a verdict, as of 2026-06-20."
    )
    pages = [getattr(sections, f"company_{part}")(company).html for part in PARTS]
    assert "Customer &lt;i&gt;Support&lt;/i&gt;" in pages[1]
    assert not any("<b> &" in page or "<i>Support" in page for page in pages)
    assert "No objective is measured by a KPI." in pages[2]

    alone = build_company_review(strategy, **given)
    assert pages == [getattr(sections, f"company_{part}")(alone).html for part in PARTS]


def test_a_department_is_told_ten_findings_of_its_own_and_how_many_more(strategy, bundle):
    review = build_review(strategy, department="support", period="2026-06", bundle=bundle)
    html = sections.audit_findings(review).html
    assert 1 <= html.count("<tr>") - 1 <= 10
    assert "Volume" not in html  # another department's
    alone = build_review(strategy, department="support", period="2026-06", as_of="2026-06-20")
    assert sections.audit_findings(alone).html == ""  # the rules are asked of a whole strategy


def test_a_running_month_stands_beside_the_first_days_of_others(strategy, bundle):
    review = build_review(strategy, department="sales", period="2026-06", bundle=bundle)
    html = sections.same_point(review).html
    # two of three days with facts by the 20th, in May as in June
    assert '<td>Volume</td><td class="num">20</td><td class="num">2</td>' in html
    assert "0 (2)" in html

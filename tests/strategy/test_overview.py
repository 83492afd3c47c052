from html.parser import HTMLParser

import pytest

from kpikit.strategy import Strategy
from kpikit.strategy.overview import ROWS_SHOWN


def strategy(**fields):
    return Strategy.model_validate({"version": 1, "organisation": {"name": "Shop"}} | fields)


def shown(html):
    """Return the texts between the tags, in their order."""
    texts = []
    parser = HTMLParser()
    parser.handle_data = lambda data: texts.append(data.strip())
    parser.feed(html)
    return [text for text in texts if text]


def kpi(**fields):
    given = {"title": "Churn", "department": "company", "owner": "ann", "formula": "count(*)"}
    return given | {"unit": "share", "direction": "lower_is_better"} | fields


def test_a_strategy_shows_what_the_organisation_wants():
    texts = shown(
        strategy(
            mission="We mend things.",
            vision={"text": "All is mended.", "by": "2029-12-31"},
            values=["Honesty", "Care"],
            objectives={
                "keep": {
                    "title": "Keep customers",
                    "owner": "ann",
                    "kpi": "churn",
                    "baseline": 0.031,
                    "target": 0.022,
                    "by": "2027-03-31",
                }
            },
            kpis={"churn": kpi()},
        )._repr_html_()
    )
    assert texts[0] == "Shop: objectives 1, departments 0, KPIs 1, sources 0."
    assert texts[1:7] == [
        *("Mission:", "We mend things."),
        *("Vision:", "All is mended. (by 2029-12-31)"),
        *("Values, the first one first:", "Honesty; Care"),
    ]
    place = texts.index("Keep customers")
    assert texts[place + 1 : place + 6] == ["ann", "Churn", "3.10 %", "2.20 %", "2027-03-31"]


def test_kpis_are_counted_by_department_and_status():
    departments = {
        "support": {"title": "Support", "owner": "bo"},
        "night": {"title": "Night shift", "owner": "cy", "parent": "support"},
    }
    kpis = {
        "a": kpi(department="night"),
        "b": kpi(department="night", status="proposed"),
        "c": kpi(department="night", status="retired", since="2026-01-01"),
        "d": kpi(),
    }
    texts = shown(strategy(departments=departments, kpis=kpis)._repr_html_())
    head = texts.index("retired") + 1
    assert texts[head:] == [
        *("Shop", "–", "–", "1", "0", "0"),
        *("Support", "Shop", "bo", "0", "0", "0"),
        *("Night shift", "Support", "cy", "1", "1", "1"),
    ]


@pytest.mark.parametrize("field", ["mission", "vision", "values", "objectives", "departments"])
def test_markup_in_a_strategy_is_shown_and_not_obeyed(field):
    hostile = "<script>alert(1)</script>"
    item = {"a": {"title": hostile, "owner": hostile}}
    value = {"values": [hostile], "objectives": item, "departments": item}.get(field, hostile)
    html = strategy(**{field: value}, organisation={"name": hostile})._repr_html_()
    assert "<script" not in html
    assert hostile in "".join(shown(html))


def test_a_strategy_of_nothing_is_shown_too():
    assert shown(strategy()._repr_html_()) == [
        "Shop: objectives 0, departments 0, KPIs 0, sources 0."
    ]


def test_of_very_many_departments_the_first_are_shown():
    many = {f"d{n}": {"title": f"Department {n}", "owner": "ann"} for n in range(ROWS_SHOWN + 5)}
    html = strategy(departments=many)._repr_html_()
    assert "the first 20 of 25" in html
    assert "Department 19" in html
    assert "Department 20" not in html


def test_its_name_in_a_console_is_short(brightdesk):
    assert repr(brightdesk).startswith("Strategy(Brightdesk: objectives ")
    assert len(repr(brightdesk)) < 100

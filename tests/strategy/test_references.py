"""Whatever a strategy file names must be in it, and only once."""

import pytest


def only(told):
    assert len(told) == 1, told
    return told[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("department: sales", "department: sale", "names the department 'sale', which is not"),
        ("parent: service", "parent: servce", "Did you mean 'service'?"),
        ("source: leads", "source: lead", "names the source 'lead', which is not defined."),
        ("[keep_customers, csat]", "[keep_customer]", "objective 'keep_customer', which"),
        ("conflicts: [open_value]", "conflicts: [open]", "names the KPI 'open', which"),
        ("guardrails: [csat]", "guardrails: [cat]", "kpis.first_reply_hours.guardrails[0]"),
        ("replaced_by: csat", "replaced_by: cst", "Did you mean 'csat'?"),
        ("market: market", "market: markt", "KPI or source 'markt'"),
        ("measures: [first_reply_hours]", "measures: [reply]", "methods[1].measures[0]"),
        ("kpis: [first_reply_hours]", "kpis: [reply]", "events[0].kpis[0]: names the KPI"),
        ("subject: departments.support", "subject: departments.suport", "Did you mean 'support'"),
        ("covers: [delight]", "covers: [delght]", "names the responsibility 'delght', which"),
        ("covers: [delight]", "covers: [delight, delight]", "covers[1]: names 'delight' again."),
        ("conflicts: [open_value]", "conflicts: [first_reply_hours]", "itself. Name another KPI"),
        ("owner: coo, plan", "owner: co, plan", "obstacles[1].owner: names the person 'co'"),
        ("sponsor: ceo", "sponsor: cea", "names the person 'cea'"),
        ("contributors: [support", "contributors: [suport", "person or department 'suport'"),
        ("{title: Brightdesk, owner: ceo}", "{title: B, owner: ceo, parent: sales}", "above all"),
    ],
)
def test_a_name_without_its_entry_is_told(spoilt, old, new, message):
    assert message in only(spoilt((old, new)))


def test_a_responsibility_of_another_department_needs_a_co_owner(spoilt):
    told = only(spoilt(("formula: avg(score)\n", "formula: avg(score)\n    covers: [delight]\n")))
    assert "kpis.csat.covers[0]: covers 'delight', a responsibility of 'service'." in told
    assert not spoilt(
        (
            "formula: avg(score)\n",
            "formula: avg(score)\n    covers: [delight]\n    co_owners: [coo]\n",
        )
    )


def test_owners_are_free_text_where_no_people_are_declared(faults):
    text = "version: 1\norganisation: {name: B}\ndepartments: {d: {title: D, owner: Ada}}\n"
    assert faults(text) == []
    assert "names the person 'Ada'" in only(faults(text + "people: {bob: {}}\n"))


@pytest.mark.parametrize("blank", ['""', '" "', '"\\u200b"', '"\\u00a0"'])
@pytest.mark.parametrize("place", ["title: Satisfaction\n    department: support\n    owner: "])
def test_a_blank_owner_is_told_and_why_one_is_needed(spoilt, blank, place):
    told = only(spoilt((place + "head_of_support", place + blank)))
    assert told.endswith("kpis.csat.owner: is blank. The one person who answers for it.")


def test_a_circle_of_departments_is_drawn(spoilt):
    told = only(spoilt(("{title: Service, parent: company", "{title: Service, parent: support")))
    assert "goes in a circle: service -> support -> service." in told


def test_ids_that_look_alike_are_told_with_both_lines(spoilt, sample):
    new = "  Sales: {title: Sales, owner: ceo}\n  ſales: {title: S, owner: ceo}\nkpis:\n"
    told = spoilt(("kpis:\n", new))
    alike = [fault for fault in told if "letters' form only" in fault]
    assert len(alike) == 2, told
    line = sample[: sample.index("  sales:")].count("\n") + 1
    assert f"'sales' (line {line})" in alike[0]
    assert any("An id has small letters" in fault for fault in told)


def test_an_id_of_two_kinds_is_no_answer(spoilt):
    told = spoilt(
        (
            "  csat:\n",
            "  keep_customers: {title: K, department: sales, owner: coo, source: leads, "
            "formula: count(*), unit: count, direction: on_target}\n  csat:\n",
        )
    )
    assert "names 'keep_customers', an id of kpis and of objectives alike. Rename" in only(told)


def test_targets_and_leads_say_things_once(spoilt):
    assert "names '2026Q4' again" in only(spoilt(("{period: 2027,", "{period: 2026Q4,")))
    lead = "{kpi: csat, lag: 1, sign: negative, explains: 0.2}"
    told = spoilt((lead, f"{lead}, {lead.replace('1', '2')}"))
    assert "leads[1].kpi: names 'csat' again" in only(told)

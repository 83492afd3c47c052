"""What the audit's neighbours show: sight, map, coverage, dependence, pages, portfolio, advice."""

import json

import pytest

from kpikit import (
    advise_kpis,
    audit,
    describe_department,
    line_of_sight,
    map_coverage,
    map_interdependencies,
    map_strategy,
    propose_portfolio,
    track_alignment,
)
from kpikit.errors import DataError, UnknownNameError

TODAY = "2026-10-15"


def drawn(result):
    axes = result.plot()
    assert result.summary().endswith(".")
    assert "<img alt=" in result._repr_html_()
    return axes


def test_the_line_of_sight_goes_by_the_firmest_links_up_to_the_mission(strategy):
    sight = line_of_sight(strategy(), "calls")
    frame = sight.to_frame()
    assert list(frame["place"]) == [
        "kpis.calls",
        "kpis.customers",
        "objectives.win_customers",
        "mission",
    ]
    assert list(frame["link"]) == ["contributes", "measures", "serves", ""]
    assert sight.summary().startswith(
        "Calls at doors contributes to “New customers”, which measures “Win customers in the "
        "old town”, which serves “We light"
    )
    drawn(sight)


def test_a_claimed_lead_is_a_way_where_there_is_no_firmer_one(strategy):
    frame = line_of_sight(strategy({"kpis/calls/contributes": None}), "calls").to_frame()
    assert list(frame["link"])[0] == "leads"


def test_a_person_sees_all_that_is_theirs(strategy):
    sight = line_of_sight(strategy(), "ben")
    assert set(sight.to_frame()["kpi"]) == {"houses", "faults", "hours"}
    assert sight.summary() == "3 of 3 KPIs can be seen from the mission."


def test_a_kpi_without_a_way_says_so(strategy):
    cut = strategy({"kpis/calls/contributes": None, "kpis/calls/leads": None})
    assert line_of_sight(cut, "calls").summary() == (
        "Calls at doors: no link leads from it to an objective."
    )
    with pytest.raises(UnknownNameError, match="Did you mean 'calls'"):
        line_of_sight(cut, "cals")


def test_the_map_knows_what_each_kpi_measures_and_leads_to(strategy):
    found = map_strategy(strategy(), statuses={"calls": "at_risk"})
    frame = found.to_frame().set_index("kpi")
    assert frame.loc["calls", "objectives"] == ["grow_revenue", "win_customers"]
    assert frame.loc["revenue", "measures"] == ["grow_revenue"]
    assert frame.loc["calls", "status"] == "at_risk"
    assert frame.loc["hours", "status"] == "no_data"
    assert (found.depth, len(found.departments)) == (2, 2)
    drawn(found)


def test_coverage_names_what_nothing_measures(strategy):
    found = map_coverage(strategy({"kpis/hours/covers": None}))
    assert found.shares().to_dict() == {"Sales": 1.0, "Fitting": pytest.approx(0.79)}
    assert found.summary() == (
        "1 of 2 departments measure at least 80.0 % of their responsibilities; least covered: "
        "Fitting, 79.0 %."
    )
    assert set(map_coverage(strategy(), department="sales").to_frame()["department"]) == {"Sales"}
    drawn(found)


def test_departments_that_depend_on_each_other_have_an_agenda(strategy):
    found = map_interdependencies(strategy())
    assert found.matrix().loc["Fitting", "Sales"] == 2  # houses lead, hours contribute
    assert found.matrix().loc["Sales", "Fitting"] == 0
    agenda = found.agenda("Sales", "Fitting")
    assert set(agenda["kpi"]) == {"houses", "hours"}
    assert set(agenda["owner"]) == {"ben"}
    drawn(found)


def test_a_department_is_on_one_page_with_its_next_targets(strategy):
    page = describe_department(strategy(), "sales")
    frame = page.to_frame()
    assert list(dict.fromkeys(frame["part"])) == [
        "Vision",
        "Values",
        "Methods",
        "Obstacles",
        "Measures",
    ]
    assert "EUR 110 in 2026Q4" in set(frame["more"])
    drawn(page)


def test_the_smallest_set_says_what_each_drop_loses(strategy):
    found = propose_portfolio(strategy(), department="fitting")
    assert found.chosen == ("houses", "faults", "hours")  # all measure an objective
    assert found.coverage == pytest.approx(1.0)
    rows = found.to_frame().set_index("kpi")
    assert rows.loc["hours", "loses"] == "nothing else measures save (21.0 %)"
    assert rows.loc["hours", "coverage_without"] == pytest.approx(0.79)
    drawn(found)


def test_evidence_limits_and_overlaps_decide_between_kpis(strategy):
    extra = {
        "title": "Letters", "department": "sales", "owner": "eve", "source": "sales",
        "formula": "max(calls)", "unit": "count", "direction": "higher_is_better",
        "covers": ["call"], "levers": ["Stamps"],
    }  # fmt: skip
    two = strategy({"kpis/letters": extra, "kpis/calls/covers": ["call"]})
    assert "calls" in propose_portfolio(two, department="sales").chosen  # it is said to lead
    better = propose_portfolio(two, department="sales", evidenced=["letters"])
    assert {"letters", "calls"} & set(better.chosen) == {"letters"}
    kept = propose_portfolio(two, department="sales", evidenced=["letters"], keep=["calls"])
    assert {"letters", "calls"} & set(kept.chosen) == {"calls"}
    apart = propose_portfolio(two, department="sales", overlaps=[("calls", "customers")])
    assert {"letters", "calls"} & set(apart.chosen) == {"letters"}


def test_a_department_with_nothing_to_choose_from_is_told(strategy):
    bare = strategy({"departments/choir": {"title": "Choir", "owner": "eve"}})
    with pytest.raises(DataError, match="the department choir has no responsibilities"):
        propose_portfolio(bare, department="choir")
    with pytest.raises(UnknownNameError, match="there is no department"):
        propose_portfolio(bare, department="sails")


def test_advice_follows_from_findings_and_a_person_decides(strategy):
    file = strategy(
        {
            "kpis/calls/decisions": None,  # nobody decides by it
            "kpis/hours/origin": "generic",  # not ours
            "kpis/faults/levers": None,  # to be adjusted
            "kpis/revenue/decisions": None,  # measures an objective
            "kpis/houses/levers": None,  # waived
            "waivers": [
                {"code": "CTL01", "subject": "kpis.houses", "reason": "Soon", "until": "2026-12-31"}
            ],
        }
    )
    advice = advise_kpis(file, audit(file, as_of=TODAY))
    said = dict(zip(advice.to_frame()["kpi"], advice.to_frame()["advice"], strict=True))
    assert said == {
        "calls": "retire",
        "revenue": "replace",
        "hours": "replace",
        "faults": "adjust",
        "customers": "keep",
        "houses": "keep",
    }
    assert advice.to_frame()["because"].iloc[0] == "VAN01"
    assert advice.summary().endswith("to retire: calls.")
    drawn(advice)


def test_history_says_what_came_and_went(strategy):
    before = audit(strategy({"kpis/calls/levers": None}), as_of="2026-09-30").record()
    now = audit(strategy({"kpis/hours/levers": None}), as_of=TODAY)
    history = track_alignment([now, json.loads(json.dumps(before))])
    seen = history.findings.set_index("subject")
    assert bool(seen.loc["kpis.hours", "open"])
    assert not bool(seen.loc["kpis.calls", "open"])
    assert str(seen.loc["kpis.calls", "last_seen"]) == "2026-09-30"
    assert history.summary().endswith("findings that came: 1, that went: 1.")
    drawn(history)
    with pytest.raises(DataError, match="there is none"):
        track_alignment([])

"""For every rule of structure: one strategy that breaks it, and one a single fact apart."""

import pytest

from kpikit.alignment.audit import audit

TODAY = "2026-10-15"
GONE = None  # takes an entry out
KPI = {
    "title": "A further KPI",
    "department": "sales",
    "owner": "eve",
    "source": "sales",
    "formula": "max(amount)",
    "unit": "money",
    "direction": "higher_is_better",
}


def further(count, **fields):
    """Return this many more KPIs."""
    return {
        f"kpis/more_{n}": KPI | {"title": f"More {n}", "formula": f"max(amount) * {n + 2}"} | fields
        for n in range(count)
    }


def words(count):
    return {"mission/text": " ".join(["light"] * count) + "."}


# code, what breaks it, what keeps it (none: the sound strategy), what it is about
PAIRS = [
    ("STR01", {"values": GONE}, {}, "organisation"),
    ("STR01", {"departments/sales/values": GONE}, {}, "departments.sales"),
    ("STR01", {"departments/sales/obstacles": GONE}, {}, "departments.sales"),
    ("STR02", {"departments/sales/parent": GONE}, {}, "departments.sales"),
    ("STR03", {"departments/sales/methods/1": "Sing"}, {}, "departments.sales"),
    ("STR04", {"departments/sales/obstacles/0/owner": GONE}, {}, "departments.sales"),
    ("STR04", {"departments/sales/obstacles/0/plan": GONE}, {}, "departments.sales"),
    ("STR10", words(25), words(24), "mission"),
    ("STR11", {"mission/why": GONE}, {}, "mission"),
    (
        "STR12",
        {"mission/text": "We are the leading provider of light."},
        {"mission/text": "We are the steady provider of light."},
        "mission",
    ),
    (
        "STR12",
        {"mission/text": "Light and delight.", "policy": {"boilerplate": ["and delight"]}},
        {"mission/text": "Light and delight.", "policy": {"boilerplate": ["or delight"]}},
        "mission",
    ),
    ("STR13", {"vision/impact": GONE}, {}, "organisation"),
    (
        "STR14",
        {"vision/text": "We light the stairs of old houses so that nobody ever falls."},
        {},
        "organisation",
    ),
    ("STR15", {"mission/consulted": GONE}, {}, "mission"),
    (
        "SMT-S",
        {"objectives/grow_revenue/title": "Increase revenue"},
        {"objectives/grow_revenue/title": "Increase revenue from museums"},
        "objectives.grow_revenue",
    ),
    ("SMT-S", {"objectives/grow_revenue/baseline": GONE}, {}, "objectives.grow_revenue"),
    ("SMT-M", {"objectives/grow_revenue/milestones": GONE}, {}, "objectives.grow_revenue"),
    ("SMT-M", {"objectives/grow_revenue/kpi": GONE}, {}, "objectives.grow_revenue"),
    ("SMT-R", {"departments/fitting/methods/0/measures/1": GONE}, {}, "objectives.fewer_faults"),
    ("SMT-T", {"objectives/grow_revenue/review_every": GONE}, {}, "objectives.grow_revenue"),
    ("SMT-T", {"objectives/grow_revenue/by": GONE}, {}, "objectives.grow_revenue"),
    ("ALN01", further(1), further(1, contributes=["revenue"]), "kpis.more_0"),
    (
        "ALN02",
        {"objectives/museums": {"title": "Light three museums", "owner": "ada"}},
        {"objectives/museums": {"title": "Light three museums", "owner": "ada", "kpi": "hours"}},
        "objectives.museums",
    ),
    ("ALN03", further(1), further(1, conflicts=["hours"]), "kpis.more_0"),
    (
        "ALN04",
        {"departments/choir": {"title": "Choir", "owner": "eve"}},
        {
            "departments/choir": {"title": "Choir", "owner": "eve"},
            **further(1, department="choir", contributes=["revenue"]),
        },
        "departments.choir",
    ),
    (
        "ALN05",
        {"kpis/revenue/contributes": ["customers"]},
        {"kpis/revenue/contributes": ["houses"]},
        "organisation",
    ),
    ("BAL01", {"kpis/faults/perspective": GONE}, {}, "organisation"),
    ("DEF04", {"kpis/calls/targets": GONE}, {}, "kpis.calls"),
    ("DEF05", further(1, title="calls at  DOORS"), further(1), "organisation"),
    ("DEF06", further(1, formula="sum( calls )"), further(1), "organisation"),
    (
        "DEF07",
        further(1, formula="sum(calls)", unit="number"),
        further(1, formula="sum(calls)", unit="count"),
        "organisation",
    ),
    (
        "DEF08",
        {"kpis/calls/title": "Better calls"},
        {"kpis/calls/title": "Calls of 5 minutes or better"},
        "kpis.calls",
    ),
    (
        "DEF08",
        {"objectives/museums": {"title": "Improve light in museums", "owner": "ada"}},
        {"objectives/museums": {"title": "Improve light in 3 museums", "owner": "ada"}},
        "objectives.museums",
    ),
    (
        "DEF08",
        {"objectives/less_work/success_criteria": ["Excellent plans"]},
        {"objectives/less_work/success_criteria": ["Plans without a gap"]},
        "objectives.less_work",
    ),
    ("DEF09", {"kpis/calls/if_off_target": GONE}, {}, "kpis.calls"),
    ("OWN01", {"kpis/calls/purpose": GONE}, {}, "kpis.calls"),
    ("OWN01", {"people/eve/role": "To be hired"}, {}, "kpis.calls"),
    (
        "OWN01",
        {"people": GONE, "kpis/calls/owner": "tbd"},
        {"people": GONE, "kpis/calls/owner": "tbd_eriksen"},
        "kpis.calls",
    ),
    ("OWN01", {"people": GONE, "kpis/calls/owner": "sales"}, {"people": GONE}, "kpis.calls"),
    ("OWN02", {"people": GONE, "kpis/calls/owner": "eve and ada"}, {"people": GONE}, "kpis.calls"),
    ("OWN02", {"kpis/calls/co_owners": ["eve"]}, {"kpis/calls/co_owners": ["ada"]}, "kpis.calls"),
    ("OWN03", {"people/eve/responsibilities": ["win"]}, {}, "kpis.calls"),
    ("OWN03", {"kpis/customers/owner": "ben"}, {}, "kpis.customers"),
    ("OWN05", {"objectives/grow_revenue/sponsor": GONE}, {}, "objectives.grow_revenue"),
    ("CTL01", {"kpis/calls/levers": GONE}, {}, "kpis.calls"),
    ("CNT01", further(4), further(3), "people.eve"),  # with the one she has: 5, 4
    ("CNT02", further(5, owner="ada"), further(4, owner="ada"), "departments.sales"),  # 8, 7
    (
        "CNT02",
        further(8, department="company", owner="ben"),
        further(7, department="company", owner="ben"),
        "departments.company",
    ),
    ("CNT03", {"objectives/less_work": GONE}, {}, "organisation"),
    ("CNT04", {"kpis/calls/weight": GONE}, {}, "departments.sales"),
    ("CNT04", {"kpis/calls/weight": 0.3}, {}, "departments.sales"),
    (
        "CNT04",
        {"kpis/calls/weight": 0.25, "kpis/customers/weight": 0.25},
        {"kpis/calls/weight": 0.24, "kpis/customers/weight": 0.26},
        "departments.sales",
    ),
    ("COV01", {"kpis/hours/covers": GONE}, {}, "departments.fitting"),
    (
        "COV01",  # 0.79 and 0.80
        {"kpis/hours/covers": GONE},
        {
            "kpis/hours/covers": GONE,
            "departments/fitting/responsibilities": {"fit": 0.5, "hold": 0.3, "save": 0.2},
        },
        "departments.fitting",
    ),
    (
        "COV01",
        {"departments/fitting/responsibilities": GONE}
        | {f"kpis/{name}/covers": GONE for name in ("houses", "faults", "hours")},
        {},
        "departments.fitting",
    ),
    (
        "COV02",
        {"kpis/calls/covers": ["call", "win"]},
        {"kpis/calls/covers": ["call", "win"], "kpis/calls/co_owners": ["ada"]},
        "departments.sales",
    ),
    ("VAN01", {"kpis/calls/decisions": GONE}, {}, "kpis.calls"),
    ("VAN03", further(1), further(1, manual=True), "kpis.more_0"),
    (
        "VAN04",  # 731 and 730 days
        {"kpis/revenue/decisions": GONE, "kpis/revenue/since": "2024-10-14"},
        {"kpis/revenue/decisions": GONE, "kpis/revenue/since": "2024-10-15"},
        "kpis.revenue",
    ),
    (
        "SMT-T2",
        {"objectives/grow_revenue/by": "2026-10-14", "objectives/grow_revenue/milestones": []},
        {"objectives/grow_revenue/by": "2026-10-15", "objectives/grow_revenue/milestones": []},
        "objectives.grow_revenue",
    ),
    ("VAN02", {"kpis/calls/origin": "generic"}, {"kpis/calls/origin": "derived"}, "kpis.calls"),
    (
        "VAN02",
        {"kpis/calls/origin": "competitor"},
        {"kpis/calls/origin": "competitor", "kpis/calls/tailoring": "Doors, not phones"},
        "kpis.calls",
    ),
    (
        "CON01",
        further(1, formula="sum(calls)", direction="lower_is_better"),
        further(1, formula="sum(calls)", direction="higher_is_better"),
        "organisation",
    ),
    ("CON01", {"objectives/grow_revenue/target": 90}, {}, "objectives.grow_revenue"),
    (
        "CON01",
        {
            "kpis/revenue/direction": "on_target",
            "kpis/revenue/targets": GONE,
            "objectives/slower": {
                "title": "Revenue we can serve well",
                "owner": "ben",
                "kpi": "revenue",
                "baseline": 100,
                "target": 90,
            },
        },
        {
            "kpis/revenue/direction": "on_target",
            "kpis/revenue/targets": GONE,
            "objectives/slower": {
                "title": "Revenue we can serve well",
                "owner": "ben",
                "kpi": "revenue",
                "baseline": 100,
                "target": 110,
            },
        },
        "organisation",
    ),
    (
        "CON03",
        {f"kpis/{name}/horizon": "short" for name in ("revenue", "customers", "calls")},
        {f"kpis/{name}/horizon": "short" for name in ("revenue", "customers")}
        | {"kpis/calls/horizon": "long"},
        "departments.sales",
    ),
    (
        "CON03",
        {f"kpis/{name}/horizon": "long" for name in ("customers", "calls")},
        {f"kpis/{name}/horizon": "long" for name in ("customers",)},
        "objectives.win_customers",
    ),
    (
        "CON04",
        {"kpis/calls/success_means": "Known", "kpis/hours/success_means": "Cheap"},
        {"kpis/calls/success_means": "Cheap", "kpis/hours/success_means": "cheap"},
        "objectives.grow_revenue",
    ),
    (
        "CON04",
        {"kpis/calls/measurement_difficulty": "hard", "kpis/hours/measurement_difficulty": "easy"},
        {
            "kpis/calls/measurement_difficulty": "hard",
            "kpis/hours/measurement_difficulty": "easy",
            "objectives/grow_revenue/success_criteria": ["Both bills and names are counted"],
        },
        "objectives.grow_revenue",
    ),
    (
        "CON05",
        {"kpis/calls/conflicts": ["hours"]},
        {"kpis/calls/conflicts": ["hours"], "kpis/calls/guardrails": ["hours"]},
        "kpis.calls",
    ),
    (
        "LED01",
        {"kpis/faults/kind": "lagging", "kpis/faults/perspective": "learning"},
        {"kpis/faults/kind": "coincident"},
        "objectives.fewer_faults",
    ),
    ("LED02", {"kpis/calls/leads": GONE}, {}, "kpis.calls"),
    (
        "TGT01",
        {"kpis/calls/targets/0/period": "2026Q3"},
        {"kpis/calls/targets/0/period": "2026-10"},
        "kpis.calls",
    ),
    (
        "TGT01",
        {"kpis/calls/targets": GONE},
        {},
        "kpis.calls",
    ),
    ("TGT02", {"objectives/grow_revenue/by": GONE}, {}, "objectives.grow_revenue"),
    ("TGT02", {"objectives/grow_revenue/kpi": GONE}, {}, "objectives.grow_revenue"),
    ("TGT03", {"kpis/calls/targets/0/basis": GONE}, {}, "kpis.calls"),
    ("GRD01", {"kpis/houses/guardrails": GONE}, {}, "kpis.houses"),
    ("QLT02", {"kpis/revenue/clarity": 0.69}, {"kpis/revenue/clarity": 0.7}, "kpis.revenue"),
    (
        "QLT03",
        {"departments/sales/understanding": {"share": 0.4, "asked": 40}},
        {"departments/sales/understanding": {"share": 0.7, "asked": 40}},
        "departments.sales",
    ),
    (
        "QLT03",  # too few were asked to show what they said
        {"departments/sales/understanding": {"share": 0.0, "asked": 5}},
        {"departments/sales/understanding": {"share": 0.0, "asked": 4}},
        "departments.sales",
    ),
    ("QLT04", {"kpis/calls/agreed_by": GONE}, {}, "kpis.calls"),
    (
        "REV01",  # 184 and 183 days
        {"kpis/calls/last_reviewed": "2026-04-14"},
        {"kpis/calls/last_reviewed": "2026-04-15"},
        "kpis.calls",
    ),
    (
        "REV01",  # never reviewed, and in use for long enough
        {"kpis/revenue/last_reviewed": GONE, "kpis/revenue/since": "2026-04-14"},
        {"kpis/revenue/last_reviewed": GONE, "kpis/revenue/since": "2026-04-15"},
        "kpis.revenue",
    ),
    ("REV05", {"kpis/calls/stage": "seed"}, {"kpis/calls/stage": "growth"}, "kpis.calls"),
    (
        "REV07",
        {
            "waivers": [
                {
                    "code": "OWN01",
                    "subject": "kpis.calls",
                    "reason": "Eve comes in May",
                    "until": "2026-10-14",
                }
            ]
        },
        {
            "waivers": [
                {
                    "code": "OWN01",
                    "subject": "kpis.calls",
                    "reason": "Eve comes in May",
                    "until": "2026-10-15",
                }
            ]
        },
        "waivers[0]",
    ),
    (
        "REV08",
        {
            "waivers": [
                {
                    "code": "CTL01",
                    "subject": "kpis.calls",
                    "reason": "None yet",
                    "until": "2026-12-31",
                }
            ]
        },
        {
            "waivers": [
                {
                    "code": "CTL01",
                    "subject": "kpis.calls",
                    "reason": "None yet",
                    "until": "2026-12-31",
                }
            ],
            "kpis/calls/levers": GONE,
        },
        "waivers[0]",
    ),
    (
        "REV09",
        {
            "objectives/grow_revenue/revisions": [
                {"on": "2026-07-03", "target": 140, "reason": "The bridge is closed"}
            ]
        },
        {
            "objectives/grow_revenue/revisions": [
                {"on": "2026-07-02", "target": 140, "reason": "The bridge is closed"}
            ]
        },
        "kpis.revenue",
    ),
    ("DAT01", {"kpis/calls/manual": True}, {}, "kpis.calls"),
    (
        "DAT02",  # 2 parts a sum, and 1 for each plus: 32, 29
        {"kpis/calls/formula": " + ".join(["sum(calls)"] * 11)},
        {"kpis/calls/formula": " + ".join(["sum(calls)"] * 10)},
        "kpis.calls",
    ),
]


def found(strategy, code):
    frame = audit(strategy, as_of=TODAY).to_frame()
    return set(frame.loc[frame["code"] == code, "subject"])


def test_the_sound_strategy_breaks_no_rule(strategy):
    assert audit(strategy(), as_of=TODAY).to_frame().empty


@pytest.mark.parametrize(
    ("code", "broken", "kept", "subject"),
    PAIRS,
    ids=[f"{n}-{pair[0]}" for n, pair in enumerate(PAIRS)],
)
def test_a_single_fact_decides(strategy, code, broken, kept, subject):
    assert subject in found(strategy(broken), code)
    assert subject not in found(strategy(kept), code)


@pytest.mark.parametrize(("count", "severity"), [(3, None), (4, "note"), (5, "error")])
def test_a_person_may_have_four_kpis_at_ease_and_five_at_most(strategy, count, severity):
    frame = audit(strategy(further(count)), as_of=TODAY).to_frame()
    rows = frame[(frame["code"] == "CNT01") & (frame["subject"] == "people.eve")]
    assert list(rows["severity"]) == ([severity] if severity else [])


def test_kpis_of_one_owner_overlap_less_badly_than_those_of_two(strategy):
    one = audit(strategy({"kpis/customers/covers": ["win", "charge"]}), as_of=TODAY).to_frame()
    two = audit(strategy({"kpis/calls/covers": ["win"]}), as_of=TODAY).to_frame()
    assert list(one.loc[one["code"] == "COV02", "severity"]) == ["note"]
    assert list(two.loc[two["code"] == "COV02", "severity"]) == ["warning"]

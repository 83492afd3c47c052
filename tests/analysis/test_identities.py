import pandas as pd
import pytest

from kpikit import build_observations, check_identities
from kpikit.errors import FormulaError
from kpikit.observations import Observations

COLUMNS = {"day": "date", "nights": "number", "value": "number", "hotel": "text"}
FACTS = """\
day,nights,value,hotel
2026-01-01,2,200,city
2026-01-31,1,150,coast
2026-02-01,4,500,city
2026-02-28,0,0,coast
"""
KPIS = {
    "revenue": {"formula": "sum(value)", "identity": "{nights} * {rate}"},
    "nights": "sum(nights)",
    "rate": "{revenue} / {nights}",
}


def with_identity(text):
    return KPIS | {"revenue": KPIS["revenue"] | {"identity": text}}


def test_an_identity_that_holds_is_said_to_hold(company):
    strategy = company(FACTS, columns=COLUMNS, kpis=KPIS)
    checks = check_identities(strategy, build_observations(strategy, by="hotel"))
    frame = checks.to_frame()
    assert list(frame) == [
        "kpi", "segment", "period_start", "value", "expected", "difference", "holds"
    ]  # fmt: skip
    # the coast sold no night in February: its rate is missing there
    assert frame["segment"].tolist() == ["", "", "city", "city", "coast"]
    assert frame["value"].tolist() == [350.0, 500.0, 200.0, 500.0, 150.0]
    assert frame["holds"].all()
    assert checks.summary() == "Identities of revenue: all 5 values agree with their parts."
    assert checks.notes == ("revenue: left out for want of a value: 1.",)


def test_one_that_does_not_hold_names_the_worst_value(company):
    strategy = company(FACTS, columns=COLUMNS, kpis=with_identity("{nights} * {rate} + {nights}"))
    checks = check_identities(strategy, build_observations(strategy))
    frame = checks.to_frame()
    assert frame["expected"].tolist() == [353.0, 504.0]
    assert frame["difference"].tolist() == [-3.0, -4.0]
    assert not frame["holds"].any()
    assert checks.summary() == (
        "Identities of revenue: 2 of 2 values differ from what their parts make; the most, "
        "revenue from 2026-01-01, is 350 and should be 353."
    )
    assert len(checks.plot().get_yticklabels()) == 2


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("{nights} + {rate}", [3 + 350 / 3, 4 + 125.0]),
        ("{nights} - 2 * {rate}", [3 - 700 / 3, 4 - 250.0]),
        ("-{nights} / {rate}", [-3 / (350 / 3), -4 / 125]),
    ],
)
def test_sums_differences_products_and_quotients_are_known(company, identity, expected):
    strategy = company(FACTS, columns=COLUMNS, kpis=with_identity(identity))
    frame = check_identities(strategy, build_observations(strategy)).to_frame()
    assert frame["expected"].tolist() == pytest.approx(expected)


def test_a_difference_of_large_numbers_may_be_off_by_their_rounding(company):
    kpis = {
        "rest": {"formula": "sum(value)", "identity": "{all} - {most}"},
        "all": "sum(nights)",
        "most": "sum(nights) filter (where hotel = 'city')",
    }
    facts = "day,nights,value,hotel\n2026-01-01,1e12,0.1,city\n2026-01-31,0.1,0,coast\n"
    strategy = company(facts, columns=COLUMNS, kpis=kpis)
    assert check_identities(strategy, build_observations(strategy)).to_frame()["holds"].all()


def test_what_cannot_be_checked_is_told(company):
    strategy = company(FACTS, columns=COLUMNS, kpis=KPIS)
    checks = check_identities(strategy, build_observations(strategy, kpis=["revenue", "nights"]))
    assert checks.summary() == "No identity could be checked."
    assert checks.notes == (
        "revenue: its identity is not checked, because rate is not among the observations.",
    )
    daily = KPIS | {"nights": {"formula": "sum(nights)", "grain": "day"}}
    strategy = company(FACTS, columns=COLUMNS, kpis=daily)
    (note,) = check_identities(strategy, build_observations(strategy)).notes
    assert "different grains: revenue by month, nights by day, rate by month" in note
    assert not check_identities(strategy, build_observations(strategy, grain="month")).notes


def test_values_that_were_not_computed_from_facts_are_checked_too(company):
    strategy = company(FACTS, columns=COLUMNS, kpis=KPIS)
    frame = build_observations(strategy).to_frame()
    frame.loc[frame["kpi"] == "revenue", "value"] += 1.0
    made = Observations(frame=frame, missing=pd.DataFrame())
    assert not check_identities(strategy, made).to_frame()["holds"].any()


def test_functions_are_no_part_of_identities(company):
    strategy = company(FACTS, columns=COLUMNS, kpis=with_identity("round({nights} * {rate})"))
    with pytest.raises(FormulaError, match=r"kpis.revenue.identity is made of more than KPIs"):
        check_identities(strategy, build_observations(strategy))


def test_only_the_identities_asked_for_are_checked(company):
    kpis = KPIS | {"nights_again": {"formula": "sum(nights)", "identity": "{nights} * 1"}}
    strategy = company(FACTS, columns=COLUMNS, kpis=kpis)
    observations = build_observations(strategy)
    assert set(check_identities(strategy, observations).frame["kpi"]) == {"revenue", "nights_again"}
    one = check_identities(strategy, observations, kpis=["nights_again"])
    assert set(one.frame["kpi"]) == {"nights_again"}
    assert check_identities(strategy, observations, kpis=[]).frame.empty

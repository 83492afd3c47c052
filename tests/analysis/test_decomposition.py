from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit import build_observations, decompose_change, load_strategy
from kpikit.errors import DataError, PeriodError, UnknownNameError

COLUMNS = {"day": "date", "nights": "number", "value": "number", "hotel": "text", "guest": "text"}
FACTS = """\
day,nights,value,hotel,guest
2026-01-01,10,1000,city,a
2026-01-31,10,2000,coast,b
2026-02-01,20,2000,city,a
2026-02-28,10,2200,coast,a
"""
KPIS = {
    "revenue": {
        "formula": "sum(value)",
        "identity": "{nights} * {rate}",
        "title": "Revenue",
        "unit": "money",
    },
    "nights": {"formula": "sum(nights)", "title": "Nights", "unit": "count"},
    "rate": {"formula": "{revenue} / {nights}", "title": "Rate", "unit": "money"},
    "guests": {"formula": "count(distinct guest)", "title": "Guests", "unit": "count"},
    "middle": {"formula": "median(value)", "title": "Median", "unit": "money"},
}
MONTHS = {"period": "2026-02", "against": "2026-01"}


def decompose(company, kpi, *, by=None, facts=FACTS, kpis=KPIS, **asked):
    strategy = company(facts, columns=COLUMNS, kpis=kpis)
    observations = build_observations(strategy, by=by)
    return decompose_change(strategy, observations, kpi=kpi, **(MONTHS | asked))


def rows(found):
    frame = found.to_frame()
    assert frame["contribution"].sum() == pytest.approx(found.change)
    return list(frame[["part", "segment", "contribution"]].itertuples(index=False, name=None))


def test_a_product_is_volume_and_rate(company):
    found = decompose(company, "revenue")
    # 20 nights at 150, then 30 at 140
    assert rows(found) == [("volume", "", 1450.0), ("rate", "", -250.0)]
    assert found.to_frame()["share"].tolist() == pytest.approx([1450 / 1200, -250 / 1200])
    assert found.summary() == (
        "Revenue 2026-02 against 2026-01: +EUR 1,200; volume (Nights) +EUR 1,450, "
        "rate (Rate) −EUR 250."
    )


def test_a_product_by_segment_has_a_mix_too(company):
    found = decompose(company, "revenue", by="hotel")
    assert rows(found) == [
        ("volume", "city", 1450.0),
        ("volume", "coast", 0.0),
        ("rate", "city", 0.0),
        ("rate", "coast", 200.0),
        ("mix", "city", -450.0),
        ("mix", "coast", 0.0),
    ]
    assert found.summary().endswith("; city +EUR 1,000, coast +EUR 200.")


def test_a_ratio_by_segment_is_rate_and_mix(company):
    found = decompose(company, "rate", by="hotel")
    by_part = found.to_frame().groupby("part")["contribution"].sum()
    # weights 1/2 and 1/2, then 2/3 and 1/3; rates 100 and 200, then 100 and 220
    assert by_part["rate"] == pytest.approx((1 / 2 + 1 / 3) / 2 * 20)
    assert by_part["mix"] == pytest.approx((1 / 6) * (100 - 145) - (1 / 6) * (210 - 145))
    assert by_part.sum() == pytest.approx(-10.0)


def test_a_ratio_without_segments_is_numerator_and_denominator(company):
    found = decompose(company, "rate")
    # 3000 / 20, then 4200 / 30: the numerator's change at the mean of 1/20 and 1/30
    assert rows(found) == [
        ("numerator", "", pytest.approx(1200 * (1 / 20 + 1 / 30) / 2)),
        ("denominator", "", pytest.approx(3600 * (1 / 30 - 1 / 20))),
    ]


def test_a_sum_by_segment_is_each_segment_s_change(company):
    found = decompose(company, "nights", by="hotel")
    assert rows(found) == [("volume", "city", 10.0), ("volume", "coast", 0.0)]
    assert found.summary() == "Nights 2026-02 against 2026-01: +10; city +10, coast ±0."
    assert rows(decompose(company, "nights")) == [("volume", "", 10.0)]


def test_the_terms_of_a_sum_are_named_by_their_kpis(company):
    kpis = {
        "total": {"formula": "sum(value)", "identity": "{city} + {coast}"},
        "city": {"formula": "sum(value)", "where": "hotel = 'city'", "title": "In town"},
        "coast": {"formula": "sum(value)", "where": "hotel = 'coast'"},
    }
    found = decompose(company, "total", kpis=kpis)
    assert rows(found) == [("city", "", 1000.0), ("coast", "", 200.0)]
    assert "city (In town) +1,000" in found.summary()


def test_new_and_vanished_segments_weigh_nothing_where_they_are_not(company):
    facts = FACTS.replace("2026-02-28,10,2200,coast,a", "2026-02-28,5,500,lake,a")
    found = decompose(company, "rate", by="hotel", facts=facts)
    frame = found.to_frame().set_index(["part", "segment"])["contribution"]
    assert frame.sum() == pytest.approx(2500 / 25 - 150)
    assert frame["rate"].tolist() == [0.0, 0.0, 0.0]  # no rate to compare but the city's
    assert frame["mix", "coast"] == pytest.approx(-1 / 2 * (200 - 125))
    total = decompose(company, "revenue", by="hotel", facts=facts)
    by_segment = total.to_frame().groupby("segment")["contribution"].sum()
    assert by_segment.to_dict() == pytest.approx({"city": 1000, "coast": -2000, "lake": 500})


def test_zeros_and_negative_values_need_no_care(company):
    facts = FACTS.replace("2026-01-01,10,1000", "2026-01-01,0,0").replace("2200", "-2200")
    for kpi in ("revenue", "rate", "nights"):
        for by in (None, "hotel"):
            rows(decompose(company, kpi, by=by, facts=facts))


def test_exchanging_the_periods_changes_the_signs_only(company):
    there = decompose(company, "revenue", by="hotel").to_frame()["contribution"]
    back = decompose(company, "revenue", by="hotel", period="2026-01", against="2026-02")
    assert (-back.to_frame()["contribution"]).tolist() == pytest.approx(there.tolist())


def test_nothing_changed_has_no_shares(company):
    found = decompose(company, "revenue", period="2026-01")
    assert found.to_frame()["contribution"].tolist() == [0.0, 0.0]
    assert found.to_frame()["share"].isna().all()


def test_periods_may_be_named_by_a_day_of_theirs(company):
    wanted = rows(decompose(company, "revenue"))
    assert rows(decompose(company, "revenue", period=date(2026, 2, 14), against="2026-01-31")) == (
        wanted
    )


def test_what_overlaps_leaves_a_remainder(company):
    found = decompose(company, "guests", by="hotel")
    # a and b in January, a alone in February; one each in both hotels
    assert rows(found) == [
        ("volume", "city", 0.0),
        ("volume", "coast", 0.0),
        ("remainder", "", -1.0),
    ]
    assert found.notes[-1].startswith("Remainder: the segments overlap")


def test_an_identity_that_does_not_hold_leaves_a_remainder(company):
    kpis = KPIS | {"revenue": KPIS["revenue"] | {"identity": "{nights} * {rate} + {guests}"}}
    found = decompose(company, "revenue", kpis=kpis)
    assert rows(found)[-1] == ("remainder", "", pytest.approx(1.0))  # a guest less
    assert found.notes == (
        "Remainder: the identity {nights} * {rate} + {guests} does not hold in these periods.",
    )


def test_partial_periods_and_unused_identities_are_noted(company):
    facts = FACTS.replace("2026-02-28", "2026-02-20")
    assert decompose(company, "revenue", facts=facts).notes == (
        "2026-02 is partial: it is compared with what there is of it.",
    )
    strategy = company(FACTS, columns=COLUMNS, kpis=KPIS)
    alone = build_observations(strategy, kpis=["revenue"])
    found = decompose_change(strategy, alone, kpi="revenue", **MONTHS)
    assert rows(found) == [("volume", "", 1200.0)]
    assert found.notes == (
        "Its identity, {nights} * {rate}, is not used: observe its parts as well.",
    )


def test_what_cannot_be_told_is_refused_with_the_next_step(company):
    for asked, error, message in (
        ({"kpi": "revenu"}, UnknownNameError, "Did you mean 'revenue'?"),
        ({"kpi": "revenue", "period": "2026Q1"}, PeriodError,
         "2026Q1 is a quarter, and the observations of revenue are by month. Write 2026-01, "
         "or build with grain='quarter'"),
        ({"kpi": "revenue", "period": "2027-01"}, PeriodError,
         "revenue: 2027-01 is not among the observations, which start from 2026-01-01 to "),
        ({"kpi": "middle", "by": "hotel"}, DataError,
         "kpis.middle: its segments never add up to the whole, because it is made of median"),
    ):  # fmt: skip
        with pytest.raises(error) as caught:
            decompose(company, **asked)
        assert message in str(caught.value)
    empty = FACTS.replace("2026-01-01,10", "2026-01-01,0").replace("2026-01-31,10", "2026-01-31,0")
    with pytest.raises(DataError, match="rate: it has no value in 2026-01"):
        decompose(company, "rate", facts=empty)
    with pytest.raises(DataError, match="identity: rate has no value in one of the periods"):
        decompose(company, "revenue", facts=empty)


def test_two_definitions_are_not_compared(company):
    dated = {"from": date(2026, 2, 1), "formula": "sum(value) / 2", "why": "net of tax"}
    kpis = KPIS | {"revenue": KPIS["revenue"] | {"effective": [dated]}}
    with pytest.raises(DataError) as caught:
        decompose(company, "revenue", kpis=kpis)
    assert "defined otherwise from 2026-02-01 on (net of tax)" in str(caught.value)
    assert "definitions='latest'" in str(caught.value)
    strategy = company(FACTS, columns=COLUMNS, kpis=kpis)
    latest = build_observations(strategy, definitions="latest")
    assert decompose_change(strategy, latest, kpi="revenue", **MONTHS).change == 600.0


def test_the_picture_says_part_and_segment(company):
    ax = decompose(company, "revenue", by="hotel").plot()
    assert "city, volume (Nights)" in [label.get_text() for label in ax.get_yticklabels()]
    assert {bar.get_hatch() for bar in ax.patches} == {"", "////"}  # told apart in grey


amounts = st.integers(-500, 500)


@settings(derandomize=True, deadline=None, max_examples=4)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), amounts, st.integers(0, 30), amounts), min_size=1, max_size=4
    )
)
def test_every_kpi_adds_up_whatever_the_facts(tmp_path_factory, rows_of):
    folder = tmp_path_factory.mktemp("facts")
    lines = ["day,nights,value,hotel,guest", "2026-01-01,1,1,x,a", "2026-02-28,1,1,x,a"]
    for place, (nights, value, later, more) in enumerate(rows_of):
        lines += [
            f"2026-01-31,{nights},{value},h{place},a",
            f"2026-02-01,{later},{more},h{place},b",
        ]
    (folder / "facts.csv").write_text("\n".join(lines) + "\n")
    (folder / "strategy.yaml").write_text(STRATEGY)
    strategy = load_strategy(folder / "strategy.yaml")
    observations = build_observations(strategy, by="hotel")
    for kpi in ("revenue", "nights", "rate"):
        found = decompose_change(strategy, observations, kpi=kpi, **MONTHS)
        sizes = found.to_frame()["contribution"]
        assert sizes.sum() == pytest.approx(found.change, rel=1e-9, abs=1e-9 * sizes.abs().max())
        assert REMAINDER not in set(found.to_frame()["part"])


REMAINDER = "remainder"
STRATEGY = """\
version: 1
organisation: {name: Two hotels, currency: EUR}
sources:
  facts: {path: facts.csv, time: day,
          columns: {day: date, nights: number, value: number, hotel: text, guest: text}}
kpis:
  revenue: {title: Revenue, department: company, owner: ann, source: facts, unit: money,
            direction: higher_is_better, formula: sum(value), identity: "{nights} * {rate}"}
  nights: {title: Nights, department: company, owner: ann, source: facts, unit: count,
           direction: higher_is_better, formula: sum(nights)}
  rate: {title: Rate, department: company, owner: ann, source: facts, unit: money,
         direction: higher_is_better, formula: "{revenue} / {nights}"}
"""

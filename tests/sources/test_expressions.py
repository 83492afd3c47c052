"""Row-level expressions, as derived columns of a source."""

import pandas as pd
import pytest

from kpikit.errors import DataError, FormulaError
from kpikit.observations import build_observations

DAYS = pd.DataFrame(
    {
        "day": pd.to_datetime(["2026-03-31", "2026-03-31"]),
        "year": [2026, 2024],
        "month": ["February", "feb "],
        "nights": [3, 0],
        "text": ["05/04/2026", "06/04/2026"],
        "name": [" North", None],
    }
)


def derived(company, **derive):
    """Return the sum of each derived column over the two rows."""
    kpis = {name: f"sum({name})" for name in derive}
    strategy = company(DAYS, kpis=kpis, source={"derive": derive})
    return build_observations(strategy).to_frame().set_index("kpi")["value"].to_dict()


@pytest.mark.parametrize(
    ("expression", "total"),
    [
        ("nights * 2 + 1", 8),  # 7 + 1
        ("-nights", -3),
        ("12 / nights", 4),  # 12 / 0 is missing
        ("7 / 2", 7),  # 3.5 twice: whole numbers divide exactly
        ("case when nights > 0 then 10 else 1 end", 11),
        ("case nights when 3 then 5 end", 5),
        ("coalesce(nullif(nights, 0), 9)", 12),
        ("month_number(month)", 4),
        ("days_between(make_date(year, month_number(month), 28), day)", 31 + 762),
        ("day - make_date(2026, 3, 1)", 60),
        ("days_between(day, parse_date(text, '%d/%m/%Y'))", 5 + 6),
        ("days_between(day - nights, day)", 3),
        ("days_between(day, 2 + day)", 4),
        ("case when day >= date '2026-03-31' then 1 else 0 end", 2),
        ("case when day = '2026-03-31' then 1 else 0 end", 2),
        ("case when lower(trim(name)) = 'north' then 1 else 0 end", 1),
        ("case when name is null then 1 else 0 end", 1),
        ("case when not name is null then 1 else 0 end", 1),
        ("case when nights in (0, 1) or nights between 3 and 4 then 1 else 0 end", 2),
        ("case when month like 'F%' then 1 else 0 end", 1),
        ("case when nights then 1 else 0 end", 1),
        ("abs(nights - 5)", 7),
        ("case when left(lower(trim(month)), 3) = 'feb' then 1 else 0 end", 2),
        ("weekday(day)", 4),  # 31 March 2026 is a Tuesday
        ("year(day) + month(day) + day(day)", 2 * 2060),
        ("hour(day)", 0),
        ("round(nights / 2, 0)", 2),
    ],
)
def test_rows_are_computed_as_sql_does(company, expression, total):
    assert derived(company, made=expression) == {"made": total}


def test_derived_columns_may_use_each_other_in_any_order(company):
    found = derived(company, third="second + 1", second="first * 2", first="nights")
    assert found == {"first": 3.0, "second": 6.0, "third": 8.0}


def test_a_derived_date_can_date_the_rows(company):
    source = {"derive": {"arrival": "make_date(year, month_number(month), 10)"}, "time": "arrival"}
    frame = build_observations(company(DAYS, kpis={"n": "count(*)"}, source=source)).history("n")
    assert frame.loc[frame["value"] > 0, "period_start"].dt.strftime("%Y-%m").tolist() == [
        "2024-02",
        "2026-02",
    ]


def test_the_sources_own_filter_holds_for_every_kpi(company):
    strategy = company(DAYS, kpis={"n": "count(*)"}, source={"where": "nights > 0"})
    assert build_observations(strategy).to_frame()["value"].tolist() == [1.0]


def test_parts_that_do_not_fit_are_named_with_their_place(company):
    with pytest.raises(FormulaError, match=r"sources\.facts\.derive\.made: the types"):
        derived(company, made="month - nights")


def test_an_impossible_date_is_told_and_not_lost(company):
    with pytest.raises(DataError, match="facts"):
        derived(company, made="days_between(make_date(year, 2, 30), day)")

"""Ready-made values at coarser grains, as their source says they may be."""

import numpy as np
import pandas as pd
import pytest

from kpikit.errors import DataError
from kpikit.observations import build_observations


@pytest.fixture
def quarterly(company):
    """Values 1 to 9 for the quarters from 2024Q1 on, dated by a day inside each."""

    def make(rollup, values=range(1, 10), **rest):
        days = pd.date_range("2024-01-15", periods=len(values), freq="3MS") + pd.Timedelta("9D")
        facts = pd.DataFrame({"day": days, "gdp": [float(value) for value in values]})
        source = {"rollup": rollup, "grain": "quarter"}
        kpis = {"gdp": {"formula": "sum(gdp)", "grain": "quarter"}}
        return company(facts, kpis=kpis, source=source, **rest)

    return make


def yearly(strategy, **how):
    frame = build_observations(strategy, grain="year", **how).to_frame()
    return frame.set_index(frame["period_start"].dt.year)


@pytest.mark.parametrize(
    ("rollup", "first", "second"),
    [("sum", 10.0, 26.0), ("mean", 2.5, 6.5), ("last", 4.0, 8.0)],  # 1 2 3 4, then 5 6 7 8
)
def test_a_year_is_made_of_its_quarters_as_declared(quarterly, rollup, first, second):
    found = yearly(quarterly(rollup))
    assert found["value"].loc[[2024, 2025]].tolist() == [first, second]
    assert found["complete"].tolist() == [True, True, False]
    assert found["rows"].tolist() == [4, 4, 1]


def test_a_value_stands_for_its_whole_quarter(quarterly):
    frame = build_observations(quarterly("sum")).to_frame()
    assert frame["complete"].all()
    assert frame["period_start"].iloc[0] == pd.Timestamp("2024-01-01")


def test_what_cannot_be_made_coarser_is_missing_and_says_so(quarterly):
    found = build_observations(quarterly("none"), grain="year")
    assert found.to_frame()["value"].isna().all()
    assert set(found.missing["reason"]) == {
        "its source says that its values cannot be made coarser"
    }


def test_a_year_with_a_missing_quarter_is_missing(quarterly):
    found = build_observations(quarterly("sum", [1, 2, np.nan, 4]), grain="year")
    assert found.to_frame()["value"].isna().all()
    assert found.missing["reason"].tolist() == ["a value of the period is missing"]


def test_a_finer_grain_than_the_source_holds_is_refused(quarterly):
    with pytest.raises(DataError, match="holds one value a quarter, and month is finer"):
        build_observations(quarterly("sum"), grain="month")


def test_whole_years_are_built_from_a_day_inside_them(quarterly):
    found = yearly(quarterly("sum"), since="2025-08-01", until="2025-09-01")
    assert found["value"].to_dict() == {2025: 26.0}

import pandas as pd
import pytest

from kpikit.errors import StrategyError
from kpikit.observations.markets import observe_markets

MONTHS = pd.date_range("2025-01-01", periods=4, freq="MS")


@pytest.fixture
def sold(company, tmp_path):
    """Return a strategy whose KPI names a market that is a source of one value a month."""

    def make(columns=None, **source):
        outside = {"month": MONTHS, "index": [100.0, 110.0, 90.0, 105.0], "size": 1.0}
        pd.DataFrame(outside).to_csv(tmp_path / "outside.csv", index=False)
        days = pd.date_range("2025-01-01", "2025-04-30")
        entry = {"path": "outside.csv", "time": "month"} | source
        entry["columns"] = columns or {"month": "date", "index": "number"}
        facts = {
            "path": "facts.parquet",
            "time": "day",
            "columns": {"day": "date", "amount": "number"},
        }
        return company(
            pd.DataFrame({"day": days, "amount": 2.0}),
            kpis={
                "sales": {"formula": "sum(amount)", "market": "outside"},
                "calls": {"formula": "count(*)", "market": "sales", "grain": "week"},
                "alone": {"formula": "count(*)"},
            },
            sources={"facts": facts, "outside": entry},
        )

    return make


def test_a_source_of_one_column_is_a_market(sold):
    strategy = sold(grain="month", rollup="mean", complete_through="2025-04-30")
    found = observe_markets(strategy, [strategy.kpis["sales"]])
    assert found["kpi"].unique().tolist() == ["sales"]
    assert found["value"].tolist() == [100, 110, 90, 105]
    assert found["period_start"].tolist() == MONTHS.tolist()


def test_nothing_later_than_the_day_is_seen(sold):
    strategy = sold(grain="month", rollup="mean")
    found = observe_markets(strategy, [strategy.kpis["sales"]], as_of="2025-03-31")
    assert found["value"].tolist() == [100, 110, 90]


def test_a_kpi_is_a_market_in_the_periods_of_the_kpi_that_names_it(sold):
    strategy = sold()
    found = observe_markets(strategy, [strategy.kpis["calls"]])
    assert set(found["value"]) == {14.0}
    assert (found["period_start"].diff().dropna() == pd.Timedelta(days=7)).all()


def test_a_kpi_without_a_market_has_no_rows_nor_one_that_is_too_fine(sold):
    strategy = sold(grain="month", rollup="mean")
    assert observe_markets(strategy, [strategy.kpis["alone"]]).empty
    weekly = strategy.kpis["sales"].model_copy(update={"grain": "week"})
    assert observe_markets(strategy, [weekly]).empty


def test_a_source_of_two_columns_of_numbers_is_refused_where_it_stands(sold):
    columns = {"month": "date", "index": "number", "size": "number"}
    with pytest.raises(StrategyError, match="declares 2 columns of numbers, not one") as told:
        sold(columns=columns)
    assert "kpis.sales.market" in str(told.value)
